"""The report's section on scores: how they are spread, what the model is good for, the borders."""

import heapq
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from model.weights import measured
from pipelines import store
from pipelines.corpus import charts
from pipelines.corpus.gallery import example
from pipelines.corpus.lookup import Found
from pipelines.corpus.markup import Content, Html, join, table, tag
from pipelines.corpus.state import Corpus, batches
from pipelines.measures.presets import expand
from pipelines.scoring.fields import COLUMN, PREFIX

# Examples on either side of a border.
_EXAMPLES = 6
_BINS = 20
# With fewer pairs, chance alone moves an AUC by a tenth; below this AUC it is no guide.
_FEW = 20
_TRUSTED = 0.9
_SPREAD = {
    "loss": "Samples by loss, in nats a token (from)",
    "image_worth": "Samples by what their images are worth, in nats a token (from)",
}
_ENDS = (("worth least", 1), ("worth most", -1))


@dataclass(slots=True, kw_only=True)
class Counted:
    """Scores of a corpus, summed up in one pass.

    Attributes:
        folders: by folder: samples, scored, valid ones, and sums of loss and worth with counts.
        reasons: why samples are not valid.
        values: of each score that is drawn.
    """

    folders: dict[str, Counter[str]] = field(default_factory=dict)
    reasons: Counter[str] = field(default_factory=Counter)
    values: dict[str, list[np.ndarray[Any, Any]]] = field(
        default_factory=lambda: {name: [] for name in _SPREAD}
    )


def section(corpus: Corpus, record: dict[str, Any]) -> Iterator[Html]:
    """Yields what the report says of scores.

    Args:
        corpus: to read from.
        record: what decided them.
    """
    counted = take(corpus)
    names = ("model", "model_digest", "dtype", "device")
    told = ", ".join(f"{name.replace('_', ' ')} {record[name]}" for name in names)
    limits = f"; only {', '.join(record['categories'])}" if record["categories"] else ""
    yield tag("p", f"{told}{limits}", class_="soft")
    yield _folders(counted)
    yield tag("div", join([*_reasons(counted), *_drawn(counted)]), class_="grid")
    yield from told_apart(record)
    yield from _trust(record)
    for title, found in _borders(corpus):
        shown = [tag("div", tag("p", score), example(each)) for score, each in found]
        parts = [tag("h3", title), tag("div", join(shown), class_="gallery")]
        yield tag("div", join(parts), class_="card") if shown else Html("")


def take(corpus: Corpus) -> Counted:
    """Sums up the scores of all written samples."""
    counted = Counted()
    for shard in corpus.shards():
        folder = counted.folders.setdefault(shard.name.rsplit("/", 1)[0], Counter())
        for batch in corpus.index(shard.name, [COLUMN]):
            rows = batch[COLUMN].to_pylist()
            found = [row for row in rows if row is not None]
            folder.update(samples=len(rows), scored=len(found))
            counted.reasons.update(row["reason"] for row in found if row["reason"])
            folder["valid"] += sum(row["valid"] for row in found)
            for name, values in counted.values.items():
                known = np.array([row[name] for row in found if row[name] is not None])
                values.append(known)
                folder[f"{name} known"] += len(known)
                folder[name] += float(known.sum())  # type: ignore[assignment]
    return counted


def _folders(counted: Counted) -> Html:
    rows: list[list[Content]] = []
    for folder, sums in counted.folders.items():
        means = [_mean(sums, name) for name in _SPREAD]
        rows.append([folder, sums["samples"], sums["scored"], sums["valid"], *means])
    head = ["folder", "samples", "scored", "valid", "mean loss", "mean image worth"]
    return tag("div", tag("h3", "Scored samples"), table(head, rows), class_="card")


def _mean(sums: Counter[str], name: str) -> str:
    known = sums[f"{name} known"]
    return f"{sums[name] / known:.3f}" if known else "-"


def _reasons(counted: Counted) -> Iterator[Html]:
    if counted.reasons:
        yield charts.bars("Samples that are not valid, by reason", counted.reasons)


def _drawn(counted: Counted) -> Iterator[Html]:
    for name, title in _SPREAD.items():
        values = np.concatenate(counted.values[name] or [np.array([])])
        if len(values):
            numbers, edges = np.histogram(values, bins=_BINS)
            places = [f"{edge:.2f}" for edge in edges[:-1]]
            yield charts.columns(title, list(zip(places, map(int, numbers), strict=True)))


def told_apart(record: dict[str, Any]) -> Iterator[Html]:
    """How well the model tells the pairs of this very corpus from swapped ones, by entry."""
    rows: list[list[Content]] = [
        [line["entry"], line["pairs"], f"{line['auc']:.3f}", _verdict(line)]
        for line in record.get("told_apart", ())
        if line["auc"] is not None
    ]
    if rows:
        text = (
            "The chance that a text of this corpus is worth more with its own image than with that "
            "of another sample of its entry: 1 if the model always tells them apart, 0.5 if it "
            "guesses."
        )
        title = tag("h3", "True pairs of this corpus against swapped ones (AUC)")
        head = ["entry", "pairs", "AUC", "what images are worth, here"]
        parts = [title, table(head, rows), tag("p", text, class_="soft")]
        yield tag("div", join(parts), class_="card")


