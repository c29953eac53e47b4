"""The adapter: what a submission may look like, what is known of it, what a recipe can choose."""

import gzip
import io
import json
import pickle
import tarfile
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
from PIL import Image

from sources import load
from sources.document_ocr import arxiv
from sources.document_ocr.latex import sandbox
from sources.document_ocr.latex.loss import Loss
from sources.document_ocr.latex.unpack import unpack
from sources.sample import Sample, Skip
from sources.source import Broken, File, Row

TEX = (
    rb"\documentclass{article}\begin{document}A short paper about nothing in particular."
    rb"\begin{tabular}{ll}one & two\\three & four\end{tabular}\end{document}"
)
ARXIV = "http://arxiv.org/licenses/nonexclusive-distrib/1.0/"
CC_BY = "http://creativecommons.org/licenses/by/4.0/"


def tar(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name.replace("__", "/").replace("_", "."))
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def rows(folder: Path) -> list[Row | Broken]:
    source = load("arxiv")
    found = []
    for path in sorted({path for pattern in source.files for path in folder.glob(pattern)}):
        name = str(path.relative_to(folder))
        file = File(path=str(path), name=name, size=path.stat().st_size)
        for piece in source.read.pieces(file, lambda path: open(path, "rb")):
            found += source.read.rows(piece, lambda path: open(path, "rb"))
    return found


def outcome(value: object) -> str:
    """The reasons of the skips of a row, or `page` for samples."""
    found = arxiv.parse(Row(value=value, file="a.gz"))
    return ",".join(sorted({"page" if isinstance(one, Sample) else one.reason for one in found}))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (gzip.compress(tar(main_tex=TEX), mtime=0), "page"),
        (gzip.compress(TEX, mtime=0), "page"),
        (tar(main_tex=TEX), "page"),
        (b"%PDF-1.4 ...", "pdf_only"),
        (gzip.compress(b"%!PS-Adobe-2.0", mtime=0), "postscript_only"),
        (gzip.compress(b"<!DOCTYPE html><html>", mtime=0), "html_only"),
        (gzip.compress(b"%auto-ignore\nwithdrawn", mtime=0), "auto_ignore"),
        (gzip.compress(b"\\documentstyle{article}\\begin{document}", mtime=0), "latex_209"),
        (gzip.compress(b"\\input amstex Words. \\bye", mtime=0), "plain_tex"),
        (gzip.compress(b"only words", mtime=0), "no_main_file"),
        (gzip.compress(TEX.replace(b"{article}", b"{nosuchclass}"), mtime=0), "missing_package"),
        (gzip.compress(TEX.replace(b"A short", b"\\directlua{x}"), mtime=0), "needs_lualatex"),
        (gzip.compress(TEX.replace(b"A short", b"\\input{chapter}"), mtime=0), "missing_file"),
    ],
)  # fmt: skip
def test_each_kind_of_submission_has_its_outcome(data: bytes, expected: str) -> None:
    assert outcome(data) == expected


def test_a_chunk_and_single_papers_and_folders_are_read(tmp_path: Path) -> None:
    chunk = {"2001__2001.00001_gz": gzip.compress(TEX), "2001__2001.00002_pdf": b"%PDF-1.4"}
    (tmp_path / "arXiv_src_2001_001.tar").write_bytes(tar(**chunk))
    (tmp_path / "2002.00003v2.tar.gz").write_bytes(gzip.compress(tar(main_tex=TEX)))
    (tmp_path / "paper" / "parts").mkdir(parents=True)
    (tmp_path / "paper" / "ms.tex").write_bytes(TEX)
    (tmp_path / "paper" / "parts" / "a.tex").write_bytes(b"")
    found = rows(tmp_path)
    assert [row.file for row in found] == [
        "2002.00003v2.tar.gz", "arXiv_src_2001_001.tar", "arXiv_src_2001_001.tar", "paper",
    ]  # fmt: skip
    assert [row.place for row in found][1:3] == [
        "member 2001/2001.00001.gz", "member 2001/2001.00002.pdf",
    ]  # fmt: skip
    assert sorted(found[3].value) == ["ms.tex", "parts/a.tex"]
    assert unpack(found[0].value) == {"main.tex": TEX}


