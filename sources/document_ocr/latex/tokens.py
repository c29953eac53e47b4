"""Words reduced to what a source and a page agree in, however each of them sets a word."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sources.document_ocr.latex import formula
from sources.document_ocr.latex.blocks import Atom
from sources.document_ocr.latex.pdf import Page, Word

_PIECE = re.compile(r"[\u3400-\u9fff]|\d+|[^\d\u3400-\u9fff]+")
# Letters by their names, but signs by their use: accents that TeX sets beside their letter.
_ACCENTS = ("Mn", "Lm", "Sk")


def normal(word: str) -> list[str]:
    """Returns the tokens of a word in small form without accents and signs.

    Letters and digits part, as they do where a formula begins; Chinese goes one by one.

    >>> normal("State-of-the-Art2,")
    ['stateoftheart', '2']
    """
    if word.isascii():
        return _PIECE.findall("".join(char for char in word.lower() if char.isalnum()))
    folded = unicodedata.normalize("NFKD", word).casefold().replace("\u0131", "i")
    plain = "".join(
        char for char in folded if char.isalnum() and unicodedata.category(char) not in _ACCENTS
    )
    return _PIECE.findall(plain)


def of_text(text: str) -> list[str]:
    """Returns the tokens of a text of several words.

    >>> of_text("(Lomb 1976)")
    ['lomb', '1976']
    """
    return [token for word in text.split() for token in normal(word)]


@dataclass(frozen=True, slots=True)
class Token:
    """A token and where it is from.

    Attributes:
        text: in its reduced form.
        place: index of its atom, or of its word on the page.
        page: of a page's token.
        end: index of the last word of the page that it reaches into.
    """

    text: str
    place: int
    page: int = -1
    end: int = -1


def of_atoms(atoms: list[Atom]) -> list[Token]:
    """Returns the tokens of atoms; what clings together is one word."""
    found: list[Token] = []
    for first, last in clusters(atoms):
        run, start = "", first
        for index in range(first, last):
            atom = atoms[index]
            if atom.kind in ("math", "display"):
                found += [Token(token, start) for token in of_text(run)]
                words = formula.words(atom.text)
                found += [Token(token, index) for word in words for token in normal(word)]
                run, start = "", index + 1
            elif atom.kind != "note":
                run += atom.text
        found += [Token(token, min(start, last - 1)) for token in of_text(run)]
    return found


def clusters(atoms: list[Atom]) -> Iterator[tuple[int, int]]:
    """Yields the extents of atoms that no blank parts; a note, raised or Chinese word ends one."""
    start = 0
    for index in range(1, len(atoms) + 1):
        if index == len(atoms) or _parts(atoms[index - 1], atoms[index]):
            if index > start:
                yield start, index
            start = index


def _parts(before: Atom, atom: Atom) -> bool:
    if atom.space or "line" in (atom.kind, before.kind) or "break" in (atom.kind, before.kind):
        return True
    if before.kind == "note" or ("s" in before.style) != ("s" in atom.style):
        return True
    return bool(before.text and atom.text) and "\u3400" <= before.text[-1] <= "\u9fff"


def of_page(page: Page, number: int) -> list[Token]:
    """Returns the tokens of a page; a word that a line's end parts is one again."""
    found: list[Token] = []
    for text, start, end in joined(page.words):
        found += [Token(token, start, number, end) for token in normal(text)]
    return found


def joined(words: Sequence[Word]) -> Iterator[tuple[str, int, int]]:
    """Yields words with what a line's end parts joined: the text, its first and last index."""
    index = 0
    while index < len(words):
        text, start = words[index].text, index
        while (
            text.endswith(("-", "\u00ad", "\u2010"))
            and len(text) > 1
            and index + 1 < len(words)
            and words[index + 1].line != words[index].line
            and words[index + 1].text[:1].isalnum()
        ):
            index += 1
            text = text[:-1] + words[index].text
        yield text, start, index
        index += 1
