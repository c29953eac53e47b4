"""The report's section on use cases: how many samples each has, prompts of its pool, and samples.

Only corpora with labelled samples have it.
"""

from collections.abc import Iterator

from pipelines.corpus.lookup import Found
from pipelines.corpus.report.gallery import example
from pipelines.corpus.report.markup import Html, join, tag
from pipelines.corpus.state import Corpus
from taxonomy.prompts import of_use_cases, pools
from taxonomy.tree import draw
from taxonomy.use_cases import LANGUAGES, use_cases

# Samples of a class, and prompts of its pool in each language; classes that are shown with them.
_SAMPLES = 2
_PROMPTS = 3
_CLASSES = 100


def coverage(corpus: Corpus, counts: dict[str, int]) -> Iterator[Html]:
    """Yields the tree of use cases with counts, then a fold for each class that has samples.

    Args:
        corpus: to read from.
        counts: samples by use case; those without one, or with one of another taxonomy, are none.
    """
    known = {id: count for id, count in counts.items() if id in use_cases().cases}
    bare = sum(counts.values()) - sum(known.values())
    told = f"{sum(known.values()):,} samples have a class, {bare:,} have none"
    tree = tag(
        "details", tag("summary", "the tree"), tag("pre", "\n".join(draw(use_cases(), known)))
    )
    yield tag("div", tag("p", told, class_="soft"), tree, class_="card")
    shown = sorted(known, key=lambda id: (-known[id], id))[:_CLASSES]
    samples = _samples(corpus, set(shown))
    yield tag(
        "div", join(_class(id, known[id], samples[id]) for id in sorted(shown)), class_="card"
    )


def _class(id: str, count: int, samples: list[Found]) -> Html:
    name = " / ".join(name for name in use_cases().names(id) if name != "-")
    asked = [tag("h4", "Prompts of the pool")]
    for language in LANGUAGES:
        own = [p for p in of_use_cases(pools()) if (p.use_case, p.language) == (id, language)]
        asked += [tag("p", prompt.text, dir="auto") for prompt in own[:_PROMPTS]]
    shown = tag("div", join(map(example, samples)), class_="gallery")
    return tag("details", tag("summary", f"{name}: {count:,}"), *asked, shown)


def _samples(corpus: Corpus, ids: set[str]) -> dict[str, list[Found]]:
    """The first samples of some classes; shards are in the order of a keyed hash."""
    found: dict[str, list[Found]] = {id: [] for id in sorted(ids)}
    for shard in corpus.shards():
        for batch in corpus.index(shard.name) if shard.name.startswith("sft/") else ():
            for row in batch.to_pylist():
                if len(found.get(row["taxonomy"], [0] * _SAMPLES)) < _SAMPLES:
                    path = corpus.layout.corpus(f"{shard.name}.tar")
                    found[row["taxonomy"]].append(Found(tar=path, start=0, facts=row))
    return found
