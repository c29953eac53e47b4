"""What stands beside the shards, written at the end of a build, before the manifest."""

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

from pipelines import store
from pipelines.corpus import card, census, croissant, energon, mixes, wids
from pipelines.corpus.census import Census
from pipelines.corpus.report import page
from pipelines.corpus.state import Corpus
from pipelines.corpus.tarcheck import digest_of
from pipelines.layout import ENERGON, Layout
from pipelines.shard import ShardReceipt


def publish(
    layout: Layout, manifest: dict[str, Any], made: Mapping[str, str]
) -> dict[str, dict[str, Any]]:
    """Writes all files beside the shards and returns their sizes and digests by name.

    Args:
        layout: of the build.
        manifest: all of it but the answer of this function.
        made: names of the folders of the stages that the corpus was made from.
    """
    corpus = Corpus(layout=layout, manifest=manifest, state={}, published=dict(made))
    counted = census.take(census.of_shards(corpus))
    names = [f"rejects/{entry}.jsonl" for entry, line in corpus.funnel().items() if line["rejects"]]
    for name, content in _small(corpus, counted):
        store.write_bytes(layout.corpus(name), content)
        names.append(name)
    for folder, shards in by_folder(corpus.shards()):
        name = f"{folder}/{ENERGON}/index.sqlite"
        energon.write_index(layout.corpus(name), corpus, shards)
        names.append(name)
    return {name: _seal(layout.corpus(name)) for name in sorted(names)}


def by_folder(shards: list[ShardReceipt]) -> list[tuple[str, list[ShardReceipt]]]:
    """Returns the folders of shards with what is in them, sorted."""
    groups = groupby(shards, key=lambda shard: shard.name.rsplit("/", 1)[0])
    return [(folder, list(group)) for folder, group in groups]


def _small(corpus: Corpus, counted: Census) -> Iterator[tuple[str, bytes]]:
    """Yields name and content of the files that fit into memory."""
    yield "README.md", card.build(corpus, counted)
    yield "report/index.html", page.build(corpus, counted)
    yield "croissant.json", store.pretty(croissant.build(corpus, counted))
    folders = by_folder(corpus.shards())
    yield mixes.FILE, mixes.build(counted, folders)
    yield mixes.ENERGON_FILE, mixes.metadataset(counted.groups)
    for folder, shards in folders:
        yield f"{folder}/{wids.FILE}", store.pretty(wids.index(f"{corpus.name}/{folder}", shards))
        yield f"{folder}/{ENERGON}/.info.json", store.pretty(energon.info(shards))
        yield f"{folder}/{ENERGON}/split.yaml", energon.split(shards)
        dataset = energon.dataset(folder, counted.groups[folder])
        yield f"{folder}/{ENERGON}/dataset.yaml", dataset
        yield f"{folder}/{ENERGON}/index.uuid", energon.uuid(shards)


def _seal(path: str) -> dict[str, Any]:
    found = store.stat(path)
    return {"bytes": found.size if found else 0, "sha256": digest_of(path)}
