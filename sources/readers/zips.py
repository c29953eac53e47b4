"""Zip archives: their members as rows, or as files that another reader reads."""

import lzma
import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any, BinaryIO

from sources.readers.streams import (
    PIECE,
    Bounded,
    Damaged,
    bad_name,
    guarded,
    is_compressed,
    seekable,
)
from sources.source import Broken, File, Open, Piece, Reader, Row

_FAULTS = (
    Damaged,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    NotImplementedError,
    OSError,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Zip(Bounded):
    """A row is the bytes of a member; its place is the member's name. Pieces count members.

    Links, encrypted members and names that lead out of the archive are broken rows.

    Attributes:
        match: the pattern that names of members must fit.
        piece: how many bytes of the archive make a piece.
    """

    match: str = "*"
    piece: int = PIECE

    def pieces(self, file: File, opener: Open) -> Iterator[Piece]:
        """Puts neighbouring members together until they make a piece."""
        sizes = [info.compress_size for info in _directory(file, opener, self, self.match)]
        start = size = 0
        for number, member in enumerate(sizes, start=1):
            size += member
            if size >= self.piece and number < len(sizes) and not is_compressed(file.name):
                yield Piece(file=file, start=start, stop=number, size=size)
                start, size = number, 0
        yield Piece(file=file, start=start, size=size if sizes else file.size)

    def rows(self, piece: Piece, opener: Open) -> Iterator[Row | Broken]:
        """Streams the members of the piece."""
        return guarded(piece.file, self._rows(piece, opener))

    def _rows(self, piece: Piece, opener: Open) -> Iterator[Row | Broken]:
        file = piece.file.name
        with seekable(piece.file, opener, self) as stream:
            archive = _archive(stream, piece.file, self)
            for info in _chosen(archive, self.match, piece):
                place = f"member {info.filename}"
                try:
                    data = _content(archive, info, self.largest)
                    yield Row(value=data, file=file, place=place)
                except _FAULTS as error:
                    yield Broken(file=file, place=ascii(place)[1:-1], error=_told(error))


@dataclass(frozen=True, slots=True, kw_only=True)
class Within(Bounded):
    """Reads the members of a zip archive as files of their own, such as a zipped JSON Lines file.

    Rows are of the archive; their places name the member first.

    Attributes:
        read: how a member becomes rows.
        match: the pattern that names of members must fit.
    """

    read: Reader
    match: str = "*"

    def pieces(self, file: File, opener: Open) -> Iterator[Piece]:
        """One piece a member."""
        infos = _directory(file, opener, self, self.match)
        for number, info in enumerate(infos):
            stop = number + 1 if number + 1 < len(infos) else -1
            yield Piece(file=file, start=number, stop=stop, size=info.compress_size)
        if not infos:
            yield Piece(file=file, size=file.size)

    def rows(self, piece: Piece, opener: Open) -> Iterator[Row | Broken]:
        """Streams the rows of the piece's member."""
        return guarded(piece.file, self._rows(piece, opener))

    def _rows(self, piece: Piece, opener: Open) -> Iterator[Row | Broken]:
        file = piece.file.name
        with seekable(piece.file, opener, self) as stream:
            archive = _archive(stream, piece.file, self)
            for info in _chosen(archive, self.match, piece):
                member = f"member {info.filename}"
                try:
                    for found in _inner(archive, info, self.read):
                        place = f"{member} {found.place}".rstrip()
                        yield replace(found, file=file, place=place)
                except _FAULTS as error:
                    yield Broken(file=file, place=ascii(member)[1:-1], error=_told(error))


def _archive(stream: BinaryIO, file: File, bounds: Bounded) -> zipfile.ZipFile:
    """The opened archive."""
    try:
        archive = zipfile.ZipFile(stream)
    except _FAULTS as error:
        cause = error if isinstance(error, OSError) else error.__context__
        if isinstance(cause, OSError) and cause.errno is not None:
            raise cause from None  # the file system, which zipfile hides behind its own error
        raise Damaged(f"no whole zip archive ({error}): fetch it again") from error
    total = sum(info.file_size for info in archive.infolist())
    if total > bounds.limit(file):
        raise Damaged(f"expands to {total} bytes: if that is right, raise `expansion`")
    return archive


def _directory(file: File, opener: Open, bounds: Bounded, match: str) -> list[zipfile.ZipInfo]:
    """The members of an archive; none of a damaged one, which is told when its rows are read."""
    try:
        with seekable(file, opener, bounds) as stream:
            return _chosen(_archive(stream, file, bounds), match, Piece(file=file))
    except Damaged:
        return []


def _chosen(archive: zipfile.ZipFile, match: str, piece: Piece) -> list[zipfile.ZipInfo]:
    """The members of a piece."""
    infos = [
        info
        for info in archive.infolist()
        if not info.is_dir() and fnmatchcase(info.filename, match)
    ]
    return infos[piece.start : None if piece.stop < 0 else piece.stop]


def _content(archive: zipfile.ZipFile, info: zipfile.ZipInfo, largest: int) -> bytes:
    """The bytes of a member, which must be no longer than it says."""
    if info.file_size > largest:
        raise Damaged(f"a member of {info.file_size} bytes, more than {largest}: raise `largest`")
    with archive.open(_safe(archive, info)) as stream:
        return stream.read()


def _inner(archive: zipfile.ZipFile, info: zipfile.ZipInfo, read: Reader) -> Iterator[Any]:
    """The rows that a reader finds in a member."""
    _safe(archive, info)

    def opener(_: str, /) -> Any:
        return archive.open(info)

    file = File(path=info.filename, name=info.filename, size=info.file_size)
    for piece in read.pieces(file, opener):
        yield from read.rows(piece, opener)


def _safe(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> zipfile.ZipInfo:
    """The member again, unless it is not to be opened."""
    if fault := bad_name(info.filename):
        raise Damaged(fault)
    if stat.S_ISLNK(info.external_attr >> 16):
        raise Damaged("a link, which is not followed")
    if info.flag_bits & 1:
        raise Damaged("encrypted: unpack it with its password first")
    if archive.NameToInfo[info.filename] is not info:
        raise Damaged("another member has the same name")
    return info


def _told(error: Exception) -> str:
    """What to say of a member that cannot be read."""
    if isinstance(error, Damaged):
        return str(error)
    if isinstance(error, OSError) and error.errno is not None:
        raise error  # the file system, not the archive
    return f"damaged member ({error}): fetch the archive again"
