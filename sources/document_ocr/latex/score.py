"""How well a page's text fits its page, as numbers that a threshold can be set on."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from sources.document_ocr.latex import captions, formula, tokens
from sources.document_ocr.latex.align import rising
from sources.document_ocr.latex.blocks import Block
from sources.document_ocr.latex.captions import Caption
from sources.document_ocr.latex.pdf import Page

_COMMAND = re.compile(r"\\[a-zA-Z]{2,}")


def measures(blocks: Sequence[Block], page: Page) -> dict[str, float]:
    """Returns the measures of a page's text against its text layer.

    Args:
        blocks: what the text was written from, in its order.
        page: the page without heads and feet.

    Returns:
        precision: share of the text's words that the page has.
        recall: share of the page's words that the text has.
        order: share of the words unique on both sides that stand in one order.
        extra_run, missing_run: the longest runs of words that only the text, only the page has.
        caption_fault: how many words of a caption are not those of its place on the page.
        quality: the worst of all these as one number from 0 to 1.
        maths_recall: share of the page's variables that the text's formulas have.
        leftovers: how many unresolved references and commands the text holds.
    """
    ours = [token for block in blocks for token in _words(block)]
    theirs = tokens.of_page(page, 0)
    every = [token.text for token in theirs]
    told = [token.text for token in theirs if not page.words[token.place].drawn]
    found = compare(ours, every, told)
    found["order"] = _order(_streams(blocks), _telling(every))
    found["caption_fault"] = captions.fault(list(_captions(blocks)), every)
    return {
        **found,
        "quality": quality(found),
        "maths_recall": _maths_recall(blocks, page),
        "leftovers": float(sum(_leftovers(block) for block in blocks)),
    }


def compare(ours: list[str], theirs: list[str], told: list[str] | None = None) -> dict[str, float]:
    """Returns precision, recall, order and longest strange runs of a text against its page.

    A run is strange if no two neighbours in it are neighbours on the other side; it is what a
    lost or foreign paragraph is told by, however long its page.

    `told` are those of the page's tokens that a text should have: none of a drawing's.

    >>> compare(["one", "two"], ["one", "two", "three", "four"])
    {'precision': 1.0, 'recall': 0.5, 'order': 1.0, 'extra_run': 0.0, 'missing_run': 2.0}
    """
    told = theirs if told is None else told
    more, fewer = Counter(theirs) - Counter(ours), Counter(ours) - Counter(theirs)
    ours = _telling(_glued(ours, more))
    wanted, theirs = _telling(_glued(told, fewer)), _telling(_glued(theirs, fewer))
    return {
        "precision": _share((Counter(ours) & Counter(theirs)).total(), len(ours)),
        "recall": _share((Counter(ours) & Counter(wanted)).total(), len(wanted)),
        "order": _order([ours], theirs),
        "extra_run": float(_longest_strange(ours, theirs)),
        "missing_run": float(_longest_strange(wanted, ours)),
    }


# A run of so many strange words makes a page worthless, and so many of a caption.
_LONGEST_RUN = 60
_WORST_CAPTION = 30


def quality(found: dict[str, float]) -> float:
    """Returns one number of a comparison, 1 at best: that of its worst part.

    >>> quality({"precision": 1, "recall": 0.97, "order": 1, "extra_run": 0, "missing_run": 6})
    0.9
    """
    run = max(found["extra_run"], found["missing_run"])
    caption = found.get("caption_fault", 0.0) / _WORST_CAPTION
    fits = (found["precision"], found["recall"], found["order"])
    return round(max(0.0, min(*fits, 1 - run / _LONGEST_RUN, 1 - caption)), 4)


def _longest_strange(words: list[str], others: list[str]) -> int:
    """The longest run of words none of whose pairs of neighbours the others have.

    Counted are words of prose: numbers and the short names in formulas are set in too many ways.
    """
    pairs = set(zip(others, others[1:], strict=False))
    known = [False] * len(words)
    for index, pair in enumerate(zip(words, words[1:], strict=False)):
        if pair in pairs:
            known[index] = known[index + 1] = True
    longest = run = 0
    for word, seen in zip(words, known, strict=True):
        run = 0 if seen else run + captions.is_prose(word)
        longest = max(longest, run)
    return longest


# So many tokens of one side may be one of the other: `1 2`, which a page sets as `12`.
_MOST_GLUED = 6


def _glued(words: list[str], wanted: Counter[str]) -> list[str]:
    """The words with those that stand side by side joined where the other side has them as one."""
    left, glued, index = wanted.copy(), [], 0
    longest = max(map(len, wanted), default=0)
    while index < len(words):
        taken, text = 1, words[index]
        for count in range(2, _MOST_GLUED + 1):
            joined = "".join(words[index : index + count])
            if len(joined) > longest or index + count > len(words):
                break
            if left[joined] > 0:
                taken, text = count, joined
        left[text] -= taken > 1
        glued.append(text)
        index += taken
    return glued


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


# What a word of a caption's label counts: by it alone two captions may differ.
_LABEL = 3


def _captions(blocks: Sequence[Block]) -> Iterator[Caption]:
    for block in blocks:
        if block.kind == "caption":
            lead = [] if block.continued else tokens.of_text(f"{block.above} {block.lead}")
            found = tokens.of_atoms(block.atoms)
            plain = [block.atoms[token.place].kind not in ("math", "display") for token in found]
            words = lead + [token.text for token in found]
            yield Caption(words, [_LABEL] * len(lead) + list(map(int, plain)))


def _streams(blocks: Sequence[Block]) -> list[list[str]]:
    """The words of the flow, and those of what a page may show before, between or behind it."""
    flow: list[str] = []
    floats: list[str] = []
    for block in blocks:
        aside = block.kind in ("caption", "table")
        (floats if aside else flow).extend(_telling(_words(block)))
    return [flow, floats]


def _order(parts: list[list[str]], theirs: list[str]) -> float:
    """The share of unique words in one order, each part by itself."""
    left, right = Counter(word for part in parts for word in part), Counter(theirs)
    places = {word: index for index, word in enumerate(theirs)}
    anchors = [[places[w] for w in part if left[w] == 1 and right[w] == 1] for part in parts]
    return _share(sum(len(rising(found)) for found in anchors), sum(map(len, anchors)))


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
