"""What the class made of the source, as the page shows it: numbers, citations, generated words.

A gap between two words that a text and its page share is compared: where the text has only what
TeX computes (a reference, a citation, a word of the converter's own), the page's words stand; what
a source says and no page shows goes; a few words that only the page has come in.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from sources.document_ocr.latex import tokens
from sources.document_ocr.latex.align import align
from sources.document_ocr.latex.blocks import Atom, Block
from sources.document_ocr.latex.pdf import Page, Word
from sources.document_ocr.latex.tokens import Token

# A gap with more words of the page than this is no citation but something that we do not have.
_MOST_GENERATED = 60
_MOST_FILLED = 8


@dataclass(slots=True, kw_only=True)
class Sheet:
    """A page as its words and tokens, and which of them a text has.

    Attributes:
        page: without heads and feet.
        tokens: of its words.
        taken: indexes of the tokens that words have.
        weak: those that only the digits and names in formulas have.
    """

    page: Page
    tokens: Sequence[Token]
    taken: set[int] = field(default_factory=set)
    weak: set[int] = field(default_factory=set)

    def word(self, token: int) -> Word:
        """The word in which a token begins."""
        return self.page.words[self.tokens[token].place]

    def between(self, start: int, stop: int) -> list[Word]:
        """The words between two tokens, exclusive; a word that a line's end parts is one."""
        first = self.tokens[start].end + 1 if start >= 0 else 0
        last = self.tokens[stop].place if stop < len(self.tokens) else len(self.page.words)
        words = self.page.words[first:last]
        return [replace(words[at], text=text) for text, at, _ in tokens.joined(words)]

    def runs_on(self, start: int, stop: int) -> bool:
        """Whether a token is on the line of another, on the next one, or in the next column."""
        left, right = self.word(start).box, self.word(stop).box
        return right[1] - left[1] < 2.4 * (left[3] - left[1])

    def level(self, word: Word, token: int) -> bool:
        """Whether a word stands on the line of a token's."""
        return word.box[1] < self.word(token).box[3] and self.word(token).box[1] < word.box[3]


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
    _keep_own_lines(blocks, matched, sheet)
    for index, found in matched.items():
        is_math = flow[index].kind in ("math", "display")
        (sheet.weak if is_math else sheet.taken).update(found)
    counts: dict[int, int] = {}
    for token in ours:
        counts[token.place] = counts.get(token.place, 0) + 1
    _drop_unprinted(blocks, flow, matched, counts)
    _correct(blocks, flow, matched, counts, sheet)
    places = []
    for block, extent in _extents(blocks):
        found = [matched[index][0] for index in extent if index in matched]
        places.append(found[0] if found else -1)
        if block.kind in _SHOUTED:
            _shout(flow, extent, matched, sheet)
        if block.kind == "theorem":
            _slant(flow, extent, matched, sheet)
    _add_tails(blocks, matched, sheet)
    for block in blocks:
        _remove_gone(block)
    return places


def _extents(blocks: list[Block]) -> Iterator[tuple[Block, range]]:
    """Blocks with the indexes of their atoms in the flow."""
    position = 0
    for block in blocks:
        extent = range(position, position + len(block.all_atoms()))
        yield block, extent
        position = extent.stop


# Blocks that begin a line.
_OWN_LINE = ("heading", "bib", "item", "theorem", "caption")


def _keep_own_lines(blocks: list[Block], matched: dict[int, list[int]], sheet: Sheet) -> None:
    """What ends the text before a block is not on its first line: that is the block's number."""
    for block, extent in _extents(blocks):
        first = next((index for index in extent if index in matched), None)
        if block.kind not in _OWN_LINE or first is None or extent.start == 0:
            continue
        before = max((index for index in matched if index < extent.start), default=-1)
        if before < 0:
            continue
        place, last = matched[first][0], matched[before][-1]
        if last == place - 1 and sheet.level(sheet.word(last), place):
            del matched[before]


# Blocks whose gaps are filled.
_FILLED = ("para", "item", "bib", "caption", "abstract", "theorem", "author", "note")
# What classes set in capitals.
_SHOUTED = ("heading", "title")


