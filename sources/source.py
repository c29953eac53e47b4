"""What an adapter declares: facts about a source, how its files become rows, rows samples."""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any, BinaryIO, Protocol

from sources.sample import Sample, Skip


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One raw file as it was found.

    Attributes:
        path: where to open it: a local path or a URL of a file system.
        name: its path below the root of its source, with forward slashes; part of a row's identity.
        size: in bytes.
    """

    path: str
    name: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A part of a file that one worker reads as a whole.

    Attributes:
        file: the file.
        start: where the part begins, in what its reader counts: bytes, row groups or members.
        stop: where it ends, exclusive; -1 for the end of the file.
        size: how many bytes of the file it is, about.
    """

    file: File
    start: int = 0
    stop: int = -1
    size: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One raw record.

    Attributes:
        value: what the reader made of it: a dict, a str, bytes, ...
        file: name of its file below the root of its source.
        place: where in the file, such as `byte 2048`, `row 17` or `member a/b.tex`; empty for a
            file that is one row.
    """

    value: Any
    file: str
    place: str = ""

    @property
    def identity(self) -> str:
        """File and place in one string, the same on every machine."""
        return f"{self.file}#{self.place}" if self.place else self.file


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """A place where a reader found no row, and why; the reader goes on behind it if it can."""

    file: str
    place: str
    error: str


class Open(Protocol):
    """Opens a path for reading; pipelines hand in one that knows every file system of Beam."""

    def __call__(self, path: str, /) -> BinaryIO:
        """Returns the file opened for reading bytes, seekable unless it is compressed."""
        ...


class Reader(Protocol):
    """How the files of one container become rows."""

    def pieces(self, file: File, opener: Open) -> Iterator[Piece]:
        """Cuts a file into pieces that several workers can read; together they hold every row."""
        ...

    def rows(self, piece: Piece, opener: Open) -> Iterator[Row | Broken]:
        """Streams the rows of a piece in bounded memory.

        Raises:
            OSError: the file cannot be read at all; the build stops.
        """
        ...


Parse = Callable[..., Iterator[Sample | Skip]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A named dataset or kind of raw material. An adapter is a module with one, called SOURCE.

    Attributes:
        title: what it is, in a few words.
        version: changes whenever the same raw row gives another sample.
        category: a class of Tables 1 and 2, such as `pretrain/caption`.
        licence: SPDX id or URL where rows do not state their own; `unknown` if nobody says.
        homepage: where to get it.
        files: patterns below a folder that find the raw files.
        read: how a file becomes rows.
        parse: how a row becomes samples and skips. Keyword arguments after the row, each with a
            default, are the options that a recipe can set.
        languages: ISO 639 codes of what it holds, for people.
        citation: whom to cite.
        download: what to fetch and how it lies on disk afterwards, for people.
        filters: presets of filters that its samples should pass; an entry to paste names them.
    """

    title: str
    version: str
    category: str
    licence: str
    homepage: str
    files: tuple[str, ...]
    read: Reader
    parse: Parse
    languages: tuple[str, ...] = ()
    citation: str = ""
    download: str = ""
    filters: tuple[str, ...] = ()

    def options(self) -> dict[str, Any]:
        """Returns the options of `parse` with their defaults."""
        parameters = list(inspect.signature(self.parse).parameters.values())[1:]
        return {parameter.name: parameter.default for parameter in parameters}

    def option_kinds(self) -> dict[str, Any]:
        """Returns the options of `parse` with the annotations of their parameters."""
        parameters = list(inspect.signature(self.parse, eval_str=True).parameters.values())[1:]
        return {parameter.name: parameter.annotation for parameter in parameters}


def complete(sample: Sample, *, name: str, source: Source, row: Row, nth: int) -> Sample:
    """Fills in what the adapter left open: identity, provenance, category.

    Args:
        sample: as `parse` gave it.
        name: the source's name, such as `web_code/notebooks`.
        source: its declaration.
        row: the raw row.
        nth: which sample of its row, counted from 0.
    """
    identity = sample.row or (f"{row.identity}#{nth}" if nth else row.identity)
    return replace(
        sample,
        key=key(name, identity),
        source=name,
        version=source.version,
        row=identity,
        category=sample.category or source.category,
        licence=sample.licence or source.licence,
        origin=sample.origin or row.identity,
    )


def key(name: str, identity: str) -> str:
    """Returns the key of a row: its source's short name and 96 bits of its identity's hash.

    >>> key("web_code/notebooks", "a.ipynb#0")
    'notebooks-1feb8c18bf4cacb96ddf71e1'
    """
    digest = blake2b(f"{name}\n{identity}".encode(), digest_size=12).hexdigest()
    return f"{name.rsplit('/', 1)[-1]}-{digest}"
