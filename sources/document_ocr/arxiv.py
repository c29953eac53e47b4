"""arXiv's LaTeX sources as pages: the image of a page, then its text in markdown.

Where from: arXiv's bulk chunks (`src/arXiv_src_YYMM_NNN.tar`, requester pays), whose members are
`YYMM/ID.gz` (a tar or one TeX file) or `YYMM/ID.pdf`; or single submissions (`.tar.gz`, `.gz`, a
folder of sources below the root). Licences lie only in arXiv's metadata (JSON lines, one record a
paper with `id`, `license` and `versions`), joined by id where the recipe names that file.

One row is one submission. It is compiled in a sandbox; SyncTeX says on which page each word of its
source stands; pandoc turns it to text, which is cut at the pages. What does not compile but has a
released PDF is aligned with that instead (`exact` is then 0).

A page's measures say how well its text fits; `measures.quality` is the worst of them. The preset
`page-text`, in the entry to paste, keeps the pages whose text is theirs.

Quirks: the page image is that of our own compile, never arXiv's PDF; most papers carry arXiv's
licence, which gives no right to pass them on: name the `licences` to keep, or filter in plan.
"""

from collections.abc import Iterator
from pathlib import Path

from sources.document_ocr.latex.loss import Loss
from sources.document_ocr.latex.make import Made, Settings, make_pages
from sources.document_ocr.latex.metadata import Facts, look_up, paper_id
from sources.document_ocr.latex.submissions import Submissions
from sources.document_ocr.latex.unpack import unpack
from sources.sample import Sample, Segment, Skip
from sources.source import Row, Source


def parse(
    row: Row,
    *,
    metadata: str = "",
    licences: tuple[str, ...] = (),
    pdfs: str = "",
    tables: str = "html",
    image: str = "png",
    dpi_low: int = 72,
    dpi_high: int = 144,
    seed: int = 0,
    seconds: float = 90.0,
    max_pages: int = 500,
    trusted: bool = False,
) -> Iterator[Sample | Skip]:
    """Yields the pages of a submission.

    Args:
        row: the bytes of a submission, or its files by path.
        metadata: arXiv's metadata file; without it every licence is unknown.
        licences: those to keep, by their URL or its end; empty keeps all.
        pdfs: folder of released PDFs, `ID.pdf`, for papers that do not compile here.
        tables: html or latex.
        image: png or jpeg.
        dpi_low: the lowest resolution of a page image.
        dpi_high: the highest.
        seed: of the draw of resolutions.
        seconds: for TeX and all other programs on one paper.
        max_pages: a paper of more is refused.
        trusted: run TeX without bubblewrap where that is missing; for papers of your own.

    Raises:
        Loss: the paper broke a limit or a rule.
    """
    settings = Settings(
        tables=tables,
        image=image,
        dpi=(dpi_low, dpi_high),
        seed=f"{seed} {row.identity}",
        seconds=seconds,
        max_pages=max_pages,
        trusted=trusted,
    )
    paper = paper_id(row.place.removeprefix("member ") or row.file)
    facts = look_up(metadata, paper) if metadata and paper else Facts()
    if licences and not facts.licence.rstrip("/").endswith(tuple(licences)):
        yield Skip(reason="licence", detail=facts.licence or "unknown")
        return
    try:
        files = row.value if isinstance(row.value, dict) else unpack(row.value)
        for made in make_pages(files, settings, released=_released(pdfs, paper)):
            yield made if isinstance(made, Skip) else _sample(made, row, paper, facts)
    except Loss as loss:
        if not loss.ordinary:
            raise
        yield Skip(reason=loss.reason, detail=loss.detail)


def _released(pdfs: str, paper: str) -> bytes | None:
    path = Path(pdfs) / f"{paper.replace('/', '')}.pdf"
    return path.read_bytes() if pdfs and paper and path.is_file() else None


def _sample(made: Made, row: Row, paper: str, facts: Facts) -> Sample | Skip:
    part = f"page {made.number}"
    if not made.text:
        return Skip(reason="empty_page", detail="no text of the source is on it", part=part)
    return Sample(
        segments=(Segment(image=made.image), Segment(text=made.text)),
        row=f"{row.identity}#{part}",
        licence=facts.licence or "unknown",
        origin=f"https://arxiv.org/abs/{paper}{facts.version}" if paper else row.identity,
        measures=tuple(sorted(made.measures.items())),
    )


SOURCE = Source(
    title="Pages of arXiv papers, compiled from their LaTeX",
    version="3",
    category="pretrain/document_ocr",
    licence="unknown",
    homepage="https://info.arxiv.org/help/bulk_data_s3.html",
    files=("**/arXiv_src_*.tar", "**/*.gz", "**/*.tgz", "**/*.tex"),
    read=Submissions(),
    parse=parse,
    languages=("en",),
    citation="arXiv bulk data; the method is in sources/document_ocr/latex",
    filters=("page-text",),
    download="Chunks src/arXiv_src_YYMM_NNN.tar as they are; folders or .tar.gz of single papers.",
)