@pytest.fixture
def metadata(tmp_path: Path) -> str:
    records = [
        {"id": "2001.00001", "license": CC_BY, "versions": [{"version": "v1"}, {"version": "v3"}]},
        {"id": "hep-th/9901001", "license": None, "versions": [{"version": "v1"}]},
        {"id": "2001.00002", "license": ARXIV, "versions": [{"version": "v1"}]},
    ]
    path = tmp_path / "metadata.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return str(path)


def parsed(place: str, **options: object) -> list[Sample | Skip]:
    row = Row(value=gzip.compress(TEX), file="arXiv_src_2001_001.tar", place=f"member {place}")
    return list(arxiv.parse(row, **options))


def test_licence_and_version_come_from_the_metadata(metadata: str) -> None:
    (page,) = parsed("2001/2001.00001.gz", metadata=metadata)
    assert (page.licence, page.origin) == (CC_BY, "https://arxiv.org/abs/2001.00001v3")
    assert page.row == "arXiv_src_2001_001.tar#member 2001/2001.00001.gz#page 1"
    (page,) = parsed("9901/hep-th9901001.gz", metadata=metadata)
    assert (page.licence, page.origin) == ("unknown", "https://arxiv.org/abs/hep-th/9901001v1")


def test_only_the_licences_that_are_named_are_compiled(metadata: str) -> None:
    kept = {"metadata": metadata, "licences": ("by/4.0", "zero/1.0")}
    assert isinstance(parsed("2001/2001.00001.gz", **kept)[0], Sample)
    assert parsed("2001/2001.00002.gz", **kept) == [Skip(reason="licence", detail=ARXIV)]
    assert parsed("2001/2001.00009.gz", **kept) == [Skip(reason="licence", detail="unknown")]


def test_tables_and_images_are_as_the_recipe_asks() -> None:
    (page,) = parsed("2001/2001.00001.gz")
    assert "<td>one</td><td>two</td>" in page.texts[0]
    (page,) = parsed("2001/2001.00001.gz", tables="latex", image="jpeg", dpi_low=96, dpi_high=96)
    assert "three & four \\\\" in page.texts[0]
    image = Image.open(io.BytesIO(page.images[0].image or b""))
    assert (image.format, image.size) == ("JPEG", (794, 1123))


def test_wrong_options_are_told() -> None:
    with pytest.raises(ValueError, match="expected tables of"):
        parsed("2001/2001.00001.gz", tables="csv")


def test_what_does_not_compile_is_aligned_with_its_pdf(samples: Path, tmp_path: Path) -> None:
    folder = samples / "latex" / "signature-imputation"
    files = {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.suffix in (".tex", ".bbl")
    }
    files["main.tex"] = files["main.tex"].replace(
        b"\\usepackage", b"\\usepackage{nosuch}%\n\\usepackage", 1
    )
    (tmp_path / "2005.12359.pdf").write_bytes((folder / "main.pdf").read_bytes())
    row = Row(value=files, file="2005.12359.tar.gz")
    assert [skip.reason for skip in arxiv.parse(row)] == ["missing_package"]
    found = list(arxiv.parse(row, pdfs=str(tmp_path)))
    good = [dict(page.measures)["recall"] >= 0.85 for page in found if isinstance(page, Sample)]
    assert len(found) == 25
    assert sum(good) >= 0.8 * len(found)
    assert {dict(page.measures)["exact"] for page in found if isinstance(page, Sample)} == {0}


def test_workers_agree() -> None:
    papers = [TEX.replace(b"nothing", name) for name in (b"apples", b"pears", b"plums")]
    made = [Row(value=gzip.compress(paper), file=f"{n}.gz") for n, paper in enumerate(papers)]
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        assert list(pool.map(whole, made)) == [whole(row) for row in made]


def whole(row: Row) -> list[Sample | Skip]:
    return list(arxiv.parse(row))


def test_a_loss_crosses_processes_whole() -> None:
    loss = pickle.loads(pickle.dumps(Loss("timeout", "pdflatex did not end in time")))
    assert (loss.reason, loss.detail) == ("timeout", "pdflatex did not end in time")
    assert not loss.ordinary


def test_papers_of_the_dvi_days_go_by_dvips() -> None:
    body = "\\input{epsf} Before the figure. \\epsfbox{a.eps} Behind the figure."
    files = {
        "a.tex": f"\\documentclass{{article}}\\begin{{document}}{body}\\end{{document}}".encode(),
        "a.eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 90 90\n0 0 90 90 rectfill\n",
    }
    (page,) = arxiv.parse(Row(value=files, file="a.tar.gz"))
    assert page.texts == ["Before the figure. Behind the figure."]
    assert dict(page.measures)["quality"] == 1


