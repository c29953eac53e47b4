"""A submission's files to pages, each an image and its text, or the reason why not."""

import io
import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

from sources.document_ocr.latex import numbers, pdf, tree
from sources.document_ocr.latex.compile import Compiled, Press, compile_paper
from sources.document_ocr.latex.convert import convert
from sources.document_ocr.latex.flatten import flatten
from sources.document_ocr.latex.loss import Loss
from sources.document_ocr.latex.paper import PageText, page_texts
from sources.document_ocr.latex.preflight import Plan, plain_main, preflight, reached
from sources.document_ocr.latex.source_text import decode
from sources.document_ocr.latex.synctex import Places, read_synctex
from sources.document_ocr.latex.write import TABLES
from sources.sample import Skip

_DRAWS = re.compile(r"\\begin\s*\{(?:tikzpicture|pgfpicture|picture|axis|tikzcd)\}")
IMAGES = ("png", "jpeg")
# Losses that a released PDF makes good: what does not compile can still be aligned.
_ALIGNABLE = (
    "missing_package",
    "missing_file",
    "compile_failed",
    "needs_lualatex",
    "tex_memory",
    "latex_209",
    "plain_tex",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a recipe can choose.

    Attributes:
        tables: html or latex.
        image: png or jpeg.
        dpi: the lowest and the highest resolution; each page draws one of those between.
        seed: of that draw, with the paper's id.
        seconds: for all programs that run on one paper.
        memory: bytes of address space for each of them.
        max_pages: more end the paper.
        trusted: run without bubblewrap where that is missing.
    """

    tables: str = "html"
    image: str = "png"
    dpi: tuple[int, int] = (72, 144)
    seed: str = ""
    seconds: float = 90.0
    memory: int = 4 << 30
    max_pages: int = 500
    trusted: bool = False

    def __post_init__(self) -> None:
        low, high = self.dpi
        if self.tables not in TABLES or self.image not in IMAGES or not 20 <= low <= high <= 600:
            raise ValueError(
                f"expected tables of {TABLES}, image of {IMAGES} and dpi within 20 to 600, "
                f"the lowest first; got {self.tables!r}, {self.image!r} and {low} to {high} dpi"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A page.

    Attributes:
        number: counted from 1.
        image: encoded.
        text: in markdown.
        measures: name -> value, see `score`.
    """

    number: int
    image: bytes
    text: str
    measures: dict[str, float]


def make_pages(
    files: dict[str, bytes], settings: Settings, *, released: bytes | None = None
) -> Iterator[Made | Skip]:
    """Yields the pages of a submission: exact where it compiles, else aligned with a released PDF.

    Raises:
        Loss: the paper gives no page at all.
    """
    main = ""
    try:
        plan = preflight(files)
        main = plan.main
        compiled = _compile(files, plan, settings)
    except Loss as loss:
        if released is None or loss.reason not in _ALIGNABLE:
            raise
        yield from _aligned(files, main or plain_main(files), released, settings)
        return
    yield from _exact(files, compiled, settings)


def _compile(files: dict[str, bytes], plan: Plan, settings: Settings) -> Compiled:
    with tempfile.TemporaryDirectory(prefix="paper-", ignore_cleanup_errors=True) as name:
        press = Press(
            folder=Path(name),
            plan=plan,
            seconds=settings.seconds,
            memory=settings.memory,
            max_pages=settings.max_pages,
            trusted=settings.trusted,
        )
        try:
            return compile_paper(files, press)
        except Loss as loss:
            if plan.old and loss.reason in _ALIGNABLE:
                told = f"LaTeX 2.09, and {loss}; a released PDF would do: name it by `pdfs`"
                raise Loss("latex_209", told) from loss
            raise


def _exact(
    files: dict[str, bytes], compiled: Compiled, settings: Settings
) -> Iterator[Made | Skip]:
    """Path A: the pages are ours, and SyncTeX says what is on them."""
    places = read_synctex(compiled.synctex)
    source = flatten(
        compiled.texts,
        compiled.main,
        page_of=places.page,
        bbl=compiled.bbl,
        packages=_packages(files),
    )
    nodes, _ = _converted(source, settings)
    known = numbers.read_aux(compiled.aux)
    pages = pdf.pages(compiled.pdf, drawings=any(map(_DRAWS.search, compiled.texts.values())))
    texts = list(page_texts(tree.read(nodes), known, pages, tables=settings.tables))
    faults = _by_page(places, [(file, line) for file, line, _ in compiled.log.errors])
    missing = _by_page(places, compiled.log.missing_figures)
    for made in _drawn(compiled.pdf, texts, settings, exact=1.0, faults=faults):
        if made.number - 1 in missing:
            yield Skip(
                reason="missing_figure",
                detail="a draft box stands for a figure that the paper does not bring",
                part=f"page {made.number}",
            )
        else:
            yield made


def _aligned(
    files: dict[str, bytes], main: str, released: bytes, settings: Settings
) -> Iterator[Made | Skip]:
    """Path B: the pages are the released ones, and their text says where the source's words are."""
    texts = {name: decode(data) for name, data in files.items() if name.endswith((".tex", ".bbl"))}
    texts.setdefault(main, decode(files[main]))
    bbl = next((name for name in sorted(texts) if name.endswith(".bbl")), "")
    names = [*reached(main, texts), *([bbl] if bbl else [])]
    source = flatten(
        {name: texts[name] for name in names},
        main,
        page_of=lambda file, line: None,
        bbl=bbl,
        packages=_packages(files),
    )
    nodes, _ = _converted(source, settings)
    pages = pdf.pages(released)
    if len(pages) > settings.max_pages:
        raise Loss("too_many_pages", f"{len(pages)} pages; the limit is {settings.max_pages}")
    made = page_texts(tree.read(nodes), numbers.Numbers(), pages, tables=settings.tables)
    yield from _drawn(released, list(made), settings, exact=0.0, faults={})


def _converted(source: str, settings: Settings) -> tuple[list[dict[str, Any]], list[str]]:
    return convert(
        source,
        seconds=settings.seconds,
        memory=settings.memory,
        trusted=settings.trusted,
    )


def _packages(files: dict[str, bytes]) -> tuple[str, ...]:
    return tuple(decode(data) for name, data in sorted(files.items()) if name.endswith(".sty"))


def _by_page(places: Places, lines: Sequence[tuple[str, int]]) -> dict[int, int]:
    """How many of the lines are on each page; TeX names a line at or before the record."""
    found: dict[int, int] = {}
    for file, line in lines:
        near = (places.page(file, line + step) for step in range(40))
        page = next((page for page in near if page is not None), None)
        if page is not None:
            found[page] = found.get(page, 0) + 1
    return found


def _drawn(
    data: bytes,
    texts: list[PageText],
    settings: Settings,
    *,
    exact: float,
    faults: dict[int, int],
) -> Iterator[Made]:
    low, high = settings.dpi
    for index, text in enumerate(texts):
        digest = blake2b(f"{settings.seed}\n{index}".encode(), digest_size=8).digest()
        dpi = low + int.from_bytes(digest) % (high - low + 1)
        picture = pdf.raster_page(data, index, dpi=dpi)
        measures = {**text.measures, "exact": exact, "dpi": float(dpi)}
        measures["leftovers"] += faults.get(index, 0)
        yield Made(
            number=index + 1,
            image=_encoded(picture, settings.image),
            text=text.text,
            measures=measures,
        )


def _encoded(picture: Any, kind: str) -> bytes:
    buffer = io.BytesIO()
    if kind == "jpeg":
        picture.save(buffer, "JPEG", quality=90)
    else:
        picture.save(buffer, "PNG", compress_level=3)
    return buffer.getvalue()
