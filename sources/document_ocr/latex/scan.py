r"""Cuts TeX source into what its page can be written on (words) and what must stay as it is."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

# How many braced arguments of a command are names, lengths or code, and no words of the page.
# -1 stands for all that follow.
_NAMES = {
    -1: (
        "ref eqref pageref autoref cref Cref vref nameref subref label cite citep citet "
        "citealp citealt citeauthor citeyear citeyearpar citenum nocite parencite textcite "
        "footcite autocite onlinecite Cite Citep Citet citeN shortcite includegraphics vspace "
        "hspace bibliography bibliographystyle usepackage documentclass setlength addtolength "
        "setcounter addtocounter stepcounter refstepcounter newcounter newlength settowidth "
        "input include pagestyle thispagestyle pagenumbering color definecolor colorlet rule "
        "raisebox hypersetup url path newcommand renewcommand providecommand newenvironment "
        "renewenvironment newtheorem theoremstyle DeclareMathOperator DeclareRobustCommand "
        "DeclarePairedDelimiter NewDocumentCommand RenewDocumentCommand newcolumntype "
        "captionsetup lstset lstdefinestyle tikzset pgfplotsset usetikzlibrary graphicspath "
        "ensuremath cline cmidrule specialrule fontsize selectfont linespread newif gls "
        "acrshort ac hyphenation markboth markright citetext arraystretch tabcolsep qty SI si "
        "num ang unit index fancyhead fancyfoot lhead rhead chead lfoot rfoot cfoot crefname "
        "Crefname bibcommenthead addcontentsline numberwithin counterwithin "
        "allowdisplaybreaks setstretch geometry DeclareGraphicsExtensions DeclareMathAlphabet "
        "SetMathAlphabet newfloat floatname floatstyle newsavebox sbox savebox usebox"
    ),
    1: (
        "textcolor colorbox href hyperref scalebox parbox makebox framebox "
        "rotatebox foreignlanguage selectlanguage hypertarget hyperlink bibinfo bibfield Eprint"
    ),
    2: "multicolumn multirow resizebox fcolorbox adjustbox",
}
OPAQUE = {name: number for number, names in _NAMES.items() for name in names.split()}
# Environments whose first arguments are columns, lengths or names.
_ARGUED = (
    "tabular tabular* tabularx tabulary longtable array minipage thebibliography multicols "
    "wrapfigure wraptable adjustbox list tabu longtabu supertabular xtabular deluxetable "
    "deluxetable* spacing CJK CJK* otherlanguage subfigure subtable varwidth "
    "adjustwidth NiceTabular tblr algorithmic scope"
).split()
MATH = (
    "equation align gather multline eqnarray displaymath math flalign alignat "
    "dmath IEEEeqnarray empheq"
).split()
VERBATIM = (
    "verbatim Verbatim lstlisting minted alltt comment tikzpicture pgfpicture picture".split()
)

_COMMAND = re.compile(r"\\([a-zA-Z@]+)\*?|\\.", re.S)
_ENVIRONMENT = re.compile(r"\\(begin|end)\s*\{([^{}]*)\}")
_WORD = re.compile(r"[^\W\d_]{2,}")
_CJK = re.compile(r"[\u3400-\u9fff]+")
_DEFINITION = re.compile(r"\\(?:[egx]?def)\b\s*\\[^{]*")
_VERB = re.compile(r"\\(?:verb\*?|lstinline(?:\[[^]]*\])?|Verb\*?)([^a-zA-Z\s{*])(.*?)\1")


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of source.

    Attributes:
        kind: word, cjk, math, verbatim, comment, begin, end, command, opaque or other.
        start: where it begins.
        stop: where it ends.
        name: of a command or an environment.
    """

    kind: str
    start: int
    stop: int
    name: str = ""


def scan(text: str) -> Iterator[Token]:
    r"""Yields the tokens of a source text; joined, they are the text.

    >>> [(t.kind, t.name) for t in scan("Word \\ref{a} $x$")]
    [('word', ''), ('other', ''), ('opaque', 'ref'), ('other', ''), ('math', '')]
    """
    position = 0
    while position < len(text):
        token = _next(text, position)
        yield token
        position = token.stop


def group_end(text: str, start: int) -> int:
    r"""Returns where the group or optional argument that opens at `start` ends.

    >>> group_end("{a{b}\\}c}d", 0)
    9
    """
    closing = {"{": "}", "[": "]"}[text[start]]
    depth = 0
    position = start
    while position < len(text):
        char = text[position]
        if char == "\\":
            position += 2
            continue
        if char == "%":
            position = _line_end(text, position)
        if char == "{":
            depth += 1
        elif char == "}":
            depth -= 1
        if (char == closing and depth == 0) or (closing == "]" and depth < 0):
            return position + 1
        position += 1
    return len(text)


