"""The record: one training example as segments in reading order, and its form as tar members.

A sample becomes adjacent tar members that share its dot-free key:

    key.json              everything but the bytes of images; `texts`, `images` and `roles` are
                          parallel lists, one entry a segment, null where the other kind sits
    key.jpg               the image of a sample that has just one
    key.0.jpg key.1.png   the images of a sample that has several
    key.txt               the text of a pair (one image, then one text, no roles), for loaders that
                          know only pairs
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

ROLES = ("system", "user", "assistant")


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One piece of a sample: a text, or an image.

    Attributes:
        text: the text, or None for an image.
        image: the encoded bytes of an image (JPEG, PNG or WebP once it is in a corpus).
        path: in place of `image`, where its bytes lie: a path as the raw row gives it, relative to
            the file that holds the row. Only adapters write it; ingest reads the bytes.
        crop: x0, y0, x1, y1 in pixels: the part of the image that is meant. Only adapters write
            it; ingest cuts it out.
        role: None for pretraining; system, user or assistant for chat.
    """

    text: str | None = None
    image: bytes | None = None
    path: str | None = None
    crop: tuple[float, float, float, float] | None = None
    role: str | None = None

    def __post_init__(self) -> None:
        given = [name for name in ("text", "image", "path") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(
                f"a segment is one of text, image or path; got {given or 'none of them'}"
            )
        if self.role is not None and self.role not in ROLES:
            raise ValueError(f"role {self.role!r} is none of {', '.join(ROLES)}")

    @property
    def is_image(self) -> bool:
        """Whether this segment is an image, read or not."""
        return self.text is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A piece of text, or what a text speaks of, with its place on an image.

    Attributes:
        text: the transcription; empty where nobody could read it.
        polygon: x0, y0, x1, y1, ... in pixels of the image as stored.
        level: what it bounds, such as word, line or widget.
        image: which image of the sample, counted from 0.
        legible: whether the text can be read.
        plane: width and height of what the polygon is measured in, where an adapter does not know
            the image's pixels, such as (1, 1). Ingest turns them into pixels.
        normalised: the polygon on a grid of 0 to 999 over the image's width and height, whatever
            lies outside moved to the edge. Ingest fills it in.
    """

    text: str
    polygon: tuple[float, ...]
    level: str = "word"
    image: int = 0
    legible: bool = True
    plane: tuple[float, float] | None = None
    normalised: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One training example. An adapter fills in what it knows; ingest completes the rest.

    Attributes:
        segments: texts and images in reading order.
        key: dot-free name, stable across builds: the source and a hash of the row's identity.
        source: the source's name, such as `web_code/notebooks`.
        version: the source's version.
        row: identity of the raw row in its source; by default its file and its place there.
        category: a class of Tables 1 and 2, such as `pretrain/caption`.
        language: ISO 639 code that the source states; empty where it states none.
        licence: SPDX id or the licence's URL; `unknown` where nobody said.
        origin: URL of the raw row, or its path inside the source.
        taxonomy: path of a use case of Table 3, for prompts.
        code_language: programming language, for samples of code.
        boxes: pieces of text with their places, for scene text and documents.
        choices: the options of a multiple-choice question.
        answer: which of `choices` is right, counted from 0.
        measures: what the adapter measured, as (name, value) in order of name; ingest puts them
            into the facts, where a recipe can set thresholds on them.
    """

    segments: tuple[Segment, ...]
    key: str = ""
    source: str = ""
    version: str = ""
    row: str = ""
    category: str = ""
    language: str = ""
    licence: str = ""
    origin: str = ""
    taxonomy: str = ""
    code_language: str = ""
    boxes: tuple[Box, ...] = ()
    choices: tuple[str, ...] = ()
    answer: int | None = None
    measures: tuple[tuple[str, float], ...] = ()

    def __post_init__(self) -> None:
        if not self.segments:
            raise ValueError("a sample needs at least one segment; yield Skip(reason) to drop it")
        if "." in self.key or "/" in self.key:
            raise ValueError(f"key {self.key!r} has a dot or a slash: loaders would cut it there")

    @property
    def texts(self) -> list[str]:
        """The texts in reading order."""
        return [segment.text for segment in self.segments if segment.text is not None]

    @property
    def images(self) -> list[Segment]:
        """The image segments in reading order."""
        return [segment for segment in self.segments if segment.is_image]

    @property
    def is_pair(self) -> bool:
        """Whether this is the plain form of captions: one image, then one text, no roles."""
        kinds = [segment.is_image for segment in self.segments]
        return kinds == [True, False] and all(segment.role is None for segment in self.segments)


@dataclass(frozen=True, slots=True, kw_only=True)
class Skip:
    """A row, or a part of one, left out on purpose.

    Attributes:
        reason: short snake_case words; they become a line of the funnel.
        detail: what was seen, for `why`.
        part: which part of the row, such as `cell 3`; empty for the whole row.
    """

    reason: str
    detail: str = ""
    part: str = ""


def placed(box: Box, width: int, height: int) -> Box:
    """Returns a box in pixels and on the grid of an image of that size.

    >>> box = placed(Box(text="a", polygon=(0.5, 0, 1, 1), plane=(1, 1)), 200, 100)
    >>> box.polygon, box.normalised
    ((100.0, 0.0, 200.0, 100.0), (500, 0, 999, 999))
    """
    across, down = box.plane or (width, height)
    xs, ys = box.polygon[::2], box.polygon[1::2]
    polygon = box.polygon
    if box.plane:
        polygon = tuple(
            number
            for x, y in zip(xs, ys, strict=True)
            for number in (x * width / across, y * height / down)
        )
    normalised = tuple(
        number for x, y in zip(xs, ys, strict=True) for number in (grid(x, across), grid(y, down))
    )
    return replace(box, polygon=polygon, plane=None, normalised=normalised)


def grid(number: float, whole: float) -> int:
    """Returns a coordinate as one of 0 to 999 over a width or height.

    >>> grid(50, 100), grid(-3, 100), grid(101, 100)
    (500, 0, 999)
    """
    return min(999, max(0, round(999 * number / whole)))


def extension(image: bytes) -> str:
    r"""Returns jpg, png or webp by the first bytes of an encoded image.

    Raises:
        ValueError: for any other format.

    >>> extension(b"\x89PNG\r\n\x1a\n...")
    'png'
    """
    if image.startswith(b"\xff\xd8\xff"):
        return "jpg"
    if image.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if image[:4] == b"RIFF" and image[8:12] == b"WEBP":
        return "webp"
    raise ValueError(f"not a JPEG, PNG or WebP image: it starts with {image[:12]!r}")


def parts(sample: Sample) -> str:
    """Names the set of members a sample has beside its JSON; samples of one shard agree in it.

    `json` for no image, `multi` for several (their number varies), else the image's extension, with
    `-txt` for a pair.
    """
    images = sample.images
    if len(images) != 1:
        return "multi" if images else "json"
    suffix = extension(_data(images[0]))
    return f"{suffix}-txt" if sample.is_pair else suffix


def to_members(sample: Sample) -> list[tuple[str, bytes]]:
    """Returns the tar members of a sample, as (name, content), the JSON first.

    Raises:
        ValueError: an image whose bytes have not been read or are in another format, a box that is
            not in pixels, no key, or a text that UTF-8 cannot hold.
    """
    if not sample.key:
        raise ValueError("a sample without a key has no members")
    if any(box.plane for box in sample.boxes):
        raise ValueError("a box that is not in pixels yet: complete it with `placed`")
    blobs = [_data(segment) for segment in sample.images]
    numbered = len(blobs) > 1
    names = [
        f"{sample.key}.{index}.{extension(blob)}" if numbered else f"{sample.key}.{extension(blob)}"
        for index, blob in enumerate(blobs)
    ]
    members = [(f"{sample.key}.json", _to_json(sample, names)), *zip(names, blobs, strict=True)]
    if sample.is_pair:
        members.append((f"{sample.key}.txt", sample.texts[0].encode()))
    return members


def from_members(members: Mapping[str, bytes]) -> Sample:
    """Returns the sample whose members (name -> content) these are: the inverse of `to_members`.

    Raises:
        ValueError: there is not just one JSON member, or an image it names is missing.
    """
    records = [name for name in members if name.endswith(".json")]
    if len(records) != 1:
        raise ValueError(f"expected one .json member, got {records} among {sorted(members)}")
    record: dict[str, Any] = json.loads(members[records[0]])
    missing = [name for name in record["images"] if name and name not in members]
    if missing:
        raise ValueError(f"{records[0]} names images that are not there: {', '.join(missing)}")
    segments = tuple(
        Segment(text=text, image=None if name is None else members[name], role=role)
        for text, name, role in zip(
            record.pop("texts"), record.pop("images"), record.pop("roles"), strict=True
        )
    )
    boxes = tuple(map(_box, record.pop("boxes", ())))
    choices = tuple(record.pop("choices", ()))
    measures = tuple(record.pop("measures", {}).items())
    return Sample(segments=segments, boxes=boxes, choices=choices, measures=measures, **record)


def _box(record: dict[str, Any]) -> Box:
    """A box from its JSON value."""
    lists: dict[str, Any] = {
        name: tuple(record[name]) for name in ("polygon", "normalised") if name in record
    }
    return Box(**{**record, **lists})


def _data(segment: Segment) -> bytes:
    """The bytes of an image segment, which must have been read."""
    if segment.image is None:
        raise ValueError(f"the image {segment.path!r} has not been read yet")
    return segment.image


# Left out of the JSON when empty, so that plain samples stay small.
_OPTIONAL = ("taxonomy", "code_language", "choices", "answer")
_OF_BOX = ("text", "polygon", "normalised", "level", "image", "legible")


def _to_json(sample: Sample, names: list[str]) -> bytes:
    """The JSON member: stable order, one line, UTF-8."""
    left = iter(names)
    record: dict[str, Any] = {
        name: getattr(sample, name)
        for name in ("key", "source", "version", "row", "category", "language", "licence", "origin")
    }
    record["texts"] = [segment.text for segment in sample.segments]
    record["images"] = [next(left) if segment.is_image else None for segment in sample.segments]
    record["roles"] = [segment.role for segment in sample.segments]
    for name in _OPTIONAL:
        value = getattr(sample, name)
        if value not in ("", (), None):
            record[name] = value
    if sample.measures:
        record["measures"] = dict(sample.measures)
    if sample.boxes:
        record["boxes"] = [{name: getattr(box, name) for name in _OF_BOX} for box in sample.boxes]
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode()