def _shout(flow: list[Atom], extent: range, matched: dict[int, list[int]], sheet: Sheet) -> None:
    """Sets a heading in capitals if the page does."""
    words = [sheet.word(found).text for index in extent for found in matched.get(index, ())]
    long = [word for word in words if sum(map(str.isalpha, word)) > 2]
    if long and all(word == word.upper() for word in long):
        for index in extent:
            if flow[index].kind == "word":
                flow[index].text = flow[index].text.upper()


def _slant(flow: list[Atom], extent: range, matched: dict[int, list[int]], sheet: Sheet) -> None:
    """Sets a theorem in italics if the page does, all but its upright words."""
    words = [index for index in extent if index in matched and flow[index].text.isalpha()]
    upright = {index for index in words if not sheet.word(matched[index][0]).slanted}
    if 2 * len(upright) < len(words):
        for index in extent:
            style = flow[index].style.replace("i", "")
            slanted = style if index in upright else "".join(sorted(f"{style}i"))
            flow[index].style = style if "c" in style else slanted


# A reference may end in so many words of its first citation: `and references therein`.
_LONGEST_TAIL = 24
_LABEL = re.compile(r"^\[[\w.+*, -]{1,16}\]$")


def _add_tails(blocks: list[Block], matched: dict[int, list[int]], sheet: Sheet) -> None:
    """Ends each labelled reference as the page does, where a citation added to it."""
    found = [
        (block, [place for index in extent for place in matched.get(index, ())])
        for block, extent in _extents(blocks)
        if block.kind == "bib"
    ]
    seen = [(block, min(places), max(places)) for block, places in found if places]
    gaps = [
        (block, stop, start, sheet.between(stop, start))
        for (block, _, stop), (_, start, _) in zip(seen, seen[1:], strict=False)
        if stop < start
    ]
    if not any(_LABEL.match(word.text) for *_, gap in gaps for word in gap):
        return
    for block, stop, start, gap in gaps:
        ends = next((i for i, word in enumerate(gap) if _LABEL.match(word.text)), len(gap))
        tail = [word for word in gap[:ends] if any(map(str.isalpha, word.text))]
        if 1 < len(tail) <= _LONGEST_TAIL and not any(word.math for word in tail):
            block.atoms += [Atom(text=word.text) for word in gap[:ends]]
            sheet.taken.update(_before_label(stop + 1, start, sheet))


def _before_label(start: int, stop: int, sheet: Sheet) -> Iterator[int]:
    for index in range(start, stop):
        if _LABEL.match(sheet.word(index).text):
            return
        yield index


# The least share of words that a page shows of what is printed there: at all, as a footnote.
_LEAST_SHOWN, _LEAST_OF_NOTE = 0.34, 0.6


def _drop_unprinted(
    blocks: list[Block], flow: list[Atom], matched: dict[int, list[int]], counts: dict[int, int]
) -> None:
    """A block that SyncTeX never saw and the page hardly shows was not printed.

    Nor was a footnote that the page hardly shows: some classes put them elsewhere.
    """
    for block, extent in _extents(blocks):
        atoms = block.all_atoms()
        words = sum(counts.get(index, 0) for index in extent)
        shown = sum(len(matched.get(index, ())) for index in extent)
        seen = any(atom.hinted for atom in atoms) and block.kind != "note"
        if seen or block.kind in ("display", "code"):
            continue
        if words and shown < (_LEAST_OF_NOTE if block.kind == "note" else _LEAST_SHOWN) * words:
            for atom in atoms:
                atom.kind = "gone"


