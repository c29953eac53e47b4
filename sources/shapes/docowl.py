"""The rows of mPLUG-DocOwl and its kin (UReader, M-Paper): talk whose images are turns."""

import re
from collections.abc import Iterator
from dataclasses import replace
from hashlib import blake2b
from typing import Any

from sources.sample import Sample, Skip
from sources.shapes.chat import chat
from sources.shapes.fields import columns, list_of
from sources.source import Parse, Row

_PAGE = re.compile(r"(?P<file>.+\.tiff?)\.(?P<page>\d+)", re.IGNORECASE)


def docowl(*, folder: str) -> Parse:
    """Returns a parse for rows with a list of images, and turns in which `<image>` is one's place.

    Turns without an answer (null or `None`) make the row a skip; `system_instruction` may be a list
    to draw from. `a.tiff.2` is a page of a file: of those only the first, 0, can be taken. Rows
    whose task gives a table as LaTeX in place of an image are skipped.

    Args:
        folder: what image paths are relative to, seen from the row's file.
    """
    talk = chat(turns="conversations", image="image", system="system_instruction")

    def parse(row: Row) -> Iterator[Sample | Skip]:
        value = dict(columns(row))
        said = [turn.get("value") for turn in list_of(value.get("conversations"), "conversations")]
        paths = [_first_page(path) for path in _listed(value.get("image"))]
        if any(words in (None, "", "None") for words in said):
            yield Skip(reason="no_answer")
        elif not paths:
            yield Skip(reason="no_image", detail=str(value.get("task_type")))
        elif None in paths:
            yield Skip(reason="later_page", detail=str(value["image"]))
        else:
            value["image"] = [_below(folder, path) for path in paths if path]
            value["system_instruction"] = _drawn(value.get("system_instruction"), row)
            yield from talk(replace(row, value=value))

    return parse


def _listed(value: Any) -> list[Any]:
    """One or several images as a list."""
    return [item for item in (value if isinstance(value, list) else [value]) if item]


def _first_page(path: str) -> str | None:
    """The file of a first page; None for a later page."""
    match = _PAGE.fullmatch(path)
    if not match:
        return path
    return match["file"] if int(match["page"]) == 0 else None


def _below(folder: str, path: str) -> str:
    """A path below the folder of images; URLs and encoded images as they are."""
    inside = len(path) < 1000 and "://" not in path
    return f"{folder}/{path.removeprefix('./')}" if inside else path


def _drawn(value: Any, row: Row) -> Any:
    """One of a list, by the row's identity."""
    if not isinstance(value, list) or not value:
        return value or None
    digest = blake2b(row.identity.encode(), digest_size=8).digest()
    return value[int.from_bytes(digest) % len(value)]
