"""Fingerprints: an evaluation set as hashes, a file that can be passed on without the set.

A Parquet file with a row for each n-gram, question and picture of each item, and in its metadata
the set's name, its items' ids and what the hashes depend on. It holds no text and no picture.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines import store
from pipelines.leakage.benchmark import Item
from pipelines.leakage.grams import Phrases, Size, Text, outside, phrase
from pipelines.measures.words import words
from sources.image import ImageError, read_image

# Part of each file: changes when the same item gives other hashes.
FORMAT = 1
GRAM, QUESTION, IMAGE = 0, 1, 2
# Pictures of test sets are trusted no more than others.
_IMAGE_BYTES, _IMAGE_PIXELS = 100 * 10**6, 200_000_000
_SCHEMA = pa.schema(
    [
        ("kind", pa.uint8()),
        ("hash", pa.uint64()),
        ("anchor", pa.uint64()),
        ("words", pa.uint32()),
        ("item", pa.uint32()),
    ]
)
_METADATA = b"shardwright.fingerprint"


class FingerprintError(ValueError):
    """A file that is no fingerprint, or an evaluation set that gives none; says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """What the hashes of a set depend on.

    Attributes:
        size: how long an n-gram is.
        least_question: shorter questions, in n-grams, are not looked for as a whole.
        most_items: an n-gram that more items share is a phrase of the set, and tells nothing.
        most_askers: a question that more items share is a template, likewise.
        least_entropy: pictures of less, in bits, are left out: almost blank ones look alike.
    """

    size: Size = field(default_factory=Size)
    least_question: float = 8 / 13
    most_items: int = 20
    most_askers: int = 3
    least_entropy: float = 3.0


class Mark(NamedTuple):
    """One row of a fingerprint.

    Attributes:
        kind: GRAM, QUESTION or IMAGE.
        hash: of the n-gram, of the whole question, or the picture's perceptual hash.
        anchor: of a question, the hash of its first words.
        words: of a question, how many it has.
        item: place of its item in the list of items.
    """

    kind: int
    hash: int
    anchor: int
    words: int
    item: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """An evaluation set as hashes.

    Attributes:
        name: of the set; removals name it.
        benchmark: what its files were read as.
        parameters: what the hashes depend on.
        items: ids of its items.
        marks: sorted rows.
        left: what was left out, by reason.
    """

    name: str
    benchmark: str
    parameters: Parameters
    items: tuple[str, ...]
    marks: tuple[Mark, ...]
    left: dict[str, int]


def fingerprint(
    name: str,
    items: Iterable[Item],
    parameters: Parameters,
    stop: Phrases,
    benchmark: str = "",
) -> Fingerprint:
    """Returns the fingerprint of the items of a set; items of one id are one.

    Args:
        name: of the set.
        items: with the bytes of their pictures.
        parameters: what the hashes depend on.
        stop: phrases of which no n-gram may hold a part.
        benchmark: what its files were read as.

    Raises:
        FingerprintError: there is no item, or none that can be told by anything.
    """
    ids: dict[str, int] = {}
    found: set[Mark] = set()
    left: Counter[str] = Counter()
    for item in items:
        number = ids.setdefault(item.id, len(ids))
        found |= {mark._replace(item=number) for mark in _marks(item, parameters, stop, left)}
    marks = tuple(sorted(_telling(found, parameters, left)))
    told = {reason: count for reason, count in sorted(left.items()) if count}
    if not marks:
        why = ", ".join(f"{count:,} {reason}" for reason, count in told.items()) or "no item"
        raise FingerprintError(
            f"{name}: {len(ids)} items gave no n-gram, question or picture to look for ({why}): "
            "are these the files of that set, and --images the folder of its pictures?"
        )
    return Fingerprint(
        name=name,
        benchmark=benchmark,
        parameters=parameters,
        items=tuple(ids),
        marks=marks,
        left=told,
    )


