"""Readers with smaller pieces, where a file may be cut anywhere and gives the same rows."""

from dataclasses import replace

from sources.readers.files import ByExtension
from sources.readers.lines import Csv, Lines
from sources.readers.parquet import Parquet
from sources.source import Reader


def sized(reader: Reader, size: int) -> Reader:
    """Returns a reader whose pieces are at most of a size, about.

    Lines and row groups can be cut anywhere. A list that names many pictures is a small file and
    much work, so there size must count. Archives stay as they are: a piece is where their readers
    look for second members of one name.

    Args:
        reader: of any kind.
        size: in bytes.
    """
    match reader:
        case Lines() | Csv() | Parquet():
            return replace(reader, piece=min(reader.piece, size))
        case ByExtension(readers=readers):
            return ByExtension(readers={name: sized(each, size) for name, each in readers.items()})
    return reader
