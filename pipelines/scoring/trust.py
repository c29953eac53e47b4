"""How far scores can be trusted on a corpus: true pairs of text and image against swapped ones.

Of each entry of the recipe some samples with one image are scored once more, each with the image of
another one. The chance that an image is worth more to its own text than to another one's, the AUC,
is 1 for a model that always tells them apart, and 0.5 for one that guesses: what it says of such
images means nothing.

_build/trust/KEY/picked/ENTRY.jsonl   the samples, and what their own images are worth
_build/trust/KEY/ENTRY.jsonl          how many pairs, and the AUC
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import apache_beam as beam
import pyarrow as pa
import pyarrow.compute as pc
from apache_beam.pvalue import PCollection

from pipelines import store
from pipelines.corpus.state import batches
from pipelines.layout import Layout, digest
from pipelines.near.components import Stage
from pipelines.scoring.fields import COLUMN
from pipelines.scoring.files import measured_path
from pipelines.scoring.settings import Scoring
from pipelines.shard import ShardReceipt

_ASKED = ("valid", "images", "image_worth")
# Samples of an entry that are swapped, and how large they may be together: all are in memory.
PAIRS = 64
_BYTES = 64_000_000
# Changes when the same samples would be measured otherwise.
_FORMAT = 1


@dataclass(slots=True, kw_only=True)
class TellApart(beam.PTransform[PCollection[str], PCollection[str]]):
    """Paths of lists of picked samples to those of what was measured with them.

    Attributes:
        layout: of the corpus.
        scoring: which model, and how it runs.
        hints: what workers that run the model need.
    """

    layout: Layout
    scoring: Scoring
    hints: Mapping[str, Any] = field(default_factory=dict)

    def expand(self, lists: PCollection[str]) -> PCollection[str]:
        """Wires one inference."""
        # Beam's inference loads torch, for which no process that scores nothing should wait.
        from pipelines.scoring.swaps import infer

        swapped = infer(self.layout, self.scoring).with_resource_hints(**self.hints)
        return lists | "SpreadLists" >> beam.Reshuffle() | "TellApart" >> swapped


def measure(
    layout: Layout,
    shards: list[ShardReceipt],
    record: Mapping[str, Any],
    stage: TellApart,
    run: Callable[[str, list[str], Stage], object],
) -> dict[str, Any]:
    """Measures a corpus whose shards have their scores.

    Args:
        layout: of the corpus.
        shards: all of them.
        record: what decided their scores.
        stage: what swaps and scores.
        run: runs it, given a folder and the paths it starts from.

    Returns:
        the record, and as `told_apart` the entries with their pairs and AUC.
    """
    depends = [record, _FORMAT, [[shard.name, shard.sha256] for shard in shards]]
    folder = layout.build("trust", digest(depends))
    lists = list(_pick(layout, shards, store.join(folder, "picked")))
    if lists:
        run(folder, lists, stage)
    told = [next(store.read_lines(measured_path(each))) for each in lists]
    return {**record, "told_apart": told}


def _pick(layout: Layout, shards: list[ShardReceipt], into: str) -> Iterator[str]:
    """Lists the first samples of each entry, whose order in shards is that of a keyed hash."""
    picked: dict[str, list[list[Any]]] = {}
    room: dict[str, int] = {}
    for shard in shards:
        full = [entry for entry, found in picked.items() if len(found) == PAIRS]
        for entry, *place in _candidates(layout.corpus(f"{shard.name}.parquet"), full):
            mine = picked.setdefault(entry, [])
            left = room.setdefault(entry, _BYTES) - place[1]
            if len(mine) < PAIRS and left >= 0:
                mine.append([shard.name, *place])
                room[entry] = left
    for entry, found in sorted(picked.items()):
        if len(found) > 1:
            path = store.join(into, f"{entry}.jsonl")
            store.write_lines(path, found)
            yield path


def _candidates(index: str, full: list[str]) -> Iterator[list[Any]]:
    """Yields entry, offset, size and worth of the image of the samples that have just one.

    Those of full entries are left out before they are looked at: a corpus has many.
    """
    for batch in batches(index, ["stanza", "offset", "bytes", COLUMN]):
        score = {name: pc.struct_field(batch[COLUMN], name) for name in _ASKED}
        fits = pc.and_(score["valid"], pc.equal(score["images"], 1))
        fits = pc.and_(fits, score["image_worth"].is_valid())
        fits = pc.and_not(fits, pc.is_in(batch["stanza"], pa.array(full, pa.string())))
        columns = [batch["stanza"], batch["offset"], batch["bytes"], score["image_worth"]]
        yield from map(list, zip(*(each.filter(fits).to_pylist() for each in columns), strict=True))