def write(path: str, made: Fingerprint) -> None:
    """Publishes a fingerprint."""
    columns = list(zip(*made.marks, strict=True))
    told = {
        "format": FORMAT,
        "name": made.name,
        "benchmark": made.benchmark,
        "parameters": asdict(made.parameters),
        "items": list(made.items),
        "left": made.left,
    }
    metadata = {_METADATA: json.dumps(told, ensure_ascii=False, sort_keys=True).encode()}
    table = pa.table(
        dict(zip(_SCHEMA.names, columns, strict=True)), schema=_SCHEMA.with_metadata(metadata)
    )
    with store.publishing(path) as stream:
        pq.write_table(table, stream, compression="zstd", store_schema=True)


def read(path: str) -> Fingerprint:
    """Reads a fingerprint.

    Raises:
        FingerprintError: it is none, or of another version of the program.
    """
    told = read_head(path)
    with store.open_file(path) as stream:
        table = pq.read_table(stream)
    columns = [table[name].to_pylist() for name in _SCHEMA.names]
    return Fingerprint(
        name=told["name"],
        benchmark=told["benchmark"],
        parameters=to_parameters(told["parameters"]),
        items=tuple(told["items"]),
        marks=tuple(map(Mark._make, zip(*columns, strict=True))),
        left=told["left"],
    )


def read_head(path: str) -> dict[str, Any]:
    """Reads what a fingerprint says of itself.

    Raises:
        FingerprintError: it is none, or of another version of the program.
    """
    try:
        with store.open_file(path) as stream:
            metadata = pq.read_schema(stream).metadata or {}
    except (OSError, pa.ArrowInvalid) as error:
        raise FingerprintError(f"{path} cannot be read as a fingerprint: {error}") from None
    told: dict[str, Any] = json.loads(metadata.get(_METADATA, b"{}"))
    if told.get("format") != FORMAT:
        raise FingerprintError(
            f"{path} is no fingerprint of format {FORMAT} (got {told.get('format')}): make it with "
            "`shardwright fingerprint`"
        )
    return told


def to_parameters(told: dict[str, Any]) -> Parameters:
    """Returns the parameters of a JSON value."""
    return Parameters(**{**told, "size": Size(**told["size"])})


def _marks(item: Item, parameters: Parameters, stop: Phrases, left: Counter[str]) -> Iterator[Mark]:
    """What an item can be told by, its place left open."""
    # As one text: options are short, and whoever copies an item copies them behind the question.
    found = Text(words("\n".join((item.question, *item.texts))))
    grams = found.grams(parameters.size)
    free = outside(grams, ((start, end) for _, start, end in stop.find(found)), len(found))
    left["n-grams with stop phrases"] += int(np.count_nonzero(~free))
    yield from (Mark(GRAM, each, 0, 0, 0) for each in grams.hashes[free].tolist())
    asked = Text(words(item.question))
    if len(asked):
        if asked.weight(parameters.size) < parameters.least_question:
            left["short questions"] += 1
        else:
            whole = phrase(asked)
            yield Mark(QUESTION, whole.hash, whole.anchor, whole.length, 0)
    for image in item.images:
        value = _perceptual(image, parameters, left)
        if value is not None:
            yield Mark(IMAGE, value, 0, 0, 0)


def _perceptual(image: bytes | str, parameters: Parameters, left: Counter[str]) -> int | None:
    if isinstance(image, str):
        left["pictures that are not there"] += 1
        return None
    try:
        _, seen = read_image(image, max_bytes=_IMAGE_BYTES, max_pixels=_IMAGE_PIXELS)
    except ImageError:
        left["pictures that cannot be decoded"] += 1
        return None
    if seen.one_colour or seen.look.entropy < parameters.least_entropy:
        left["plain pictures"] += 1
        return None
    return int(seen.look.perceptual, 16)


def _telling(marks: Iterable[Mark], parameters: Parameters, left: Counter[str]) -> Iterator[Mark]:
    """Leaves out n-grams and questions that too many items share."""
    holders: dict[Mark, list[Mark]] = defaultdict(list)
    for mark in marks:
        holders[mark._replace(item=0)].append(mark)
    for mark, same in holders.items():
        most = {GRAM: parameters.most_items, QUESTION: parameters.most_askers}.get(mark.kind)
        if most is not None and len(same) > most:
            left["n-grams of many items" if mark.kind == GRAM else "questions of many items"] += 1
        else:
            yield from same
