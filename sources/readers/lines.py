"""Files of lines: JSON Lines, plain lines, and tables of delimited text."""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from sources.readers.streams import PIECE, Bounded, Damaged, cut, guarded, whole
from sources.source import Broken, File, Open, Piece, Row

_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines(Bounded):
    """A row is a line of text (UTF-8), without its end. Blank lines are no rows.

    A row's place is its offset in bytes, so that it does not depend on how the file was cut.

    Attributes:
        piece: how many bytes of an uncompressed file make a piece.
    """

    piece: int = PIECE

    def pieces(self, file: File, opener: Open) -> Iterator[Piece]:
        """Cuts the file by bytes; a line belongs to the piece in which it begins."""
        return cut(file, self.piece)

    def rows(self, piece: Piece, opener: Open) -> Iterator[Row | Broken]:
        """Streams the lines that begin in the piece."""
        return guarded(piece.file, self._rows(piece, opener))

    def _rows(self, piece: Piece, opener: Open) -> Iterator[Row | Broken]:
        with self.open(piece.file, opener) as stream:
            for offset, line in lines(stream, piece, self.largest):
                if not line or line.isspace():
                    continue
                place = f"byte {offset}"
                try:
                    yield Row(value=self.value(line), file=piece.file.name, place=place)
                except (ValueError, RecursionError) as error:
                    yield Broken(file=piece.file.name, place=place, error=_fault(line, error))

    def value(self, line: bytes) -> object:
        """Turns a line into the value of its row."""
        return self.text(line)

    def text(self, line: bytes) -> str:
        """Decodes a line."""
        if len(line) > self.largest:
            raise ValueError(f"a line of more than {self.largest} bytes: raise `largest`")
        return line.decode().rstrip("\r\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonLines(Lines):
    """A row is the JSON value of a line. A broken line is told, and reading goes on behind it."""

    def value(self, line: bytes) -> object:
        """Parses a line."""
        return json.loads(self.text(line))


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields(Lines):
    """A row is a dict, column -> text, of a line whose last field takes all that is left.

    Nothing is quoted: `3,a screen, with a list` has two fields for two columns. A heading line is a
    row like others.

    Attributes:
        columns: names of the fields.
        delimiter: what stands between fields.
    """

    columns: tuple[str, ...]
    delimiter: str = ","

    def value(self, line: bytes) -> object:
        """Cuts a line."""
        fields = self.text(line).split(self.delimiter, len(self.columns) - 1)
        if len(fields) < len(self.columns):
            raise ValueError(f"{len(fields)} fields where {len(self.columns)} were expected")
        return dict(zip(self.columns, fields, strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Csv(Bounded):
    """A row is a dict, column -> text, of a table of delimited text (UTF-8).

    Attributes:
        largest: the most bytes one field may take.
        delimiter: what stands between fields.
        quoting: whether fields may be quoted, and then hold delimiters and line ends. Without
            quoting a quote is a letter, and big files are cut into pieces.
        columns: names of the columns for a file without a heading line.
        piece: how many bytes make a piece of an uncompressed file without quoting.
    """

    largest: int = PIECE
    delimiter: str = ","
    quoting: bool = True
    columns: tuple[str, ...] = ()
    piece: int = PIECE

    def pieces(self, file: File, opener: Open) -> Iterator[Piece]:
        """Cuts the file by bytes where no quoted line end can be hit."""
        return whole(file) if self.quoting else cut(file, self.piece)

    def rows(self, piece: Piece, opener: Open) -> Iterator[Row | Broken]:
        """Streams the rows that begin in the piece."""
        return guarded(piece.file, self._rows(piece, opener))

    def _rows(self, piece: Piece, opener: Open) -> Iterator[Row | Broken]:
        columns = list(self.columns) or self._heading(piece.file, opener)
        with self.open(piece.file, opener) as stream:
            records = self._records(lines(stream, piece, self.largest))
            if not self.columns and piece.start == 0:
                next(records, None)
            for offset, fields in records:
                place = f"byte {offset}"
                try:
                    value = _named(columns, fields)
                except ValueError as error:
                    yield Broken(file=piece.file.name, place=place, error=str(error))
                else:
                    yield Row(value=value, file=piece.file.name, place=place)

    def _heading(self, file: File, opener: Open) -> list[str]:
        """The names in the first line; pieces behind the first need them too."""
        with self.open(file, opener) as stream:
            found = lines(stream, Piece(file=file), self.largest)
            _, fields = next(self._records(found), (0, []))
        if isinstance(fields, str) or len(set(fields)) != len(fields):
            raise Damaged(f"the heading line is no list of distinct names: {fields!r}", "byte 0")
        return fields

    def _records(
        self, numbered: Iterator[tuple[int, bytes]]
    ) -> Iterator[tuple[int, list[str] | str]]:
        """Offset and fields of each record, or why it has none."""
        csv.field_size_limit(self.largest)  # of the process; the default stops at 128 KB
        begins: list[int] = []

        def feed() -> Iterator[str]:
            for offset, line in numbered:
                begins.append(offset)
                yield line.decode(errors="surrogateescape")

        reader = csv.reader(
            feed(),
            delimiter=self.delimiter,
            quoting=csv.QUOTE_MINIMAL if self.quoting else csv.QUOTE_NONE,
            strict=True,
        )
        while True:
            begins.clear()
            try:
                fields: list[str] | str = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                fields = f"not delimited text: {error}; if its quotes are letters, set quoting"
            if fields:
                yield begins[0], fields


def lines(stream: BinaryIO, piece: Piece, longest: int) -> Iterator[tuple[int, bytes]]:
    """Yields offset and bytes of each line that begins in a piece, without the mark of UTF-8.

    Of a line longer than `longest` bytes only the first `longest` + 1 are kept.
    """
    offset = piece.start
    if offset:  # the line that goes on over the edge belongs to the piece before
        stream.seek(offset - 1)
        offset += _skip_line(stream) - 1
    while piece.stop < 0 or offset < piece.stop:
        line = stream.readline(longest + 1)
        if not line:
            return
        length = len(line)
        if length > longest and not line.endswith(b"\n"):
            length += _skip_line(stream)
        yield offset, line.removeprefix(_BOM) if offset == 0 else line
        offset += length


def _skip_line(stream: BinaryIO) -> int:
    """Reads to behind the next line end; returns how many bytes that were."""
    length = 0
    while part := stream.readline(1 << 20):
        length += len(part)
        if part.endswith(b"\n"):
            break
    return length


def _named(columns: list[str], fields: list[str] | str) -> dict[str, str]:
    """Fields under the names of their columns."""
    if isinstance(fields, str):
        raise ValueError(fields)
    if len(fields) != len(columns):
        raise ValueError(f"{len(fields)} fields where {len(columns)} columns were expected")
    try:
        "".join(fields).encode()
    except UnicodeEncodeError as error:  # of a surrogate, which stands for a byte
        raise ValueError(
            f"not UTF-8: {error.object[max(0, error.start - 20) : error.end]!a}"
        ) from error
    return dict(zip(columns, fields, strict=True))


def _fault(line: bytes, error: ValueError | RecursionError) -> str:
    """What is wrong with a line, with its beginning."""
    return f"{error}; the line begins with {line[:60]!r}"
