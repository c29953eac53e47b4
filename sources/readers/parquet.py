"""Parquet tables, by row groups and by columns."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow
import pyarrow.parquet

from sources.readers.streams import MB, PIECE, Bounded, Damaged, guarded, is_compressed, seekable
from sources.source import Broken, File, Open, Piece, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Parquet(Bounded):
    """A row is a dict, column -> Python value (lists and dicts for nested types).

    Pieces count row groups; a row's place is its number in the file.

    Attributes:
        columns: the columns to read, nested ones with dots; by default all.
        piece: how many bytes make a piece, at least one row group.
    """

    columns: tuple[str, ...] = ()
    piece: int = PIECE

    def pieces(self, file: File, opener: Open) -> Iterator[Piece]:
        """Puts neighbouring row groups together until they make a piece."""
        try:
            with seekable(file, opener, self) as stream:
                sizes = [_stored(group) for group in _groups(_table(stream))]
        except Damaged:  # found again, and told, when the rows are read
            sizes = []
        start = size = 0
        for number, group in enumerate(sizes, start=1):
            size += group
            if size >= self.piece and number < len(sizes) and not is_compressed(file.name):
                yield Piece(file=file, start=start, stop=number, size=size)
                start, size = number, 0
        yield Piece(file=file, start=start, size=size if sizes else file.size)

    def rows(self, piece: Piece, opener: Open) -> Iterator[Row | Broken]:
        """Streams the rows of the piece's row groups; a damaged group does not end it."""
        return guarded(piece.file, self._rows(piece, opener))

    def _rows(self, piece: Piece, opener: Open) -> Iterator[Row | Broken]:
        with seekable(piece.file, opener, self) as stream:
            table = _table(stream)
            _expect(table, self.columns)
            groups = _groups(table)
            stop = len(groups) if piece.stop < 0 else piece.stop
            number = sum(group.num_rows for group in groups[: piece.start])
            for index in range(piece.start, stop):
                yield from self._group(piece.file, table, index, number)
                number += groups[index].num_rows

    def _group(self, file: File, table: Any, index: int, first: int) -> Iterator[Row | Broken]:
        """The rows of one row group, of which the first has a number in the file."""
        number = first
        try:
            for batch in table.iter_batches(
                batch_size=_batch_size(table.metadata.row_group(index)),
                row_groups=[index],
                columns=list(self.columns) or None,
                use_threads=False,
            ):
                for value in batch.to_pylist():
                    yield Row(value=value, file=file.name, place=f"row {number}")
                    number += 1
        except (pyarrow.ArrowException, ValueError, OSError) as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise  # the file system, not the table
            fault = f"damaged row group {index} ({error}): fetch the file again"
            yield Broken(file=file.name, place=f"row {number}", error=fault)


def _table(stream: Any) -> Any:
    """The opened table, which reads no more than it is asked for."""
    try:
        return pyarrow.parquet.ParquetFile(stream, buffer_size=MB, pre_buffer=False)
    except (pyarrow.ArrowException, ValueError, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise Damaged(f"no whole Parquet file ({error}): fetch the file again") from error


def _expect(table: Any, columns: tuple[str, ...]) -> None:
    """Refuses columns that are not there: Arrow would leave them out and say nothing."""
    names = table.schema_arrow.names
    for column in columns:
        if column not in names and column.partition(".")[0] not in names:
            raise Damaged(f"no column {column!r}; the table has columns {', '.join(names)}")


def _groups(table: Any) -> list[Any]:
    """What the footer says of each row group."""
    return [table.metadata.row_group(index) for index in range(table.metadata.num_row_groups)]


def _stored(group: Any) -> int:
    """How many bytes of the file a row group takes."""
    return sum(group.column(index).total_compressed_size for index in range(group.num_columns))


def _batch_size(group: Any) -> int:
    """How many rows are turned into Python values at once: about 8 MB of them."""
    width = max(1, group.total_byte_size // max(1, group.num_rows))
    return max(1, min(1024, 8 * MB // width))
