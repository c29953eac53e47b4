"""What is scored together: references to samples in a tar, and how they are read from it."""

import io
import struct
import tarfile
from collections.abc import Iterable, Iterator
from typing import BinaryIO, NamedTuple

from pipelines import tar
from sources.sample import Sample, from_members

_PLACE = struct.Struct(">QQ")
# A batch ends before it holds more than this; one sample may be larger.
_BYTES = 64_000_000


class Batch(NamedTuple):
    """Samples of one tar that are scored together; all that crosses a shuffle of them.

    Attributes:
        group: whose scores are collected together.
        tar: path of their tar.
        part: path of the file for their scores.
        places: where each begins and how long it is, packed.
    """

    group: str
    tar: str
    part: str
    places: bytes

    def samples(self) -> Iterator[tuple[int, int]]:
        """Yields offset and size of each sample."""
        yield from _PLACE.iter_unpack(self.places)


def cut(places: Iterable[tuple[int, int]], most: int) -> Iterator[bytes]:
    """Yields the packed places of batches: the same ones whoever cuts them, on every runner.

    Args:
        places: offset and size of samples, in order.
        most: samples of a batch.

    >>> [len(batch) // 16 for batch in cut([(0, 9), (9, 9), (18, 9)], most=2)]
    [2, 1]
    """
    held: list[bytes] = []
    room = _BYTES
    for offset, size in places:
        if held and (len(held) == most or size > room):
            yield b"".join(held)
            held, room = [], _BYTES
        held.append(_PLACE.pack(offset, size))
        room -= size
    if held:
        yield b"".join(held)


def read_sample(stream: BinaryIO, offset: int, size: int) -> Sample:
    """Reads a sample from its part of a tar.

    Raises:
        EOFError: the tar is shorter than that.
        ValueError: what is there is no sample.
    """
    content = io.BytesIO(tar.read_range(stream, offset, size) + tar.END)
    try:
        with tarfile.open(fileobj=content) as opened:
            members = {each.name: _content(opened, each) for each in opened}
        return from_members(members)
    except (tarfile.TarError, KeyError, TypeError) as error:
        raise ValueError(f"no sample begins at byte {offset}: {error!r}") from error


def _content(opened: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    stream = opened.extractfile(member)
    return b"" if stream is None else stream.read()
