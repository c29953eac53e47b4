"""How well a page's text fits its page, as numbers that a threshold can be set on."""

import re
from collections import Counter
from collections.abc import Sequence

from sources.document_ocr.latex import formula, tokens
from sources.document_ocr.latex.align import rising
from sources.document_ocr.latex.blocks import Block
from sources.document_ocr.latex.pdf import Page

_COMMAND = re.compile(r"\\[a-zA-Z]{2,}")


def measures(blocks: Sequence[Block], page: Page, extra: str = "") -> dict[str, float]:
    """Returns the measures of a page's text against its text layer.

    Args:
        blocks: what the text was written from, in its order.
        page: the page without heads and feet.
        extra: words of the text that are in no block: numbers and names before blocks.

    Returns:
        precision: share of the text's words that the page has.
        recall: share of the page's words that the text has.
        order: share of the words unique on both sides that stand in one order.
        maths_recall: share of the page's variables that the text's formulas have.
        leftovers: how many unresolved references and commands the text holds.
    """
    ours = [token for block in blocks for token in _words(block)]
    theirs = tokens.of_page(page, 0)
    told = [token.text for token in theirs if not page.words[token.place].drawn]
    return {
        **compare(ours, [token.text for token in theirs], told),
        "maths_recall": _maths_recall(blocks, page),
        "leftovers": float(sum(_leftovers(block) for block in blocks)),
    }


def compare(ours: list[str], theirs: list[str], told: list[str] | None = None) -> dict[str, float]:
    """Returns precision, recall and order of a text's tokens against its page's.

    `told` are those of the page's tokens that a text should have: none of a drawing's.

    >>> compare(["one", "two"], ["one", "two", "three", "four"])
    {'precision': 1.0, 'recall': 0.5, 'order': 1.0}
    """
    ours, theirs = _telling(ours), _telling(theirs)
    wanted = theirs if told is None else _telling(told)
    return {
        "precision": _share((Counter(ours) & Counter(theirs)).total(), len(ours)),
        "recall": _share((Counter(ours) & Counter(wanted)).total(), len(wanted)),
        "order": _order(ours, theirs),
    }


def f1(found: dict[str, float]) -> float:
    """Returns the harmonic mean of precision and recall."""
    total = found["precision"] + found["recall"]
    return 2 * found["precision"] * found["recall"] / total if total else 0.0


def _telling(words: list[str]) -> list[str]:
    """Tokens without lone Latin letters, which may be variables on either side."""
    return [word for word in words if len(word) > 1 or word.isdigit() or word > "\u3000"]


def _words(block: Block) -> list[str]:
    lead = tokens.of_text(f"{block.above} {block.lead}") if not block.continued else []
    return lead + [token.text for token in tokens.of_atoms(block.all_atoms())]


def _order(ours: list[str], theirs: list[str]) -> float:
    left, right = Counter(ours), Counter(theirs)
    places = {word: index for index, word in enumerate(theirs)}
    anchors = [places[word] for word in ours if left[word] == 1 and right[word] == 1]
    return _share(len(rising(anchors)), len(anchors))


def _maths_recall(blocks: Sequence[Block], page: Page) -> float:
    atoms = [atom for block in blocks for atom in block.all_atoms()]
    ours = Counter(
        letter
        for atom in atoms
        for letter in (
            formula.letters(atom.text)
            if atom.kind in ("math", "display")
            else [char for char in atom.text if char.isalpha()]
            if len(atom.text) == 1
            else []
        )
    )
    theirs = Counter(char for word in page.words for char in word.math if char.isalpha())
    return _share((ours & theirs).total(), theirs.total())


def _leftovers(block: Block) -> int:
    count = 0
    for atom in block.all_atoms():
        if atom.kind in ("math", "display", "line") or "c" in atom.style:
            continue
        count += "??" in atom.text or atom.text == "[?]"
        count += len(_COMMAND.findall(atom.text))
    return count


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 1.0
