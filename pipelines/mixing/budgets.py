"""Which samples meet a mixture: in each cell, those before an edge in the order of a keyed hash.

A cell is one class in one entry of the recipe and one language. Its order is cut into slices, so
that sums of slices, which are small, tell in which slice a budget ends; only that slice is sorted.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from pipelines.mixing.settings import DEPTHS, Mixing
from taxonomy.draw import rank
from taxonomy.mixtures import Amount, Plan, solve
from taxonomy.use_cases import cut

SLICES = 1024
REASON = "mixture"
_SIZES = {"samples": (), "tokens": ("tokens", "characters"), "bytes": ("bytes",)}
_COLUMNS = ("key", "category", "stanza", "taxonomy", "language", "stated_language")
# Sums of shares are not exact; a budget that lacks less than this of a cell takes all of it.
_SLACK = 1e-9

Sums = Mapping[tuple[str, int], int]  # by cell and slice


class MixtureError(ValueError):
    """A mixture that cannot be met; the message says why and what to do."""


class Edge(NamedTuple):
    """Where what is taken of a cell ends, inclusive: a place in its order."""

    place: float
    key: str = ""


NOTHING, ALL = Edge(-1.0), Edge(2.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruler:
    """How samples are put into cells and measured.

    Attributes:
        over: which classes, one of DEPTHS.
        unit: samples, tokens or bytes; where no tokenizer counted, a character counts as a token.
        seed: decides the order.
    """

    over: str
    unit: str
    seed: int

    def columns(self) -> list[str]:
        """Returns the facts that it looks at."""
        return [*_COLUMNS, *_SIZES[self.unit]]

    def cell(self, facts: Mapping[str, Any]) -> str:
        """Returns the cell of a sample: class, entry and language, with zeros between."""
        depth = DEPTHS[self.over]
        name = cut(facts["taxonomy"], depth) if depth else facts["category"]
        language = facts["stated_language"] or facts["language"] or "unknown"
        return f"{name}\0{facts['stanza']}\0{language}"

    def size(self, facts: Mapping[str, Any]) -> int:
        """Returns how much a sample is."""
        counted = (facts[name] for name in _SIZES[self.unit] if facts.get(name) is not None)
        return next(counted, 1)

    def place(self, facts: Mapping[str, Any]) -> float:
        """Returns where a sample stands in the order of its cell, from 0 to 1."""
        return rank(self.seed, "select", facts["key"])

    def slot(self, facts: Mapping[str, Any]) -> tuple[str, int]:
        """Returns the cell and slice of a sample."""
        return self.cell(facts), int(self.place(facts) * SLICES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What is taken of a cell.

    Attributes:
        whole: what the slices before the boundary hold together.
        boundary: the slice in which the budget ends; SLICES if the whole cell is taken.
        rest: what is to be taken of that slice.
    """

    whole: float
    boundary: int
    rest: float


def decide(mixing: Mixing, sums: Sums) -> Plan:
    """Solves a mixture for what there is.

    Raises:
        MixtureError: nothing can be taken, or samples would be used more than once.
    """
    totals: Counter[str] = Counter()
    for (cell, _), size in sums.items():
        totals[cell] += size
    amounts = [_amount(cell, size, mixing.unit) for cell, size in sorted(totals.items())]
    there = {amount.category for amount in amounts} - {""}
    try:
        plan = solve(mixing.mixture(there), amounts)
    except ValueError as error:
        raise MixtureError(f"mixture: {error}") from error
    for line in plan.lines:
        if any(cell.repeats > 1 + _SLACK for cell in line.cells):
            raise MixtureError(
                f"mixture: it uses samples of {line.category} {line.taken / line.available:.2f} "
                "times, but a corpus holds a sample once: take a smaller total, choose shortfall "
                "'scale' or 'short' without epochs, and repeat by the loader's weights"
            )
    return plan


def shares(plan: Plan, sums: Sums) -> dict[str, Share]:
    """Returns where the budget of each cell ends, from the sums of its slices."""
    slices: dict[str, dict[int, int]] = {}
    for (cell, number), size in sums.items():
        slices.setdefault(cell, {})[number] = size
    return {
        name: _share(slices[name], cell.taken)
        for line in plan.lines
        for cell in line.cells
        if (name := f"{line.category}\0{cell.source}\0{cell.language}") in slices
    }


def edge(share: Share, candidates: Iterable[tuple[float, str, int]]) -> tuple[Edge, float]:
    """Returns the edge that comes nearest to the budget, and what is taken of the cell then.

    Args:
        share: of the cell.
        candidates: place, key and size of the samples of the boundary slice.
    """
    best = Edge(share.boundary / SLICES)
    taken, missing, sum_ = 0, share.rest, 0
    for place, key, size in sorted(candidates):
        sum_ += size
        if abs(share.rest - sum_) < missing:
            best, taken, missing = Edge(place, key), sum_, abs(share.rest - sum_)
    return best, share.whole + taken


@dataclass(frozen=True, slots=True, kw_only=True)
class Budgets:
    """The edges of all cells that a mixture takes from."""

    ruler: Ruler
    edges: Mapping[str, Edge]

    def refused(self, facts: Mapping[str, Any]) -> str | None:
        """Returns REASON for a sample behind the edge of its cell, or of no cell at all."""
        end = self.edges.get(self.ruler.cell(facts), NOTHING)
        return None if (self.ruler.place(facts), facts["key"]) <= end else REASON


def sum_up(rows: Iterable[Mapping[str, Any]], ruler: Ruler) -> Counter[tuple[str, int]]:
    """Returns the sums of all cells and slices."""
    sums: Counter[tuple[str, int]] = Counter()
    for facts in rows:
        sums[ruler.slot(facts)] += ruler.size(facts)
    return sums


def in_boundary(
    rows: Iterable[Mapping[str, Any]], ruler: Ruler, found: Mapping[str, Share]
) -> Iterator[tuple[str, tuple[float, str, int]]]:
    """Yields the samples of boundary slices, by cell: place, key and size."""
    for facts in rows:
        cell, number = ruler.slot(facts)
        if cell in found and found[cell].boundary == number:
            yield cell, (ruler.place(facts), facts["key"], ruler.size(facts))


def _amount(cell: str, size: int, unit: str) -> Amount:
    category, source, language = cell.split("\0")
    measured = {"samples": 0.0, unit: float(size)}
    return Amount(category=category, source=source, language=language, **measured)


def _share(slices: Mapping[int, int], budget: float) -> Share:
    total = sum(slices.values())
    before = 0
    for number, size in sorted(slices.items()):
        if before + size > budget + _SLACK * total:
            return Share(whole=before, boundary=number, rest=budget - before)
        before += size
    return Share(whole=total, boundary=SLICES, rest=0.0)
