"""JSON files that are one value: a list of records or an object of them, streamed."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import ijson

from sources.readers.lines import JsonLines
from sources.readers.streams import MB, Bounded, Damaged, guarded, known, whole
from sources.source import Broken, File, Open, Piece, Row

_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonArray(Bounded):
    """A row is an item of one JSON list. A file is one piece: only its start tells where items lie.

    Attributes:
        at: where in the file the list is, such as `questions`; by default it is the file.
    """

    at: str = ""

    def pieces(self, file: File, opener: Open) -> Iterator[Piece]:
        """One piece: the file."""
        return whole(file)

    def rows(self, piece: Piece, opener: Open) -> Iterator[Row | Broken]:
        """Streams the items."""
        return guarded(piece.file, self._rows(piece.file, opener))

    def _rows(self, file: File, opener: Open) -> Iterator[Row | Broken]:
        with self.open(file, opener) as raw:
            stream = _Metered(raw, self.largest)
            _expect(stream, "" if self.at else "[")
            items = ijson.items(stream, f"{self.at}.item" if self.at else "item", use_float=True)
            number = -1
            try:
                for number, item in enumerate(items):
                    stream.read_since = 0
                    yield Row(value=item, file=file.name, place=f"item {number}")
            except (ijson.JSONError, ValueError) as error:
                raise _damage(error, f"item {number + 1}") from error
            if self.at and number < 0:
                raise Damaged(f"no items in a list at {self.at!r}: see what the file holds there")


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonRecords(Bounded):
    """A row is a value of one JSON object, as a dict that also holds its key.

    A value that is no object itself becomes `{key: ..., "value": ...}`.

    Attributes:
        at: where in the file the object is, such as `imgs`; by default it is the file.
        key: under which name the key is added.
    """

    at: str = ""
    key: str = "key"

    def pieces(self, file: File, opener: Open) -> Iterator[Piece]:
        """One piece: the file."""
        return whole(file)

    def rows(self, piece: Piece, opener: Open) -> Iterator[Row | Broken]:
        """Streams the records."""
        return guarded(piece.file, self._rows(piece.file, opener))

    def _rows(self, file: File, opener: Open) -> Iterator[Row | Broken]:
        with self.open(file, opener) as raw:
            stream = _Metered(raw, self.largest)
            _expect(stream, "{")
            seen: set[int] = set()
            try:
                for key, record in ijson.kvitems(stream, self.at, use_float=True):
                    stream.read_since = 0
                    place = f"record {key}"
                    if known(key, seen):
                        fault = "a second record of this key"
                        yield Broken(file=file.name, place=place, error=fault)
                        continue
                    fields = record if isinstance(record, dict) else {"value": record}
                    value = {**fields, self.key: key}
                    yield Row(value=value, file=file.name, place=place)
            except (ijson.JSONError, ValueError) as error:
                raise _damage(error, f"after {len(seen)} records") from error
            if self.at and not seen:
                raise Damaged(f"no records in an object at {self.at!r}: see what the file holds")


@dataclass(frozen=True, slots=True, kw_only=True)
class Json(Bounded):
    """Whatever a `.json` file turns out to be: a list, JSON Lines, or an object of records."""

    def pieces(self, file: File, opener: Open) -> Iterator[Piece]:
        """Cuts the file as the reader does that it takes."""
        return self._reader(file, opener).pieces(file, opener)

    def rows(self, piece: Piece, opener: Open) -> Iterator[Row | Broken]:
        """Streams what the file holds."""

        def rows() -> Iterator[Row | Broken]:
            yield from self._reader(piece.file, opener).rows(piece, opener)

        return guarded(piece.file, rows())

    def _reader(self, file: File, opener: Open) -> JsonArray | JsonLines | JsonRecords:
        """Looks at the beginning: a first line that is a whole value, and more, is JSON Lines."""
        try:
            with self.open(file, opener) as stream:
                begins, ends, more = _first_line(stream, self.largest)
        except Damaged:  # found again, and told, when the rows are read
            return JsonLines(largest=self.largest, expansion=self.expansion)
        if more and ends in (b"}", b"]"):
            return JsonLines(largest=self.largest, expansion=self.expansion)
        tree = JsonRecords if begins == b"{" else JsonArray
        return tree(largest=self.largest, expansion=self.expansion)


class _Metered:
    """A stream that counts what is read between two rows, and stops at a limit."""

    def __init__(self, stream: BinaryIO, limit: int) -> None:
        self._stream = stream
        self._limit = limit
        self._ahead = b""
        self.read_since = 0

    def peek(self) -> bytes:
        """The first bytes that are no white space."""
        while not self._ahead:
            block = self._stream.read(MB)
            if not block:
                break
            self._ahead = block.removeprefix(_BOM).lstrip()
        return self._ahead[:1]

    def read(self, size: int) -> bytes:
        """The next bytes, a limited number of them in all."""
        if self._ahead and size:
            block, self._ahead = self._ahead[:size], self._ahead[size:]
        else:
            block = self._stream.read(size)
        self.read_since += len(block)
        if self.read_since > self._limit + MB:
            raise Damaged(f"one record of more than {self._limit} bytes: raise `largest`")
        return block


def _first_line(stream: BinaryIO, limit: int) -> tuple[bytes, bytes, bool]:
    """First and last character of the first line, and whether a line with something follows."""
    begins = ends = b""
    for _ in range(limit // MB + 1):
        part = stream.readline(MB)
        text = part.removeprefix(_BOM).strip()
        begins, ends = begins or text[:1], text[-1:] or ends
        if begins and part.endswith(b"\n") or not part:
            break
    return begins, ends, bool(stream.read(MB).strip())


def _expect(stream: _Metered, bracket: str) -> None:
    """Refuses a file that begins otherwise: the parser would find nothing in it and say nothing."""
    found = stream.peek().decode(errors="replace")
    if bracket and found != bracket:
        raise Damaged(f"begins with {found!r} where {bracket!r} was expected", "byte 0")


def _damage(error: Exception, place: str) -> Damaged:
    """The same error with a place; what a stream told of itself is kept."""
    if isinstance(error, Damaged):
        return Damaged(str(error), place)
    return Damaged(f"not JSON from here on: {str(error).splitlines()[0]}", place)
