"""What the class made of the source, as the page shows it: numbers, citations, generated words.

A gap between two words that a text and its page share is compared: where the text has only what
TeX computes (a reference, a citation, a word of the converter's own), the page's words stand; what
a source says and no page shows goes; a few words that only the page has come in.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sources.document_ocr.latex import formula, tokens
from sources.document_ocr.latex.align import align
from sources.document_ocr.latex.blocks import Atom, Block
from sources.document_ocr.latex.pdf import Page, Word
from sources.document_ocr.latex.tokens import Token

_HEADING = re.compile(
    r"^(?:appendix|chapter|section|part)?\s*(?:[A-Z]|\d+|[IVXLC]+)?(?:\.?\w{1,3})*\.?:?$", re.I
)
_CAPTION = re.compile(
    r"^(?:supplementary |extended data )?(?:fig(?:ure)?|tab(?:le)?|algorithm|listing|scheme|chart|"
    r"box|video|plate)\b.{0,14}$",
    re.I,
)
_BIB = re.compile(r"^[\[(]?[\w.+]{1,12}[\])]?\.?$")
_OVER_BIB = re.compile(
    r"^(references(?: and notes| cited)?|bibliography|literature cited)\b\s*(.*)$", re.I
)
_STATEMENT = re.compile(
    r"^(?:\w+ )?(?:theorem|lemma|proposition|corollary|definition|remark|example|proof|claim|"
    r"assumption|conjecture|abstract|summary|keywords?)\b.{0,30}$",
    re.I,
)
# A gap with more words of the page than this is no citation but something that we do not have.
_MOST_GENERATED = 60
_MOST_FILLED = 8


@dataclass(slots=True)
class Sheet:
    """A page as its words and tokens, and which of them are taken."""

    page: Page
    tokens: Sequence[Token]
    taken: set[int]

    def words(self, start: int, stop: int) -> list[str]:
        """The words between two tokens, exclusive, without formulas and raised marks."""
        first = self.tokens[start].place + 1 if start >= 0 else 0
        last = self.tokens[stop].place if stop < len(self.tokens) else len(self.page.words)
        return [word.text for word in self.page.words[first:last] if word.text and not word.raised]


def settle(blocks: list[Block], sheet: Sheet) -> list[int]:
    """Makes blocks that follow each other say what the page says; returns their places on it.

    The place of a block is the index of the page's token that its first word is, or -1.
    """
    flow = [atom for block in blocks for atom in block.all_atoms()]
    ours = tokens.of_atoms(flow)
    partners = align([token.text for token in ours], [token.text for token in sheet.tokens])
    matched: dict[int, list[int]] = {}
    for token, partner in zip(ours, partners, strict=True):
        if partner >= 0:
            matched.setdefault(token.place, []).append(partner)
    sheet.taken.update(index for found in matched.values() for index in found)
    counts: dict[int, int] = {}
    for token in ours:
        counts[token.place] = counts.get(token.place, 0) + 1
    _drop_unprinted(blocks, flow, matched, counts)
    _correct(flow, matched, counts, sheet)
    places = []
    position = 0
    for block in blocks:
        extent = range(position, position + len(block.all_atoms()))
        found = [matched[index][0] for index in extent if index in matched]
        places.append(found[0] if found else -1)
        position = extent.stop
    for block in blocks:
        _remove_gone(block)
    return places


def lead(block: Block, place: int, sheet: Sheet) -> None:
    """Puts before a block what the page shows before its first word: a number, a name."""
    rule = _LEADS.get(block.kind)
    if place < 0 or block.continued or rule is None:
        return
    words = _free_words_before(block, place, sheet)
    # The nearest words that make a lead: those farther off may end the paragraph before.
    for start in range(len(words)):
        text = " ".join(words[start:])
        over = _OVER_BIB.match(text) if block.kind == "bib" else None
        if over:
            block.above, text = over.groups()
        if rule.match(text):
            block.lead = text
        if over or block.lead or block.kind == "para":
            break


def _free_words_before(block: Block, place: int, sheet: Sheet) -> list[str]:
    """The few words before a place that no other text has, on its line or the one before."""
    line = sheet.page.words[sheet.tokens[place].place].line
    start = place - 1
    while start >= 0 and start not in sheet.taken and place - start <= 6:
        start -= 1
    first = sheet.tokens[start].place + 1 if start >= 0 else 0
    near = 0 if block.kind == "para" else 1
    return [
        word.text
        for word in sheet.page.words[first : sheet.tokens[place].place]
        if word.text and abs(word.line - line) <= near
    ]


_LEADS = {
    "heading": _HEADING,
    "caption": _CAPTION,
    "bib": _BIB,
    "abstract": _STATEMENT,
    "para": _STATEMENT,
}
_EQUATION = re.compile(r"^\((?:[A-Z]\.?)?\d+(?:\.\d+)*[a-z]?\)$")


def number_displays(blocks: list[Block], places: list[int], sheet: Sheet) -> None:
    """Gives displays the numbers that stand beside them, where the page has as many as it should.

    Between two blocks with words, the displays and the free words in parentheses go together.
    """
    waiting: list[Block] = []
    low = -1
    for block, place in zip([*blocks, None], [*places, len(sheet.tokens)], strict=True):
        if block is not None and block.kind == "display":
            waiting.append(block)
            continue
        if place < 0:
            continue
        if waiting:
            _number(waiting, low, place, sheet)
            waiting = []
        low = place


def _number(displays: list[Block], low: int, high: int, sheet: Sheet) -> None:
    atoms = [atom for block in displays for atom in block.atoms]
    wanted = [int(atom.target or 0) for atom in atoms]
    first = sheet.tokens[low].place if low >= 0 else 0
    last = sheet.tokens[high].place if high < len(sheet.tokens) else len(sheet.page.words)
    found = [
        word.text[1:-1]
        for word in sheet.page.words[first:last]
        if _EQUATION.match(word.text) and not word.math and _beside(word, sheet.page)
    ]
    if len(found) != sum(wanted):
        return
    for atom, count in zip(atoms, wanted, strict=True):
        if count:
            atom.text = formula.tag(atom.text, found[:count])
            found = found[count:]
        atom.target = ""


def _beside(word: Word, page: Page) -> bool:
    """Whether nothing stands right of a word on its height within its column."""
    middle = (word.box[1] + word.box[3]) / 2
    return not any(
        other.box[0] > word.box[2]
        and other.box[0] - word.box[2] < 12
        and other.box[1] < middle < other.box[3]
        for other in page.words
    )


def _drop_unprinted(
    blocks: list[Block], flow: list[Atom], matched: dict[int, list[int]], counts: dict[int, int]
) -> None:
    """A block that SyncTeX never saw and the page hardly shows was not printed."""
    position = 0
    for block in blocks:
        atoms = block.all_atoms()
        extent = range(position, position + len(atoms))
        position = extent.stop
        words = sum(counts.get(index, 0) for index in extent)
        shown = sum(len(matched.get(index, ())) for index in extent)
        if any(atom.hinted for atom in atoms) or block.kind in ("display", "code"):
            continue
        if words and shown < 0.34 * words:
            for atom in atoms:
                atom.kind = "gone"


def _correct(
    flow: list[Atom], matched: dict[int, list[int]], counts: dict[int, int], sheet: Sheet
) -> None:
    """Goes through the gaps between matched words."""
    known = sorted(index for index in matched if len(matched[index]) == counts[index])
    edges = [*known]
    for left, right in zip(edges, edges[1:], strict=False):
        start, stop = matched[left][-1], matched[right][0]
        if right - left == 1 or stop <= start:
            continue
        _correct_gap(flow, left, right, sheet.words(start, stop))


def _correct_gap(flow: list[Atom], left: int, right: int, printed: list[str]) -> None:
    gap = [atom for atom in flow[left + 1 : right] if atom.kind not in ("note", "break", "gone")]
    computed = [atom for atom in gap if atom.kind in ("cite", "ref")]
    others = [atom for atom in gap if atom.kind not in ("cite", "ref")]
    spoken = [atom for atom in others if tokens.of_text(atom.text)]
    if computed and len(computed) == 1 and not spoken and 0 < len(printed) <= _MOST_GENERATED:
        _print_as(computed[0], gap, printed)
    elif not computed and not printed:
        alone = [after.space for after in gap[1:]] + [True] * bool(gap)
        for atom, ends in zip(gap, alone, strict=True):
            clings = not (atom.space and ends)
            if atom in spoken and not (clings or atom.hinted or atom.style):
                atom.kind = "gone" if atom.kind == "word" else atom.kind


def _print_as(atom: Atom, gap: list[Atom], printed: list[str]) -> None:
    """A citation or reference as the page has it, without the punctuation that clings to it."""
    text = " ".join(printed)
    index = gap.index(atom)
    for after in gap[index + 1 :]:
        if after.kind == "word" and after.text and text.endswith(after.text):
            text = text[: -len(after.text)].rstrip()
            break
    for before in gap[:index]:
        if before.kind == "word" and before.text and text.startswith(before.text):
            text = text[len(before.text) :].lstrip()
    resolved = "?" not in atom.text
    known = set(tokens.of_text(atom.text))
    # What TeX noted stands, unless the page says the same with more words.
    if text and not (resolved and known.isdisjoint(tokens.of_text(text))):
        atom.text = text


def _remove_gone(block: Block) -> None:
    block.atoms = [atom for atom in block.atoms if atom.kind != "gone"]
    for row in block.rows:
        for cell in row:
            cell.atoms = [atom for atom in cell.atoms if atom.kind != "gone"]
