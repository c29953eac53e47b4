"""The search for leakage: staged samples against the index of fingerprints, bucket by bucket.

Texts are read where they lie, inside the one step that uses them; no bytes and not even a key
cross a shuffle. So another fingerprint or setting costs a pass over texts, and never an ingest.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import Any

import apache_beam as beam
from apache_beam.pvalue import PCollection

from pipelines import store
from pipelines.dedup import Removal
from pipelines.layout import Layout
from pipelines.leakage.index import Found, Index
from pipelines.leakage.settings import MATCHES, REASON, Leakage
from pipelines.staged_texts import read_texts
from pipelines.staging import Receipt


@dataclass(slots=True, kw_only=True)
class FindLeaks(beam.PTransform[PCollection[str], PCollection[str]]):
    """Paths of receipt lists to the paths of one list of removals a bucket.

    Attributes:
        layout: of the build.
        into: folder for the lists.
        index: folder of the index of fingerprints.
        settings: what counts as found.
    """

    layout: Layout
    into: str
    index: str
    settings: Leakage

    def expand(self, lists: PCollection[str]) -> PCollection[str]:
        """Wires one step."""
        return (
            lists
            | "SpreadLists" >> beam.Reshuffle()
            | "FindLeaks" >> beam.Map(find_leaks, self.layout, self.into, self.index, self.settings)
        )


def find_leaks(path: str, layout: Layout, into: str, index: str, settings: Leakage) -> str:
    """Publishes what a bucket's samples leak, and behind it the list of removals: its path."""
    name = path.rsplit("/", 1)[-1]
    removals = store.join(into, name)
    if store.exists(removals):
        return removals
    known, gone = _open(index), []
    counts: Counter[tuple[str, str, str]] = Counter()
    with store.publishing(store.join(into, MATCHES, name)) as stream:
        for record in store.read_lines(path):
            receipt = Receipt(**record)
            for facts, text in read_texts(receipt, layout, ["perceptual_hashes"]):
                found = find(known, text, facts["perceptual_hashes"], settings)
                if not found:
                    continue
                gone.append(
                    Removal(receipt.unit, facts["offset"], facts["key"], reason(found), None)
                )
                counts.update({(receipt.stanza, each.set, each.kind) for each in found})
                stream.write(store.line(_told(receipt, facts, found)))
    tally = [[*names, count] for names, count in sorted(counts.items())]
    store.write_json(store.join(into, "counts", f"{name}.json"), tally)
    store.write_lines(removals, sorted(gone) if settings.remove else ())
    return removals


def find(index: Index, text: str, hashes: list[str], settings: Leakage) -> list[Found]:
    """Returns what a sample leaks, in a fixed order, each item of each kind once."""
    found = {*index.texts(text, settings), *index.images(hashes, settings)}
    best: dict[tuple[str, str, str], Found] = {}
    for each in sorted(found):
        best.setdefault((each.set, each.item, each.kind), each)
    return list(best.values())


def reason(found: Iterable[Found]) -> str:
    """Returns why a sample is removed: the set that most of what was found is of."""
    counts = Counter(each.set for each in found)
    return REASON + min(counts, key=lambda name: (-counts[name], name))


def summary(layout: Layout, settings: Leakage) -> dict[str, Any]:
    """Returns what the manifest tells: parameters, sets, and what was found of each."""
    state = store.read_json(layout.build("state.json"))
    folder = layout.build("leakage", state["leakage"])
    head = Index(layout.build("leakage", "index", state["leakage_index"])).head
    sets = {
        each["name"]: {**each, "samples": 0, "items_found": 0, "kinds": {}} for each in head["sets"]
    }
    items: dict[str, set[str]] = {name: set() for name in sets}
    lines = (store.read_lines(each.path) for each in store.below(folder, f"{MATCHES}/*.jsonl"))
    for line in chain.from_iterable(lines):
        for name in {each["set"] for each in line["found"]}:
            sets[name]["samples"] += 1
        for each in line["found"]:
            items[each["set"]].add(each["item"])
            kinds = sets[each["set"]]["kinds"]
            kinds[each["kind"]] = kinds.get(each["kind"], 0) + 1
    for name, told in sets.items():
        told["items_found"] = len(items[name])
        del told["name"]
    return {
        "parameters": head["parameters"],
        "ngrams": settings.ngrams,
        "questions": settings.questions,
        "distance": settings.distance,
        "removed": settings.remove,
        "sets": sets,
    }


def _told(receipt: Receipt, facts: dict[str, Any], found: list[Found]) -> dict[str, Any]:
    told = {"key": facts["key"], "unit": receipt.unit, "offset": facts["offset"]}
    return {**told, "found": [each._asdict() for each in found]}


@cache
def _open(folder: str) -> Index:
    return Index(folder)
