"""XML files that are a long list of elements of one kind, such as the pages of a wiki, streamed."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from sources.readers.streams import MB, Bounded, Damaged, guarded, whole
from sources.source import Broken, File, Open, Piece, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class XmlElements(Bounded):
    """A row is a dict with the `root` element's attributes and the `element`, names without spaces.

    Namespaces are cut off, as their versions change. Documents with a DTD are refused: its entities
    can make a few bytes grow without end. A row's place is the element's number.

    Attributes:
        tag: the name of the elements.
    """

    tag: str

    def pieces(self, file: File, opener: Open) -> Iterator[Piece]:
        """One piece: the file."""
        return whole(file)

    def rows(self, piece: Piece, opener: Open) -> Iterator[Row | Broken]:
        """Streams the elements up to where the file is damaged."""
        return guarded(piece.file, self._rows(piece.file, opener))

    def _rows(self, file: File, opener: Open) -> Iterator[Row | Broken]:
        found = _Elements(self.tag)
        number, since = 0, 0
        with self.open(file, opener) as stream:
            while True:
                block = stream.read(MB // 4)
                fault = found.feed(block)
                since += len(block)
                for element in found.take():
                    value = {"root": found.root, "element": element}
                    yield Row(value=value, file=file.name, place=f"{self.tag} {number}")
                    number, since = number + 1, 0
                if fault:
                    raise Damaged(fault, f"{self.tag} {number}")
                if since > self.largest:
                    fault = f"more than {self.largest} bytes in one row: raise `largest`"
                    raise Damaged(fault, f"{self.tag} {number}")
                if not block:
                    return


class _Elements:
    """Collects the elements of one name while a document is fed in."""

    def __init__(self, tag: str) -> None:
        self.root: dict[str, str] = {}
        self._tag = tag
        self._depth = 0
        self._inside = 0
        self._builder = TreeBuilder()
        self._done: list[Element] = []
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._data
        self._parser.StartDoctypeDeclHandler = self._doctype

    def feed(self, block: bytes) -> str:
        """Parses a block, none for the end; returns what is wrong with it."""
        try:
            self._parser.Parse(block, not block)
        except (expat.ExpatError, ValueError) as error:
            return f"not XML from here on: {error}; if it was cut off, fetch it again"
        return ""

    def take(self) -> list[Element]:
        """The elements that have ended since the last call."""
        done, self._done = self._done, []
        return done

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(":")[2]
        self._depth += 1
        if self._depth == 1:
            self.root = {key.rpartition(":")[2]: value for key, value in attributes.items()}
        if self._inside or local == self._tag:
            self._inside += 1
            self._builder.start(local, attributes)

    def _end(self, name: str) -> None:
        self._depth -= 1
        if self._inside:
            self._builder.end(name.rpartition(":")[2])
            self._inside -= 1
            if not self._inside:
                self._done.append(self._builder.close())
                self._builder = TreeBuilder()

    def _data(self, text: str) -> None:
        if self._inside:
            self._builder.data(text)

    def _doctype(self, *_: Any) -> None:
        raise ValueError("a DTD, which is refused")
