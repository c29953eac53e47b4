"""Rows joined with what belongs to them elsewhere: in the same file, or in files beside it."""

import json
import posixpath
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

from sources.readers.files import text
from sources.readers.streams import Bounded
from sources.source import Broken, File, Open, Piece, Reader, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Records that belong to rows.

    Attributes:
        read: how they are read.
        theirs: the field of a record that names its row, or a list of rows; empty if the record is
            itself that name.
        ours: the field of a row that is named, or a list of names of records.
        beside: the file that holds them, seen from the row's file; by default that file itself.
        fields: the fields to keep of a record; by default all.
    """

    read: Reader
    theirs: str
    ours: str
    beside: str = ""
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """A row is a row of another reader, with lists of the records that belong to it.

    Records are kept in a database on disk while a piece is read, so they may be many.

    Attributes:
        read: how the rows are read.
        parts: field to add -> the records.
    """

    read: Reader
    parts: Mapping[str, Part]

    def pieces(self, file: File, opener: Open) -> Iterator[Piece]:
        """Cuts the file as the reader of its rows does."""
        return self.read.pieces(file, opener)

    def rows(self, piece: Piece, opener: Open) -> Iterator[Row | Broken]:
        """Streams the rows; none if a part cannot be read whole, as they would lack something."""
        # An empty name is a database in a file of its own that goes when it is closed.
        with closing(sqlite3.connect("")) as store:
            store.execute("PRAGMA journal_mode=OFF")
            for number, part in enumerate(self.parts.values()):
                store.execute(f"CREATE TABLE part{number} (name TEXT, record TEXT)")
                broken = _fill(store, number, part, _beside(piece.file, part.beside), opener)
                if broken:
                    yield from broken
                    return
                store.execute(f"CREATE INDEX index{number} ON part{number} (name)")
            for row in self.read.rows(piece, opener):
                if isinstance(row, Row) and isinstance(row.value, Mapping):
                    found = {
                        name: _found(store, number, row.value.get(part.ours))
                        for number, (name, part) in enumerate(self.parts.items())
                    }
                    row = replace(row, value={**row.value, **found})
                yield row


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside(Bounded):
    """A row is a row of another reader, with the texts of files that it names.

    Attributes:
        read: how the rows are read.
        names: makes of a row's value the files, as field to add -> path seen from the row's file.
            A field of a file that is not there is None.
    """

    read: Reader
    names: Callable[[Any], Mapping[str, str]]

    def pieces(self, file: File, opener: Open) -> Iterator[Piece]:
        """Cuts the file as the reader of its rows does."""
        return self.read.pieces(file, opener)

    def rows(self, piece: Piece, opener: Open) -> Iterator[Row | Broken]:
        """Streams the rows."""
        for row in self.read.rows(piece, opener):
            yield self._with_texts(row, piece.file, opener) if isinstance(row, Row) else row

    def _with_texts(self, row: Row, file: File, opener: Open) -> Row | Broken:
        found: dict[str, str | None] = {}
        path = "its files"
        try:
            for name, path in self.names(row.value).items():
                found[name] = self._text(_beside(file, path), opener)
        except (LookupError, TypeError, ValueError) as error:
            return Broken(file=row.file, place=row.place, error=f"{path}: {error}")
        return replace(row, value={**row.value, **found})

    def _text(self, file: File, opener: Open) -> str | None:
        try:
            with opener(file.path) as stream:
                data = stream.read(self.largest + 1)
        except FileNotFoundError:
            return None
        if len(data) > self.largest:
            raise ValueError(f"more than {self.largest} bytes: raise `largest`")
        return text(data)


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """A row is a row of another reader, with the path of its image, which may lie in many folders.

    Attributes:
        read: how the rows are read.
        paths: patterns of the path, seen from the row's file, with columns in braces.
        column: the field to add; None where there is no such file.
    """

    read: Reader
    paths: tuple[str, ...]
    column: str = "image"

    def pieces(self, file: File, opener: Open) -> Iterator[Piece]:
        """Cuts the file as the reader of its rows does."""
        return self.read.pieces(file, opener)

    def rows(self, piece: Piece, opener: Open) -> Iterator[Row | Broken]:
        """Streams the rows."""
        for row in self.read.rows(piece, opener):
            yield self._with_path(row, piece.file, opener) if isinstance(row, Row) else row

    def _with_path(self, row: Row, file: File, opener: Open) -> Row | Broken:
        try:
            named = [path.format_map(row.value) for path in self.paths]
        except (LookupError, TypeError) as error:
            fault = f"no columns for {', '.join(self.paths)}: {error}"
            return Broken(file=row.file, place=row.place, error=fault)
        there = (path for path in named if _is_there(_beside(file, path), opener))
        return replace(row, value={**row.value, self.column: next(there, None)})


def _fill(
    store: sqlite3.Connection, number: int, part: Part, file: File, opener: Open
) -> list[Broken]:
    """Puts the records of a part into its table; returns what cannot be read."""
    broken: list[Broken] = []

    def entries() -> Iterator[tuple[str, str]]:
        for row in _records(part, file, opener):
            if isinstance(row, Broken):
                broken.append(row)
                continue
            whole = row.value
            kept = {name: whole.get(name) for name in part.fields} if part.fields else whole
            record = json.dumps(kept, ensure_ascii=False)
            yield from ((name, record) for name in _names(whole, part.theirs))

    store.executemany(f"INSERT INTO part{number} VALUES (?, ?)", entries())
    return broken


def _records(part: Part, file: File, opener: Open) -> Iterator[Row | Broken]:
    """The records of a part; without its file no row can be told, so the build stops."""
    try:
        for piece in part.read.pieces(file, opener):
            yield from part.read.rows(piece, opener)
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f"{file.name} is missing: put it beside the other files of its dataset"
        ) from error


def _names(record: Any, field: str) -> list[str]:
    """The names that a record gives in a field."""
    value = record.get(field) if field else record
    return [str(item) for item in (value if isinstance(value, list) else [value])]


def _found(store: sqlite3.Connection, number: int, ours: Any) -> list[Any]:
    """The records of some names, in the order of the names and then of their file."""
    names = [str(name) for name in (ours if isinstance(ours, list) else [ours])]
    query = f"SELECT record FROM part{number} WHERE name = ? ORDER BY rowid"
    return [json.loads(found) for name in names for (found,) in store.execute(query, (name,))]


def _beside(file: File, path: str) -> File:
    """A file seen from another one; that one itself for no path."""
    if not path:
        return file
    return File(
        path=_seen_from(file.path, path),
        name=posixpath.normpath(_seen_from(file.name, path)),
        size=0,
    )


def _seen_from(name: str, path: str) -> str:
    return posixpath.join(posixpath.dirname(name), path)


def _is_there(file: File, opener: Open) -> bool:
    try:
        with opener(file.path):
            return True
    except FileNotFoundError:
        return False
