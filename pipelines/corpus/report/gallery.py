"""Examples for the report: some samples of each folder, their images made small."""

import base64
import io
from collections.abc import Iterator
from itertools import islice
from typing import Any

from PIL import Image, ImageOps

from pipelines.corpus.lookup import Found
from pipelines.corpus.report.markup import Html, join, tag
from pipelines.corpus.state import Corpus
from pipelines.shard import ShardReceipt
from sources.sample import Sample, from_members

# All examples of a page, however many folders there are; with the bounds below, some 5 MB of them.
_EXAMPLES = 240
_MOST = 12
_IMAGES = 4
_TEXT = 500
_SIDES = (320, 240)
# Larger images and samples are named, not decoded: the page must not cost what the build did.
_PIXELS = 40_000_000
_BYTES = 100_000_000


def gallery(corpus: Corpus, folder: str, shards: list[ShardReceipt], folders: int) -> Html:
    """Returns a card with examples of a folder.

    Shards are in the order of a keyed hash, so the first samples are as good as drawn by lot.

    Args:
        corpus: to read from.
        folder: its name.
        shards: of the folder.
        folders: how many folders share the page.
    """
    count = max(1, min(_MOST, _EXAMPLES // folders))
    samples = [example(found) for found in islice(_first(corpus, shards), count)]
    total = sum(shard.samples for shard in shards)
    told = tag("p", f"{len(samples)} of {total:,} samples", class_="soft")
    title = tag("h3", folder)
    return tag("div", title, told, tag("div", join(samples), class_="gallery"), class_="card")


def _first(corpus: Corpus, shards: list[ShardReceipt]) -> Iterator[Found]:
    for shard in shards:
        for batch in corpus.index(shard.name):
            for row in batch.to_pylist():
                yield Found(tar=corpus.layout.corpus(f"{shard.name}.tar"), start=0, facts=row)


def example(found: Found) -> Html:
    """Returns a sample: its images made small, its texts as far as there is room, its key."""
    facts = found.facts
    if facts["bytes"] > _BYTES:
        parts = [tag("p", f"{facts['bytes']:,} bytes: too large to show")]
    else:
        parts = list(_parts(from_members(dict(found.members())), facts))
    language = facts["stated_language"] or facts["language"] or facts["code_language"]
    notes = ", ".join(filter(None, [language, facts["licence"], facts["origin"]]))
    parts += [tag("p", facts["key"], class_="mono"), tag("p", notes)]
    return tag("div", join(parts), class_="sample")


def _parts(sample: Sample, facts: dict[str, Any]) -> Iterator[Html]:
    """Yields the images, then the texts with their roles, as far as there is room."""
    sizes = list(zip(facts["widths"], facts["heights"], strict=True))
    blobs = [segment.image or b"" for segment in sample.images]
    shown = zip(blobs[:_IMAGES], sizes, strict=False)
    thumbs = [thumbnail(blob, width, height) for blob, (width, height) in shown]
    if len(blobs) > _IMAGES:
        thumbs.append(tag("p", f"and {len(blobs) - _IMAGES} images more"))
    if thumbs:
        yield tag("div", join(thumbs), class_="thumbs")
    room = _TEXT
    for segment in sample.segments:
        if segment.text is None or room <= 0:
            continue
        if segment.role:
            yield tag("div", segment.role, class_="role")
        more = " ..." if len(segment.text) > room else ""
        yield tag("pre", segment.text[:room] + more, dir="auto")
        room -= len(segment.text)


def thumbnail(blob: bytes, width: int, height: int) -> Html:
    """Returns a small copy of an image, as part of the page itself."""
    size = f"{width} x {height}"
    if width * height > _PIXELS:
        return tag("p", f"image of {size}: too large to show")
    try:
        data = _shrink(blob)
    except (OSError, ValueError, SyntaxError) as error:
        return tag("p", f"image of {size}: {error}")
    source = f"data:image/jpeg;base64,{base64.b64encode(data).decode()}"
    return Html(f'<img src="{source}" alt="{size}" title="{size}">')


def _shrink(blob: bytes) -> bytes:
    out = io.BytesIO()
    with Image.open(io.BytesIO(blob)) as image:
        image.draft("RGB", _SIDES)
        upright = ImageOps.exif_transpose(image)
        # Long strips would shrink to a line: their top or left end is shown.
        width, height = upright.size
        upright = upright.crop((0, 0, min(width, 8 * height), min(height, 4 * width)))
        upright.thumbnail(_SIDES)
        colours = upright.convert("RGBA")
        ground = Image.new("RGBA", colours.size, "white")
        ground.alpha_composite(colours)
        ground.convert("RGB").save(out, "JPEG", quality=72)
    return out.getvalue()
