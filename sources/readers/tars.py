"""Tar archives: their members alone, or grouped into samples as WebDataset lays them out."""

import json
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from sources.readers.files import text
from sources.readers.streams import (
    MB,
    PIECE,
    Bounded,
    Damaged,
    bad_name,
    guarded,
    is_compressed,
    known,
    whole,
)
from sources.source import Broken, File, Open, Piece, Row

_TEXTS = ("txt", "text", "caption")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tar(Bounded):
    """A row is the bytes of a member; its place is the member's name.

    Links, sparse files, devices and names that lead out of the archive are broken rows. Names are
    remembered (8 bytes each) while a piece is read, so that a second member of one name is told.

    Attributes:
        piece: how many bytes of an uncompressed tar make a piece.
    """

    piece: int = PIECE

    def pieces(self, file: File, opener: Open) -> Iterator[Piece]:
        """Reads the headers and cuts between members."""
        return _cut(file, opener, self, self.piece, str)

    def rows(self, piece: Piece, opener: Open) -> Iterator[Row | Broken]:
        """Streams the members that begin in the piece."""
        return guarded(piece.file, self._rows(piece, opener))

    def _rows(self, piece: Piece, opener: Open) -> Iterator[Row | Broken]:
        file, seen = piece.file.name, set[int]()
        for found in _contents(piece, opener, self):
            if isinstance(found, Broken):
                yield found
                continue
            name, data = found
            place = f"member {name}"
            if known(name, seen):
                yield Broken(file=file, place=place, error="a second member of this name")
            else:
                yield Row(value=data, file=file, place=place)


@dataclass(frozen=True, slots=True, kw_only=True)
class TarSamples(Bounded):
    """A row is a dict of the neighbouring members that share a key: extension -> content.

    The key, kept as `__key__`, is a member's name up to the first dot behind its folder; the
    lower-cased rest is the extension. `json` members are parsed, `txt` ones decoded.

    Attributes:
        piece: how many bytes of an uncompressed tar make a piece.
    """

    piece: int = PIECE

    def pieces(self, file: File, opener: Open) -> Iterator[Piece]:
        """Reads the headers and cuts between samples, unless samples interleave."""
        return _cut(file, opener, self, self.piece, lambda name: split_name(name)[0])

    def rows(self, piece: Piece, opener: Open) -> Iterator[Row | Broken]:
        """Streams the samples that begin in the piece."""
        return guarded(piece.file, self._rows(piece, opener))

    def _rows(self, piece: Piece, opener: Open) -> Iterator[Row | Broken]:
        seen: set[int] = set()
        members: dict[str, bytes] = {}
        current = ""
        for found in _contents(piece, opener, self):
            if isinstance(found, Broken):
                yield found
                continue
            key, extension = split_name(found[0])
            if key != current and members:
                yield self._sample(piece.file, current, members, seen)
                members = {}
            current = key
            members[extension] = found[1]
        if members:
            yield self._sample(piece.file, current, members, seen)

    def _sample(
        self, file: File, key: str, members: dict[str, bytes], seen: set[int]
    ) -> Row | Broken:
        """The row of a group of members."""
        place = f"sample {key}"
        if known(key, seen):
            fault = f"its members lie apart ({', '.join(members)}): sort the archive by name"
            return Broken(file=file.name, place=place, error=fault)
        value: dict[str, Any] = {"__key__": key}
        try:
            for extension, data in members.items():
                value[extension] = _decoded(extension, data)
        except (ValueError, RecursionError) as error:
            return Broken(file=file.name, place=place, error=f"bad {extension} member: {error}")
        return Row(value=value, file=file.name, place=place)


def split_name(name: str) -> tuple[str, str]:
    """Returns the key and the extension of a member.

    >>> split_name("b.1/0001.seg.PNG")
    ('b.1/0001', 'seg.png')
    """
    folder, slash, base = name.rpartition("/")
    stem, _, extension = base.partition(".")
    return f"{folder}{slash}{stem}", extension.lower()


