"""WARC files, and WET and WAT, which are WARC too: a record a row.

Compressed files are one gzip stream a record, or one for all, which is legal and read alike.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from sources.readers.streams import MB, Bounded, Damaged, guarded, whole
from sources.source import Broken, File, Open, Piece, Row

# The most lines and bytes that the head of a record may have.
_HEAD_LINES = 1000
_HEAD_LINE = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Warc(Bounded):
    """A row is a dict: `type`, `headers` (names in lower case), and `content`, the bytes.

    A row's place is the record's id, or its number where it states none. Records of other types are
    passed over and are no rows. The content of a response is what the server sent: its headers, a
    blank line, the body.

    Attributes:
        types: the types of record to read, such as `response` or `conversion`.
    """

    types: tuple[str, ...] = ("response",)

    def pieces(self, file: File, opener: Open) -> Iterator[Piece]:
        """One piece: the file."""
        return whole(file)

    def rows(self, piece: Piece, opener: Open) -> Iterator[Row | Broken]:
        """Streams the records of the types that are wanted."""
        return guarded(piece.file, self._rows(piece.file, opener))

    def _rows(self, file: File, opener: Open) -> Iterator[Row | Broken]:
        with self.open(file, opener) as stream:
            number = 0
            while (headers := _head(stream, number)) is not None:
                kind, length = headers.get("warc-type", ""), _length(headers, number)
                place = headers.get("warc-record-id", "").strip("<>") or f"record {number}"
                number += 1
                if kind not in self.types or length > self.largest:
                    _pass_over(stream, length, place)
                    if kind in self.types:
                        fault = f"a record of {length} bytes, over {self.largest}: raise `largest`"
                        yield Broken(file=file.name, place=place, error=fault)
                    continue
                content = stream.read(length)
                if len(content) < length:
                    raise Damaged(_cut_off(len(content), length), place)
                value = {"type": kind, "headers": headers, "content": content}
                yield Row(value=value, file=file.name, place=place)


def _head(stream: BinaryIO, number: int) -> dict[str, str] | None:
    """The headers of the next record, names in lower case; None at the end of the file."""
    line = b"\r\n"
    while line and not line.strip():  # blank lines end the record before
        line = stream.readline(_HEAD_LINE)
    if not line:
        return None
    if not line.startswith(b"WARC/"):
        fault = f"no WARC record: it begins with {line[:40]!r}"
        raise Damaged(fault, f"record {number}")
    headers: dict[str, str] = {}
    name = ""
    for _ in range(_HEAD_LINES):
        line = stream.readline(_HEAD_LINE)
        text = line.decode(errors="replace").rstrip("\r\n")
        if not text and line:
            return headers
        if text[:1] in (" ", "\t") and name:  # the line before goes on
            headers[name] += f" {text.strip()}"
            continue
        name, colon, value = text.partition(":")
        name = name.strip().lower()
        if not colon:
            raise Damaged(f"a header without a colon: {text[:40]!r}", f"record {number}")
        headers[name] = value.strip()
    raise Damaged(f"a head of more than {_HEAD_LINES} lines", f"record {number}")


def _length(headers: dict[str, str], number: int) -> int:
    """How many bytes the content has."""
    stated = headers.get("content-length", "")
    if not (stated.isascii() and stated.isdecimal()):
        fault = f"content-length is {stated!r}, expected a number"
        raise Damaged(fault, f"record {number}")
    return int(stated)


def _pass_over(stream: BinaryIO, length: int, place: str) -> None:
    """Reads on behind a content that nobody wants."""
    left = length
    while left:
        block = stream.read(min(left, MB))
        if not block:
            raise Damaged(_cut_off(length - left, length), place)
        left -= len(block)


def _cut_off(got: int, expected: int) -> str:
    return f"cut off after {got} of {expected} bytes: fetch the file again"
