"""TFRecord files: framed messages with checksums, read without TensorFlow.

uint64 length, uint32 checksum of the length, the message, uint32 checksum of the message
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, Literal

import google_crc32c

from sources.readers.protobuf import example, sequence_example
from sources.readers.streams import Bounded, Damaged, guarded, whole
from sources.source import Broken, File, Open, Piece, Row

_HEAD = struct.Struct("<QI")
_FOOT = struct.Struct("<I")


@dataclass(frozen=True, slots=True, kw_only=True)
class TfRecord(Bounded):
    """A row is the message of a record; its place is the record's number.

    A file is one piece, as only its start tells where records lie. Text stays bytes, as the format
    does not tell the two apart.

    Attributes:
        kind: `example` gives a dict, name -> list of values; `sequence` gives a dict with `context`
            and `lists`, the latter name -> list of lists; `bytes` gives the message itself.
        gzip: the files are compressed whatever their names say: those in shards end in
            `.tfrecord.gz-00000-of-00005`.
    """

    kind: Literal["example", "sequence", "bytes"] = "example"
    gzip: bool = False

    def pieces(self, file: File, opener: Open) -> Iterator[Piece]:
        """One piece: the file."""
        return whole(file)

    def rows(self, piece: Piece, opener: Open) -> Iterator[Row | Broken]:
        """Streams the records; a broken message does not end it, a broken frame does."""
        return guarded(piece.file, self._rows(piece.file, opener))

    def _rows(self, file: File, opener: Open) -> Iterator[Row | Broken]:
        packed = self.gzip and not file.name.endswith(".gz")
        seen = File(path=file.path, name=f"{file.name}.gz", size=file.size) if packed else file
        with self.open(seen, opener) as stream:
            for number, data in enumerate(_messages(stream, self.largest)):
                place = f"record {number}"
                if data is None:
                    fault = "the message does not fit its checksum: fetch the file again"
                    yield Broken(file=file.name, place=place, error=fault)
                    continue
                try:
                    yield Row(value=self._value(data), file=file.name, place=place)
                except ValueError as error:
                    yield Broken(file=file.name, place=place, error=str(error))

    def _value(self, data: bytes) -> Any:
        if self.kind == "sequence":
            context, lists = sequence_example(data)
            return {"context": context, "lists": lists}
        return example(data) if self.kind == "example" else data


def _messages(stream: BinaryIO, largest: int) -> Iterator[bytes | None]:
    """The messages; None for one that does not fit its checksum."""
    number = 0
    while head := _exactly(stream, _HEAD.size, number, at_end=True):
        length, check = _HEAD.unpack(head)
        if _masked(head[:8]) != check:
            fault = "no TFRecord, or one that is damaged: a length does not fit its checksum"
            raise Damaged(fault, f"record {number}")
        if length > largest:
            fault = f"a message of {length} bytes, more than {largest}: raise `largest`"
            raise Damaged(fault, f"record {number}")
        data = _exactly(stream, length, number)
        (check,) = _FOOT.unpack(_exactly(stream, _FOOT.size, number))
        yield data if _masked(data) == check else None
        number += 1


def _exactly(stream: BinaryIO, size: int, number: int, *, at_end: bool = False) -> bytes:
    """So many bytes; none where the file may end and does."""
    data = stream.read(size)
    if len(data) < size and (data or not at_end):
        fault = f"cut off: {len(data)} of {size} bytes are there; fetch the file again"
        raise Damaged(fault, f"record {number}")
    return data


def _masked(data: bytes) -> int:
    """The checksum as TFRecord stores it: CRC-32C, turned and shifted.

    >>> hex(_masked(b"123456789"))
    '0xc78ab0e5'
    """
    crc = google_crc32c.value(data)
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF
