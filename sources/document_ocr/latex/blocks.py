"""A paper as plain blocks of atoms: words and formulas, each with the page it carries.

A block can be cut between any two of its atoms (a table between rows), so that a page may begin in
the middle of it.
"""

from dataclasses import dataclass, field


@dataclass(slots=True, kw_only=True)
class Atom:
    """What is never cut: a word with what clings to it, a formula, a citation.

    Attributes:
        text: in markdown, without styles.
        kind: word, math, display, cite, ref, note or break.
        page: counted from 0, None if unknown.
        hinted: whether SyncTeX gave the page.
        space: whether a blank stands before it.
        style: of b(old), i(talic), c(ode), s(uper), u (subscript).
        target: label, citation keys or number of a note.
    """

    text: str
    kind: str = "word"
    page: int | None = None
    hinted: bool = False
    space: bool = True
    style: str = ""
    target: str = ""


@dataclass(slots=True, kw_only=True)
class Cell:
    """A cell of a table."""

    atoms: list[Atom]
    columns: int = 1
    rows: int = 1
    header: bool = False


@dataclass(slots=True, kw_only=True)
class Block:
    """A paragraph, heading, item, formula, listing or table.

    Attributes:
        kind: para, heading, title, author, abstract, item, code, bib, caption, table or quote.
        atoms: its content; empty for a table.
        level: of a heading, or how deep an item lies.
        lead: bullet or number of an item; number or label of a heading, caption or reference.
        rows: of a table.
        above: a heading that the class prints over it, such as `References`.
        continued: whether its beginning is on an earlier page.
        label: its label in the source, for its number.
    """

    kind: str
    atoms: list[Atom] = field(default_factory=list)
    level: int = 0
    lead: str = ""
    rows: list[list[Cell]] = field(default_factory=list)
    above: str = ""
    continued: bool = False
    label: str = ""

    def __post_init__(self) -> None:
        if self.atoms:
            self.atoms[0].space = True

    def all_atoms(self) -> list[Atom]:
        """Its atoms, those of the cells of a table among them."""
        if not self.rows:
            return self.atoms
        return [atom for row in self.rows for cell in row for atom in cell.atoms]


@dataclass(slots=True, kw_only=True)
class Document:
    """A paper as streams: the flow, and what leaves it.

    Attributes:
        main: the flow.
        floats: figures and tables, each with the number of blocks of the flow before it.
        notes: footnotes by their number, counted from 0.
    """

    main: list[Block] = field(default_factory=list)
    floats: list[tuple[int, list[Block]]] = field(default_factory=list)
    notes: list[list[Block]] = field(default_factory=list)
