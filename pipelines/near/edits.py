"""Documents without the images that repeat: written once more, and planned in place of the old.

Facts decide which images go. The few documents that lose some are then read, made without them,
and staged anew, a tar a bucket, so that plan and write see nothing but samples as they are.

FOLDER/NAME.jsonl            lists of removals: documents that were left with too few images
FOLDER/edits/NAME.jsonl      for each document that lost images: where it lies now, and what it lost
FOLDER/frequent/NAME.jsonl   images in too many documents that stand in a document of the bucket
FOLDER/NAME.edited.*         a staged unit, as `staging` describes it
FOLDER/scores/KEY/           receipts of the scores of these units
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import apache_beam as beam
from apache_beam.pvalue import PCollection

from pipelines import facts as fact
from pipelines import store
from pipelines.convert import Converted, Result
from pipelines.dedup import Removal, removed
from pipelines.layout import Layout
from pipelines.near.repeats import REASON, Repeats, going
from pipelines.scoring.files import read_scored
from pipelines.shard import StagedReader
from pipelines.staging import Receipt, StagedWriter, read_facts
from sources.image import read_image
from sources.sample import Sample, from_members, to_members
from sources.shapes.flow import joined

# Folder of lists below that of the removals.
_EDITS = "edits"
# Names the files of edited samples; their folder says by which rules they were made.
_ATTEMPT = "edited"
_COLUMNS = ("category", "key", "offset", "images", "image_hashes", "perceptual_hashes")
# What an edited sample has other values of; lists of one value an image are cut.
_MEASURED = (
    "parts", "texts", "characters", "lines", "images", "image_bytes", "min_side", "max_side",
    "min_area", "one_colour_images", "min_entropy", "min_sharpness", "min_jpeg_quality",
    "max_aspect", "content_hash",
)  # fmt: skip
_LISTS = (
    "widths", "heights", "formats", "orientations", "reencoded", "image_hashes",
    "perceptual_hashes",
)  # fmt: skip
_LIMIT = 10**12


@dataclass(slots=True, kw_only=True)
class CountImages(beam.PTransform[PCollection[str], PCollection[str]]):
    """Paths of receipt lists to those of lists of images that are in too many documents.

    Attributes:
        layout: of the build.
        into: folder for the lists.
        removals: folders of what is removed already.
        settings: the rules.
    """

    layout: Layout
    into: str
    removals: tuple[str, ...]
    settings: Repeats

    def expand(self, lists: PCollection[str]) -> PCollection[str]:
        """Wires a count and the way back to the buckets that need it."""
        most = self.settings.more_than or 0
        return (
            lists
            | "ReadImages" >> beam.FlatMap(_images, self.layout, self.removals, self.settings)
            | "CountDocuments" >> beam.CombinePerKey(_Documents())  # type: ignore[no-untyped-call]
            | "TooMany" >> beam.Filter(lambda counted: counted[1][0] > most)
            | "ToBuckets" >> beam.FlatMapTuple(_to_buckets)
            | "CollectImages" >> beam.GroupByKey()
            | "WriteImages" >> beam.MapTuple(partial(_write_frequent, self.into))
        )


@dataclass(slots=True, kw_only=True)
class EditDocuments(beam.PTransform[PCollection[str], PCollection[str]]):
    """Paths of receipt lists to those of one list of removals a bucket.

    Attributes:
        layout: of the build.
        into: folder for lists and edited samples; below the workshop.
        frequent: folder of the lists of images in too many documents.
        removals: folders of what is removed already.
        settings: the rules.
    """

    layout: Layout
    into: str
    frequent: str
    removals: tuple[str, ...]
    settings: Repeats

    def expand(self, lists: PCollection[str]) -> PCollection[str]:
        """Wires one step."""
        return (
            lists
            | "SpreadLists" >> beam.Reshuffle()
            | "EditDocuments"
            >> beam.Map(
                edit_documents,
                self.layout,
                self.into,
                self.frequent,
                self.removals,
                self.settings,
            )
        )


def edit_documents(
    path: str,
    layout: Layout,
    into: str,
    frequent: str,
    removals: tuple[str, ...],
    settings: Repeats,
) -> str:
    """Publishes a bucket's documents without some images, and the list of those that go: a path."""
    name = path.rsplit("/", 1)[-1]
    listed = store.join(frequent, name)
    known = dict(store.read_lines(listed)) if store.exists(listed) else {}
    unit = _unit(layout, into, name)
    gone, lines, reader = [], [], StagedReader(layout)
    with StagedWriter(layout=layout, unit=unit, attempt=_ATTEMPT) as writer:
        for receipt, facts in _documents(path, layout, removals, settings, fact.STAGED.names):
            lost = going(settings.names(facts), known, settings)
            if not lost:
                continue
            told = {"unit": receipt.unit, "offset": facts["offset"], "lost": sorted(lost.items())}
            if facts["images"] - len(lost) < settings.least_images:
                place = (receipt.unit, facts["offset"], facts["key"])
                gone.append(Removal(*place, REASON, None))
                lines.append({**told, "now": None})
                continue
            read = reader.read(receipt.unit, receipt.attempt, facts["offset"], facts["bytes"])
            lines.append({**told, "now": writer.samples})
            made = without(read, facts, set(lost))
            writer.add(Result(place=facts["row"], made=(made,)), writer.rows)
    reader.close()
    store.write_lines(store.join(into, _EDITS, name), lines)
    store.write_lines(store.join(into, name), sorted(gone))
    return store.join(into, name)


