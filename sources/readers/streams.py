"""Files as streams of bytes: decompressed when their name says so, bounded, damage told apart."""

import io
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from typing import IO, Any, BinaryIO

import pyarrow

from sources.source import Broken, File, Open, Piece, Row

MB = 1 << 20
PIECE = 64 * MB
CODECS = {".gz": "gzip", ".zst": "zstd", ".bz2": "bz2"}

# What a damaged stream may lose before the damage: a read that fails gives nothing of itself.
_STEP = 4096
# Below this, a high ratio is no attack: a small file of zeros is just a small file of zeros.
_ALWAYS_ALLOWED = 256 * MB


class Damaged(ValueError):
    """A container that cannot be read any further, whatever the file system does.

    Attributes:
        place: where in the file, as far as the reader that raises it knows.
    """

    def __init__(self, error: str, place: str = "") -> None:
        super().__init__(error)
        self.place = place


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounded:
    """What all readers share.

    Attributes:
        largest: the most bytes one row may take; a longer one is broken.
        expansion: a compressed file may grow to this many times its size (or to 256 MB, if that is
            more) before it is taken for an attack.
    """

    largest: int = 256 * MB
    expansion: int = 200

    def open(self, file: File, opener: Open) -> AbstractContextManager[BinaryIO]:
        """Opens a file as its readers see it; use with `with`."""
        return _opened(file, opener, self.limit(file))

    def limit(self, file: File) -> int:
        """The most bytes that a file may expand to."""
        return max(_ALWAYS_ALLOWED, self.expansion * file.size)


def inner_name(name: str) -> str:
    """Returns a file's name without the suffix of its compression.

    >>> inner_name("a/c4.json.gz"), inner_name("a/part.tgz"), inner_name("a/b.txt")
    ('a/c4.json', 'a/part.tar', 'a/b.txt')
    """
    if name.lower().endswith(".tgz"):
        return f"{name[:-4]}.tar"
    return name[: -len(_suffix(name))] if _suffix(name) else name


def is_compressed(name: str) -> bool:
    """Whether a file is compressed, by its name."""
    return name.lower().endswith((".tgz", *CODECS))


def bad_name(name: str) -> str:
    """Why a member's name is refused; empty if it is not.

    >>> bad_name("a/../../b"), bad_name("a/b..c")
    ("the name leads out of the archive: 'a/../../b'", '')
    """
    try:
        name.encode()
    except UnicodeEncodeError:
        return f"the name is not UTF-8: {name!a}"
    parts = name.replace("\\", "/").split("/")
    if not parts[0] or parts[0].endswith(":") or ".." in parts or "\0" in name:
        return f"the name leads out of the archive: {name!a}"
    return ""


def known(name: str, seen: set[int]) -> bool:
    """Whether a name was seen before; now it was."""
    encoded = name.encode(errors="surrogateescape")
    digest = int.from_bytes(blake2b(encoded, digest_size=8).digest())  # smaller than the bytes
    before = digest in seen
    seen.add(digest)
    return before


def whole(file: File) -> Iterator[Piece]:
    """One piece: the file."""
    yield Piece(file=file, size=file.size)


def cut(file: File, step: int) -> Iterator[Piece]:
    """Pieces of `step` bytes; just one where the file is compressed."""
    if is_compressed(file.name) or file.size <= step:
        yield from whole(file)
        return
    for start in range(0, file.size, step):
        stop = min(start + step, file.size)
        last = stop == file.size
        yield Piece(file=file, start=start, stop=-1 if last else stop, size=stop - start)


def guarded(file: File, rows: Iterator[Row | Broken]) -> Iterator[Row | Broken]:
    """The rows of a file up to where it is damaged, and then the damage."""
    try:
        yield from rows
    except Damaged as error:
        yield Broken(file=file.name, place=error.place, error=str(error))


@contextmanager
def _opened(file: File, opener: Open, limit: int) -> Iterator[BinaryIO]:
    """The stream of a file; decompressed, it can be sought forwards only."""
    with opener(file.path) as raw:
        if not is_compressed(file.name):
            yield raw
            return
        codec = CODECS[_suffix(file.name) or ".gz"]
        with io.BufferedReader(Expanded(raw, codec, limit), _STEP) as stream:
            yield stream


@contextmanager
def seekable(file: File, opener: Open, bounds: Bounded) -> Iterator[BinaryIO]:
    """The stream of a file whose reader jumps about; compressed files go through a disk file."""
    with bounds.open(file, opener) as stream:
        if not is_compressed(file.name):
            yield stream
            return
        with tempfile.TemporaryFile() as copy:
            while block := stream.read(MB):
                copy.write(block)
            copy.seek(0)
            yield _binary(copy)


class Expanded(io.RawIOBase):
    """Decompresses a stream, all its frames, and refuses to grow past a limit.

    The decompressors are Arrow's: Python's own do not notice a Zstandard stream that was cut off.
    """

    def __init__(self, raw: BinaryIO, codec: str, limit: int) -> None:
        self._source = pyarrow.CompressedInputStream(pyarrow.PythonFile(raw, mode="r"), codec)
        self._codec = codec
        self._limit = limit
        self._position = 0

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes, though only forwards."""
        return True

    def tell(self) -> int:
        """The position in what was decompressed."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Moves forwards, by reading."""
        target = offset + (self._position if whence == io.SEEK_CUR else 0)
        if whence == io.SEEK_END or target < self._position:
            raise io.UnsupportedOperation("a compressed stream can only be read forwards")
        while self._position < target and self.read(min(MB, target - self._position)):
            pass
        return self._position

    def readinto(self, buffer: Any) -> int:
        """Decompresses the next few bytes.

        Raises:
            Damaged: the stream is cut off, is no such stream, or grows too much.
        """
        try:
            data = self._source.read(min(len(buffer), _STEP))
        except OSError as error:
            if error.errno is not None:  # the file system, not the compression
                raise
            raise Damaged(
                f"damaged {self._codec} data behind byte {self._position} of what it holds"
                f" ({error}): fetch the file again"
            ) from error
        self._position += len(data)
        if self._position > self._limit:
            raise Damaged(
                f"expands to more than {self._limit} bytes: if that is right, raise the reader's"
                " `expansion`"
            )
        buffer[: len(data)] = data
        return len(data)


def _suffix(name: str) -> str:
    """The suffix of a known compression, or nothing."""
    return next((suffix for suffix in CODECS if name.lower().endswith(suffix)), "")


def _binary(stream: IO[bytes]) -> BinaryIO:
    """The same stream under the narrower type that Open promises."""
    return stream  # type: ignore[return-value]
