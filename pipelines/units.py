"""Units: raw files found, cut into pieces that one worker reads as a whole, and written as lists.

A unit's id is a hash of what it holds and of how it is converted. So an entry of the recipe that
has not changed finds its finished units again, and one that has changed makes new ones.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import sources
from pipelines import store
from pipelines.layout import Layout, digest
from pipelines.recipe import Limits, Recipe, Stanza
from sources.readers.sized import sized
from sources.source import File, Piece

# A unit of many small files ends at this many, so that retries and progress stay fine-grained.
_FILES = 256
# Part of every unit's id: changes when the same row would be staged as other bytes.
_FORMAT = 3


class InputError(ValueError):
    """Raw files that are missing, or not what they were; the message says which and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """What one worker reads as a whole.

    Attributes:
        id: 16 hexadecimal digits.
        stanza: name of the recipe's entry.
        pieces: parts of files.
        changed: time of change of each piece's file, in nanoseconds.
    """

    id: str
    stanza: str
    pieces: tuple[Piece, ...]
    changed: tuple[int, ...]

    @property
    def size(self) -> int:
        """Bytes of raw material."""
        return sum(piece.size for piece in self.pieces)


def to_record(unit: Unit) -> dict[str, Any]:
    """Returns a unit as a JSON value."""
    return asdict(unit)


def from_record(record: dict[str, Any]) -> Unit:
    """Returns the unit of a JSON value: the inverse of `to_record`."""
    pieces = tuple(Piece(**{**piece, "file": File(**piece["file"])}) for piece in record["pieces"])
    return Unit(
        id=record["id"], stanza=record["stanza"], pieces=pieces, changed=tuple(record["changed"])
    )


def stanza_id(stanza: Stanza, limits: Limits, unit_size: int) -> str:
    """Returns a hash of all that decides how a stanza's rows are staged."""
    version = sources.load(stanza.source).version
    limit = {name: value for name, value in asdict(limits).items() if name != "rejects"}
    return digest([_FORMAT, asdict(stanza), limit, unit_size, version])


def find_files(stanza: Stanza) -> list[store.Found]:
    """Returns the raw files of a stanza, sorted, each once.

    Raises:
        InputError: a pattern finds nothing, or a file outside the stanza's root.
    """
    found: dict[str, store.Found] = {}
    for pattern in stanza.path:
        hits = _find(pattern, sources.load(stanza.source).files)
        if not hits:
            raise InputError(
                f"{stanza.name}: {pattern} finds no file. Check the path; relative ones start at "
                "the entry's root, or else at the recipe's folder"
            )
        found.update({hit.path: hit for hit in hits})
    for path in found:
        if not path.startswith(f"{stanza.root.rstrip('/')}/"):
            raise InputError(f"{stanza.name}: {path} lies outside the entry's root {stanza.root}")
    return [found[path] for path in sorted(found)]


def cut(stanza: Stanza, found: list[store.Found], recipe: Recipe) -> Iterator[Unit]:
    """Yields the units of a stanza: pieces of big files, and small files together."""
    prefix = stanza_id(stanza, recipe.limits, recipe.unit_size)
    reader = sized(sources.load(stanza.source).read, recipe.unit_size)
    held: list[tuple[Piece, int]] = []
    room = recipe.unit_size
    for hit in found:
        name = hit.path[len(stanza.root.rstrip("/")) + 1 :]
        file = File(path=hit.path, name=name, size=hit.size)
        for piece in reader.pieces(file, store.open_file):
            if held and (piece.size > room or len(held) == _FILES):
                yield _unit(prefix, stanza.name, held)
                held, room = [], recipe.unit_size
            held.append((piece, hit.changed))
            room -= piece.size
    if held:
        yield _unit(prefix, stanza.name, held)


def list_units(recipe: Recipe, layout: Layout) -> list[str]:
    """Writes the list of each stanza's units, once, and returns the lists' paths.

    Raises:
        InputError: nothing is found, or the inputs are not what they were when the list was made.
    """
    paths = []
    for stanza in recipe.stanzas:
        name = f"{stanza.name}-{stanza_id(stanza, recipe.limits, recipe.unit_size)}"
        path = layout.build("units", f"{name}.jsonl")
        found = find_files(stanza)
        inputs = [[hit.path, hit.size, hit.changed] for hit in found]
        seen = layout.build("units", f"{name}.inputs.json")
        if store.exists(path):
            _refuse_changes(stanza, store.read_json(seen), inputs)
        else:
            store.write_json(seen, inputs)
            store.write_lines(path, map(to_record, cut(stanza, found, recipe)))
        paths.append(path)
    return paths


def check_unchanged(unit: Unit) -> None:
    """Checks that a unit's files are still those that were listed.

    Raises:
        InputError: one has vanished or changed.
    """
    for piece, changed in zip(unit.pieces, unit.changed, strict=True):
        now = store.stat(piece.file.path)
        if now is None:
            raise InputError(f"{piece.file.path} has vanished since the build began. {_REMEDY}")
        if (now.size, now.changed) != (piece.file.size, changed):
            raise InputError(f"{piece.file.path} has changed since the build began. {_REMEDY}")


_REMEDY = "Put the files back as they were and build again, or build into another folder"


def _refuse_changes(stanza: Stanza, before: list[list[Any]], now: list[list[Any]]) -> None:
    """Raises InputError if the inputs differ from those that were listed."""
    then, here = ({path: rest for path, *rest in entries} for entries in (before, now))
    changes = [
        *(f"{path} has vanished" for path in then if path not in here),
        *(f"{path} is new" for path in here if path not in then),
        *(f"{path} has changed" for path in here if path in then and here[path] != then[path]),
    ]
    if changes:
        shown = "; ".join(changes[:3]) + (f"; and {len(changes) - 3} more" * (len(changes) > 3))
        raise InputError(
            f"{stanza.name}: the inputs of this build are others now: {shown}. {_REMEDY}"
        )


def _find(pattern: str, below: Iterable[str]) -> list[store.Found]:
    """Finds a pattern's files; a folder stands for what its source looks for below it."""
    if not re.search(r"[*?\[]", pattern) and store.is_folder(pattern):
        return [hit for name in below for hit in store.below(pattern, name)]
    return store.find(pattern)


def _unit(prefix: str, stanza: str, held: list[tuple[Piece, int]]) -> Unit:
    pieces = tuple(piece for piece, _ in held)
    names = [[piece.file.name, piece.file.size, piece.start, piece.stop] for piece in pieces]
    changed = tuple(time for _, time in held)
    return Unit(id=digest([prefix, names]), stanza=stanza, pieces=pieces, changed=changed)
