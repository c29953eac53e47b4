"""A shard read from its first byte to its last, against its index: hashed in the same pass."""

import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, BinaryIO

from pipelines import store, tar

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What the index says of one member."""

    name: str
    offset: int
    size: int


class TarCheck:
    """Compares a tar with what its index says; `faults` tells what differs.

    Attributes:
        faults: messages, the first ones only where there are many.
        sha256: of the whole file, in hex, once `run` is done.
        size: of the whole file, in bytes.
        members: how many were read.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._digest = sha256()
        self.faults: list[str] = []
        self.size = 0
        self.members = 0

    @property
    def sha256(self) -> str:
        """SHA-256 of what was read."""
        return self._digest.hexdigest()

    def run(self, expected: Iterable[Entry]) -> None:
        """Reads the whole tar; stops comparing, not hashing, at the first thing out of place."""
        fault = self._compare(iter(expected))
        if fault:
            self.faults.append(fault)
        while self._take(_CHUNK):
            pass

    def _compare(self, expected: Iterator[Entry]) -> str:
        """Walks the members; returns what is wrong first, or nothing."""
        while True:
            start = self.size
            block = self._take(tar.BLOCK)
            entry = next(expected, None)
            if block == bytes(tar.BLOCK):
                return self._end(start, entry)
            if len(block) < tar.BLOCK:
                missing = f"; {entry.name} should come here" if entry else ""
                return f"the tar ends at byte {self.size} without its end blocks{missing}"
            fault = self._member(block, start, entry)
            if fault:
                return fault
            self.members += 1

    def _member(self, block: bytes, start: int, entry: Entry | None) -> str:
        try:
            info = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
        except tarfile.HeaderError as error:
            return f"byte {start} should begin a member, but is no tar header: {error}"
        if entry is None:
            return f"member {info.name!r} at byte {start} is not in the index"
        seen = (info.name, start + tar.BLOCK, info.size)
        if seen != (entry.name, entry.offset, entry.size):
            return (
                f"the index has {entry.name} of {entry.size} bytes at {entry.offset}; the tar has "
                f"{info.name!r} of {info.size} bytes at {start + tar.BLOCK}"
            )
        return self._content(info.name, info.size)

    def _content(self, name: str, size: int) -> str:
        left = size
        while left:
            read = len(self._take(min(left, _CHUNK)))
            if not read:
                return f"the tar was cut inside {name}: {left} of its {size} bytes are missing"
            left -= read
        filling = self._take(-size % tar.BLOCK)
        if filling != tar.padding(size):
            return f"the bytes that fill the last block of {name} are not zeros"
        return ""

    def _end(self, start: int, entry: Entry | None) -> str:
        """Checks what comes from the first block of zeros on."""
        rest = self._take(tar.BLOCK)
        if rest != bytes(tar.BLOCK):
            return f"only one of two end blocks stands at byte {start}"
        if self._take(1):
            return f"there are bytes behind the end of the tar at byte {start + 2 * tar.BLOCK}"
        if entry is not None:
            return f"the tar ends at byte {start}, but the index has {entry.name} at {entry.offset}"
        return ""

    def _take(self, count: int) -> bytes:
        """Reads and hashes up to so many bytes."""
        data = self._stream.read(count)
        self._digest.update(data)
        self.size += len(data)
        return data


def entries(rows: Iterable[dict[str, Any]]) -> Iterator[Entry]:
    """Yields the members that rows of an index tell of, in order."""
    for row in rows:
        names, offsets, sizes = (
            row[name] for name in ("member_names", "member_offsets", "member_sizes")
        )
        for name, offset, size in zip(names, offsets, sizes, strict=True):
            yield Entry(name=name, offset=offset, size=size)


def digest_of(path: str) -> str:
    """Returns the SHA-256 of a file, in hex."""
    digest = sha256()
    with store.open_file(path) as stream:
        while block := stream.read(_CHUNK):
            digest.update(block)
    return digest.hexdigest()
