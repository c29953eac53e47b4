"""Runs an adapter over a folder of raw files, as ingest does, without a corpus."""

import glob
import posixpath
from collections.abc import Iterator
from dataclasses import asdict
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

import sources
from sources.sample import Sample, Segment, Skip
from sources.source import Broken, File, Row, Source, complete

# What is not shown in goldens: repeated in every sample, or nothing in it.
_PLAIN = ("source", "version", "category")


def rows(source: Source, root: Path) -> Iterator[Row | Broken]:
    """Every row of the files below a folder that the source's patterns find."""
    found = {
        name
        for pattern in source.files
        for name in glob.glob(pattern, root_dir=root, recursive=True)
    }
    for name in sorted(found - {"golden.json", "stanza.yaml"}):
        path = root / name
        if not path.is_file():
            continue
        file = File(path=str(path), name=name, size=path.stat().st_size)
        for piece in source.read.pieces(file, _opened):
            yield from source.read.rows(piece, _opened)


def _opened(path: str, /) -> Any:
    return open(path, "rb")


def made(name: str, row: Row, **options: Any) -> list[Sample | Skip]:
    """What the adapter makes of a row, completed as ingest does."""
    source = sources.load(name)
    outcomes: list[Sample | Skip] = []
    nth = 0
    for outcome in source.parse(row, **options):
        if isinstance(outcome, Sample):
            outcome = complete(outcome, name=name, source=source, row=row, nth=nth)
            nth += 1
        outcomes.append(outcome)
    return outcomes


def run(
    name: str, root: Path, **options: Any
) -> Iterator[tuple[Row | Broken, list[Sample | Skip] | str]]:
    """Every row of a folder with what became of it: samples and skips, or why it is refused."""
    for row in rows(sources.load(name), root):
        if isinstance(row, Broken):
            yield row, f"unreadable: {row.error}"
            continue
        try:
            yield row, made(name, row, **options)
        except ValueError as error:
            yield row, str(error)


def samples(name: str, root: Path, **options: Any) -> list[Sample]:
    """The samples of a folder; no row of it may be refused."""
    found: list[Sample] = []
    for row, outcome in run(name, root, **options):
        assert not isinstance(outcome, str), f"{row.file} {row.place}: {outcome}"
        found += [each for each in outcome if isinstance(each, Sample)]
    return found


def one(name: str, value: Any, *, file: str = "file", **options: Any) -> list[Sample | Skip]:
    """What the adapter makes of a single value."""
    return made(name, Row(value=value, file=file, place="row 0"), **options)


def shown(sample: Sample) -> list[str]:
    """The segments in short: a text as it is, an image as `<path>` or `<format size>`."""
    return [_shown(segment) for segment in sample.segments]


def record(outcome: Sample | Skip) -> dict[str, Any]:
    """A sample or skip as a golden keeps it."""
    if isinstance(outcome, Skip):
        return {"skip": asdict(outcome)}
    kept = {key: value for key, value in asdict(outcome).items() if value not in ("", (), None)}
    for plain in _PLAIN:
        kept.pop(plain)
    kept["segments"] = [
        {segment.role: _shown(segment)} if segment.role else _shown(segment)
        for segment in outcome.segments
    ]
    return kept


def image_bytes(segment: Segment, row: Row, root: Path, images: str) -> bytes | None:
    """The bytes of an image; None for one that is known by its URL alone."""
    if segment.path is None:
        return segment.image
    if "://" in segment.path:
        return None
    base = images or posixpath.dirname(row.file)
    return (root / posixpath.normpath(posixpath.join(base, segment.path))).read_bytes()


def _shown(segment: Segment) -> str:
    if segment.text is not None:
        return segment.text
    if segment.path is not None:
        return f"<{segment.path}>" if not segment.crop else f"<{segment.path} {segment.crop}>"
    data = segment.image or b""
    with Image.open(BytesIO(data)) as image:
        seen = f"{image.format} {image.width}x{image.height}"
    return f"<{seen} {sha256(data).hexdigest()[:12]}>"
