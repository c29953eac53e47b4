"""The notebook format, nbformat 2 to 4, read leniently: what is odd but harmless is passed over.

Strangers' notebooks have metadata of any type, texts as a string or as a list of strings, base64
with line breaks, cells and outputs that follow no schema. Only what leaves nothing to read is an
error: no JSON, no object, no list of cells.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

# Names of images in outputs, by what is best kept where one output has several forms.
_KINDS = {
    "png": ("image/png", "png"),
    "jpeg": ("image/jpeg", "image/jpg", "jpeg"),
    "webp": ("image/webp",),
    "gif": ("image/gif",),
    "svg": ("image/svg+xml", "svg"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """An image in the outputs of a cell.

    Attributes:
        kind: png, jpeg, webp, gif or svg, as the output says.
        body: base64, or the drawing itself for svg.
    """

    kind: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A code cell.

    Attributes:
        number: its index among all cells of the notebook, counted from 0.
        code: its source.
        language: the kernel's language or, before nbformat 4, the cell's; lower case.
        images: the images stored in its outputs.
    """

    number: int
    code: str
    language: str
    images: tuple[Stored, ...]


def read_cells(data: bytes | str) -> Iterator[Cell]:
    """Yields the code cells of a notebook in document order.

    Raises:
        ValueError: not a notebook; the message says what was found.
    """
    notebook = _load(data)
    language = _language(notebook.get("metadata"))
    for number, cell in enumerate(_cells(notebook)):
        if not isinstance(cell, dict) or cell.get("cell_type") != "code":
            continue
        own = cell.get("language")
        yield Cell(
            number=number,
            code=_text(cell.get("source", cell.get("input"))),
            language=language or (own.lower() if own and isinstance(own, str) else "python"),
            images=tuple(_images(cell.get("outputs"))),
        )


def _load(data: bytes | str) -> dict[str, Any]:
    """The JSON object of a notebook."""
    text = data
    try:
        if isinstance(data, bytes):
            text = data.decode(json.detect_encoding(data))
        notebook = json.loads(text)
    except UnicodeDecodeError as error:
        raise ValueError(f"not a notebook: not UTF-8 at byte {error.start}") from error
    except json.JSONDecodeError as error:
        near = error.doc[error.pos : error.pos + 20]
        raise ValueError(f"not a notebook: no JSON, {error}, at {near!r}") from error
    except RecursionError as error:
        raise ValueError("not a notebook: JSON nested too deeply to be read") from error
    if not isinstance(notebook, dict):
        kind = type(notebook).__name__
        raise ValueError(f"not a notebook: expected a JSON object, got a {kind}")
    return notebook


def _cells(notebook: dict[str, Any]) -> Iterator[Any]:
    """All cells: nbformat 4 has one list, 2 and 3 one for each worksheet."""
    cells, sheets = notebook.get("cells"), notebook.get("worksheets")
    if isinstance(cells, list):
        yield from cells
        return
    if not isinstance(sheets, list):
        raise ValueError(
            "not a notebook: expected a list of cells or of worksheets, got neither among"
            f" {', '.join(map(str, list(notebook)[:8])) or 'no keys'}"
        )
    for index, sheet in enumerate(sheets):
        inside = sheet.get("cells") if isinstance(sheet, dict) else None
        if not isinstance(inside, list):
            raise ValueError(f"not a notebook: worksheet {index} has no list of cells")
        yield from inside


def _language(metadata: Any) -> str:
    """The kernel's language, lower case; empty where the metadata does not say."""
    info = _dict(metadata).get("language_info")
    kernel = _dict(metadata).get("kernelspec")
    for found in (
        _dict(info).get("name"),
        _dict(kernel).get("language"),
        _dict(metadata).get("language"),
    ):
        if isinstance(found, str) and found:
            return "python" if found.lower() == "ipython" else found.lower()
    return ""


def _images(outputs: Any) -> Iterator[Stored]:
    """One image for each output that has any, in the best of its forms."""
    for output in outputs if isinstance(outputs, list) else ():
        bundle = _dict(output).get("data", output)
        for kind, names in _KINDS.items():
            body = next((_text(_dict(bundle)[name]) for name in names if name in _dict(bundle)), "")
            if body.strip():
                yield Stored(kind=kind, body=body)
                break


def _text(value: Any) -> str:
    """A text that may be stored as a list of strings; empty for anything else."""
    if isinstance(value, list):
        value = "".join(part for part in value if isinstance(part, str))
    if not isinstance(value, str):
        return ""
    # JSON can hold halves of surrogate pairs, UTF-8 cannot.
    return value if value.isascii() else re.sub("[\ud800-\udfff]", "\ufffd", value)


def _dict(value: Any) -> dict[str, Any]:
    """The value if it is a dict, else an empty one."""
    return value if isinstance(value, dict) else {}
