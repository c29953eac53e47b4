"""YAML read with its lines, so that whoever finds a mistake can say where it is."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml


class Mistake(ValueError):
    """A data file says something wrong; the message starts with the file and the line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One value of a YAML file and where it stands.

    Attributes:
        value: a scalar, a list of entries, or a dict of entries by name.
        file: name of the file.
        line: its line, counted from 1.
        block: whether it is a block of literal lines; they start one line further down.
    """

    value: Any
    file: str
    line: int
    block: bool = False

    def mistake(self, message: str, further: int = 0) -> Mistake:
        """Returns the error for a mistake at this entry, or so many lines further down."""
        return Mistake(f"{self.file}:{self.line + further}: {message}")

    def fields(self, needed: tuple[str, ...] = (), allowed: tuple[str, ...] | None = None) -> Any:
        """Returns the dict of this entry, once its names are found right.

        Args:
            needed: names that must be there.
            allowed: names that may be there besides; None for any.
        """
        if not isinstance(self.value, dict):
            raise self.mistake(f"expected names with values, got {self._plain()!r}")
        missing = [name for name in needed if name not in self.value]
        if missing:
            raise self.mistake(f"missing {', '.join(missing)}: add it here")
        for name, entry in self.value.items():
            if allowed is not None and name not in needed + allowed:
                raise entry.mistake(
                    f"unknown name {name!r}: expected one of {', '.join(needed + allowed)}"
                )
        return self.value

    def text(self) -> str:
        """Returns the text of this entry, which must not be empty."""
        if not isinstance(self.value, str) or not self.value.strip():
            raise self.mistake(f"expected a text, got {self._plain()!r}; quote it if it is one")
        return self.value.strip()

    def number(self) -> float:
        """Returns the number of this entry, which must not be negative."""
        value = self.value
        if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
            raise self.mistake(f"expected a number of 0 or more, got {self._plain()!r}")
        return value

    def texts(self) -> tuple[str, ...]:
        """Returns the texts of a list."""
        if not isinstance(self.value, list):
            raise self.mistake(f"expected a list of texts, got {self._plain()!r}")
        return tuple(item.text() for item in self.value)

    def lines(self) -> list[tuple[int, str]]:
        """Returns the lines of a text that are not blank, each with how far down it stands."""
        first = 1 if self.block else 0
        rows = enumerate(self.text_as_is().split("\n"), first)
        return [(further, row.strip()) for further, row in rows if row.strip()]

    def text_as_is(self) -> str:
        """Returns the text of this entry with its blanks and newlines."""
        self.text()
        return str(self.value)

    def _plain(self) -> Any:
        """The value for a message; of what holds further entries, only its kind."""
        if isinstance(self.value, dict):
            return "names with values"
        return "a list" if isinstance(self.value, list) else self.value


def read(path: Path) -> Entry:
    """Reads a YAML file.

    Raises:
        Mistake: it is not YAML, is empty, or says a name twice.
    """
    loader = yaml.SafeLoader(path.read_text(encoding="utf-8"))
    try:
        node = loader.get_single_node()
        if node is None:
            raise Mistake(f"{path.name}:1: the file is empty")
        return _entry(loader, node, path.name)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise Mistake(f"{path.name}:{line}: not YAML: {error.problem}") from error
    finally:
        loader.dispose()


def _entry(loader: yaml.SafeLoader, node: yaml.Node, file: str) -> Entry:
    """Turns a node of the parser and all below it into entries."""
    line = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        return Entry(value=_names(loader, node, file), file=file, line=line)
    if isinstance(node, yaml.SequenceNode):
        items = [_entry(loader, item, file) for item in node.value]
        return Entry(value=items, file=file, line=line)
    value = loader.construct_object(node)
    return Entry(value=value, file=file, line=line, block=getattr(node, "style", None) == "|")


def _names(loader: yaml.SafeLoader, node: yaml.MappingNode, file: str) -> dict[str, Entry]:
    """The entries of a mapping by name; PyYAML itself would let the last of two equal names win."""
    found: dict[str, Entry] = {}
    for key, value in node.value:
        if key.value in found:
            line = key.start_mark.line + 1
            raise Mistake(f"{file}:{line}: {key.value!r} stands here a second time")
        found[key.value] = _entry(loader, value, file)
    return found