OLD = rb"""\documentstyle[12pt]{article}
\def\be{\begin{equation}}
\def\ee{\end{equation}}
\begin{document}
\section{Introduction}
In the old days {\bf bold} words stood in braces, see eq.~(\ref{one}) and \cite{a}.
\be x = {\rm const} \label{one}\ee
\begin{thebibliography}{9}
\bibitem{a} A. Author, Phys. Lett. {\bf B12} (1990) 1.\end{thebibliography}
\end{document}"""


def test_papers_of_latex_2_09_still_compile() -> None:
    (page,) = arxiv.parse(Row(value=gzip.compress(OLD), file="hep-th9201001.gz"))
    assert page.texts == [
        "## 1 Introduction\n\nIn the old days **bold** words stood in braces, see eq. (1) and [1]."
        "\n\n$$\nx = {\\rm const} \\tag{1}\n$$\n\n## References\n\n"
        "[1] A. Author, Phys. Lett. **B12** (1990) 1."
    ]
    (skip,) = arxiv.parse(Row(value=OLD.replace(b"12pt", b"nosuchstyle"), file="a.tex"))
    assert (skip.reason, "nosuchstyle.sty" in skip.detail) == ("latex_209", True)


PLAIN = rb"""\magnification=1200
\centerline{\bf A plain paper}
\bigskip
In plain \TeX\ there are few commands, but {\it words} are words in any dialect
and a page of them can be found again by their order alone.
\bye
"""


def test_plain_tex_is_aligned_with_its_pdf(tmp_path: Path) -> None:
    (skip,) = arxiv.parse(Row(value=gzip.compress(PLAIN), file="hep-th9201001.gz"))
    assert (skip.reason, "name its PDF" in skip.detail) == ("plain_tex", True)
    (tmp_path / "a.tex").write_bytes(PLAIN)
    sandbox.run(["pdftex", "a.tex"], tmp_path, limits=sandbox.Limits())
    (tmp_path / "a.pdf").rename(tmp_path / "hep-th9201001.pdf")
    row = Row(value=gzip.compress(PLAIN), file="hep-th9201001.gz")
    (page,) = arxiv.parse(row, pdfs=str(tmp_path))
    assert page.texts[0].startswith("**A plain paper**\n\nIn plain TeX there are few commands, but")
    assert dict(page.measures)["quality"] == 1


BIBLATEX = rb"""\documentclass{article}
\usepackage[backend=biber,style=STYLE]{biblatex}
\addbibresource{r.bib}
\begin{document}
\section{One}
We cite \textcite{lamport} and say \parencite[see][p.~3]{knuth}.
\printbibliography
\end{document}"""
BIB = rb"""@book{knuth, author={Donald E. Knuth}, title={The Book}, publisher={Addison}, year=1984}
@article{lamport, author={Leslie Lamport and Ann B. Other}, title={Time, Clocks},
  journal={Commun. ACM}, volume=21, pages={558--565}, year=1978}
"""


@pytest.mark.parametrize(
    ("style", "expected"),
    [
        (
            b"numeric",
            "We cite Lamport and Other [2] and say [see 1, p. 3].\n\n## References\n\n"
            "[1] Donald E. Knuth. The Book. Addison, 1984.\n\n"
            "[2] Leslie Lamport and Ann B. Other. \u201cTime, Clocks\u201d. In: Commun. ACM 21 "
            "(1978), pp. 558\u2013565.",
        ),
        (
            b"authoryear",
            "We cite Lamport and Other (1978) and say (see Knuth 1984, p. 3).\n\n"
            "## References\n\nKnuth, Donald E. (1984). The Book. Addison.\n\n"
            "Lamport, Leslie and Ann B. Other (1978). \u201cTime, Clocks\u201d. In: Commun. ACM "
            "21, pp. 558\u2013565.",
        ),
    ],
)
def test_biblatex_is_printed_as_on_the_page(style: bytes, expected: str) -> None:
    files = {"m.tex": BIBLATEX.replace(b"STYLE", style), "r.bib": BIB}
    (page,) = arxiv.parse(Row(value=files, file="x.tar.gz"))
    assert page.texts == ["## 1 One\n\n" + expected]
