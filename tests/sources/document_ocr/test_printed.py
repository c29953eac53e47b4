"""What a class prints round the words of a source stands in the text as on the page."""

from functools import cache

import pytest

from sources.document_ocr import arxiv
from sources.sample import Sample
from sources.source import Row

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
\begin{remark*}Nothing else is, but \emph{this} one.\end{remark*}
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
        "**Remark.** *Nothing else is, but* this *one.*",
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
        "Nowhere Institute",
    ],
)
def test_the_text_says_what_the_page_shows(expected: str) -> None:
    assert expected in text().replace("-  ", "- ")


def test_nothing_of_the_source_is_left() -> None:
    for strange in ("not 3", "??", "\\item", "swthm", "swjoin", "\\norm"):
        assert strange not in text()
