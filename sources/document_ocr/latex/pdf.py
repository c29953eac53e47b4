"""The one place that knows PyMuPDF: pages as words, as plain text, as pictures."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pymupdf
from PIL import Image

# Fonts that TeX sets symbols and variables from; the digits of formulas come from text fonts.
_MATH_FONT = re.compile(
    r"CMMI|CMSY|CMEX|CMBSY|CMMIB|MSAM|MSBM|EUFM|EUSM|EURM|RSFS|MathIt|MathSy|MathEx|Math-|Math$|"
    r"txmi|txsy|txex|pxmi|pxsy|pxex|newtxmi|NewTXMI|NTXMI|ntxsy|txsym|LMMath|stix.*math|BBM|bbold|"
    r"dsrom|wasy|stmary|esint|MnSymbol|mathx|Fourier-Math|zplm|rtxmi|xnsy|ztmr|rntxmi|symb|txbmi|"
    r"ntxex|txexs|Symbol",
    re.I,
)
_SUPERSCRIPT, _ITALIC = 1, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A word of a page.

    Attributes:
        text: as the text layer has it, without the characters of formulas.
        math: the characters of formulas in it.
        box: x0, y0, x1, y1 in points.
        line: counts the lines of the page.
        raised: whether it is set as a superscript.
        size: of the font, in points.
        drawn: whether it stands in a drawing that TeX itself made.
        slanted: whether it is set in italics.
    """

    text: str
    math: str
    box: tuple[float, float, float, float]
    line: int
    raised: bool
    size: float
    drawn: bool = False
    slanted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page's words, in the order in which TeX put them there, and its size in points."""

    words: tuple[Word, ...]
    width: float
    height: float


def plain_pages(data: bytes) -> list[str]:
    """Returns the text of each page as it is."""
    with pymupdf.open(stream=data, filetype="pdf") as document:
        return [page.get_text() for page in document]


def pages(data: bytes, *, figures: bool = False, drawings: bool = False) -> list[Page]:
    """Returns the words of each page.

    Args:
        data: the PDF.
        figures: keep the words inside of included figures, which no source holds.
        drawings: mark the words in drawings; asked for where the source draws.
    """
    with pymupdf.open(stream=data, filetype="pdf") as document:
        if not figures:
            _blank_figures(document)
        return [_page(page, _drawings(page) if drawings else []) for page in document]


def raster_page(data: bytes, index: int, *, dpi: int) -> Image.Image:
    """Returns a page as a picture; pages count from 0."""
    with pymupdf.open(stream=data, filetype="pdf") as document:
        picture = document[index].get_pixmap(dpi=dpi, alpha=False, annots=False)
        return Image.frombytes("RGB", (picture.width, picture.height), picture.samples)


def _blank_figures(document: Any) -> None:
    """Empties the included figures of a document in memory."""
    for page in document:
        for xref, *_ in page.get_xobjects():
            if document.xref_is_stream(xref):
                document.update_stream(xref, b" ")


# A drawing is at least so wide and high, in points; rules of tables and lines are flat.
_LEAST_DRAWING = 40
# How far round its paths the words of a drawing stand.
_LABELS = 28


def _drawings(page: Any) -> list[Any]:
    """The extents of drawings: paths that lie together, some of them bent or slanted."""
    paths = page.get_drawings()
    bent = [path["rect"] for path in paths if any(map(_is_bent, path["items"]))]
    found = page.cluster_drawings(drawings=paths, x_tolerance=12, y_tolerance=12)
    return [
        extent + (-_LABELS, -_LABELS, _LABELS, _LABELS)
        for extent in found
        if min(extent.width, extent.height) > _LEAST_DRAWING
        and any(extent.contains(rect) for rect in bent)
    ]


def _is_bent(item: tuple[Any, ...]) -> bool:
    if item[0] == "l":
        return min(abs(item[1].x - item[2].x), abs(item[1].y - item[2].y)) > 1
    return bool(item[0] == "c")


def _page(page: Any, drawings: list[Any]) -> Page:
    flags = pymupdf.TEXT_PRESERVE_WHITESPACE | pymupdf.TEXT_PRESERVE_LIGATURES
    layout = page.get_text("rawdict", flags=flags)
    words: list[Word] = []
    number = 0
    for block in layout["blocks"]:
        for line in block.get("lines", ()):
            words += _words(line, number)
            number += 1
    if drawings:
        words = [
            replace(word, drawn=any(extent.contains(word.box[:2]) for extent in drawings))
            for word in words
        ]
    return Page(words=tuple(words), width=layout["width"], height=layout["height"])


# A character, whether it is a symbol, whether raised, its box, its size, whether slanted.
_Char = tuple[str, bool, bool, tuple[float, ...], float, bool]


def _words(line: dict[str, Any], number: int) -> Iterator[Word]:
    run: list[_Char] = []
    for span in line["spans"]:
        is_math = bool(_MATH_FONT.search(span["font"].partition("+")[2] or span["font"]))
        raised, slanted = bool(span["flags"] & _SUPERSCRIPT), bool(span["flags"] & _ITALIC)
        for char in span["chars"]:
            if char["c"].isspace() or (run and run[-1][2] != raised):
                yield from _word(run, number)
                run = []
            if not char["c"].isspace():
                symbol = is_math or "\u0370" <= char["c"] <= "\u03ff"
                run.append((char["c"], symbol, raised, char["bbox"], span["size"], slanted))
    yield from _word(run, number)


def _word(run: list[_Char], number: int) -> Iterator[Word]:
    if not run:
        return
    boxes = [entry[3] for entry in run]
    yield Word(
        text=unicodedata.normalize("NFKC", "".join(entry[0] for entry in run if not entry[1])),
        math=unicodedata.normalize("NFKC", "".join(entry[0] for entry in run if entry[1])),
        box=(
            min(box[0] for box in boxes),
            min(box[1] for box in boxes),
            max(box[2] for box in boxes),
            max(box[3] for box in boxes),
        ),
        line=number,
        raised=run[0][2],
        size=run[0][4],
        slanted=run[0][5],
    )
