"""Citations of several words that TeX may part at the end of a page."""

from dataclasses import replace

from sources.document_ocr.latex import tokens
from sources.document_ocr.latex.blocks import Atom, Block


def part_citations(blocks: list[Block], spread: dict[int, list[int]]) -> None:
    """Cuts each citation that a page ends in, with what clings to it on the later page.

    Args:
        blocks: of the flow, changed in place.
        spread: the pages of the tokens of each citation by its index among all atoms.
    """
    position = 0
    for block in blocks:
        atoms = block.all_atoms()
        cuts = {
            index: cut
            for index in range(len(atoms))
            if not block.rows and (cut := _cut_citation(atoms[index], spread.get(position + index)))
        }
        position += len(atoms)
        for index in sorted(cuts, reverse=True):
            first, rest = cuts[index]
            stop = next((at for at in range(index + 1, len(atoms)) if atoms[at].space), len(atoms))
            for atom in atoms[index + 1 : stop]:
                atom.page = rest.page
            block.atoms[index : index + 1] = [first, rest]


def _cut_citation(atom: Atom, known: list[int] | None) -> tuple[Atom, Atom] | None:
    """The two parts of a citation whose words are on two pages that follow each other."""
    if not known or known[0] < 0 or set(known) != {known[0], known[0] + 1}:
        return None
    words, count = atom.text.split(), 0
    for index, word in enumerate(words):
        if index and count < len(known) and known[count] > known[0]:
            first = replace(atom, text=" ".join(words[:index]), page=known[0])
            rest = replace(atom, text=" ".join(words[index:]), page=known[0] + 1, space=True)
            return first, rest
        count += len(tokens.normal(word))
    return None
