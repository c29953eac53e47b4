"""What a class prints round the words of a source stands in the text as on the page."""

from functools import cache

import pytest

from sources.document_ocr import arxiv
from sources.document_ocr.latex import make, tokens
from sources.document_ocr.latex.paper import PageText
from sources.sample import Sample
from sources.source import Row
from tests.sources.document_ocr import papers

PREAMBLE = r"""
\documentclass{article}
\usepackage{amsmath,amsthm,mathtools,paralist,subcaption,natbib}
\newtheorem{thm}{Theorem}[section]
\newtheorem*{remark*}{Remark}
\DeclarePairedDelimiter\norm{\lVert}{\rVert}
\newcommand{\journal}{Phys. Rev.}
\title{Small things}
\author{A. Nonymous\thanks{Nowhere Institute}}
"""
BODY = r"""
\maketitle
\section{First}\label{sec:one}
It ends with a number as Section~\ref{sec:one}.
\section{Second}
\begin{thm}[On numbers]Every number is a number.\end{thm}
\begin{remark*}Nothing else is, but \emph{this} one.\[ 2 \] This is another.\end{remark*}
There are \begin{inparaenum}[(i)]\item ways and \item means\end{inparaenum}, to say so.
\begin{equation}\label{eq:a}
  \norm*{x} = % not 3
  4.
\end{equation}
\begin{align*} y &\overset{\eqref{eq:a}}{=} 5 \end{align*}
A sentence that a float
\begin{table}[b]
\begin{tabular}{ll} one\textsuperscript{a} & $2$ \end{tabular}
\caption{Printed below its table.}
\end{table}
does not end, on page~\pageref{sec:one}.
\begin{figure}[b]
\begin{subfigure}{.4\textwidth}\rule{1cm}{1cm}\caption{Left part.}\end{subfigure}
\begin{subfigure}{.4\textwidth}\rule{1cm}{1cm}\caption{Right part.}\end{subfigure}
\caption{Both parts.}
\end{figure}
See \citet{kur}.
\begin{itemize}
{\item A held item.}
\end{itemize}
\begin{thebibliography}{9}
\bibitem[K{\"u}rster \& Ivezi\'c(1999)]{kur} A. K\"urster, \journal, 12, 1999.
\end{thebibliography}
"""


@cache
def text() -> str:
    tex = f"{PREAMBLE}\\begin{{document}}{BODY}\\end{{document}}"
    found = list(arxiv.parse(Row(value={"main.tex": tex.encode()}, file="x.tar.gz")))
    assert all(isinstance(page, Sample) for page in found)
    return "\n\n".join(page.texts[0] for page in found if isinstance(page, Sample))


@pytest.mark.parametrize(
    "expected",
    [
        "January 1, 2020",
        "as Section 1.\n\n## 2 Second",
        "**Theorem 2.1 (On numbers).** *Every number is a number.*",
        "**Remark.** *Nothing else is, but* this *one.*\n\n$$\n2\n$$\n\n*This",
        "*This is another.*\n\nThere",
        "There are (i) ways and (ii) means, to say so.",
        "\\lVert x\\rVert = 4. \\tag{1}",
        "\\overset{(1)}{=} 5",
        "A sentence that a float does not end, on page 1.",
        "<td>one<sup>a</sup></td><td>$2$</td></tr>\n</table>\n\nTable 1: Printed below its table.",
        "(a) Left part.",
        "(b) Right part.\n\nFigure 1: Both parts.",
        "See Kürster & Ivezić (1999).",
        "- A held item.",
        "A. Kürster, Phys. Rev., 12, 1999.",
        "A. Nonymous[^\u2217]",
        "[^\u2217]: Nowhere Institute",
    ],
)
def test_the_text_says_what_the_page_shows(expected: str) -> None:
    assert expected in text().replace("-  ", "- ")


REFERENCES = r"""
\begin{thebibliography}{9}
\bibitem[Montgomery and Featherstone(1999)]{both} Both of them.
\end{thebibliography}
"""


def measured(body: str, packages: str, monkeypatch: pytest.MonkeyPatch) -> list[PageText]:
    kept: list[PageText] = []
    monkeypatch.setattr(make, "_drawn", lambda data, texts, *_, **__: kept.extend(texts) or ())
    tex = f"{packages}\\begin{{document}}\n{body}\n{REFERENCES}\\end{{document}}"
    list(make.make_pages({"main.tex": tex.encode()}, make.Settings()))
    return kept


def test_a_citation_may_begin_on_one_page_and_end_on_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = papers.Paper()
    said = "\n".join(f"\\citet{{both}} {made.words(3, 'said')}" for _ in range(400))
    packages = "\\documentclass{article}\\usepackage{natbib}\\hyphenpenalty=10000 \\raggedright"
    found = measured(said, packages, monkeypatch)
    parted = 0
    for page in found[:-1]:
        shown = " ".join(text for text, _, _ in tokens.joined(page.page.words))
        counts = [shown.count(part) for part in ("Montgomery", "Featherstone", "(1999)")]
        text = [page.text.count(part) for part in ("Montgomery", "Featherstone", "(1999)")]
        assert text == counts
        parted += counts[0] != counts[2]
    assert parted


def test_footnotes_among_the_references_stand_there(monkeypatch: pytest.MonkeyPatch) -> None:
    told = "A footnote that this class prints at the end of the paper, as a reference."
    body = f"It says so.\\footnote{{{told}}} \\cite{{both}}\n" + "\\clearpage Next page.\n" * 2
    found = measured(body, "\\documentclass[aps,prd]{revtex4-2}", monkeypatch)
    assert ["A footnote" in page.text for page in found] == [False, False, True]
    assert f"[2] {told}" in found[-1].text


def test_nothing_of_the_source_is_left() -> None:
    for strange in ("not 3", "??", "\\item", "swthm", "swjoin", "\\norm"):
        assert strange not in text()