def _verdict(line: dict[str, Any]) -> str:
    """What follows for a reader of the scores."""
    if line["pairs"] < _FEW:
        return "too few pairs to say"
    return "means something" if line["auc"] >= _TRUSTED else "means little: do not filter by it"


def _trust(record: dict[str, Any]) -> Iterator[Html]:
    """How well the model tells true pairs from swapped ones, where that was measured."""
    known = measured(record["model_digest"])
    if known is None:
        text = "Nobody measured how well this model tells true pairs from swapped ones."
        yield tag("p", text, class_="soft")
        return
    rows: list[list[Content]] = [[kind, f"{auc:.3f}"] for kind, auc in known["auc"].items()]
    text = (
        f"The chance that a text is worth more with its own image than with another one's, over "
        f"{known['count']} held-out drawings of each kind. It was trained on such drawings alone: "
        f"of photographs and other pictures its scores say little. Source: {known['source']}."
    )
    title = tag("h3", "Held-out drawings against swapped ones (AUC)")
    parts = [title, table(["drawings", "AUC"], rows), tag("p", text, class_="soft")]
    yield tag("div", join(parts), class_="card")


def _borders(corpus: Corpus) -> Iterator[tuple[str, list[tuple[str, Found]]]]:
    """Yields titles, and the samples nearest to each border with their scores."""
    filters = [each for each in expand(corpus.recipe.get("filters", ())) if _bounds(each)]
    for each in filters:
        for bound in ("min", "max"):
            if bound in each:
                where = "".join(f", {each[name]}" for name in ("category", "entry") if name in each)
                title = f"{each['fact']} at {bound} {each[bound]:g}{where}"
                sign = 1 if bound == "min" else -1
                name, limit = each["fact"].removeprefix(PREFIX), float(each[bound])
                yield f"{title}: the nearest that stay", _nearest(corpus, name, sign, limit, each)
                yield f"{title}: the nearest that go", _dropped(corpus, each["fact"], limit)
    for title, sign in () if filters else _ENDS:
        yield f"Images {title}", _nearest(corpus, "image_worth", sign, -sign * np.inf, {})


def _bounds(each: dict[str, Any]) -> bool:
    return each["fact"].startswith(PREFIX) and ("min" in each or "max" in each)


def _nearest(
    corpus: Corpus, name: str, sign: int, limit: float, only: dict[str, Any]
) -> list[tuple[str, Found]]:
    """The written samples with the smallest (or, for sign -1, largest) scores from a limit on."""
    places = heapq.nsmallest(_EXAMPLES, _places(corpus, name, sign, limit, only))
    found = []
    for value, key, shard in places:
        rows = (row for batch in corpus.index(shard) for row in batch.to_pylist())
        facts = next(row for row in rows if row["key"] == key)
        tar = corpus.layout.corpus(f"{shard}.tar")
        found.append((f"{name} {sign * value:.4f}", Found(tar=tar, start=0, facts=facts)))
    return found


def _places(
    corpus: Corpus, name: str, sign: int, limit: float, only: dict[str, Any]
) -> Iterator[tuple[float, str, str]]:
    wanted = (only.get("category"), only.get("entry"))
    for shard in corpus.shards():
        for batch in corpus.index(shard.name, ["key", "category", "stanza", COLUMN]):
            for row in batch.to_pylist():
                value = (row[COLUMN] or {}).get(name)
                where = (row["category"], row["stanza"])
                meant = all(ask in (None, has) for ask, has in zip(wanted, where, strict=True))
                if value is not None and meant and sign * value >= sign * limit:
                    yield sign * value, row["key"], shard.name


def _dropped(corpus: Corpus, fact: str, limit: float) -> list[tuple[str, Found]]:
    """The samples that a filter on a score left out, the nearest to its limit first."""
    plan, lines = corpus.folder("plan"), []
    for file in store.below(plan, "dropped/*.jsonl") if plan else ():
        lines += heapq.nsmallest(_EXAMPLES, _lines(file.path, fact, limit))
    nearest = heapq.nsmallest(_EXAMPLES, lines)
    units = {unit for _, _, _, unit, _ in nearest}
    receipts = {each.unit: each for each in corpus.receipts() if each.unit in units}
    found = []
    for _, key, offset, unit, value in nearest:
        path = receipts[unit].path(corpus.layout, "parquet")
        rows = (row for batch in batches(path) for row in batch.to_pylist())
        facts = next(row for row in rows if (row["key"], row["offset"]) == (key, offset))
        tar = receipts[unit].path(corpus.layout, "tar")
        told = f"{fact.removeprefix(PREFIX)} {value:.4f}"
        found.append((told, Found(tar=tar, start=offset, facts=facts)))
    return found


def _lines(path: str, fact: str, limit: float) -> Iterable[tuple[float, str, int, str, float]]:
    for line in store.read_lines(path):
        if line["reason"] == f"filter_{fact}" and line["value"] is not None:
            far = abs(line["value"] - limit)
            yield far, line["key"], line["offset"], line["unit"], line["value"]