def arguments(text: str, start: int, limit: int = -1) -> list[tuple[int, int]]:
    r"""Returns the extents of the arguments that follow `start`, at most `limit` braced ones.

    >>> arguments("[a]{b} {c}d", 0)
    [(0, 3), (3, 6), (7, 10)]
    """
    found: list[tuple[int, int]] = []
    braced = 0
    while limit < 0 or braced < limit:
        inner = _skip_blank(text, start)
        if inner >= len(text) or text[inner] not in "{[":
            break
        braced += text[inner] == "{"
        stop = group_end(text, inner)
        found.append((inner, stop))
        start = stop
    return found


def _next(text: str, start: int) -> Token:
    char = text[start]
    if char == "\\":
        return _command(text, start)
    if char == "%":
        return Token("comment", start, _line_end(text, start))
    if char == "$":
        return Token("math", start, _dollar_end(text, start))
    if word := _CJK.match(text, start):
        return Token("cjk", start, word.end())
    # Not the unit of a length: 2em.
    if (word := _WORD.match(text, start)) and not (start and text[start - 1].isdigit()):
        cjk = _CJK.search(text, start, word.end())
        return Token("word", start, cjk.start() if cjk else word.end())
    return Token("other", start, start + 1)


def _command(text: str, start: int) -> Token:
    if edge := _ENVIRONMENT.match(text, start):
        return _environment(text, edge)
    if text[start : start + 2] in ("\\(", "\\["):
        closing = {"(": "\\)", "[": "\\]"}[text[start + 1]]
        return Token("math", start, _after(text, closing, start + 2))
    if verb := _VERB.match(text, start):
        return Token("opaque", start, verb.end(), "verb")
    if definition := _DEFINITION.match(text, start):
        stop = definition.end()
        return Token("opaque", start, group_end(text, stop) if stop < len(text) else stop, "def")
    command = _COMMAND.match(text, start)
    if command is None:
        return Token("other", start, start + 1)
    name = command.group(1) or ""
    if name == "let":
        return Token("opaque", start, _line_end(text, start), name)
    if name in ("newcommand", "renewcommand", "providecommand"):
        return Token("opaque", start, _definition_end(text, command.end()), name)
    if name in OPAQUE:
        found = arguments(text, command.end(), OPAQUE[name])
        return Token("opaque", start, found[-1][1] if found else command.end(), name)
    return Token("command", start, command.end(), name)


def _definition_end(text: str, start: int) -> int:
    r"""The end of a definition, whose name may stand without braces: \newcommand\x[1]{..}."""
    start = _skip_blank(text, start)
    bare = _COMMAND.match(text, start)
    start = bare.end() if bare else start
    found = arguments(text, start)
    wanted = 1 if bare else 2
    braced = [stop for begin, stop in found if text[begin] == "{"]
    return braced[min(wanted, len(braced)) - 1] if braced else start


def _environment(text: str, edge: re.Match[str]) -> Token:
    kind, name = edge.groups()
    plain = name.rstrip("*")
    start, stop = edge.span()
    if kind == "begin" and plain in VERBATIM:
        return Token("verbatim", start, _after(text, f"\\end{{{name}}}", stop), name)
    if kind == "begin" and plain in MATH:
        return Token("math", start, _after(text, f"\\end{{{name}}}", stop), name)
    if kind == "begin" and name in _ARGUED:
        found = arguments(text, stop, 2 if name in ("tabular*", "tabularx", "wrapfigure") else 1)
        stop = found[-1][1] if found else stop
    elif kind == "begin" and text[stop : stop + 1] == "[":
        stop = group_end(text, stop) if name in ("figure", "table") else stop
    return Token(kind, start, stop, name)


def _dollar_end(text: str, start: int) -> int:
    mark = "$$" if text.startswith("$$", start) else "$"
    position = start + len(mark)
    while position < len(text):
        if text[position] == "\\":
            position += 2
        elif text.startswith(mark, position):
            return position + len(mark)
        elif mark == "$" and text.startswith("\n\n", position):
            return position
        else:
            position += 1
    return len(text)


def _after(text: str, mark: str, start: int) -> int:
    found = text.find(mark, start)
    return len(text) if found < 0 else found + len(mark)


def _line_end(text: str, start: int) -> int:
    found = text.find("\n", start)
    return len(text) if found < 0 else found


def _skip_blank(text: str, start: int) -> int:
    """Past blanks and at most one line end, as TeX looks for an argument."""
    lines = 0
    while start < len(text) and text[start] in " \t\n":
        lines += text[start] == "\n"
        if lines > 1:
            break
        start += 1
    return start