def without(read: bytes, facts: Mapping[str, Any], lost: set[int]) -> Converted:
    """Returns a staged sample without some of its images.

    Args:
        read: its part of the staged tar.
        facts: about it.
        lost: places of the images that go.
    """
    places = zip(facts["member_names"], facts["member_offsets"], facts["member_sizes"], strict=True)
    old = from_members({name: read[at : at + size] for name, at, size in places})
    sample = _without(old, lost)
    blobs = [segment.image or b"" for segment in sample.images]
    seen = [read_image(each, max_bytes=_LIMIT, max_pixels=_LIMIT)[1] for each in blobs]
    measured = fact.measure(sample, seen, stanza=facts["stanza"], stated=facts["stated_language"])
    kept = [place for place in range(facts["images"]) if place not in lost]
    members = to_members(sample)
    made = {name: facts[name] for name in (*fact.FIELDS, *fact.SIGNATURES)}
    made |= {name: measured[name] for name in _MEASURED}
    made |= {name: [facts[name][place] for place in kept] for name in _LISTS}
    return Converted(members=members, facts={**made, **fact.place(members)})


def _without(sample: Sample, lost: set[int]) -> Sample:
    """A sample without some images; texts between which nothing stands any more become one."""
    segments, place = [], -1
    for segment in sample.segments:
        place += segment.is_image
        if not segment.is_image or place not in lost:
            segments.append(segment)
    return replace(sample, segments=tuple(joined(segments)))


@dataclass(frozen=True, slots=True)
class Edited:
    """The documents of a bucket that lost images, by where they lay."""

    found: Mapping[tuple[str, int], dict[str, Any]]
    unit: str

    def of(self, receipt: Receipt, facts: dict[str, Any]) -> tuple[dict[str, Any], str, str]:
        """Returns a sample's facts as they are now, and the unit and attempt that hold it."""
        now = self.found.get((receipt.unit, facts["offset"]))
        return (
            ({**facts, **now}, self.unit, _ATTEMPT)
            if now
            else (facts, receipt.unit, receipt.attempt)
        )


def receipts(layout: Layout, folder: str) -> Iterator[tuple[str, Receipt]]:
    """Yields the buckets with documents that are edited, and the receipt of these as a unit."""
    for found in store.below(folder, f"{_EDITS}/*.jsonl"):
        name = found.path.rsplit("/", 1)[-1]
        if any(line["now"] is not None for line in store.read_lines(found.path)):
            yield name, _receipt(_unit(layout, folder, name))


