"""What leaves a corpus because there is too much of it: captions that repeat, domains that swamp.

Between dedup and plan. Each makes lists of removals as dedup does, so plan need not know of them.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import apache_beam as beam
from apache_beam.pvalue import PCollection

from pipelines import store
from pipelines.captions import FindRepeatedCaptions
from pipelines.dedup import Removal
from pipelines.layout import Layout, digest
from pipelines.mixing.remix import REASON, Remix, fractions, goes
from pipelines.recipe import Recipe

# Runs a stage of a name in a folder over some lists; returns the files it made.
Run = Callable[[str, str, list[str], Any], list[str]]
# Streams the facts of a bucket's samples that would be written, such columns of them.
Read = Callable[[str, list[str]], Iterator[dict[str, Any]]]

FILE = "remix.json"
# Domains that are told of by name, the largest first.
_TOLD = 200


@dataclass(slots=True, kw_only=True)
class SumDomains(beam.PTransform[PCollection[str], PCollection[str]]):
    """Paths of receipt lists to the path of the list of domains with their sizes.

    Attributes:
        read: gives the facts of samples.
        remix: what a domain is.
        into: folder for the list.
    """

    read: Read
    remix: Remix
    into: str

    def expand(self, lists: PCollection[str]) -> PCollection[str]:
        """Wires summing up and collecting."""
        return (
            lists
            | "SumBuckets" >> beam.FlatMap(_sum, self.read, self.remix)
            | "SumDomains" >> beam.CombinePerKey(sum)
            | "OneKey" >> beam.Map(lambda pair: (None, store.line(pair)))
            | "CollectDomains" >> beam.GroupByKey()
            | "WriteDomains" >> beam.MapTuple(partial(_write, self.into))
        )


@dataclass(slots=True, kw_only=True)
class ThinDomains(beam.PTransform[PCollection[str], PCollection[str]]):
    """Paths of receipt lists to the paths of one list of removals a bucket.

    Attributes:
        read: gives the facts of samples.
        remix: what a domain is.
        seed: decides which samples go.
        fractions: how much stays of the domains that give up a part.
        into: folder for the lists.
    """

    read: Read
    remix: Remix
    seed: int
    fractions: Mapping[str, float]
    into: str

    def expand(self, lists: PCollection[str]) -> PCollection[str]:
        """Wires nothing but the look at each bucket."""
        return lists | "ThinBuckets" >> beam.Map(
            _thin, self.read, self.remix, self.seed, self.fractions, self.into
        )


def thin(
    recipe: Recipe,
    layout: Layout,
    removals: tuple[str, ...],
    lists: list[str],
    run: Run,
    read: Callable[[tuple[str, ...]], Read],
    buckets: int,
) -> tuple[str, ...]:
    """Finds what goes, and returns the folders of all removals.

    Args:
        recipe: what to build.
        layout: of the build.
        removals: folders of what dedup removed.
        lists: paths of the lists of the units' receipts.
        run: runs a stage.
        read: from folders of removals makes what reads the samples that are left.
        buckets: of units.
    """
    most = recipe.dedup.most_captions
    if most:
        folder = layout.build("captions", digest([_names(removals), most]))
        stage: Any = FindRepeatedCaptions(
            layout=layout, into=folder, removals=removals, most=most, buckets=buckets
        )
        run("Captions", folder, lists, stage)
        removals = (*removals, folder)
    if recipe.remix is not None:
        removals = (*removals, _remix(recipe, recipe.remix, layout, removals, lists, run, read))
    return removals


def _remix(
    recipe: Recipe,
    remix: Remix,
    layout: Layout,
    removals: tuple[str, ...],
    lists: list[str],
    run: Run,
    read: Callable[[tuple[str, ...]], Read],
) -> str:
    """Thins domains; returns the folder of the removals and of what is told of domains."""
    filters = [repr(each) for each in recipe.filters]
    key = digest([_names(removals), _names(lists), filters, recipe.seed, asdict(remix)])
    into = layout.build("domains", key)
    rows = read(removals)
    found = run("Domains", into, lists, SumDomains(read=rows, remix=remix, into=into))
    amounts = dict(pair for path in found for pair in store.read_lines(path))
    kept = fractions(amounts, remix)
    folder = layout.build("remix", key)
    store.write_json(store.join(folder, FILE), record(remix, amounts, kept))
    cut = {name: fraction for name, fraction in kept.items() if fraction < 1}
    stage = ThinDomains(read=rows, remix=remix, seed=recipe.seed, fractions=cut, into=folder)
    run("Remix", folder, lists, stage)
    return folder


def record(remix: Remix, amounts: Mapping[str, int], kept: Mapping[str, float]) -> dict[str, Any]:
    """Returns what is told of domains: the largest by name, and the others together."""
    ranked = sorted(amounts, key=lambda name: (-amounts[name], name))
    rows = [
        {"name": name, "there": amounts[name], "wanted": round(amounts[name] * kept[name], 3)}
        for name in ranked[:_TOLD]
    ]
    rest = ranked[_TOLD:]
    others = {
        "domains": len(rest),
        "there": sum(amounts[name] for name in rest),
        "wanted": round(sum(amounts[name] * kept[name] for name in rest), 3),
    }
    return {**asdict(remix), "domains": rows, "others": others}


def _names(paths: tuple[str, ...] | list[str]) -> list[str]:
    return [path.rsplit("/", 1)[-1] for path in paths]


def _sum(path: str, read: Read, remix: Remix) -> Iterator[tuple[str, int]]:
    sums: Counter[str] = Counter()
    for facts in read(path, remix.columns()):
        domain = remix.domain(facts)
        if domain is not None:
            sums[domain] += remix.size(facts)
    yield from sums.items()


def _thin(
    path: str, read: Read, remix: Remix, seed: int, found: Mapping[str, float], into: str
) -> str:
    """Publishes the removals of a bucket."""
    out = store.join(into, path.rsplit("/", 1)[-1])
    rows = read(path, remix.columns())
    gone = goes(rows, remix, seed, found)
    lines = (Removal(each["unit"], each["offset"], each["key"], REASON, "") for each in gone)
    store.write_lines(out, lines)
    return out


def _write(into: str, _: None, lines: Any) -> str:
    path = store.join(into, "domains.jsonl")
    with store.publishing(path) as stream:
        stream.writelines(sorted(lines))
    return path
