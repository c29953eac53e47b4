"""What the class sets before a block: numbers of headings, `Figure 3:`, `Theorem 2.`, `[7]`.

The page shows it before the block's first word; a number beside a display stands in the margin.
"""

import re

from sources.document_ocr.latex import formula
from sources.document_ocr.latex.blocks import Block
from sources.document_ocr.latex.pdf import Page, Word
from sources.document_ocr.latex.printed import Sheet

_HEADING = re.compile(
    r"^(?:appendix|chapter|section|part)?\s*(?:[A-Z]|\d+|[IVXLC]+)?(?:\.?\w{1,3})*\.?:?$", re.I
)
_CAPTION = re.compile(
    r"^(?:supplementary |extended data )?(?:fig(?:ure)?|tab(?:le)?|algorithm|listing|scheme|chart|"
    r"box|video|plate)\b.{0,14}$",
    re.I,
)
_BIB = re.compile(r"^[\[(]?[\w.+]{1,12}[\])]?\.?$")
_LABEL = re.compile(r"^\[[\w.+*, ()&-]{1,24}\]$")
_OVER_BIB = re.compile(
    r"^(references(?: and notes| cited)?|bibliography|literature cited)\b\s*(.*)$", re.I
)
_STATEMENT = re.compile(
    r"^(?:\w+ )?(?:theorem|lemma|proposition|corollary|definition|remark|example|proof|claim|"
    r"assumption|conjecture|abstract|summary|keywords?)\b.{0,30}$|^\([a-z]\)$",
    re.I,
)
_LABELLED = re.compile(r"^[A-Z][\w ]{2,30}:$")

# How many free tokens before a block's first word may belong to what is set before it.
_REACH = {"theorem": 40, "bib": 24}
_REACH_ELSE = 6


def lead(block: Block, place: int, sheet: Sheet) -> None:
    """Puts before a block what the page shows before its first word: a number, a name."""
    rule = _LEADS.get(block.kind)
    if place < 0 or block.continued or rule is None:
        return
    words = _free_words_before(block, place, sheet)
    if block.kind == "theorem":
        _theorem(block, words)
        return
    if block.kind == "bib":
        _reference(block, words)
        return
    # The nearest words that make a lead: those farther off may end the paragraph before.
    for start in range(len(words)):
        text = " ".join(words[start:])
        if rule.match(text) and any(map(str.isalnum, text)):
            block.lead = text
        if block.lead or block.kind == "para":
            break


def _reference(block: Block, words: list[str]) -> None:
    """The label of a reference, with words that its first citation added, and a heading over it."""
    labels = [at for at, word in enumerate(words) if _LABEL.match(word)]
    start = labels[-1] if labels else max(0, len(words) - 2)
    text = " ".join(words[start:])
    over = [at for at in range(start) if _OVER_BIB.match(" ".join(words[at:start]))]
    over += [start] if not labels and _OVER_BIB.match(text) else []
    if over:
        found = _OVER_BIB.match(" ".join(words[over[0] :]))
        block.above = found[1] if found else ""
        text = text if over[0] < start or not found else found[2]
    if labels or (text and _BIB.match(text)):
        block.lead = text


def _theorem(block: Block, words: list[str]) -> None:
    """The name of a theorem as the page has it, from the last word that begins with its name."""
    name = block.lead.split()[0].casefold() if block.lead else ""
    starts = [at for at, word in enumerate(words) if word.casefold().startswith(name)]
    if name and starts:
        block.lead = " ".join(words[starts[-1] :])


def _free_words_before(block: Block, place: int, sheet: Sheet) -> list[str]:
    """The few words before a place that no other text has, on its line or the one before.

    Digits that a formula may have as well are free if they stand on the block's own line.
    """
    line = sheet.word(place).line
    reach = _REACH.get(block.kind, _REACH_ELSE)
    start = place - 1
    while start >= 0 and place - start <= reach and _is_free(start, place, sheet):
        start -= 1
    first = sheet.tokens[start].end + 1 if start >= 0 else 0
    near = 0 if block.kind == "para" else 1
    before = sheet.page.words[first : sheet.tokens[place].place]
    return [
        word.text
        for word in before
        if word.text
        and (block.kind == "bib" or not word.raised)
        and (abs(word.line - line) <= near or sheet.level(word, place))
    ]


def _is_free(token: int, place: int, sheet: Sheet) -> bool:
    if token in sheet.taken:
        return False
    word = sheet.word(token)
    return token not in sheet.weak or (not word.math and sheet.level(word, place))


_LEADS = {
    "heading": _HEADING,
    "caption": _CAPTION,
    "bib": _BIB,
    "abstract": _STATEMENT,
    "para": _STATEMENT,
    "author": _LABELLED,
    "theorem": _STATEMENT,
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
    marks = [
        word
        for word in sheet.page.words[first:last]
        if _EQUATION.match(word.text) and not word.math
    ]
    margin = max((word.box[2] for word in marks), default=0.0)
    choices = (
        [word for word in marks if _beside(word, sheet.page)],
        marks,
        [word for word in marks if word.box[2] > margin - 2],
    )
    chosen = next((choice for choice in choices if len(choice) == sum(wanted)), None)
    if chosen is None:
        return
    found = [word.text[1:-1] for word in chosen]
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