def read_edited(
    layout: Layout, folder: str, name: str, columns: Iterable[str], scores: str = ""
) -> Edited:
    """Reads a bucket's documents that lost images.

    Args:
        layout: of the build.
        folder: of the edits, as `EditDocuments` made it; empty if there are none.
        name: of the bucket's lists.
        columns: facts to read, `offset` among them.
        scores: key of the scores; empty for a build without.
    """
    if not folder or not store.exists(store.join(folder, _EDITS, name)):
        return Edited({}, "")
    unit = _unit(layout, folder, name)
    lines = store.read_lines(store.join(folder, _EDITS, name))
    kept = [(line["unit"], line["offset"]) for line in lines if line["now"] is not None]
    wanted = [column for column in columns if column in fact.STAGED.names]
    rows = list(read_scored(_receipt(unit), layout, wanted, scores if kept else ""))
    return Edited(dict(zip(kept, rows, strict=True)), unit)


def summary(folder: str, settings: Repeats) -> dict[str, Any]:
    """Returns what the manifest tells: how many images and documents the rules were for."""
    told = {"documents": 0, "removed": 0, "again": 0, "frequent": 0}
    for found in store.below(folder, f"{_EDITS}/*.jsonl"):
        for line in store.read_lines(found.path):
            told["documents"] += 1
            told["removed"] += line["now"] is None
            for _, why in line["lost"]:
                told["again" if why == "again" else "frequent"] += 1
    rules = {name: getattr(settings, name) for name in Repeats.__slots__}
    return {**rules, "categories": list(settings.categories), **told}


def folder(layout: Layout) -> str:
    """Returns where the last build has its edits."""
    return layout.build("repeats", store.read_json(layout.build("state.json"))["repeats"])


def lost(folder: str) -> Iterator[dict[str, Any]]:
    """Streams what documents lost, with where they lay."""
    for found in store.below(folder, f"{_EDITS}/*.jsonl"):
        yield from store.read_lines(found.path)


def _documents(
    path: str,
    layout: Layout,
    removals: tuple[str, ...],
    settings: Repeats,
    columns: Iterable[str] = _COLUMNS,
) -> Iterator[tuple[Receipt, dict[str, Any]]]:
    """Yields the documents of a bucket that are looked at."""
    gone = removed(removals, path.rsplit("/", 1)[-1])
    for record in store.read_lines(path):
        receipt = Receipt(**record)
        for facts in read_facts(receipt, layout, [*columns]):
            if facts["images"] and facts["category"] in settings.categories:
                if (receipt.unit, facts["offset"]) not in gone:
                    yield receipt, facts


def _images(
    path: str, layout: Layout, removals: tuple[str, ...], settings: Repeats
) -> Iterator[tuple[str, str]]:
    """Yields each image of each document once, with the name of the document's bucket."""
    name = path.rsplit("/", 1)[-1]
    for _, facts in _documents(path, layout, removals, settings):
        for image in sorted({*settings.names(facts)}):
            yield image, name


class _Documents(beam.CombineFn):
    """Counts documents, and remembers which buckets they are in: 256 at most."""

    def create_accumulator(self) -> tuple[int, frozenset[str]]:
        """None yet."""
        return 0, frozenset()

    def add_input(self, sofar: tuple[int, frozenset[str]], name: str) -> Any:
        """One more."""
        return sofar[0] + 1, sofar[1] | {name}

    def merge_accumulators(self, parts: Iterable[tuple[int, frozenset[str]]]) -> Any:
        """Some together."""
        counts, names = zip(*parts, strict=True)
        return sum(counts), frozenset().union(*names)

    def extract_output(self, sofar: tuple[int, frozenset[str]]) -> tuple[int, list[str]]:
        """Count and names."""
        return sofar[0], sorted(sofar[1])


def _to_buckets(image: str, counted: tuple[int, list[str]]) -> Iterator[tuple[str, Any]]:
    for name in counted[1]:
        yield name, (image, counted[0])


def _write_frequent(into: str, name: str, images: Iterable[tuple[str, int]]) -> str:
    path = store.join(into, name)
    store.write_lines(path, sorted(set(images)))
    return path


def _unit(layout: Layout, folder: str, name: str) -> str:
    """Names the unit that a bucket's edited samples make."""
    return store.join(folder, name.removesuffix(".jsonl"))[len(layout.build("")) :]


def _receipt(unit: str) -> Receipt:
    """Stands for the unit that edited samples make."""
    empty = dict.fromkeys(("rows", "extra", "samples", "rejects", "bytes"), 0)
    return Receipt(unit=unit, stanza="", attempt=_ATTEMPT, skips={}, **empty)
