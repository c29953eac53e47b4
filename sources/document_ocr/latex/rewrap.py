r"""One word a line, so that a line number names a word; what TeX reads stays the same.

In ordinary text the end of a line is a space, and so is the blank it takes the place of. Between
two Chinese characters, where there is no blank, a line may end in a percent sign, which TeX reads
as nothing. Where the end of a line means something, lines stay as they are: before the document
begins, in verbatim text, round comments and definitions. That it worked is checked page by page
(see `compile`).
"""

import re

_VERBATIM = re.compile(
    r"\\(begin|end)\s*\{((?:[bB]?[vV]erbatim\w*|lstlisting|minted|alltt|comment|filecontents|"
    r"[A-Z]\w*[vV]erbatim|code|tikzpicture|axis|pgfpicture|tikzcd|groupplot|picture|pspicture|CJKverbatim|Sinput|Soutput|dmath|luacode|asy|sageblock|pycode)\*?)\}"
)
# A line with one of these may read on by its own rules.
_LEAVE = re.compile(
    r"%|\\(?:verb|def|edef|gdef|xdef|let|newcommand|renewcommand|providecommand|newenvironment|"
    r"renewenvironment|catcode|url|href|path|obey|lstinline|mintinline|index|DeclareRobustCommand|"
    r"lccode|uccode|input|include|special|write|openin|openout|read|Verb|csvreader|every)"
    r"(?![a-z])|\\obey"
)
_BLANK = re.compile(r"(?<=[^\s\\]) (?=\S)")
_CJK = re.compile(r"(?<=[\u3400-\u9fff\u3000-\u303f\uff00-\uffef])(?=[\u3400-\u9fff])")
_BEGIN = re.compile(r"\\begin\s*\{document\}")


def rewrap(text: str, *, is_main: bool) -> str:
    r"""Returns the source with one word a line where that is safe.

    >>> rewrap("two words\n% a comment\nand \\verb|a b| stays", is_main=False)
    'two\nwords\n% a comment\nand \\verb|a b| stays'
    """
    start = _BEGIN.search(text) if is_main else None
    if is_main and start is None:
        return text
    cut = text.find("\n", start.end()) + 1 if start else 0
    if start and not cut:
        return text
    return text[:cut] + "\n".join(_lines(text[cut:].split("\n")))


def _lines(lines: list[str]) -> list[str]:
    result = []
    inside = ""
    for line in lines:
        edges = _VERBATIM.findall(line)
        if inside or edges or _LEAVE.search(line):
            result.append(line)
        else:
            result.append(_CJK.sub("%\n", _BLANK.sub("\n", line)))
        for kind, name in edges:
            if kind == "begin" and not inside:
                inside = name
            elif kind == "end" and name == inside:
                inside = ""
    return result
