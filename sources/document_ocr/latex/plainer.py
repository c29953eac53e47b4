r"""Source in terms that the converter knows, where it does not know those of authors.

What comes before the marks of pages (`freed`) keeps every line, so that each word stays where
SyncTeX saw it.
"""

import re

from sources.document_ocr.latex import scan
from sources.document_ocr.latex.numbers import plain

_INLINE = (
    "inparaenum inparaitem inparablank inparadesc compactenum* enumerate* itemize* description*"
).split()
_INLINE_EDGE = re.compile(
    r"\\(begin|end)\s*\{(" + "|".join(map(re.escape, _INLINE)) + r")\}(\[[^]]*\])?"
)
_ITEM = re.compile(r"\\item(?![a-zA-Z])(?:\s*\[[^]]*\])?")
_HELD_ITEM = re.compile(r"\{(?=\s*\\item(?![a-zA-Z]))")
_PAIRED = re.compile(r"\\DeclarePairedDelimiter\s*\{?\s*\\([a-zA-Z]+)\s*\}?\s*(?=\{)")
_THEOREM = re.compile(r"\\newtheorem\*?\s*\{([^{}]+)\}\s*(?:\[[^]]*\])?\s*\{([^{}]*)\}")
_USUAL = "theorem lemma proposition corollary definition remark example proof claim conjecture"


def theorems(texts: tuple[str, ...]) -> dict[str, str]:
    r"""Returns the environments of theorems with the names that they print.

    >>> theorems((r"\newtheorem{thm}[equation]{Theorem}",))["thm"]
    'Theorem'
    """
    found = {name: name.capitalize() for name in _USUAL.split()}
    for text in texts:
        found |= {name: plain(shown) for name, shown in _THEOREM.findall(text)}
    return found


def delimiters(text: str) -> dict[str, str]:
    r"""Returns the delimiters that a text declares in pairs, as definitions that anyone reads.

    >>> delimiters(r"\DeclarePairedDelimiter\abs{\lvert}{\rvert}")
    {'abs': '\\newcommand{\\abs}[2][]{#1\\lvert #2#1\\rvert }'}
    """
    found = {}
    for head in _PAIRED.finditer(text):
        sides = [text[a + 1 : b - 1] for a, b in scan.arguments(text, head.end(), 2)]
        if len(sides) == 2:
            left, right = sides
            found[head[1]] = f"\\newcommand{{\\{head[1]}}}[2][]{{#1{left} #2#1{right} }}"
    return found


def freed(text: str, starred: list[str]) -> str:
    r"""Returns a body without what only disturbs the converter, line by line.

    Lists within a paragraph become its words (their numbers are the page's), items held in braces
    are freed, and the commands named lose their star.

    >>> freed(r"{\item One} \abs*{x}", ["abs"])
    '\\item One \\abs{x}'
    """
    for name in starred:
        text = text.replace(f"\\{name}*", f"\\{name}")
    for held in reversed(list(_HELD_ITEM.finditer(text))):
        stop = scan.group_end(text, held.start())
        if text[stop - 1 : stop] == "}":
            inner = text[held.end() : stop - 1]
            text = f"{text[: held.start()]}{inner}{text[stop:]}"
    return _inner_captions(_inline_lists(text))


_INNER = re.compile(r"\\begin\s*\{(sub(?:figure|table|floatrow))\}.*?\\end\s*\{\1\}", re.S)


def _inner_captions(text: str) -> str:
    """Captions of parts of a figure as paragraphs: the converter keeps one caption a figure."""
    return _INNER.sub(lambda part: part[0].replace("\\caption{", "\\textrm{"), text)


_INLAID = re.compile(r"\[(?:[^\[\]{}]|\{[^{}]*\})*\]|\*")


def keys(cite: str) -> str:
    r"""Returns a citation without what REVTeX lets stand among its keys.

    >>> keys(r"\cite{[see ][]one,*two}")
    '\\cite{one,two}'
    """
    head, brace, inner = cite.partition("{")
    return f"{head}{brace}{_INLAID.sub('', inner)}"


def _inline_lists(text: str) -> str:
    """Lists within a paragraph as its words; their commands go, and no line becomes blank."""
    starts: list[int] = []
    gone: dict[int, int] = {}
    for edge in _INLINE_EDGE.finditer(text):
        if edge[1] == "begin":
            starts.append(edge.end())
            gone[edge.start()] = edge.end()
        elif starts:
            items = _ITEM.finditer(text, starts.pop(), edge.start())
            gone |= {item.start(): item.end() for item in items}
            gone[edge.start()] = edge.end()
    parts, position = [], 0
    for start, stop in sorted(gone.items()):
        parts += [text[position:start], "\n" * text.count("\n", start, stop)]
        position = stop
    freed = "".join([*parts, text[position:]])
    lines = zip(text.split("\n"), freed.split("\n"), strict=True)
    return "\n".join("%" if was.strip() and not now.strip() else now for was, now in lines)


_COLUMN = re.compile(r"S\[[^]]*\]|D(?:\{[^{}]*\}){3}|[A-Z]|d")


def columns(piece: str) -> str:
    """The begin of a table whose own column types are plain ones, which the converter knows."""
    columns = scan.arguments(piece, piece.index("}") + 1)
    if not columns:
        return piece
    begin, stop = columns[-1]
    return piece[:begin] + _COLUMN.sub("c", piece[begin:stop]) + piece[stop:]


_DELUXE = re.compile(
    r"\\begin\{table\}(?:\[[^]]*\])?\{([^{}]*)\}(?=(?:(?!\\end\{table\}).)*?\\startdata)", re.S
)


def deluxe(text: str) -> str:
    r"""AASTeX's tables, which `_edge` has named table, as a tabular with a head."""
    parts = []
    position = 0
    for found in _DELUXE.finditer(text):
        stop = text.find("\\end{table}", found.end())
        inner = text[found.end() : stop]
        head = ""
        at = inner.find("\\tablehead")
        if at >= 0 and (groups := scan.arguments(inner, at + len("\\tablehead"), 1)):
            head = inner[groups[0][0] + 1 : groups[0][1] - 1]
            inner = inner[:at] + inner[groups[0][1] :]
        columns = re.sub("[^lcrp|]", "c", found[1])
        opening = f"\\begin{{tabular}}{{{columns}}}\n{head} \\\\ \\hline\n"
        inner = inner.replace("\\startdata", opening).replace("\\enddata", "\\end{tabular}")
        parts += [text[position : found.start()], "\\begin{table}", inner]
        position = stop
    return "".join([*parts, text[position:]])
