"""Writes LaTeX papers of English prose, in the classes and with the packages of journals.

The prose is what Python says of itself in `pydoc`: sentences that repeat each other's words, as
those of one paper do.
"""

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pydoc_data.topics import topics

_SENTENCE = re.compile(r"(?<=[.] )[A-Z][a-z]*(?: \(?[A-Za-z][a-z'-]*[,;)]?){7,45}[.](?= )")
_AUTHORS = "Ames Brandt Castell Dorn Eklund Farrow Gruber Hollis Ibsen Jarvis Keller Lund".split()
_SETS = "Alpha Beta Gamma Delta Harbour Meadow Summit Valley".split()


@dataclass(frozen=True, kw_only=True)
class Style:
    """A class with its options, what it loads, and how its title is set."""

    documentclass: str
    packages: str
    title: str
    wide: bool = False


_PLAIN = (
    "\\title{%s}\n\\author{A. Ames \\and B. Brandt}\n\\maketitle\n"
    "\\begin{abstract}%s\\end{abstract}"
)
_BLOCKS = (
    "\\title{%s}\n\\author{\\IEEEauthorblockN{Carl Castell}\n"
    "\\IEEEauthorblockA{Institute of Prose}}\n\\maketitle\n\\begin{abstract}%s\\end{abstract}"
)
_AFFILIATED = (
    "\\title{%s}\n\\author{D. Dorn}\n\\affiliation{Institute of Prose}\n\\author{E. Eklund}\n"
    "\\affiliation{Institute of Verse}\n\\begin{abstract}%s\\end{abstract}\n\\maketitle"
)
_INSTITUTE = (
    "\\title{%s}\n\\author{F. Farrow \\and G. Gruber}\n\\institute{Institute of Prose}\n"
    "\\maketitle\n\\begin{abstract}%s\\end{abstract}"
)
_MATTER = (
    "\\begin{frontmatter}\n\\title{%s}\n\\author{H. Hollis}\n\\address{Institute of Prose}\n"
    "\\begin{abstract}%s\\end{abstract}\n\\end{frontmatter}"
)
_BEFORE = "\\title{%s}\n\\author{I. Ibsen}\n\\begin{abstract}%s\\end{abstract}\n\\maketitle"
STYLES = {
    "article": Style(
        documentclass="\\documentclass[11pt]{article}",
        packages="amsmath,amsthm,natbib,geometry,hyperref",
        title=_PLAIN,
    ),
    "koma": Style(
        documentclass="\\documentclass[a4paper]{scrartcl}",
        packages="amsmath,amsthm,booktabs,microtype,lmodern,subcaption",
        title=_PLAIN,
    ),
    "ieee": Style(
        documentclass="\\documentclass[conference]{IEEEtran}",
        packages="amsmath,amsthm,cite",
        title=_BLOCKS,
        wide=True,
    ),
    "revtex": Style(
        documentclass="\\documentclass[aps,prd,reprint]{revtex4-2}",
        packages="amsmath,amsthm,graphicx,bm",
        title=_AFFILIATED,
        wide=True,
    ),
    "llncs": Style(
        documentclass="\\documentclass{llncs}", packages="amsmath,cite,url", title=_INSTITUTE
    ),
    "elsevier": Style(
        documentclass="\\documentclass[final,5p,twocolumn]{elsarticle}",
        packages="amsmath,amsthm,hyperref",
        title=_MATTER,
        wide=True,
    ),
    "ams": Style(
        documentclass="\\documentclass{amsart}", packages="amssymb,enumerate", title=_BEFORE
    ),
    "aas": Style(
        documentclass="\\documentclass[twocolumn]{aastex631}",
        packages="amsmath,amsthm",
        title=_AFFILIATED,
        wide=True,
    ),
}


def sentences() -> list[str]:
    """The sentences of the topics, each once."""
    plain = (" ".join(text.replace('"', "").split()) for _, text in sorted(topics.items()))
    return list(dict.fromkeys(found for text in plain for found in _SENTENCE.findall(text)))


def paper(style: Style, seed: int, sections: int = 11) -> dict[str, bytes]:
    """The files of a paper; no sentence of its paragraphs comes twice."""
    writer = _Writer(random.Random(seed), style)
    title = " ".join(writer.sentence().split()[:7]).strip(".,;")
    front = style.title % (title.replace("(", "").replace(")", ""), writer.prose(4))
    body = [writer.section(number) for number in range(sections)]
    head = [
        style.documentclass,
        f"\\usepackage{{{style.packages}}}",
        "" if "llncs" in style.documentclass else "\\newtheorem{claim}{Claim}",
        "\\newcommand{\\key}[1]{\\textbf{#1}}",
        "\\begin{document}",
    ]
    return {"main.tex": "\n".join([*head, front, *body, _references(), "\\end{document}"]).encode()}


