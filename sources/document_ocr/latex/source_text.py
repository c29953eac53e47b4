"""TeX source as text: decoding, comments, and what a file includes."""

import re
import unicodedata

# What carries the page of a word through the converter: one character each, from the private area.
MARK_FIRST = 0xE000
MARK_LAST = 0xF8FF

_COMMENT = re.compile(r"(?<!\\)((?:\\\\)*)%.*")
_INCLUDE = re.compile(
    r"\\(?:input|include|subfile|subfileinclude|import\s*\{[^{}]*\}|subimport\s*\{[^{}]*\})"
    r"\s*(?:\{\s*([^{}]+?)\s*\}|([^\s\\{}%]+))"
)


def decode(data: bytes) -> str:
    """Returns a source file as text with plain line ends: UTF-8, else Latin-1.

    Private characters go: they are ours (see `flatten`).
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if any(unicodedata.category(char) == "Co" for char in set(text)):
        text = "".join(char for char in text if unicodedata.category(char) != "Co")
    return text


def without_comments(text: str) -> str:
    r"""Returns the text with each line cut at its comment.

    >>> without_comments("50\\% of % all")
    '50\\% of '
    """
    return "\n".join(_COMMENT.sub(r"\1", line) for line in text.split("\n"))


def included(text: str) -> list[str]:
    r"""Returns what a text includes, in order.

    >>> included("\\input{a} \\include{b/c} \\input d.tex")
    ['a', 'b/c', 'd.tex']
    """
    return [braced or bare for braced, bare in _INCLUDE.findall(without_comments(text))]


def resolve(name: str, files: dict[str, bytes] | dict[str, str], near: str = "") -> str | None:
    """Returns the file that an include names, as TeX would find it from the root, or None.

    Args:
        name: as the source says it.
        files: everything there is.
        near: the file that includes it, for the packages that search beside it.
    """
    folder = near.rpartition("/")[0]
    name = name.strip().strip('"').removeprefix("./")
    for stem in (name, f"{folder}/{name}" if folder else name):
        for candidate in (f"{stem}.tex", stem):
            if candidate in files:
                return candidate
    return None
