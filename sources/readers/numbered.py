"""Lines that are known by their numbers, with the pictures that are called by them."""

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass

from sources.readers.lines import lines
from sources.readers.streams import MB, Bounded, guarded, whole
from sources.source import Broken, File, Open, Piece, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberedLines(Bounded):
    """A row is a dict: `number` of a line from 0, its `text`, and its `image`.

    Empty lines count. `image` is the first of the paths that is there, None if none is.

    Attributes:
        largest: the most bytes one line may have.
        images: where the picture of a line may lie, seen from the file, by its `{number}`.
    """

    largest: int = 4 * MB
    images: tuple[str, ...] = ("{number}.png",)

    def pieces(self, file: File, opener: Open) -> Iterator[Piece]:
        """One piece: only the start of a file tells the numbers of its lines."""
        return whole(file)

    def rows(self, piece: Piece, opener: Open) -> Iterator[Row | Broken]:
        """Streams the lines."""
        return guarded(piece.file, self._rows(piece.file, opener))

    def _rows(self, file: File, opener: Open) -> Iterator[Row | Broken]:
        with self.open(file, opener) as stream:
            found = lines(stream, Piece(file=file), self.largest)
            for number, (_, line) in enumerate(found):
                place = f"line {number}"
                try:
                    text = line.decode().rstrip("\r\n")
                except UnicodeDecodeError as error:
                    yield Broken(file=file.name, place=place, error=str(error))
                    continue
                if len(line) > self.largest:
                    fault = f"a line of more than {self.largest} bytes: raise `largest`"
                    yield Broken(file=file.name, place=place, error=fault)
                    continue
                value = {"number": number, "text": text, "image": self._image(file, number, opener)}
                yield Row(value=value, file=file.name, place=place)

    def _image(self, file: File, number: int, opener: Open) -> str | None:
        """The path of the picture of a line, if there is one."""
        for pattern in self.images:
            path = pattern.format(number=number)
            try:
                with opener(posixpath.join(posixpath.dirname(file.path), path)):
                    return path
            except FileNotFoundError:
                continue
        return None