def _references() -> str:
    items = [
        f"\\bibitem[{a}(20{n:02})]{{key{n}}} {a}, {chr(65 + n)}., 20{n:02}, \\emph{{Journal of "
        f"{_SETS[n % 8]} Prose}}, {n + 3}, {100 + 7 * n}"
        for n, a in enumerate(_AUTHORS)
    ]
    listed = "\n".join(items)
    return f"\\begin{{thebibliography}}{{99}}\n{listed}\n\\end{{thebibliography}}"


class _Writer:
    """Draws the parts of a paper."""

    def __init__(self, dice: random.Random, style: Style) -> None:
        known = sentences()
        self.dice, self.style, self.floats = dice, style, 0
        self.supply: Iterator[str] = iter(dice.sample(known, len(known)))

    def sentence(self) -> str:
        return next(self.supply)

    def prose(self, count: int) -> str:
        return " ".join(self.sentence() for _ in range(count))

    def section(self, number: int) -> str:
        heading = " ".join(self.sentence().split()[:4]).strip("().,;")
        pieces = [f"\\section{{{heading}}}\\label{{sec:{number}}}"]
        kinds: list[Callable[[], str]] = [
            self.figure, self.table, self.list, self.equation, self.claim, self.note, self.figure,
        ]  # fmt: skip
        for _ in range(self.dice.randint(3, 5)):
            pieces.append(self.paragraph())
            pieces.append(self.dice.choice(kinds)())
        return "\n\n".join(pieces)

    def paragraph(self) -> str:
        """Sentences with formulas, citations and emphasis, in lines as people break them."""
        found = [self.adorned(self.sentence()) for _ in range(self.dice.randint(3, 8))]
        words = " ".join(found).split(" ")
        return "\n".join(" ".join(words[at : at + 12]) for at in range(0, len(words), 12))

    def adorned(self, sentence: str) -> str:
        words = sentence.split()
        at = self.dice.randrange(1, len(words) - 1)
        kind = self.dice.randrange(7)
        number = self.dice.randrange(12)
        if kind == 0:
            words[at] += f" $x_{{{number}}} = \\alpha^2 + {number}y$"
        elif kind == 1:
            words[-1] = words[-1].rstrip(".") + f"~\\cite{{key{number}}}."
        elif kind == 2:
            words[at] = f"\\emph{{{words[at]}}}"
        elif kind == 3:
            words[at] = f"\\key{{{words[at]}}}"
        return " ".join(words)

    def caption(self) -> str:
        """Like those of other floats, as in papers that try one thing on many data sets."""
        a, b = self.dice.sample(_SETS, 2)
        return self.dice.choice(
            [
                f"Rates on {a} after {self.dice.randint(2, 40)} steps.",
                f"The same rates for {a} and {b}, over {self.dice.randint(2, 40)} steps.",
                f"Comparison of {a} with {b}. {self.sentence()}",
                self.prose(2),
            ]
        )

    def placed(self, name: str, body: str, caption: str) -> str:
        self.floats += 1
        star = "*" if self.style.wide and self.dice.random() < 0.2 else ""
        where = self.dice.choice(["t", "tb", "htbp"])
        text = f"{body}\n\\caption{{{caption}}}\\label{{float:{self.floats}}}"
        if name == "table":
            text = f"\\caption{{{caption}}}\\label{{float:{self.floats}}}\n{body}"
        return f"\\begin{{{name}{star}}}[{where}]\n\\centering\n{text}\n\\end{{{name}{star}}}"

    def figure(self) -> str:
        height = self.dice.randint(15, 45)
        return self.placed("figure", f"\\rule{{50mm}}{{{height}mm}}", self.caption())

    def table(self) -> str:
        rows = [
            f"{name} & {self.dice.randint(10, 99)}.{self.dice.randint(0, 9)} & "
            f"{self.dice.randint(100, 999)} \\\\"
            for name in self.dice.sample(_SETS, 4)
        ]
        inner = "\n".join(["\\hline", "Set & Rate & Steps \\\\", "\\hline", *rows, "\\hline"])
        return self.placed(
            "table", f"\\begin{{tabular}}{{lrr}}\n{inner}\n\\end{{tabular}}", self.caption()
        )

    def list(self) -> str:
        name = self.dice.choice(["itemize", "enumerate"])
        items = "\n".join(f"\\item {self.sentence()}" for _ in range(self.dice.randint(2, 4)))
        return f"\\begin{{{name}}}\n{items}\n\\end{{{name}}}"

    def equation(self) -> str:
        number = self.dice.randrange(100)
        return (
            f"\\begin{{equation}}\n\\sum_{{i=1}}^{{{number}}} a_i x^i = "
            f"\\frac{{\\sin(\\omega t)}}{{{number + 1}\\pi}}\n\\end{{equation}}\n"
            f"{self.prose(1)}"
        )

    def claim(self) -> str:
        return f"\\begin{{claim}}\n{self.prose(2)}\n\\end{{claim}}"

    def note(self) -> str:
        return f"{self.sentence()[:-1]}.\\footnote{{{self.sentence()}}} {self.prose(2)}"
