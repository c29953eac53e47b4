"""The numbers that TeX printed, from the .aux files: labels, citations, headings, captions."""

import re
from dataclasses import dataclass, field, replace

from sources.document_ocr.latex.scan import arguments
from sources.document_ocr.latex.tokens import of_text

_NEWLABEL = re.compile(r"\\newlabel\s*\{([^{}]*)\}\s*(?=\{)")
_BIBCITE = re.compile(r"\\bibcite\s*\{([^{}]*)\}\s*(?=\{)")
_CONTENTS = re.compile(r"\\@writefile\{(toc|lof|lot|loa)\}\{\\contentsline\s*\{(\w+)\}\s*(?=\{)")
_NUMBERLINE = re.compile(r"\\numberline\s*\{((?:[^{}]|\{[^{}]*\})*)\}")
_COMMAND = re.compile(r"\\(?:protect|nobreakspace|relax|[a-zA-Z@]+)\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """What stands for references.

    Attributes:
        labels: label -> number as printed, such as `3.1`.
        citations: key -> (number or label, year, authors in short); the latter may be empty.
        headings: (number, title) in order.
        by_number: whether the pages cite by number, whatever is known of years.
    """

    labels: dict[str, str] = field(default_factory=dict)
    citations: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    headings: tuple[tuple[str, str], ...] = ()
    by_number: bool = False


def read_aux(text: str) -> Numbers:
    r"""Returns the numbers that an .aux file holds.

    >>> read_aux("\\newlabel{sec:a}{{2.1}{7}}").labels
    {'sec:a': '2.1'}
    """
    labels = {}
    for found in _NEWLABEL.finditer(text):
        parts = _groups(_group(text, found.end()))
        if parts:
            labels[found[1]] = plain(parts[0])
    citations = {}
    for found in _BIBCITE.finditer(text):
        value = _group(text, found.end())
        parts = _groups(value) if value.startswith("{") else []
        if len(parts) >= 3:
            citations[found[1]] = (plain(parts[0]), plain(parts[1]), plain(parts[2]))
        else:
            citations[found[1]] = (plain(value), "", "")
    headings = []
    for found in _CONTENTS.finditer(text):
        line = _group(text, found.end())
        number = _NUMBERLINE.search(line)
        headings.append((plain(number[1]) if number else "", plain(_NUMBERLINE.sub("", line))))
    return Numbers(labels=labels, citations=citations, headings=tuple(headings))


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


def plain(tex: str) -> str:
    r"""Returns a short piece of TeX without commands and braces.

    >>> plain("{\\it Lomb}~{and} others")
    'Lomb and others'
    """
    text = _COMMAND.sub(" ", tex.replace("~", " ").replace("\\&", "&"))
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
        return f"[{before}{', '.join(label for label, _, _ in entries)}{after}]"
    if command in (*_TEXTUAL, "cite"):
        return "; ".join(f"{authors} ({year}{after})" for _, year, authors in entries)
    inner = "; ".join(f"{authors} {year}" for _, year, authors in entries)
    inner = f"{before}{inner}{after}"
    return inner if command in ("citealp", "citealt") else f"({inner})"


def referred(target: str, numbers: Numbers) -> str:
    """Returns the number of a label; eqref puts it in parentheses; ?? if there is none."""
    kind, _, label = target.partition(" ")
    found = [numbers.labels.get(name.strip(), "??") for name in label.split(",")]
    text = ", ".join(found)
    return f"({text})" if kind == "eqref" else text


def _group(text: str, start: int) -> str:
    found = arguments(text, start, 1)
    return text[found[0][0] + 1 : found[0][1] - 1] if found else ""


def _groups(text: str) -> list[str]:
    return [text[a + 1 : b - 1] for a, b in arguments(text, 0) if text[a] == "{"]
