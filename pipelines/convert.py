"""Raw rows become tar members and facts: what touches hostile bytes, run in a child process.

The child reads a piece and converts its rows a batch at a time; the parent asks for the next batch
by the number of rows it has. So when a row kills the child, a fresh child goes on behind that row.
"""

import os
import posixpath
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

import sources
from pipelines import facts, fetched, labels, safety, second_opinion, store, tokens
from pipelines.measures import people
from pipelines.second_opinion import SecondOpinion
from sources.image import ImageError, ImageFacts, cut, read_image
from sources.sample import Sample, Segment, Skip, placed, to_members
from sources.shapes.flow import joined
from sources.source import Broken, Piece, Row, Source, complete

# A batch ends at any of these, so that answers stay small and the progress lively.
_BATCH_BYTES = 4_000_000
_BATCH_SECONDS = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """How the rows of one stanza are converted.

    Attributes:
        source: name of the source.
        stanza: name of the stanza.
        root: folder or URL that every file of the stanza lies below.
        options: arguments of the source's `parse`.
        images: folder below the root where image paths start; empty for that of the row's file.
        licence: licence where rows state none, in place of the source's own.
        language: language where rows state none.
        orient: whether images are turned upright by their EXIF orientation.
        image_bytes: largest encoded image.
        image_pixels: largest decoded image.
        fetched: index of the images known by URL; empty for none.
        drop_missing: whether files of images that are missing are left out.
        redact: kinds of personal data that are put out of sight.
        tokenizer: by which texts are counted in tokens; empty for not at all.
        safety: scorers of images.
        second_opinion: how the model is asked for use cases too; None for not at all.
    """

    source: str
    stanza: str
    root: str
    options: dict[str, Any]
    images: str
    licence: str
    language: str
    orient: bool
    image_bytes: int
    image_pixels: int
    fetched: str = ""
    drop_missing: bool = False
    redact: tuple[str, ...] = ()
    tokenizer: str = ""
    safety: tuple[str, ...] = ()
    second_opinion: SecondOpinion | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """A sample ready for its tar: members as (name, content), and its facts."""

    members: list[tuple[str, bytes]]
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the parent asks of the child.

    Attributes:
        piece: the piece to read.
        start: how many of its rows the parent already has.
        count: how many rows it wants at most; 0 asks only for the place of the next row.
    """

    piece: Piece
    start: int
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of one row.

    Attributes:
        place: identity of the row: its file and its place there.
        made: samples and skips.
        error: what was wrong with it; then `made` is empty.
        reason: kind of the error: `error`, `memory`, or `unreadable` if there was no row.
    """

    place: str
    made: tuple[Converted | Skip, ...] = ()
    error: str = ""
    reason: str = ""


def make(settings: Conversion) -> Callable[[Request], tuple[list[Result], bool]]:
    """Returns the child's function: a request to the next results and whether the piece has ended.

    The function raises OSError where the raw file itself cannot be read.
    """
    source = sources.load(settings.source)
    held: dict[str, Any] = {}

    def handle(request: Request) -> tuple[list[Result], bool]:
        if held.get("piece") != request.piece or held["at"] > request.start:
            held["rows"] = source.read.rows(request.piece, store.open_file)
            held["piece"], held["at"] = request.piece, 0
        for _ in range(request.start - held["at"]):
            next(held["rows"], None)
        held["at"] = request.start
        if not request.count:
            # The row that is looked at is still to be converted.
            looked = next(held["rows"], None)
            rows = held["rows"] if looked is None else chain([looked], held["rows"])
            held["rows"] = rows
            return ([], True) if looked is None else ([Result(place=_place(looked))], False)
        found, ended = _batch(held["rows"], source, settings, request.count)
        held["at"] += len(found)
        return found, ended

    return handle


def convert(row: Row, source: Source, settings: Conversion) -> list[Converted | Skip]:
    """Returns the samples and skips of a row.

    Raises:
        ValueError: the row or one of its images is broken, or the adapter made nothing of the row.
    """
    made: list[Converted | Skip] = []
    count = 0
    for outcome in source.parse(row, **settings.options):
        if isinstance(outcome, Skip):
            made.append(outcome)
            continue
        try:
            made.append(_convert_sample(outcome, source, settings, row, count))
        except fetched.Missing as gone:
            made.append(Skip(reason=gone.reason, detail=gone.detail, part=f"sample {count}"))
        # Counted in any case: what another fetch brings must not change the keys of the others.
        count += 1
    if not made:
        raise ValueError(f"{settings.source} made neither a sample nor a skip of this row")
    return made


def _batch(
    rows: Iterator[Row | Broken], source: Source, settings: Conversion, count: int
) -> tuple[list[Result], bool]:
    results: list[Result] = []
    size, deadline = 0, time.monotonic() + _BATCH_SECONDS
    for row in rows:
        result = _result(row, source, settings)
        results.append(result)
        size += sum(made.facts["bytes"] for made in result.made if isinstance(made, Converted))
        if len(results) == count or size > _BATCH_BYTES or time.monotonic() > deadline:
            return results, False
    return results, True


def _result(row: Row | Broken, source: Source, settings: Conversion) -> Result:
    """Converts one row; the one place where any fault of a row is caught."""
    if isinstance(row, Broken):
        return Result(place=_place(row), error=row.error, reason="unreadable")
    try:
        return Result(place=_place(row), made=tuple(convert(row, source, settings)))
    except MemoryError:
        return Result(place=_place(row), error="needed more memory than a row may", reason="memory")
    except Exception as error:
        kind = "" if isinstance(error, ValueError) else f"{type(error).__name__}: "
        return Result(place=_place(row), error=f"{kind}{error}", reason="error")