def _correct(
    blocks: list[Block],
    flow: list[Atom],
    matched: dict[int, list[int]],
    counts: dict[int, int],
    sheet: Sheet,
) -> None:
    """Goes through the gaps between matched words."""
    inside = {
        index: number
        for number, (block, extent) in enumerate(_extents(blocks))
        for index in extent
        if not block.rows and block.kind in _FILLED
    }
    ends = {index: extent.stop for _, extent in _extents(blocks) for index in extent}
    known = sorted(
        index
        for index in matched
        if len(matched[index]) == counts[index] and not _unresolved(flow[index])
    )
    for left, right in zip(known, known[1:], strict=False):
        start, stop = matched[left][-1], matched[right][0]
        between = sheet.between(start, stop) if stop > start else []
        if stop > start and right - left > 1:
            end = ends[left]
            if right >= end and any(map(_is_computed, flow[left + 1 : end])):
                told = _before_next_size(between, sheet.word(start))
                _correct_gap(flow, left, end, _of_sentence(told, flow[end - 1]))
            else:
                _correct_gap(flow, left, right, between)
        if between and inside.get(left, -1) == inside.get(right, -2):
            near = [word for word in between if sheet.level(word, start) or sheet.level(word, stop)]
            sizes = {round(word.size) for word in (*between, sheet.word(start), sheet.word(stop))}
            if len(near) == len(between) and len(sizes) == 1 and sheet.runs_on(start, stop):
                _fill(flow, left, right, between)


def _before_next_size(words: list[Word], first: Word) -> list[Word]:
    """The words up to the first of another size, which is a heading's or a note's."""
    sizes = (
        at
        for at, word in enumerate(words)
        if not word.raised and abs(word.size - first.size) > 0.6 and word.text
    )
    return words[: next(sizes, len(words))]


def _of_sentence(words: list[Word], last: Atom) -> list[Word]:
    """The words of the first line up to the last that ends as the text does."""
    line = [word for word in words if word.box[1] < words[0].box[3]]
    ends = [at for at, word in enumerate(line) if last.text and word.text.endswith(last.text)]
    return line[: ends[-1] + 1] if ends else []


def _is_computed(atom: Atom) -> bool:
    return atom.kind in ("cite", "ref")


def _unresolved(atom: Atom) -> bool:
    return _is_computed(atom) and "?" in atom.text


def _correct_gap(flow: list[Atom], left: int, right: int, between: list[Word]) -> None:
    printed = [word.text for word in between if word.text and not word.raised]
    gap = [atom for atom in flow[left + 1 : right] if atom.kind not in ("note", "break", "gone")]
    computed = [atom for atom in gap if _is_computed(atom)]
    others = [atom for atom in gap if not _is_computed(atom)]
    spoken = [atom for atom in others if tokens.of_text(atom.text)]
    if computed and len(computed) == 1 and not spoken and 0 < len(printed) <= _MOST_GENERATED:
        _print_as(computed[0], gap, printed)
    elif not computed and not printed:
        raised = {word.text for word in between}
        alone = [after.space for after in gap[1:]] + [True] * bool(gap)
        for atom, ends in zip(gap, alone, strict=True):
            clings = not (atom.space and ends)
            if atom in spoken and not (clings or atom.hinted or atom.style or atom.text in raised):
                atom.kind = "gone" if atom.kind == "word" else atom.kind


def _fill(flow: list[Atom], left: int, right: int, between: list[Word]) -> None:
    """Puts in the few words that a macro of the class or the paper printed between two words."""
    gap = [atom for atom in flow[left + 1 : right] if atom.kind not in ("note", "gone")]
    words = [word.text for word in between]
    plain = all(atom.kind == "word" and not tokens.of_text(atom.text) for atom in gap)
    strange = any(word.math or word.raised or word.drawn for word in between)
    ends = {flow[left].kind, flow[right].kind}
    if not plain or strange or len(words) > _MOST_FILLED or not ends <= {"word", "cite", "ref"}:
        return
    text = " ".join(words)
    if not any(tokens.of_text(word) for word in words):
        return
    clinging = [atom for atom in gap if not atom.space]
    if gap and clinging:
        clinging[-1].text += f" {text}"
    elif gap:
        gap[0].text = text
        for atom in gap[1:]:
            atom.kind = "gone"
    elif "c" not in flow[left].style:
        flow[left].text += f" {text}"
    elif "c" not in flow[right].style:
        flow[right].text = f"{text} {flow[right].text}"


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
