r"""One file for the converter, in which each word says on which page it stands.

A word's page is one private character behind it (U+E000 for the first page): the converter carries
it through paragraphs, arguments, lists and tables, and nobody prints it. Formulas hold it before
their end. What is no word of a page (labels, lengths, file names) stays as it is.

Besides: includes and the bibliography stand where they are read; floats, title and abstract sit in
environments of names that `blocks` looks for.
"""

import re
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.resources import files as resources

from sources.document_ocr.latex import bibliography, numbers, plainer, scan
from sources.document_ocr.latex.source_text import MARK_FIRST, MARK_LAST, resolve, without_comments

FLOATS = (
    "figure table wrapfigure wraptable sidewaysfigure sidewaystable SCfigure algorithm algorithm2e "
    "listing deluxetable longdeluxetable marginfigure margintable scheme chart floatingfigure code "
    "video"
).split()
_TABLES = ("table", "wraptable", "sidewaystable", "margintable")
# Commands that hand something to \maketitle, in the words of many classes.
_FRONT = (
    "author affiliation affil address institute date email institution keywords "
    "correspondingauthor corresp authornote altaffiltext icmlauthor icmlaffiliation subtitle "
    "dedicatory received revised accepted published history preprint pacs journaltitle "
    "copyrightyear alttitle"
).split()
_DEFINITIONS = (
    "newcommand renewcommand providecommand newenvironment renewenvironment def let "
    "DeclareMathOperator DeclareRobustCommand NewDocumentCommand"
).split()
_INCLUDE = re.compile(
    r"\\(?:input|include|subfile|subfileinclude)\s*(?:\{\s*([^{}]+?)\s*\}|([^\s\\{}%]+))"
    r"|\\(?:sub)?import\s*\{([^{}]*)\}\s*\{([^{}]*)\}"
    r"|\\(bibliography)\s*\{[^{}]*\}|\\(printbibliography)\b(?:\[[^]]*\])?"
)
_BIBITEM = re.compile(r"^\s*\\bibitem(?![a-zA-Z])")
# As a heading without a page; it stays only if the page shows it.
_THANKS = "\n\n\\section*{Acknowledgments}\n\n"
# Environments that only place what is in them; where pandoc does not know one and stumbles in it,
# it would leave out the whole.
_TRANSPARENT = (
    "subfigure subtable threeparttable adjustbox tablenotes thebibliography ruledtabular widetext "
    "subequations acknowledgments landscape minipage multicols spacing onehalfspace doublespace "
    "small footnotesize flushleft floattable sloppypar CJK mdframed tcolorbox samepage appendices "
    "appendix singlespace adjustwidth"
).split()
_DROPPED = ("comment", "tikzpicture", "pgfpicture", "picture")
_MAX_DEPTH = 20
_MAX_CHARS = 20_000_000


@dataclass(frozen=True, slots=True)
class Line:
    """A line of source and the page that SyncTeX knows for it."""

    text: str
    page: int | None


PageOf = Callable[[str, int], int | None]
PageAt = Callable[[int, int], str]


@dataclass(frozen=True, slots=True)
class Extras:
    """What a preamble has to say about the body.

    Attributes:
        front: what stands in the place of the command that makes the title.
        theorems: environment -> the name that it prints.
        starred: commands that may carry a star.
    """

    front: str = ""
    theorems: dict[str, str] = field(default_factory=dict)
    starred: tuple[str, ...] = ()


def flatten(
    texts: dict[str, str],
    main: str,
    *,
    page_of: PageOf,
    bbl: str = "",
    packages: tuple[str, ...] = (),
) -> str:
    """Returns the source for the converter.

    Args:
        texts: the files by path, as they were compiled.
        main: the main file.
        page_of: the page of (file, line), lines counted from 1.
        bbl: the bibliography among the texts, or empty.
        packages: texts of the paper's own style files, read for definitions.
    """
    if bbl in texts and bibliography.is_data(texts[bbl]):
        texts = {**texts, bbl: "\n".join(bibliography.items(texts[bbl]))}
    lines = _inlined(texts, main, page_of, bbl, 0)
    head, rest = _at_document(lines)
    preamble = "\n".join(line.text for line in head)
    shim = resources(__package__).joinpath("shim.tex").read_text()
    definitions = [_definitions(text) for text in (*packages, preamble)]
    paired = plainer.delimiters("\n".join((*packages, preamble)))
    extras = Extras(
        front=_front_matter(preamble),
        theorems=plainer.theorems((*packages, preamble)),
        starred=tuple(paired),
    )
    marked = mark(rest, extras)
    definitions += paired.values()
    body = plainer.deluxe(marked)
    return "\n".join([shim, *definitions, "\\begin{document}", body, "\\end{document}", ""])


