"""pandoc's tree to blocks: paragraphs, items, tables, and the streams that leave the flow."""

import re
from dataclasses import dataclass
from typing import Any

from sources.document_ocr.latex import formula
from sources.document_ocr.latex.blocks import Atom, Block, Cell, Document
from sources.document_ocr.latex.source_text import MARK_FIRST, MARK_LAST

_MARKS = re.compile(f"[{chr(MARK_FIRST)}-{chr(MARK_LAST)}]")
_STYLES = {"Strong": "b", "Emph": "i", "Underline": "", "SmallCaps": "", "Strikeout": ""}


def read(blocks: list[dict[str, Any]]) -> Document:
    """Returns the document of pandoc's blocks."""
    document = Document()
    _Walker(document).walk(blocks, document.main, _Place())
    return document


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in the tree a block lies."""

    kind: str = "para"
    level: int = 0
    in_float: bool = False


class _Walker:
    """Walks the tree; keeps the streams that leave the flow."""

    def __init__(self, document: Document) -> None:
        self.document = document

    def walk(self, nodes: list[dict[str, Any]], out: list[Block], place: _Place) -> None:
        """Appends the blocks of the nodes to `out`."""
        for node in nodes:
            method = getattr(self, f"_{node['t'].lower()}", None)
            if method is not None:
                method(node.get("c"), out, place)

    def _para(self, content: Any, out: list[Block], place: _Place) -> None:
        atoms = self.inlines(content)
        kind = place.kind
        piece: list[Atom] = []
        label = ""
        for atom in atoms:
            if atom.kind == "label":
                if atom.target.startswith("swbib:"):
                    kind, label = "bib", atom.target.removeprefix("swbib:")
                elif atom.target.startswith("swthm:"):
                    kind, label = "theorem", atom.target
                elif atom.target == "swjoin" and not piece:
                    piece = _taken_up(out, kind)
                continue
            if atom.kind == "display":
                _add(out, kind, piece, place, label)
                _add(out, "display", [atom], place, "")
                piece, kind, label = [], place.kind, ""
                continue
            piece.append(atom)
        _add(out, kind, piece, place, label)

    _plain = _para

    def _lineblock(self, content: Any, out: list[Block], place: _Place) -> None:
        for line in content:
            self._para(line, out, place)

    def _header(self, content: Any, out: list[Block], place: _Place) -> None:
        level, (identifier, _, _), inlines = content
        atoms = [atom for atom in self.inlines(inlines) if atom.kind != "label"]
        if atoms:
            out.append(Block(kind="heading", atoms=atoms, level=level, label=identifier))

    def _blockquote(self, content: Any, out: list[Block], place: _Place) -> None:
        self.walk(content, out, place)

    def _div(self, content: Any, out: list[Block], place: _Place) -> None:
        (_, classes, _), inner = content
        if "swfloat" in classes:
            self._float(inner, out, place)
            return
        kinds = {"swtitle": "title", "swauthor": "author", "swabstract": "abstract"}
        kind = next((kinds[name] for name in classes if name in kinds), place.kind)
        self.walk(inner, out, _Place(kind, place.level, place.in_float))

    def _float(self, inner: list[dict[str, Any]], out: list[Block], place: _Place) -> None:
        if place.in_float:
            self.walk(inner, out, place)
            return
        blocks: list[Block] = []
        self.walk(inner, blocks, _Place(in_float=True))
        if blocks:
            self.document.floats.append((len(self.document.main), blocks))

    def _figure(self, content: Any, out: list[Block], place: _Place) -> None:
        (identifier, _, _), (_, caption), inner = content
        if not place.in_float:
            self._float([{"t": "Figure", "c": content}], out, place)
            return
        self.walk(inner, out, place)
        self._caption(caption, out, identifier)

    def _caption(self, caption: list[dict[str, Any]], out: list[Block], label: str) -> None:
        blocks: list[Block] = []
        self.walk(caption, blocks, _Place("caption", in_float=True))
        for block in blocks:
            block.label = block.label or label
        out += blocks

    def _bulletlist(self, content: Any, out: list[Block], place: _Place) -> None:
        for item in content:
            self._item(item, "- ", out, place)

    def _orderedlist(self, content: Any, out: list[Block], place: _Place) -> None:
        (start, style, _), items = content
        for number, item in enumerate(items, start):
            self._item(item, f"{_numeral(number, style['t'])}. ", out, place)

    def _definitionlist(self, content: Any, out: list[Block], place: _Place) -> None:
        for term, definitions in content:
            blocks: list[Block] = []
            for definition in definitions:
                self.walk(definition, blocks, _Place("item", place.level + 1, place.in_float))
            atoms = self.inlines(term)
            for atom in atoms:
                atom.style = "".join(sorted(set(atom.style + "b")))
            if blocks and not blocks[0].rows and blocks[0].kind == "item":
                blocks[0].atoms[:0] = atoms
            elif atoms:
                blocks.insert(0, Block(kind="item", atoms=atoms, level=place.level + 1))
            if blocks:
                blocks[0].lead = "- "
            out += blocks

    def _item(self, item: Any, lead: str, out: list[Block], place: _Place) -> None:
        blocks: list[Block] = []
        self.walk(item, blocks, _Place("item", place.level + 1, place.in_float))
        if blocks and blocks[0].kind == "item" and not blocks[0].lead:
            blocks[0].lead = lead
        out += blocks

    def _codeblock(self, content: Any, out: list[Block], place: _Place) -> None:
        block = Block(kind="code", level=place.level)
        for line in content[1].split("\n"):
            text, page = take_page(line)
            block.atoms.append(
                Atom(text=text.rstrip(), kind="line", page=page, hinted=page is not None)
            )
        out.append(block)

    def _table(self, content: Any, out: list[Block], place: _Place) -> None:
        (identifier, _, _), (_, caption), _, (_, head), bodies, (_, foot) = content
        self._caption(caption, out, identifier)
        rows = [(row, True) for row in head]
        rows += [(row, False) for _, _, inner, body in bodies for row in [*inner, *body]]
        rows += [(row, False) for row in foot]
        block = Block(kind="table", rows=[self._row(row[1], header) for row, header in rows])
        if any(cell.atoms for row in block.rows for cell in row):
            out.append(block)

    def _row(self, cells: Any, header: bool) -> list[Cell]:
        return [
            Cell(atoms=self._cell(inner), rows=rows, columns=columns, header=header)
            for _, _, rows, columns, inner in cells
        ]

    def _cell(self, inner: Any) -> list[Atom]:
        blocks: list[Block] = []
        self.walk(inner, blocks, _Place(in_float=True))
        atoms: list[Atom] = []
        for block in blocks:
            found = block.all_atoms()
            if atoms and found:
                atoms.append(Atom(text="", kind="break"))
            atoms += found
        return atoms

    def inlines(self, nodes: list[dict[str, Any]], style: str = "") -> list[Atom]:
        """Returns the atoms of inline nodes; pieces without a blank between them cling."""
        atoms: list[Atom] = []
        space = True
        for node in nodes:
            kind, content = node["t"], node.get("c")
            if kind in ("Space", "SoftBreak"):
                space = True
                continue
            found = self._inline(kind, content, style)
            text = str(content) if kind == "Str" else ""
            if found and found[0].kind != "break":
                found[0].space = space or text.startswith("\u00a0")
            if found:
                space = text.endswith("\u00a0")
            elif "\u00a0" in text:
                space = True
            atoms += found
        return atoms

    def _inline(self, kind: str, content: Any, style: str) -> list[Atom]:
        if kind == "Str":
            return _words(content, style)
        if kind in _STYLES:
            return self.inlines(content, "".join(sorted(set(style + _STYLES[kind]))))
        if kind in ("Superscript", "Subscript"):
            mark = "s" if kind == "Superscript" else "u"
            return self.inlines(content, "".join(sorted(set(style + mark))))
        if kind == "Math":
            return [_math(content)]
        if kind == "Code":
            text, page = take_page(content[1])
            return [Atom(text=text, page=page, hinted=page is not None, style="c")]
        if kind == "LineBreak":
            return [Atom(text="", kind="break")]
        return self._compound(kind, content, style)

    def _compound(self, kind: str, content: Any, style: str) -> list[Atom]:
        if kind == "Quoted":
            single = content[0]["t"] == "SingleQuote"
            left, right = ("\u2018", "\u2019") if single else ("\u201c", "\u201d")
            inner = self.inlines(content[1], style)
            return [*_glued(left, style), *_unspaced(inner), *_glued(right, style)]
        if kind == "Cite":
            return [self._cite(content)]
        if kind == "Link":
            return self._link(content, style)
        if kind == "Span":
            return self._span(content, style)
        if kind == "Note":
            blocks: list[Block] = []
            self.document.notes.append(blocks)
            number = str(len(self.document.notes) - 1)
            self.walk(content, blocks, _Place("note", in_float=True))
            return [Atom(text="", kind="note", target=number, space=False)]
        return []

    def _cite(self, content: Any) -> Atom:
        citations, inner = content
        raw = "".join(node["c"][1] for node in inner if node["t"] == "RawInline")
        keys = ",".join(_MARKS.sub("", entry["citationId"]) for entry in citations)
        command = re.match(r"\\([A-Za-z]+)", raw)
        around = (citations[0]["citationPrefix"], citations[-1]["citationSuffix"])
        before, after = (" ".join(atom.text for atom in self.inlines(side)) for side in around)
        parts = (command[1] if command else "cite", keys, before, after.removeprefix(", "))
        return Atom(text="", kind="cite", target="\t".join(parts))

    def _link(self, content: Any, style: str) -> list[Atom]:
        (_, _, pairs), inner, (url, _) = content
        known = dict(pairs)
        if "reference" in known:
            label = _MARKS.sub("", known["reference"])
            return [Atom(text="", kind="ref", target=f"{known['reference-type']} {label}")]
        return self.inlines(inner, style)

    def _span(self, content: Any, style: str) -> list[Atom]:
        (identifier, _, _), inner = content
        atoms = self.inlines(inner, style)
        if identifier:
            atoms.insert(0, Atom(text="", kind="label", target=_MARKS.sub("", identifier)))
        return atoms


def take_page(text: str) -> tuple[str, int | None]:
    """Returns a text without marks, and the page of the last of them."""
    marks = _MARKS.findall(text)
    return _MARKS.sub("", text), ord(marks[-1]) - MARK_FIRST if marks else None


def _taken_up(out: list[Block], kind: str) -> list[Atom]:
    """The paragraph before a float, which runs on behind it: its atoms, taken out again."""
    return out.pop().atoms if out and out[-1].kind == kind and not out[-1].rows else []


def _add(out: list[Block], kind: str, atoms: list[Atom], place: _Place, label: str) -> None:
    if any(atom.text or atom.kind in ("cite", "ref", "note") for atom in atoms):
        lead = label.removeprefix("swthm:") if kind == "theorem" else ""
        out.append(Block(kind=kind, atoms=atoms, level=place.level, label=label, lead=lead))


def _words(content: str, style: str) -> list[Atom]:
    """The words of a Str; unbreakable blanks part them, and Chinese can be cut anywhere."""
    atoms: list[Atom] = []
    for word in content.split("\u00a0"):
        for index, piece in enumerate(_cjk_pieces(word)):
            text, page = take_page(piece)
            if text or page is not None:
                atom = Atom(text=text, page=page, hinted=page is not None, style=style)
                atom.space = index == 0
                atoms.append(atom)
    return atoms


_AFTER_CJK = re.compile(f"(?<=[{chr(MARK_FIRST)}-{chr(MARK_LAST)}])(?=[\u3400-\u9fff])")


def _cjk_pieces(word: str) -> list[str]:
    return _AFTER_CJK.split(word)


def _math(content: Any) -> Atom:
    kind, tex = content
    text, page = take_page(tex)
    display = kind["t"] == "DisplayMath"
    return Atom(
        text=formula.clean(text),
        kind="display" if display else "math",
        page=page,
        hinted=page is not None,
        target=str(formula.numbered_rows(text)) if display else "",
    )


def _glued(mark: str, style: str) -> list[Atom]:
    return [Atom(text=mark, style=style, space=False)]


def _unspaced(atoms: list[Atom]) -> list[Atom]:
    if atoms:
        atoms[0].space = False
    return atoms


def _numeral(number: int, style: str) -> str:
    if style == "LowerAlpha":
        return chr(96 + number) if number < 27 else str(number)
    if style == "UpperAlpha":
        return chr(64 + number) if number < 27 else str(number)
    if style in ("LowerRoman", "UpperRoman"):
        roman = _roman(number)
        return roman if style == "UpperRoman" else roman.lower()
    return str(number)


def _roman(number: int) -> str:
    """Roman numerals.

    >>> _roman(14)
    'XIV'
    """
    pairs = ((10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))
    text = ""
    for value, letters in pairs:
        text += letters * (number // value)
        number %= value
    return text
