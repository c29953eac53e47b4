"""The search for near-duplicates: pairs, components, removals, each a stage with its own folder."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

from pipelines import earlier, store
from pipelines.layout import Layout
from pipelines.near import edges, images, looks, minhash, questions, runs, texts, thumbnails
from pipelines.near.bands import optimum
from pipelines.near.components import Run, Stage, alternate, stars
from pipelines.near.likeness import Signatures
from pipelines.near.nodes import Pool
from pipelines.near.removals import WriteRemovals
from pipelines.recipe import Dedup, Recipe
from pipelines.scoring.fields import PREFIX


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """One kind of near-duplicates to look for.

    Attributes:
        reason: of the removals.
        settings: all that the result depends on but the samples, as a JSON value.
        signatures: by which likeness is told.
        pool: where samples are read.
        find: makes the stage that finds pairs, from the folder it writes into, where samples are
            read, and the number of buckets.
        limit: edges that are joined in one process; more are in rounds of pipelines.
    """

    reason: str
    settings: dict[str, Any]
    signatures: Signatures
    pool: Pool
    find: Callable[..., Stage]
    limit: int

    def write(
        self, folder: str, removals: tuple[str, ...], lists: list[str], run: Run, buckets: int
    ) -> None:
        """Finds near-duplicates and writes the lists of removals.

        Args:
            folder: of the search, where the lists come to lie.
            removals: folders of what is removed already.
            lists: paths of the lists of the units' receipts, and of earlier corpora's files.
            run: runs a stage in a folder below that of the search; no name is the search's own.
            buckets: of units.
        """
        pool = replace(self.pool, removals=removals)
        found = run("pairs", lists, partial(self._find, pool=pool, buckets=buckets))
        runs.remove(store.join(folder, "pairs"))
        if sum(receipt["edges"] for receipt in edges.receipts(found)) > self.limit:
            found = alternate(found, run, buckets)
        elif found:
            joined = store.join(folder, "stars", "00000")
            edges.write(f"{joined}.parquet", stars(b for path in found for b in edges.read(path)))
            found = [f"{joined}.jsonl"]
        run("", found, partial(self._write, buckets=buckets))
        runs.remove(folder)

    def _find(self, into: str, **where: Any) -> Stage:
        return self.find(into=into, **where)

    def _write(self, into: str, buckets: int) -> Stage:
        return WriteRemovals(
            into=into, reason=self.reason, signatures=self.signatures, buckets=buckets
        )


# By the name of its settings, each kind: reason of its removals, signatures, and stage.
_KINDS: dict[str, tuple[str, Callable[[Layout], Signatures], Callable[..., Stage]]] = {
    "text": ("near_duplicate", texts.signatures, texts.FindTextPairs),
    "images": ("near_duplicate_image", looks.signatures, looks.FindLookPairs),
    "hashes": ("near_duplicate_image", images.signatures, images.FindImagePairs),
    "questions": ("near_duplicate_question", questions.signatures, questions.FindQuestionPairs),
}


def searches(recipe: Recipe, layout: Layout, scores: str = "") -> Iterator[Search]:
    """Yields what a recipe wants to be looked for.

    Args:
        recipe: what to build.
        layout: of the build.
        scores: key of the scores; empty for a build without.
    """
    dedup, stanzas = recipe.dedup, tuple(stanza.name for stanza in recipe.stanzas)
    pool = Pool(
        layout=layout,
        removals=(),
        stanzas=stanzas,
        quality=dedup.quality,
        scores=scores,
        earlier=tuple(earlier.files(dedup.before)),
    )
    rank: dict[str, Any] = {"quality": dedup.quality, "stanzas": stanzas}
    if dedup.quality.startswith(PREFIX):
        rank["scores"] = scores
    for name, told in parameters(dedup).items():
        by_hash = name == "images" and told["by"] == "hash"
        reason, signatures, find = _KINDS["hashes" if by_hash else name]
        yield Search(
            reason=reason,
            settings={**told, **rank},
            signatures=signatures(layout),
            pool=pool,
            find=partial(find, wanted=getattr(dedup, name)),
            limit=dedup.edges_in_memory,
        )


def parameters(dedup: Dedup) -> dict[str, Any]:
    """Returns what near-duplicates are found by, for the manifest: settings, seeds and bands."""
    told: dict[str, Any] = {}
    if dedup.text is not None:
        count, size = optimum(dedup.text.threshold, dedup.text.verify)
        bands = {"bands": count, "band_size": size}
        told["text"] = {**asdict(dedup.text), **minhash.PARAMETERS, **bands}
    if dedup.images is not None:
        by = {"hash": "phash", "bits": images.BITS}
        made = by if dedup.images.by == "hash" else {"thumbnails": thumbnails.PARAMETERS}
        told["images"] = {**asdict(dedup.images), **made}
    if dedup.questions is not None:
        told["questions"] = asdict(dedup.questions)
    return told
