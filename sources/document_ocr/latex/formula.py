r"""Formulas: LaTeX as it is shown, and the words, numbers and letters that a page shows of it."""

import re
import unicodedata

from sources.document_ocr.latex.source_text import without_comments

_LABEL = re.compile(r"\\label\s*\{([^{}]*)\}")
_EQUATION = re.compile(r"^\\begin\{(equation|displaymath|math)\*?\}(.*)\\end\{\1\*?\}$", re.S)
_ROWS = re.compile(r"^\\begin\{(align|gather|multline|eqnarray|flalign|alignat)(\*?)\}")
_UNNUMBERED = re.compile(r"\\(?:nonumber|notag|tag)(?![a-zA-Z])")
_REFERENCE = re.compile(r"\\(eq)?ref\s*\{([^{}]*)\}")
_TEXT = re.compile(
    r"\\(?:text\w*|mathrm|mathsf|mathtt|mathbf|mathit|operatorname\*?|mbox|hbox|rm|textrm)\s*"
    r"\{([^{}]*)\}"
)
_OPERATORS = (
    "arccos arcsin arctan arg cos cosh cot coth csc deg det dim exp gcd hom inf ker lg lim liminf "
    "limsup ln log max min Pr sec sin sinh sup tan tanh"
).split()
_OPERATOR = re.compile(rf"\\({'|'.join(sorted(_OPERATORS, key=len, reverse=True))})(?![a-zA-Z])")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_COMMAND = re.compile(r"\\[a-zA-Z]+\*?|\\.")
_GREEK = {
    name: unicodedata.lookup(f"GREEK SMALL LETTER {name.upper().replace('LAMBDA', 'LAMDA')}")
    for name in (
        "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau "
        "upsilon phi chi psi omega"
    ).split()
}
_GREEK |= {name.capitalize(): letter.upper() for name, letter in _GREEK.items()}
_GREEK |= {f"var{name}": _GREEK[name] for name in ("epsilon", "theta", "pi", "rho", "sigma", "phi")}


def clean(tex: str) -> str:
    r"""Returns a formula without labels, outer delimiters and needless blanks.

    >>> clean("\\begin{equation}\n\\label{a} x = 1\n\\end{equation}")
    'x = 1'
    """
    tex = without_comments(_LABEL.sub("", tex)).strip()
    if found := _EQUATION.match(tex):
        tex = found.group(2)
    tex = " ".join(tex.replace("\\ensuremath", "").split())
    return re.sub(r"(\\\\(?:\[[^]]*\])?) ", r"\1\n", tex)


def labels(tex: str) -> list[str]:
    r"""Returns the labels in a formula.

    >>> labels("a \\label{eq:x} b")
    ['eq:x']
    """
    return _LABEL.findall(tex)


def resolved(tex: str, labels: dict[str, str]) -> str:
    r"""Returns a formula with numbers in the places of its references, where they are known.

    >>> resolved(r"\overset{\eqref{a}}{=}", {"a": "3"})
    '\\overset{(3)}{=}'
    """

    def number(found: re.Match[str]) -> str:
        known = labels.get(found[2].strip())
        return found[0] if known is None else f"({known})" if found[1] else known

    return _REFERENCE.sub(number, tex)


def numbered_rows(tex: str) -> int:
    r"""Returns how many numbers the page shows beside a display.

    >>> numbered_rows("\\begin{align} a &= b \\nonumber \\\\ c &= d \\end{align}")
    1
    """
    tex = tex.strip()
    if found := _ROWS.match(tex):
        if found[2]:
            return 0
        return sum(1 for row in _rows(tex) if row.strip() and not _UNNUMBERED.search(row))
    return int(tex.startswith("\\begin{equation}") and "\\tag" not in tex)


def tag(tex: str, marks: list[str]) -> str:
    r"""Returns a display with its numbers, one a row where it has several.

    >>> tag("x = 1", ["3"])
    'x = 1 \\tag{3}'
    """
    rows = _rows(re.sub(r"\s*\\\\\s*$", "", tex))
    numbered = [i for i, row in enumerate(rows) if row.strip() and not _UNNUMBERED.search(row)]
    if len(numbered) == len(marks):
        given = dict(zip(numbered, marks, strict=True))
        return " \\\\\n".join(
            _tagged(row.strip(), given[index]) if index in given else row.strip()
            for index, row in enumerate(rows)
        )
    return _tagged(" \\\\\n".join(row.strip() for row in rows), ", ".join(marks))


def _tagged(row: str, mark: str) -> str:
    end = re.search(r"\s*\\end\{(?:align|gather|eqnarray|multline|flalign|alignat)\}\s*$", row)
    stop = end.start() if end else len(row)
    return f"{row[:stop].rstrip()} \\tag{{{mark}}}{row[stop:]}"


def _rows(tex: str) -> list[str]:
    """The rows of a display, cut where no inner environment or group is open."""
    rows, start, depth = [], 0, 0
    for found in re.finditer(r"\\begin\{|\\end\{|\\\\(?:\[[^]]*\])?|\\.|[{}]", tex):
        piece = found[0]
        if piece in ("{", "\\begin{"):
            depth += 1 if piece == "{" else 2
        elif piece in ("}", "\\end{"):
            depth -= 1 if piece == "}" else 0
        if piece.startswith("\\\\") and depth <= 1:
            rows.append(tex[start : found.start()])
            start = found.end()
    rows.append(tex[start:])
    return rows


def words(tex: str) -> list[str]:
    r"""Returns what a formula sets in upright type: words, operators and numbers, in order.

    >>> words("\\sin x_{\\mathrm{eff}} = 10")
    ['sin', 'eff', '10']
    """
    found: list[tuple[int, str]] = []
    for match in _TEXT.finditer(tex):
        found += [(match.start(), word) for word in re.findall(r"[^\W\d_]{2,}", match[1])]
    found += [(match.start(), match[1]) for match in _OPERATOR.finditer(tex)]
    found += [(match.start(), match[0]) for match in _NUMBER.finditer(tex)]
    return [word for _, word in sorted(found, key=lambda entry: entry[0])]


def letters(tex: str) -> list[str]:
    r"""Returns the variables of a formula: Latin and Greek letters.

    >>> letters("a + x_i \\cos y")
    ['a', 'x', 'i', 'y']
    """
    tex = _TEXT.sub(" ", tex)
    tex = re.sub(r"\\(?:begin|end|color|hspace|vspace)\s*\{[^{}]*\}", " ", tex)

    def shown(match: re.Match[str]) -> str:
        return _GREEK.get(match[0][1:], " ")

    return [char for char in _COMMAND.sub(shown, tex) if char.isalpha()]
