"""All fingerprints of a build as one index: sorted arrays in files that workers map, not read."""

import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from hashlib import sha256
from typing import Any, NamedTuple

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pipelines import store
from pipelines.leakage import stop
from pipelines.leakage.fingerprint import GRAM, IMAGE, QUESTION, read_head, to_parameters
from pipelines.leakage.grams import Phrase, Phrases, Text, known, outside
from pipelines.leakage.settings import Leakage
from pipelines.measures.words import words

_HEAD, _ITEMS = "index.json", "items.json"


class Found(NamedTuple):
    """An item of an evaluation set that a sample holds a part of.

    Attributes:
        set: name of the evaluation set.
        item: id of the item.
        kind: `ngrams`, `question` or `image`.
        hits: distinct n-grams found, bits that differ, or for a question the words it has.
        of: n-grams that the item has; bits of a hash; words of the question.
        place: which image of the sample, counted from 0; 0 for texts.
    """

    set: str
    item: str
    kind: str
    hits: int
    of: int
    place: int = 0


class Index:
    """The fingerprints that a folder holds."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self.head: dict[str, Any] = store.read_json(store.join(folder, _HEAD))
        self.size = to_parameters(self.head["parameters"]).size

    def texts(self, text: str, settings: Leakage) -> Iterator[Found]:
        """Yields the items that a text holds n-grams or the question of."""
        found = Text(words(text))
        yield from self._grams(found, settings)
        if settings.questions:
            numbers = {number for number, _, _ in self._questions.find(found)}
            for number in sorted(numbers):
                length = int(self._question_words[number])
                name = self._name(int(self._question_items[number]))
                yield Found(*name, "question", length, length)

    def images(self, hashes: Sequence[str], settings: Leakage) -> Iterator[Found]:
        """Yields the items of which a picture looks like one with one of these perceptual hashes.

        Args:
            hashes: in hex; empty for a picture of one colour, which is like all of them.
            settings: what counts as found.
        """
        if settings.distance is None or not len(self._images):
            return
        for place, value in enumerate(hashes):
            if value:
                apart = np.bitwise_count(self._images ^ np.uint64(int(value, 16)))
                for number in np.flatnonzero(apart <= settings.distance).tolist():
                    name = self._name(int(self._image_items[number]))
                    yield Found(*name, "image", int(apart[number]), 64, place)

    def _grams(self, found: Text, settings: Leakage) -> Iterator[Found]:
        grams = found.grams(self.size)
        hit = known(grams.hashes, self._hashes)
        if not hit.any():
            return
        spans = [(start, end) for _, start, end in self._stop(settings).find(found)]
        hit &= outside(grams, spans, len(found))
        counts: Counter[int] = Counter()
        for place in np.searchsorted(self._hashes, np.unique(grams.hashes[hit])).tolist():
            counts.update(self._holders[self._starts[place] : self._starts[place + 1]].tolist())
        for item, count in sorted(counts.items()):
            of = int(self._item_grams[item])
            if count >= min(settings.ngrams, of):
                yield Found(*self._name(item), "ngrams", count, of)

    def _stop(self, settings: Leakage) -> Phrases:
        if settings.stop_phrases not in self._stops:
            lines = (*stop.shipped(), *settings.stop_phrases)
            self._stops[settings.stop_phrases] = stop.phrases(lines)
        return self._stops[settings.stop_phrases]

    def _name(self, item: int) -> tuple[str, str]:
        """The set and the id of an item."""
        number = int(np.searchsorted(self._firsts, item, side="right")) - 1
        return self.head["sets"][number]["name"], self._ids[item]

    def _array(self, name: str) -> NDArray[Any]:
        path = store.join(self._folder, f"{name}.npy")
        if store.is_local(path):
            mapped: NDArray[Any] = np.load(path, mmap_mode="r")
            return mapped
        with store.open_file(path) as stream:
            read: NDArray[Any] = np.load(io.BytesIO(stream.read()))
            return read

    @cached_property
    def _stops(self) -> dict[tuple[str, ...], Phrases]:
        return {}

    @cached_property
    def _ids(self) -> list[str]:
        ids: list[str] = store.read_json(store.join(self._folder, _ITEMS))
        return ids

    @cached_property
    def _firsts(self) -> NDArray[Any]:
        return np.cumsum([0, *(each["items"] for each in self.head["sets"])])[:-1]

    @cached_property
    def _hashes(self) -> NDArray[Any]:
        return self._array("hashes")

    @cached_property
    def _starts(self) -> NDArray[Any]:
        return self._array("starts")

    @cached_property
    def _holders(self) -> NDArray[Any]:
        return self._array("holders")

    @cached_property
    def _item_grams(self) -> NDArray[Any]:
        return self._array("item_grams")

    @cached_property
    def _images(self) -> NDArray[Any]:
        return self._array("images")

    @cached_property
    def _image_items(self) -> NDArray[Any]:
        return self._array("image_items")

    @cached_property
    def _question_items(self) -> NDArray[Any]:
        return self._array("question_items")

    @cached_property
    def _question_words(self) -> NDArray[Any]:
        return self._array("question_words")

    @cached_property
    def _questions(self) -> Phrases:
        columns = (self._array("anchors"), self._question_words, self._array("questions"))
        rows = zip(*(column.tolist() for column in columns), strict=True)
        return Phrases([Phrase(*row) for row in rows])


def identity(settings: Leakage) -> list[list[str]]:
    """Returns the name and digest of each fingerprint file, which results depend on."""
    return [[read_head(path)["name"], _digest(path)] for path in _paths(settings)]


def build(settings: Leakage, folder: str) -> None:
    """Puts the fingerprints of a recipe together in a folder, unless that is done."""
    if store.exists(store.join(folder, _HEAD)):
        return
    sets: list[dict[str, Any]] = []
    ids: list[str] = []
    columns: list[dict[str, NDArray[Any]]] = []
    for path in _paths(settings):
        head = read_head(path)
        with store.open_file(path) as stream:
            table = pq.read_table(stream)
        marks = {name: table[name].to_numpy() for name in table.column_names}
        marks["item"] = marks["item"].astype(np.int64) + len(ids)
        columns.append(marks)
        ids += head["items"]
        sets.append(_record(head, marks["kind"], path))
    joined = {name: np.concatenate([each[name] for each in columns]) for name in columns[0]}
    for name, values in _arrays(joined, len(ids)).items():
        _save(store.join(folder, f"{name}.npy"), values)
    store.write_json(store.join(folder, _ITEMS), ids)
    head = {"parameters": head["parameters"], "sets": sets}
    store.write_json(store.join(folder, _HEAD), head)


def _record(head: Mapping[str, Any], kinds: NDArray[Any], path: str) -> dict[str, Any]:
    """What the manifest tells of a set."""
    count = np.bincount(kinds, minlength=3).tolist()
    return {
        "name": head["name"],
        "benchmark": head["benchmark"],
        "items": len(head["items"]),
        "ngrams": count[GRAM],
        "questions": count[QUESTION],
        "images": count[IMAGE],
        "left": head["left"],
        "sha256": _digest(path),
    }


def _arrays(marks: Mapping[str, NDArray[Any]], items: int) -> dict[str, NDArray[Any]]:
    """The arrays of an index."""
    chosen = marks["kind"] == GRAM
    hashes, holders = marks["hash"][chosen], marks["item"][chosen]
    order = np.lexsort((holders, hashes))
    distinct, starts = np.unique(hashes[order], return_index=True)
    asked, seen = marks["kind"] == QUESTION, marks["kind"] == IMAGE
    return {
        "hashes": distinct,
        "starts": np.append(starts, len(hashes)),
        "holders": holders[order],
        "item_grams": np.bincount(holders, minlength=items),
        "images": marks["hash"][seen],
        "image_items": marks["item"][seen],
        "questions": marks["hash"][asked],
        "anchors": marks["anchor"][asked],
        "question_words": marks["words"][asked],
        "question_items": marks["item"][asked],
    }


def _save(path: str, values: NDArray[Any]) -> None:
    with store.publishing(path) as stream:
        np.save(stream, values)


def _paths(settings: Leakage) -> list[str]:
    """The files of the fingerprints, in the order of the recipe."""
    found = (each.path for pattern in settings.fingerprints for each in store.find(pattern))
    return list(dict.fromkeys(found))


def _digest(path: str) -> str:
    with store.open_file(path) as stream:
        return sha256(stream.read()).hexdigest()