class _Headers:
    """A stream for the parser of headers, which trusts the lengths that an archive states."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.seek, self.tell = stream.seek, stream.tell

    def read(self, size: int) -> bytes:
        """Reads a header, none of which is long."""
        if not 0 <= size <= MB:
            raise Damaged(f"a header of {size} bytes", f"byte {self.tell()}")
        return self._stream.read(size)


def _cut(
    file: File, opener: Open, bounds: Bounded, step: int, key: Callable[[str], str]
) -> Iterator[Piece]:
    """Pieces between members of different keys; one piece where a key comes back later."""
    if is_compressed(file.name) or file.size <= step:
        yield from whole(file)
        return
    starts, last, seen = [0], None, set[int]()
    try:
        with bounds.open(file, opener) as stream:
            for member in _members(stream, 0):
                name = key(_clean(member.name))
                if name != last and known(name, seen):
                    yield from whole(file)
                    return
                if name != last and member.offset - starts[-1] >= step:
                    starts.append(member.offset)
                last = name
    except Damaged:  # the last piece meets it again, and tells it
        pass
    for start, stop in zip(starts, [*starts[1:], -1], strict=True):
        size = (file.size if stop < 0 else stop) - start
        yield Piece(file=file, start=start, stop=stop, size=size)


def _contents(piece: Piece, opener: Open, bounds: Bounded) -> Iterator[tuple[str, bytes] | Broken]:
    """Name and content of each regular member that begins in the piece."""
    file = piece.file.name
    with bounds.open(piece.file, opener) as stream:
        try:
            for member in _members(stream, piece.start):
                if 0 <= piece.stop <= member.offset:
                    return
                name = _clean(member.name)
                if member.isdir() or (name.startswith("__") and name.endswith("__")):
                    continue
                if fault := _refusal(member, bounds.largest):
                    yield Broken(file=file, place=ascii(f"member {name}")[1:-1], error=fault)
                else:
                    yield name, _content(stream, member)
        except _NoEnd as error:  # all members are whole, so the last one counts
            yield Broken(file=file, place=error.place, error=str(error))


def _content(stream: BinaryIO, member: tarfile.TarInfo) -> bytes:
    """The bytes of a member."""
    stream.seek(member.offset_data)
    data = stream.read(member.size)
    if len(data) < member.size:
        fault = f"cut off after {len(data)} of {member.size} bytes: fetch the archive again"
        raise Damaged(fault, f"member {_clean(member.name)}")
    return data


class _NoEnd(Damaged):
    """An archive without the blocks of zeros behind its last member."""


def _members(stream: BinaryIO, start: int) -> Iterator[tarfile.TarInfo]:
    """The headers from a byte on, up to the end mark or the end of the file."""
    stream.seek(start)
    try:
        archive = tarfile.TarFile(fileobj=_Headers(stream))  # type: ignore[arg-type]
    except tarfile.TarError as error:
        raise Damaged(f"no tar archive: {error}", f"byte {start}") from error
    member = archive.next()
    while member is not None:
        if member.size < 0 or archive.offset <= member.offset:
            raise Damaged("a member of negative size", f"byte {member.offset}")
        yield member
        # Not archive.next(): it keeps every header in memory and takes damage for the end.
        stream.seek(archive.offset)
        try:
            member = tarfile.TarInfo.fromtarfile(archive)
        except tarfile.HeaderError as error:
            _end(error, f"byte {archive.offset}")
            return


def _end(error: tarfile.HeaderError, place: str) -> None:
    """Tells the proper end of an archive, which is an error to its parser, from the others."""
    kind = type(error).__name__  # the subclasses are not public
    if kind == "EOFHeaderError":
        return
    if kind == "EmptyHeaderError":
        fault = "the archive stops without its end mark: if it was cut off, fetch it again"
        raise _NoEnd(fault, place) from error
    raise Damaged(f"no member header ({error}): fetch the archive again", place) from error


def _refusal(member: tarfile.TarInfo, largest: int) -> str:
    """Why a member is not read; empty if it is."""
    if member.issym() or member.islnk():
        return f"a link (to {member.linkname!a}), which is not followed"
    if member.issparse() or not member.isreg():
        return f"not a plain file (tar type {member.type!r})"
    if member.size > largest:
        return f"a member of {member.size} bytes, more than {largest}: raise `largest`"
    return bad_name(_clean(member.name))


def _clean(name: str) -> str:
    """The name without the idle `./` that many archives begin with."""
    return name.removeprefix("./")


def _decoded(extension: str, data: bytes) -> object:
    """The content of a member as its extension says."""
    last = extension.rsplit(".", 1)[-1]
    if last == "json":
        return json.loads(text(data))
    return text(data) if last in _TEXTS else data