def mark(body: list[Line], extras: Extras) -> str:
    """Returns the body with the page of each word behind it, rewritten for the converter."""
    text = plainer.freed("\n".join(line.text for line in body), list(extras.starred))
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    pages = [line.page for line in body]

    def page_at(start: int, stop: int) -> str:
        """The mark of the first line of an extent that has a page."""
        first, last = bisect_right(starts, start) - 1, bisect_right(starts, max(start, stop - 1))
        for page in pages[first:last]:
            if page is not None and page <= MARK_LAST - MARK_FIRST:
                return chr(MARK_FIRST + page)
        return ""

    parts: list[str] = []
    if extras.front and "\\maketitle" not in text:
        parts.append(extras.front)
    position = 0
    while position < len(text):
        token = scan._next(text, position)
        piece, position = _rewrite(text, token, page_at, extras)
        parts.append(piece)
    return "".join(parts)


def _rewrite(text: str, token: scan.Token, page_at: PageAt, extras: Extras) -> tuple[str, int]:
    """What stands for a token in the converter's copy, and where the next token begins."""
    piece = text[token.start : token.stop]
    if token.kind in ("word", "cjk"):
        return piece + page_at(token.start, token.stop), token.stop
    if token.kind == "math":
        return _marked_math(piece, page_at(token.start, token.stop)), token.stop
    if token.kind == "opaque" and token.name in ("cite", "onlinecite", "citenum"):
        return plainer.keys(piece), token.stop
    if token.kind == "verbatim":
        return _verbatim(text, token, page_at), token.stop
    if token.kind == "begin" and token.name in _TABULAR:
        return plainer.columns(piece), token.stop
    if token.kind in ("begin", "end") and token.name.rstrip("*") in extras.theorems:
        return _theorem(text, token, extras.theorems[token.name.rstrip("*")])
    if token.kind == "end" and token.name.rstrip("*") in FLOATS:
        return _edge(piece, token) + _join(text, token), token.stop
    if token.kind in ("begin", "end"):
        return _edge(piece, token), token.stop
    if token.kind == "command":
        return _command(text, token, page_at, extras)
    return piece, token.stop


def _marked_math(piece: str, page: str) -> str:
    """A formula with its mark before the closing delimiter."""
    for closing in ("$$", "$", "\\)", "\\]"):
        if piece.endswith(closing) and len(piece) > len(closing):
            return piece[: -len(closing)] + page + closing
    end = piece.rfind("\\end{")
    return piece[:end] + page + piece[end:] if end > 0 else piece


def _verbatim(text: str, token: scan.Token, page_at: PageAt) -> str:
    if token.name.rstrip("*") in _DROPPED:
        return ""
    first, *inner, last = text[token.start : token.stop].split("\n") or [""]
    position = token.start + len(first) + 1
    lines = [first]
    for line in inner:
        lines.append(line + page_at(position, position + max(len(line), 1)))
        position += len(line) + 1
    return "\n".join([*lines, last])


def _edge(piece: str, token: scan.Token) -> str:
    """The begin or end of an environment; floats get a name of ours round them."""
    plain = token.name.rstrip("*")
    if plain in FLOATS:
        known = "table" if plain in _TABLES or "deluxe" in plain else "figure"
        if token.kind == "begin":
            columns = piece[piece.index("}") + 1 :] if "deluxe" in plain else ""
            return f"\n\n\\begin{{swfloat}}\\begin{{{known}}}{columns}"
        return f"\\end{{{known}}}\\end{{swfloat}}\n\n"
    if plain.lower() in ("acknowledgments", "acknowledgements", "acknowledgement", "ack"):
        return _THANKS if token.kind == "begin" else "\n\n"
    if plain == "abstract":
        return f"\\{token.kind}{{swabstract}}"
    if plain in _TRANSPARENT:
        return "\n\n"
    if plain in ("longtable", "supertabular", "xtabular", "longtabu"):
        return piece.replace(plain, "longtable")
    return piece


