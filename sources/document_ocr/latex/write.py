"""Blocks as markdown: formulas as LaTeX, tables as HTML or LaTeX, footnotes by their marks."""

import html
import re
from collections.abc import Sequence

from sources.document_ocr.latex.blocks import Atom, Block, Cell

TABLES = ("html", "latex")
_OPEN = {"b": "**", "i": "*", "c": "`", "s": "<sup>", "u": "<sub>"}
_CLOSE = {"b": "**", "i": "*", "c": "`", "s": "</sup>", "u": "</sub>"}


def markdown(blocks: Sequence[Block], *, tables: str, notes: dict[str, str]) -> str:
    """Returns blocks as a text of paragraphs.

    Args:
        blocks: in reading order.
        tables: html or latex.
        notes: mark of each footnote by its number in the paper.
    """
    pieces: list[tuple[str, str]] = []
    for block in blocks:
        text = _block(block, tables, notes)
        if block.above:
            text = f"## {block.above}\n\n{text}"
        if text:
            close = block.kind == "item" and pieces and pieces[-1][0] == "item"
            pieces.append((block.kind, ("\n" if close else "\n\n") + text))
    return "".join(text for _, text in pieces).strip()


def _block(block: Block, tables: str, notes: dict[str, str]) -> str:
    if block.rows:
        return (_html if tables == "html" else _latex)(block.rows, notes)
    if block.kind == "code":
        lines = "\n".join(atom.text for atom in block.atoms)
        return f"```\n{lines}\n```" if lines.strip() else ""
    if block.kind == "display":
        return "\n".join(_display(atom) for atom in block.atoms)
    text = inline(block.atoms, notes)
    if not text or all(atom.kind == "note" for atom in block.atoms):
        return ""
    if block.kind == "theorem" and block.lead and not block.continued:
        return f"**{block.lead}** {text}"
    lead = f"{block.lead} " if block.lead and not block.continued else ""
    if block.kind == "title":
        return f"# {text}"
    if block.kind == "heading":
        return f"{'' if block.continued else '#' * (block.level + 1) + ' '}{lead}{text}"
    if block.kind == "abstract" and lead:
        return f"## {lead.strip()}\n\n{text}"
    if block.kind == "item":
        indent = "  " * max(0, block.level - 1)
        return indent + (lead or ("  " if not block.continued else "")) + text
    return lead + text


def inline(atoms: Sequence[Atom], notes: dict[str, str]) -> str:
    """Returns atoms as one line (or several, where the source breaks them)."""
    text = ""
    style = ""
    for atom in atoms:
        if atom.kind == "break":
            text, style = text + _marks(style, "") + "\n", ""
            continue
        shown = _shown(atom, notes)
        if not shown:
            continue
        wanted = atom.style if atom.kind in ("word", "cite", "ref") else style
        blank = " " if atom.space and text and not text.endswith("\n") else ""
        if wanted != style:
            closing = _marks(style, "")
            text += closing + blank + _marks("", wanted)
            style = wanted
        else:
            text += blank
        text += shown
    return (text + _marks(style, "")).strip()


def _marks(before: str, after: str) -> str:
    closing = "".join(_CLOSE[mark] for mark in reversed(before))
    return closing + "".join(_OPEN[mark] for mark in after)


def _shown(atom: Atom, notes: dict[str, str]) -> str:
    if atom.kind == "math":
        return f"${atom.text}$" if atom.text else ""
    if atom.kind == "display":
        return _display(atom)
    if atom.kind == "note":
        return f"[^{notes[atom.target]}]" if atom.target in notes else ""
    return atom.text if "c" in atom.style else atom.text.replace("$", "\\$")


def _display(atom: Atom) -> str:
    return f"$$\n{atom.text}\n$$"


def _html(rows: list[list[Cell]], notes: dict[str, str]) -> str:
    lines = []
    for row in rows:
        cells = []
        for cell in row:
            name = "th" if cell.header else "td"
            spans = f' colspan="{cell.columns}"' if cell.columns > 1 else ""
            spans += f' rowspan="{cell.rows}"' if cell.rows > 1 else ""
            text = _escape(cell.atoms, notes).replace("\n", "<br>")
            cells.append(f"<{name}{spans}>{text}</{name}>")
        lines.append(f"<tr>{''.join(cells)}</tr>")
    return "\n".join(["<table>", *lines, "</table>"])


_TAGS = {"b": "b", "i": "i", "c": "code", "s": "sup", "u": "sub"}


def _escape(atoms: list[Atom], notes: dict[str, str]) -> str:
    """The text of a cell in HTML; formulas stay LaTeX."""
    text = ""
    for atom in atoms:
        if atom.kind == "break":
            text += "\n"
            continue
        shown = html.escape(_shown(atom, notes), quote=False)
        for mark in atom.style if shown and atom.kind in ("word", "cite", "ref") else "":
            shown = f"<{_TAGS[mark]}>{shown}</{_TAGS[mark]}>"
        blank = " " if atom.space and shown and text and not text.endswith("\n") else ""
        text += blank + shown
    return _SEAM.sub(" ", text).strip()


# Between two words of one style.
_SEAM = re.compile(r"(?:</(b|i|code|sup|sub)> <\1>)")


_SPECIAL = str.maketrans(
    {char: f"\\{char}" for char in "&%#_{}"} | {"~": "\\textasciitilde{}", "^": "\\^{}"}
)


def _latex(rows: list[list[Cell]], notes: dict[str, str]) -> str:
    width = max(sum(cell.columns for cell in row) for row in rows)
    lines = [f"\\begin{{tabular}}{{{'l' * width}}}", "\\hline"]
    for index, row in enumerate(rows):
        lines.append(" & ".join(_latex_cell(cell, notes) for cell in row) + r" \\")
        following = rows[index + 1] if index + 1 < len(rows) else None
        if row and row[0].header and (following is None or not following[0].header):
            lines.append("\\hline")
    return "\n".join([*lines, "\\hline", "\\end{tabular}"])


def _latex_cell(cell: Cell, notes: dict[str, str]) -> str:
    parts: list[str] = []
    for atom in cell.atoms:
        shown = _shown(atom, notes).replace("\\$", "$") or ("" if atom.kind != "break" else " ")
        if atom.kind not in ("math", "display"):
            shown = shown.translate(_SPECIAL).replace("$", "\\$")
        parts.append((" " if atom.space and parts else "") + shown)
    text = "".join(parts)
    if cell.rows > 1:
        text = f"\\multirow{{{cell.rows}}}{{*}}{{{text}}}"
    return f"\\multicolumn{{{cell.columns}}}{{c}}{{{text}}}" if cell.columns > 1 else text
