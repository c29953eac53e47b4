"""ReCTS, reading Chinese text on signboards (ICDAR 2019): lines and characters with corners.

`ReCTS.zip` from the challenge's site after registration unpacks to `img/train_ReCTS_000001.jpg`,
`gt_unicode/train_ReCTS_000001.json` and `gt` (the same with escapes, not read). One file a row:

    {"chars": [{"ignore": 0, "transcription": "H", "points": [8 numbers]}, ...],
     "lines": [{"ignore": 0, "transcription": "HOKI", "points": [8 numbers]}, ...]}

Quirks: `ignore` is 1 for what is not to be read, often `###` too. Only lines are taken.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath

from sources.readers import WholeFile
from sources.sample import Sample, Skip
from sources.shapes import boxes_with_text
from sources.shapes.fields import columns
from sources.source import Row, Source

_PAGE = boxes_with_text(
    image="image", boxes="lines", text="transcription", unreadable="ignore", level="line"
)


def parse(row: Row, *, crops: bool = False) -> Iterator[Sample | Skip]:
    """Makes a sample of an image.

    Args:
        row: the raw row.
        crops: whether each line is a sample too.
    """
    image = f"../img/{PurePosixPath(row.file).stem}.jpg"
    yield from _PAGE(replace(row, value={**columns(row), "image": image}), crops=crops)


SOURCE = Source(
    title="ReCTS: Chinese text on signboards",
    version="1",
    category="pretrain/scene_text",
    licence="unknown",
    homepage="https://rrc.cvc.uab.es/?ch=12",
    files=("**/gt_unicode/*.json",),
    read=WholeFile(kind="json"),
    parse=parse,
    languages=("zh",),
    citation="Zhang et al., ICDAR 2019 Robust Reading Challenge on Reading Chinese Text on "
    "Signboard, 2019",
    download="ReCTS.zip, unpacked.",
)
