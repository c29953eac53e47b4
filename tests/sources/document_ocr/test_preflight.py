"""Which file is the paper, and what it is compiled with."""

import pytest

from sources.document_ocr.latex.loss import Loss
from sources.document_ocr.latex.preflight import preflight
from sources.document_ocr.latex.rewrap import rewrap

HEAD = "\\documentclass{article}\n%s\n\\begin{document}\n"
BODY = HEAD + "\\title{T}\\begin{abstract}A\\end{abstract}\\cite{a}\\bibliography{r}\\end{document}"


def files(**texts: str) -> dict[str, bytes]:
    return {name.replace("__", "/").replace("_", "."): t.encode() for name, t in texts.items()}


LONG = BODY % "" + "word " * 900


@pytest.mark.parametrize(
    ("given", "main"),
    [
        (files(a_tex=BODY % ""), "a.tex"),
        (files(paper_tex=BODY % "", response_tex=LONG), "paper.tex"),
        (files(ms_tex=BODY % "", supplement_tex=LONG), "ms.tex"),
        (files(x_tex=BODY % "", x_bbl="", long_tex=LONG), "x.tex"),
        (files(main_tex=HEAD % "" + "\\input{parts/one}", parts__one_tex=LONG), "main.tex"),
        (files(z_tex=BODY % "", a_tex=HEAD % "" + "Exercises." * 500), "z.tex"),
        (
            {
                **files(a_tex=BODY % "", b_tex=BODY % ""),
                "00README.XXX": b"b.tex toplevelfile",
            },
            "b.tex",
        ),
        (
            {
                **files(a_tex=BODY % "", b_tex=BODY % ""),
                "00README.json": b'{"sources": [{"filename": "b.tex", "usage": "toplevel"}]}',
            },
            "b.tex",
        ),
        (
            {
                **files(a_tex=BODY % "", b_tex=BODY % ""),
                "00README.yaml": b"sources: [{filename: a.tex, usage: ignore}]",
            },
            "b.tex",
        ),
    ],
)
def test_the_main_file_is_found(given: dict[str, bytes], main: str) -> None:
    assert preflight(given).main == main


@pytest.mark.parametrize(
    ("preamble", "others", "engine"),
    [
        ("", {}, "pdflatex"),
        ("\\pdfoutput=1", {"a.eps": b""}, "pdflatex"),
        ("\\usepackage{fontspec}", {}, "xelatex"),
        ("\\usepackage[x]{unicode-math}", {}, "xelatex"),
        ("%\\usepackage{fontspec}", {}, "pdflatex"),
        ("\\usepackage{pstricks}", {"a.eps": b""}, "latex"),
        ("\\usepackage{pstricks}", {"a.pdf": b""}, "pdflatex"),
        ("", {"a.eps": b""}, "pdflatex"),
    ],
)
def test_the_engine_fits_the_source(preamble: str, others: dict[str, bytes], engine: str) -> None:
    assert preflight({"a.tex": (BODY % preamble).encode(), **others}).engine == engine


@pytest.mark.parametrize(
    ("name", "text", "engine"),
    [
        ("00README.json", '{"process": {"compiler": "latex+dvips_ps2pdf"}}', "latex"),
        ("00README.json", '{"spec_version": 1, "process": {"compiler": "pdflatex"}}', "pdflatex"),
        ("00README.yaml", "process: {compiler: xelatex}\ntexlive_version: 2025", "xelatex"),
        ("00README.yml", "process: [not, what, was, agreed]", "pdflatex"),
        ("00README.json", "{broken", "pdflatex"),
        ("00README.XXX", "nostamp\nfigure.ps nohypertex\n", "pdflatex"),
    ],
)
def test_the_engine_is_the_one_that_the_readme_names(name: str, text: str, engine: str) -> None:
    assert preflight({**files(a_tex=BODY % ""), name: text.encode()}).engine == engine


def test_a_paper_for_lua_is_not_compiled() -> None:
    with pytest.raises(Loss, match="needs_lualatex"):
        preflight(files(a_tex=BODY % "\\usepackage{luacode}"))


@pytest.mark.parametrize(
    "text",
    [
        "a\\ b",
        "% two words",
        "\\verb|a b|",
        "\\begin{verbatim}\na b\n\\end{verbatim}",
        "\\def\\x{a b}",
        "\\url{a b}",
        "\\begin{tikzpicture}\n\\draw (0, 0) -- (1, 1);\n\\end{tikzpicture}",
    ],
)
def test_lines_whose_end_has_a_meaning_stay(text: str) -> None:
    assert rewrap(text, is_main=False) == text


def test_words_get_lines_of_their_own() -> None:
    assert rewrap("\\emph{one two} three", is_main=False) == "\\emph{one\ntwo}\nthree"
    assert rewrap("\u4e2d\u6587", is_main=False) == "\u4e2d%\n\u6587"
    whole = "\\documentclass{a b}\n\\begin{document}\na b\n\\end{document}"
    assert rewrap(whole, is_main=True).endswith("{a b}\n\\begin{document}\na\nb\n\\end{document}")