def _theorem(text: str, token: scan.Token, name: str) -> tuple[str, int]:
    """The begin or end of a theorem, with what the converter shall know of its head."""
    if token.kind == "end":
        return "\\end{swtheorem}\n\n", token.stop
    stop, note = token.stop, ""
    if text[stop : stop + 1] == "[":
        stop = scan.group_end(text, stop)
        note = re.sub(r"[\\{}%#_&^~$]", "", numbers.plain(text[token.stop + 1 : stop - 1]))
    head = f"{name} ({note})." if note else f"{name}."
    return f"\n\n\\begin{{swtheorem}}\\label{{swthm:{head}}} ", stop


def _join(text: str, token: scan.Token) -> str:
    """A mark behind a float that stands in the middle of a paragraph, which runs on behind it."""
    begin = text.rfind(f"\\begin{{{token.name}}}", 0, token.start)
    before = without_comments(text[:begin][-400:]).rstrip(" \t")
    after = without_comments(text[token.stop : token.stop + 400]).lstrip(" \t")
    alone = before.endswith("\n\n") or re.match(r"\n[ \t]*\n", after) or not before or not after
    return "" if alone or after.lstrip().startswith("\\") else "\\label{swjoin} "


_TABULAR = ("tabular", "tabular*", "tabularx", "longtable", "array")


def _command(text: str, token: scan.Token, page_at: PageAt, extras: Extras) -> tuple[str, int]:
    if token.name == "maketitle":
        return extras.front, token.stop
    if token.name == "bibitem":
        found = scan.arguments(text, token.stop, 1)
        key = text[found[-1][0] + 1 : found[-1][1] - 1].strip() if found else ""
        return f"\n\n\\label{{swbib:{key}}} ", found[-1][1] if found else token.stop
    if token.name == "title" or token.name in _FRONT:
        return _front_part(text, token, page_at)
    if token.name in ("acknowledgments", "acknowledgements", "acknowledgement"):
        return _THANKS, token.stop
    if token.name == "abstract" and text[token.stop : token.stop + 1] == "{":
        stop = scan.group_end(text, token.stop)
        inner = _marked(text, token.stop + 1, stop - 1, page_at)
        return f"\\begin{{swabstract}}{inner}\\end{{swabstract}}", stop
    return text[token.start : token.stop], token.stop


def _front_part(text: str, token: scan.Token, page_at: PageAt) -> tuple[str, int]:
    """A title command as an environment of its own, so that it stands where it is said."""
    found = scan.arguments(text, token.stop)
    wanted = [(a, b) for a, b in found if text[a] == "{"]
    if not wanted:
        return "", token.stop
    name = "swtitle" if token.name == "title" else "swauthor"
    inner = "\\par ".join(_marked(text, a + 1, b - 1, page_at) for a, b in wanted[:3])
    return f"\n\n\\begin{{{name}}}{inner}\\end{{{name}}}\n\n", found[-1][1]


def _marked(text: str, start: int, stop: int, page_at: PageAt) -> str:
    parts = []
    while start < stop:
        token = scan._next(text, start)
        piece, start = _rewrite(text, token, page_at, Extras())
        parts.append(piece)
    return "".join(parts)


def _front_matter(preamble: str) -> str:
    r"""What the preamble hands to \maketitle, title first."""
    titles: list[str] = []
    others: list[str] = []
    for token in scan.scan(preamble):
        if token.kind == "command" and (token.name == "title" or token.name in _FRONT):
            part, _ = _front_part(preamble, token, lambda start, stop: "")
            (titles if token.name == "title" else others).append(part)
    return "".join(titles + others)


