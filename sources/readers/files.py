"""Files that are one row each, and the choice of a reader by a file's name."""

import json
import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from sources.readers.streams import CODECS, Bounded, Damaged, guarded, inner_name, whole
from sources.source import Broken, File, Open, Piece, Reader, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeFile(Bounded):
    """A row is a file.

    Attributes:
        kind: the row's value: its bytes, its text, or the JSON value that it is.
    """

    kind: Literal["bytes", "text", "json"] = "bytes"

    def pieces(self, file: File, opener: Open) -> Iterator[Piece]:
        """One piece: the file."""
        return whole(file)

    def rows(self, piece: Piece, opener: Open) -> Iterator[Row | Broken]:
        """Yields the one row."""
        return guarded(piece.file, self._rows(piece.file, opener))

    def _rows(self, file: File, opener: Open) -> Iterator[Row | Broken]:
        with self.open(file, opener) as stream:
            data = stream.read(self.largest + 1)
        if len(data) > self.largest:
            raise Damaged(f"more than {self.largest} bytes in one row: raise `largest`")
        try:
            value = data if self.kind == "bytes" else text(data)
            yield Row(value=json.loads(value) if self.kind == "json" else value, file=file.name)
        except (ValueError, RecursionError) as error:
            raise Damaged(f"no {self.kind}: {error}") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageWithText(Bounded):
    """A row is an image file and the text file that belongs to it, as `image` and `text`.

    `image` is the name of the file, to be read later; `text` is None where there is no such file.

    Attributes:
        beside: where the text of an image lies, seen from it, `{stem}` being the image's name
            without its extension: `{stem}.txt`, `../labels/gt_{stem}.txt`.
    """

    beside: str = "{stem}.txt"

    def pieces(self, file: File, opener: Open) -> Iterator[Piece]:
        """One piece: the file."""
        return whole(file)

    def rows(self, piece: Piece, opener: Open) -> Iterator[Row | Broken]:
        """Yields the one row."""
        return guarded(piece.file, self._rows(piece.file, opener))

    def _rows(self, file: File, opener: Open) -> Iterator[Row | Broken]:
        folder, name = posixpath.split(file.path)
        beside = self.beside.format(stem=posixpath.splitext(name)[0])
        path = posixpath.join(folder, beside)
        try:
            with opener(path) as stream:
                data = stream.read(self.largest + 1)
        except FileNotFoundError:
            yield Row(value={"image": name, "text": None}, file=file.name)
            return
        if len(data) > self.largest:
            raise Damaged(f"{beside} has more than {self.largest} bytes: raise `largest`")
        try:
            yield Row(value={"image": name, "text": text(data)}, file=file.name)
        except ValueError as error:
            raise Damaged(f"{beside} is no text: {error}") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class ByExtension:
    """Reads each file by the reader that its extension names, compressed or not.

    Attributes:
        readers: extension (lower case, with its dot) -> reader; "" takes what no other does.
    """

    readers: Mapping[str, Reader]

    def patterns(self) -> tuple[str, ...]:
        """Patterns of the files it takes, compressed or not, in any folder."""
        return tuple(f"**/*{known}{suffix}" for known in self.readers for suffix in ("", *CODECS))

    def pieces(self, file: File, opener: Open) -> Iterator[Piece]:
        """Cuts the file as its reader does.

        Raises:
            ValueError: no reader takes files of that name.
        """
        return self._reader(file).pieces(file, opener)

    def rows(self, piece: Piece, opener: Open) -> Iterator[Row | Broken]:
        """Streams the rows as the file's reader does."""
        return self._reader(piece.file).rows(piece, opener)

    def _reader(self, file: File) -> Reader:
        name = inner_name(file.name).lower()
        found = [known for known in self.readers if name.endswith(known)]
        if not found:
            known = ", ".join(sorted(self.readers))
            raise ValueError(f"no reader for {file.name!r}: expected one of {known}")
        return self.readers[max(found, key=len)]


def text(data: bytes) -> str:
    """Decodes UTF-8, or UTF-16 that says so by its mark.

    Raises:
        ValueError: it is neither.

    >>> text("a".encode("utf-8-sig")), text("b".encode("utf-16"))
    ('a', 'b')
    """
    marked = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    return data.decode("utf-16" if marked else "utf-8-sig")
