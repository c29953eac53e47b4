r"""LaTeX-OCR (pix2tex): pictures of formulas with their LaTeX.

The folder of the authors, with `formulae.zip` unpacked beside `math.txt`: `train/0000123.png` (or
`val/`, `test/`, `images/`, or no folder). Copies as Parquet with `image` and `text` are taken too.

A line: `\frac { a } { b } + 1`, of `math.txt`; the picture's name is its number, counted from 0.

Quirks: all splits share one file of labels, so lines without a picture are skipped, and empty lines
count; tokens are parted by blanks; the authors' own cache is a pickle and is not read; formulas
made of im2latex keep `\label{...}`, which no picture shows and which is cut out here.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from sources import shapes
from sources.readers import ByExtension, NumberedLines, Parquet
from sources.sample import Sample, Segment, Skip
from sources.source import Row, Source

_PAIR = shapes.pair(image="image", text="text")
_LABEL = re.compile(r"\\label\s*\{[^{}]*\}")
_DOLLARS = re.compile(r"^\$+([^$]*)\$+$")
_FOLDERS = ("train/", "val/", "test/", "images/", "")


def parse(row: Row) -> Iterator[Sample | Skip]:
    """Yields the picture with its formula between dollars."""
    for made in _PAIR(row):
        if isinstance(made, Sample):
            formula = _DOLLARS.sub(r"\1", _LABEL.sub("", made.texts[0]).strip()).strip()
            if not formula:
                yield Skip(reason="no_text")
                continue
            said = Segment(text=f"${formula}$")
            made = replace(made, segments=(made.segments[0], said))
        yield made


SOURCE = Source(
    title="LaTeX-OCR",
    version="1",
    category="pretrain/document_ocr",
    licence="unknown",
    homepage="https://github.com/lukas-blecher/LaTeX-OCR",
    files=("**/math.txt", "**/*.parquet"),
    read=ByExtension(
        readers={
            ".txt": NumberedLines(images=tuple(f"{f}{{number:07d}}.png" for f in _FOLDERS)),
            ".parquet": Parquet(columns=("image", "text")),
        }
    ),
    parse=parse,
    languages=("en",),
    citation="Lukas Blecher, pix2tex - LaTeX OCR, GitHub, 2022",
    download="`formulae.zip` and `math.txt` of the authors' folder, unpacked side by side.",
)