def _definitions(text: str) -> str:
    """The definitions of a preamble or style file, one a line, without all else.

    What lies behind an @ is a class's own machinery, which the converter would stumble over.
    """
    found = (
        without_comments(text[token.start : token.stop])
        for token in scan.scan(text)
        if token.kind == "opaque" and token.name in _DEFINITIONS
    )
    return "\n".join(
        " ".join(one.split())
        for one in found
        if "@" not in one and "##" not in one and (not _STRUCTURE.match(one) or _REFERS.match(one))
    )


# A shorthand for references that has their name: \renewcommand{\eqref}[1]{\ref{eq:#1}}.
_REFERS = re.compile(r"\\renewcommand\*?\s*\{?\\eqref\}?.*\\ref\b")
# Commands that the converter knows by their meaning, whatever a class makes of their looks.
_STRUCTURE = re.compile(
    r"\\\w+\*?\s*\{?\s*\\(?:(?:sub)*section|chapter|part|(?:sub)?paragraph|title|author|date|maketitle|"
    r"thanks|and|caption|footnote|item|cite\w*|ref|eqref|label|bibliography|includegraphics|begin|"
    r"end|document|abstract|thebibliography|figure|table|emph|text\w\w|par)(?![a-zA-Z])"
)


def _at_document(lines: list[Line]) -> tuple[list[Line], list[Line]]:
    r"""Cuts the lines at \begin{document} and leaves what follows its end."""
    for index, line in enumerate(lines):
        found = re.search(r"\\begin\s*\{document\}", without_comments(line.text))
        if found:
            head = [*lines[:index], Line(line.text[: found.start()], None)]
            return head, _until_end(
                [Line(line.text[found.end() :], line.page), *lines[index + 1 :]]
            )
    return [], _until_end(lines)


def _until_end(lines: list[Line]) -> list[Line]:
    for index, line in enumerate(lines):
        found = re.search(r"\\end\s*\{document\}", without_comments(line.text))
        if found:
            return [*lines[:index], Line(line.text[: found.start()], line.page)]
    return lines


def _inlined(texts: dict[str, str], name: str, page_of: PageOf, bbl: str, depth: int) -> list[Line]:
    """The lines of a file with those of the files that it includes in their places."""
    if depth > _MAX_DEPTH:
        return []
    lines: list[Line] = []
    for number, text in enumerate(texts[name].split("\n"), 1):
        page = page_of(name, number)
        plain = without_comments(text)
        position = 0
        for found in _INCLUDE.finditer(plain):
            inner = bbl if found[5] or found[6] else resolve(_named(found), texts, name)
            if inner not in texts:
                continue
            lines.append(Line(plain[position : found.start()], page))
            lines += _inlined(texts, inner, page_of, bbl, depth + 1)
            position = found.end()
        lines.append(Line(plain[position:] if position else text, page))
        if plain.strip() == "\\endinput":
            break
    if sum(len(line.text) for line in lines) > _MAX_CHARS:
        return lines[: _MAX_CHARS // 100]
    return _clean_bbl(lines) if name == bbl else lines


def _named(found: re.Match[str]) -> str:
    if found[3] is not None:
        return f"{found[3].rstrip('/')}/{found[4]}"
    return str(found[1] or found[2])


_AT_MACROS = re.compile(r"\\[a-zA-Z]*@[a-zA-Z@]*|\\translation\s*\{[^{}]*\}")
_OPEN_SHUT = re.compile(
    r"\\(?:BibitemOpen|BibitemShut\s*\{[^{}]*\}|bibAnnoteFile[^{}]*|natexlab\s*\{([^{}]*)\}|"
    r"newblock|selectlanguage\s*\{[^{}]*\}|BibitemNoStop|bibpunct[^\n]*|penalty0|@noop)"
)


def _clean_bbl(lines: list[Line]) -> list[Line]:
    """A bibliography without what prints nothing; its style's definitions stand before it."""
    items = [index for index, line in enumerate(lines) if _BIBITEM.search(line.text)]
    if not items:
        return lines
    cleaned = [
        Line(
            _OPEN_SHUT.sub(lambda found: found[1] or " ", _AT_MACROS.sub("", line.text)), line.page
        )
        for line in lines[items[0] :]
    ]
    # A line that became blank would end the paragraph.
    kept = zip(cleaned, lines[items[0] :], strict=True)
    return [line for line, before in kept if line.text.strip() or not before.text.strip()]
