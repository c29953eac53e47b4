"""Writes LaTeX papers in which each word is unique, so that a word names its place."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product


@dataclass(slots=True)
class Paper:
    """A made-up paper: its files, and its tokens by the kind of place they stand in."""

    files: dict[str, bytes] = field(default_factory=dict)
    tokens: dict[str, list[str]] = field(default_factory=dict)
    floats: list[list[str]] = field(default_factory=list)
    supply: Iterator[str] = field(default_factory=lambda: _supply())

    def words(self, number: int, kind: str) -> str:
        made = [next(self.supply) for _ in range(number)]
        self.tokens.setdefault(kind, []).extend(made)
        return " ".join(made)


def _supply() -> Iterator[str]:
    """Pronounceable words, none of which is part of another."""
    for parts in product("bdfgklmnprst", "aeiou", "bdfgklmnprst", "aeiou", "bdfgklmnprst"):
        yield "z" + "".join(parts) + "x"


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What a paper is like; `size` counts its sections."""

    seed: int
    two_columns: bool = False
    chinese: bool = False
    size: int = 14


def paper(layout: Layout) -> Paper:
    """A paper of sections with everything that moves words about."""
    made = Paper()
    dice = random.Random(layout.seed)
    size, two_columns, chinese = layout.size, layout.two_columns, layout.chinese
    sections = [_section(made, dice, number) for number in range(size)]
    for number in range(0, size, 4):
        made.files[f"parts/part{number}.tex"] = sections[number].encode()
        sections[number] = f"\\input{{parts/part{number}}}"
    if chinese:
        sections.insert(2, _chinese(made, dice))
        sections.insert(6, _chinese(made, dice))
    options = "10pt,twocolumn" if two_columns else "11pt"
    kind = "ctexart" if chinese else "article"
    packages = "amsmath,graphicx" + ("" if two_columns else ",longtable")
    if not two_columns:
        sections.insert(size // 2, _long_table(made))
    preamble = [
        f"\\documentclass[{options}{',fontset=fandol' if chinese else ''}]{{{kind}}}",
        f"\\usepackage{{{packages}}}",
        "\\hyphenpenalty=10000 \\exhyphenpenalty=10000 \\sloppy",
        "\\newcommand{\\strong}[1]{\\textbf{#1}}",
        f"\\title{{{made.words(6, 'title')}}}",
        f"\\author{{{made.words(3, 'author')}}}",
        "\\date{}",
        "\\begin{document}",
        "\\pagestyle{plain}",
        "\\maketitle",
        f"\\begin{{abstract}}{made.words(60, 'abstract')}\\end{{abstract}}",
    ]
    ending = [_bibliography(made), "\\end{document}"]
    made.files["main.tex"] = "\n".join([*preamble, *sections, *ending]).encode()
    return made


def _section(made: Paper, dice: random.Random, number: int) -> str:
    kinds = [_list, _align, _verbatim, _figure, _table, _footnote, _arguments]
    pieces = [f"\\section{{{made.words(4, 'heading')}}}\\label{{sec:{number}}}"]
    for _ in range(dice.randint(2, 4)):
        pieces.append(_wrapped(made.words(dice.randint(40, 160), "prose"), dice))
        pieces.append(dice.choice(kinds)(made, dice))
    return "\n\n".join(pieces)


def _wrapped(text: str, dice: random.Random) -> str:
    """Prose as people type it: short lines, or one line a paragraph."""
    if dice.random() < 0.5:
        return text
    words = text.split()
    return "\n".join(" ".join(words[start : start + 11]) for start in range(0, len(words), 11))


def _list(made: Paper, dice: random.Random) -> str:
    items = "\n".join(f"\\item {made.words(dice.randint(8, 30), 'list')}" for _ in range(5))
    name = dice.choice(["itemize", "enumerate"])
    return f"\\begin{{{name}}}\n{items}\n\\end{{{name}}}"


def _align(made: Paper, dice: random.Random) -> str:
    rows = [f"x_{i} &= y_{i} + \\text{{{made.words(1, 'align')}}}" for i in range(3)]
    joined = " \\\\\n".join(rows)
    return f"\\begin{{align}}\n{joined}\n\\end{{align}}\n{made.words(20, 'prose')}"


def _verbatim(made: Paper, dice: random.Random) -> str:
    lines = "\n".join("  " + made.words(5, "verbatim") for _ in range(6))
    return f"\\begin{{verbatim}}\n{lines}\n\\end{{verbatim}}"


def _float(made: Paper, dice: random.Random, name: str, body: str, extra: list[str]) -> str:
    before = len(made.tokens.setdefault("float", []))
    caption = made.words(dice.randint(10, 40), "float")
    made.floats.append(made.tokens["float"][before:] + extra)
    place = dice.choice(["t", "b", "htbp", "p"])
    return f"\\begin{{{name}}}[{place}]\n{body}\n\\caption{{{caption}}}\n\\end{{{name}}}"


def _figure(made: Paper, dice: random.Random) -> str:
    return _float(made, dice, "figure", f"\\rule{{4cm}}{{{dice.randint(2, 8)}cm}}", [])


def _table(made: Paper, dice: random.Random) -> str:
    rows = [" & ".join(made.words(1, "cell") for _ in range(3)) for _ in range(5)]
    joined = " \\\\\n".join(rows)
    body = f"\\begin{{tabular}}{{lll}}\n\\hline\n{joined} \\\\\n\\hline\n\\end{{tabular}}"
    return _float(made, dice, "table", body, made.tokens["cell"][-15:])


def _footnote(made: Paper, dice: random.Random) -> str:
    note = made.words(dice.randint(8, 40), "footnote")
    return f"{made.words(9, 'prose')}\\footnote{{{note}}} {made.words(30, 'prose')}"


def _arguments(made: Paper, dice: random.Random) -> str:
    return (
        f"{made.words(8, 'prose')} \\emph{{{made.words(12, 'argument')}}} "
        f"\\strong{{{made.words(9, 'argument')}}} {made.words(20, 'prose')}"
    )


def _long_table(made: Paper) -> str:
    rows = "\n".join(
        " & ".join(made.words(2, "longtable") for _ in range(3)) + " \\\\" for _ in range(90)
    )
    return f"\\begin{{longtable}}{{lll}}\n{rows}\n\\end{{longtable}}"


def _chinese(made: Paper, dice: random.Random) -> str:
    """Paragraphs of distinct common characters, in the order of their codes in GB 2312."""
    start = len(made.tokens.get("chinese", ()))
    codes = [bytes([high, low]) for high in range(0xB0, 0xD7) for low in range(0xA1, 0xFA)]
    # Not the words that the class itself prints: figure, table, references, abstract.
    printed = "\u56fe\u8868\u53c2\u8003\u6587\u732e\u6458\u8981"
    common = [char for code in codes if (char := code.decode("gb2312")) not in printed]
    chosen = common[start : start + 1200]
    made.tokens.setdefault("chinese", []).extend(chosen)
    paragraphs = ["".join(chosen[at : at + 300]) for at in range(0, len(chosen), 300)]
    return "\n\n".join(paragraphs)


def _bibliography(made: Paper) -> str:
    items = "\n".join(
        f"\\bibitem{{key{number}}} {made.words(14, 'bibliography')}" for number in range(40)
    )
    return f"\\begin{{thebibliography}}{{99}}\n{items}\n\\end{{thebibliography}}"
