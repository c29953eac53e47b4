"""The numbers that TeX printed, from the .aux files: labels, citations, pages."""

import re
import unicodedata
from dataclasses import dataclass, field, replace

from sources.document_ocr.latex.scan import arguments
from sources.document_ocr.latex.tokens import of_text

_NEWLABEL = re.compile(r"\\newlabel\s*\{([^{}]*)\}\s*(?=\{)")
_BIBCITE = re.compile(r"\\bibcite\s*\{([^{}]*)\}\s*(?=\{)")
_COMMAND = re.compile(r"\\(?:protect|nobreakspace|relax|[a-zA-Z@]+)\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """What stands for references.

    Attributes:
        labels: label -> number as printed, such as `3.1`.
        pages: label -> the printed number of its page.
        citations: key -> (number or label, year, authors in short); the latter may be empty.
        by_number: whether the pages cite by number, whatever is known of years.
    """

    labels: dict[str, str] = field(default_factory=dict)
    pages: dict[str, str] = field(default_factory=dict)
    citations: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    by_number: bool = False


def read_aux(text: str) -> Numbers:
    r"""Returns the numbers that an .aux file holds.

    >>> read_aux("\\newlabel{sec:a}{{2.1}{7}}").labels
    {'sec:a': '2.1'}
    """
    labels, pages = {}, {}
    for found in _NEWLABEL.finditer(text):
        parts = _groups(_group(text, found.end()))
        if parts:
            labels[" ".join(found[1].split())] = plain(parts[0])
            pages[" ".join(found[1].split())] = plain(parts[1]) if len(parts) > 1 else ""
    citations = {}
    for found in _BIBCITE.finditer(text):
        value = _group(text, found.end())
        parts = _groups(value) if value.startswith("{") else []
        if len(parts) >= 3:
            citations[found[1]] = (plain(parts[0]), plain(parts[1]), plain(parts[2]))
        else:
            citations[found[1]] = (plain(value), "", "")
    return Numbers(labels=labels, pages=pages, citations=citations)


def as_printed(numbers: Numbers, words: list[str]) -> Numbers:
    """Returns the numbers with whether the pages cite by number.

    Args:
        numbers: of the paper; natbib notes years and authors for every style.
        words: the tokens of all pages.
    """
    dated = [entry for entry in numbers.citations.values() if entry[1] and entry[2]]
    pairs = set(zip(words, words[1:], strict=False))
    shown = sum(
        1 for _, year, authors in dated if (*of_text(authors)[-1:], *of_text(year)[:1]) in pairs
    )
    return replace(numbers, by_number=3 * shown < len(dated))


_ACCENTS = {
    "`": 0x300, "'": 0x301, "^": 0x302, "~": 0x303, "=": 0x304, "u": 0x306, ".": 0x307,
    '"': 0x308, "r": 0x30A, "H": 0x30B, "v": 0x30C, "d": 0x323, "c": 0x327, "k": 0x328,
    "b": 0x331,
}  # fmt: skip
_LETTERS = {
    "ss": "\u00df", "ae": "\u00e6", "AE": "\u00c6", "oe": "\u0153", "OE": "\u0152",
    "aa": "\u00e5", "AA": "\u00c5", "o": "\u00f8", "O": "\u00d8", "l": "\u0142",
    "L": "\u0141", "i": "i", "j": "j",
}  # fmt: skip
_ACCENTED = re.compile(
    r"\\(?:([`'^~=.\"])|([uvHcdbkr])(?![a-zA-Z]))\s*(?:\{\s*\\?([a-zA-Z])\s*\}|\\?([a-zA-Z]))"
)
_LETTER = re.compile(rf"\\({'|'.join(_LETTERS)})(?![a-zA-Z])\s*")


def _accented(found: re.Match[str]) -> str:
    mark, letter = found[1] or found[2], found[3] or found[4]
    return unicodedata.normalize("NFC", letter + chr(_ACCENTS[mark]))


def plain(tex: str) -> str:
    r"""Returns a short piece of TeX without commands and braces.

    >>> plain("{\\it Lomb}~{and} others")
    'Lomb and others'
    """
    tex = _ACCENTED.sub(_accented, tex.replace("\\IeC", ""))
    tex = _LETTER.sub(lambda found: _LETTERS[found[1]], tex)
    text = _COMMAND.sub(" ", tex.replace("~", " ").replace("\\&", "&").replace("\\,", " "))
    return " ".join(re.sub(r"[{}$]", "", text).split())


_TEXTUAL = ("citet", "Citet", "textcite", "citeN", "onlinecite")


def cited(target: str, numbers: Numbers) -> str:
    """Returns a citation as most styles print it; `printed` corrects it by the page.

    Args:
        target: the command, the keys and the words before and behind, as `blocks` gives them,
            parted by tabs.
        numbers: of the paper.
    """
    command, keys, before, after = target.split("\t")
    entries = [numbers.citations.get(key, ("?", "", "")) for key in keys.split(",")]
    if command in ("citeauthor", "Citeauthor"):
        return ", ".join(authors for _, _, authors in entries)
    if command in ("citeyear", "citeyearpar"):
        return ", ".join(year for _, year, _ in entries)
    before, after = before and f"{before} ", after and f", {after}"
    if numbers.by_number or not any(year for _, year, _ in entries):
        if command in _TEXTUAL and all(authors for _, _, authors in entries):
            return ", ".join(f"{authors} [{label}{after}]" for label, _, authors in entries)
        inner = f"{before}{', '.join(label for label, _, _ in entries)}{after}"
        return inner if command in ("citealp", "citealt") else f"[{inner}]"
    if command in (*_TEXTUAL, "cite"):
        return "; ".join(f"{authors} ({year}{after})" for _, year, authors in entries)
    inner = "; ".join(f"{authors} {year}" for _, year, authors in entries)
    inner = f"{before}{inner}{after}"
    return inner if command in ("citealp", "citealt") else f"({inner})"


def referred(target: str, numbers: Numbers) -> str:
    """Returns the number of a label; eqref puts it in parentheses; ?? if there is none."""
    kind, _, label = target.partition(" ")
    known = numbers.pages if label.startswith("swpage:") else numbers.labels
    names = label.removeprefix("swpage:").split(",")
    found = [known.get(" ".join(name.split()), "??") for name in names]
    text = ", ".join(found)
    return f"({text})" if kind == "eqref" else text


def _group(text: str, start: int) -> str:
    found = arguments(text, start, 1)
    return text[found[0][0] + 1 : found[0][1] - 1] if found else ""


def _groups(text: str) -> list[str]:
    return [text[a + 1 : b - 1] for a, b in arguments(text, 0) if text[a] == "{"]