def _place(row: Row | Broken) -> str:
    return f"{row.file}#{row.place}" if row.place else row.file


def _convert_sample(
    sample: Sample, source: Source, settings: Conversion, row: Row, nth: int
) -> Converted:
    licence = sample.licence or settings.licence
    sample = replace(sample, licence=licence)
    sample = complete(sample, name=settings.source, source=source, row=row, nth=nth)
    only = source.languages[0] if len(source.languages) == 1 else ""
    stated = sample.language or settings.language or only
    named = [each.path for each in sample.images if each.path]
    segments, images = _read_images(sample, row, settings)
    boxes = tuple(placed(box, *_size(images, box.image)) for box in sample.boxes)
    sample = replace(sample, segments=segments, boxes=boxes)
    if settings.safety:
        found = safety.score([each.image or b"" for each in sample.images], settings.safety)
        sample = replace(sample, measures=tuple(sorted([*sample.measures, *found])))
    private = people.count("\n".join(sample.texts))
    if settings.redact:
        sample = _redacted(sample, settings.redact)
    sample, sure = labels.labelled(sample, images)
    measured = facts.measure(
        sample, images, stanza=settings.stanza, stated=stated, private=private, named=named
    )
    measured["taxonomy_confidence"] = sure
    length = tokens.count(settings.tokenizer, sample.texts) if settings.tokenizer else None
    measured["tokens"] = length
    measured |= second_opinion.measure(sample, settings.second_opinion)
    members = to_members(replace(sample, language=stated or measured["language"]))
    return Converted(members=members, facts={**measured, **facts.place(members)})


def _redacted(sample: Sample, kinds: tuple[str, ...]) -> Sample:
    """The sample with placeholders for personal data in everything that is text of the row."""

    def clean(text: str) -> str:
        return people.redact(text, kinds)

    return replace(
        sample,
        segments=tuple(
            each if each.text is None else replace(each, text=clean(each.text))
            for each in sample.segments
        ),
        boxes=tuple(replace(box, text=clean(box.text)) for box in sample.boxes),
        choices=tuple(map(clean, sample.choices)),
    )


def _read_images(
    sample: Sample, row: Row, settings: Conversion
) -> tuple[tuple[Segment, ...], list[ImageFacts]]:
    """Returns the segments with every image read and decoded, and what was seen of each image.

    Raises:
        Missing: an image is not there, and the sample is nothing without it.
    """
    segments: list[Segment] = []
    images: list[ImageFacts] = []
    gone: fetched.Missing | None = None
    # Places are told on pixels as they are stored, so what has them is not turned.
    orient = settings.orient and not sample.boxes
    for segment in sample.segments:
        if segment.is_image:
            try:
                data, seen = _read(segment, len(images), row, settings, orient=orient)
            except fetched.Missing as missing:
                if not _can_miss(sample):
                    raise
                gone = missing
                continue
            segment = Segment(image=data, role=segment.role)
            images.append(seen)
        segments.append(segment)
    if gone is not None and not images:
        raise fetched.Missing("no_image", gone.detail)
    return tuple(joined(segments) if gone else segments), images


def _read(
    segment: Segment, nth: int, row: Row, settings: Conversion, *, orient: bool
) -> tuple[bytes, ImageFacts]:
    """Returns the image of a segment, decoded once, and what was seen of it."""
    raw = segment.image if segment.path is None else _fetch(segment.path, row, settings)
    try:
        data, seen = read_image(
            raw or b"",
            max_bytes=settings.image_bytes,
            max_pixels=settings.image_pixels,
            orient=orient and not segment.crop,
        )
        return cut(data, seen, segment.crop) if segment.crop else (data, seen)
    except ImageError as error:
        name = segment.path or f"image {nth} of the row"
        raise ImageError(f"{name}: {error}") from error


def _can_miss(sample: Sample) -> bool:
    """Whether a sample is one even without some of its images: a document that shows several."""
    return sample.category == "pretrain/interleaved" and not sample.boxes


def _size(images: list[ImageFacts], number: int) -> tuple[int, int]:
    """Width and height of the image that a box lies on."""
    if number >= len(images):
        raise ValueError(f"a box lies on image {number}, but there are {len(images)}")
    return images[number].width, images[number].height


def _fetch(path: str, row: Row, settings: Conversion) -> bytes:
    """Reads what a row names: a URL that was fetched, or a file below the stanza's root."""
    if "://" in path:
        if settings.fetched:
            return fetched.load(settings.fetched).read(path)
        raise ValueError(
            f"the image {path!r} is a URL: run `shardwright fetch --recipe RECIPE --entry "
            f"{settings.stanza} --out DIR` and set `fetched: DIR` in that entry"
        )
    base = settings.images or posixpath.dirname(row.file)
    name = posixpath.normpath(posixpath.join(base, path))
    full = store.join(settings.root, name)
    if name.startswith(("/", "../")) or name == ".." or not _is_below(full, settings.root):
        raise ValueError(
            f"the image path {path!r} leads out of the entry's root; if that is meant, set "
            "`root` in the recipe to a folder that holds both"
        )
    try:
        with store.open_file(full) as stream:
            # One byte more than allowed shows that a file is too big without reading it all.
            return stream.read(settings.image_bytes + 1)
    except FileNotFoundError:
        if settings.drop_missing:
            raise fetched.Missing("image_missing", name) from None
        raise ValueError(f"there is no image at {name!r} below the entry's root") from None


def _is_below(path: str, root: str) -> bool:
    """Whether a path stays below the root when links are followed."""
    if not store.is_local(path):
        return True
    return os.path.realpath(path).startswith(os.path.join(os.path.realpath(root), ""))
