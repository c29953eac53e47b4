"""Mixtures: what is wanted of each class, source and language, and what can be taken of it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

UNITS = ("samples", "tokens", "bytes")
SHORTFALLS = ("scale", "repeat", "short")
ANY = "*"  # in a line: whatever source, or language, there is


@dataclass(frozen=True, slots=True, kw_only=True)
class Mixture:
    """What a corpus, or one stage of training, is to be made of; `mixtures.yaml` explains it.

    Attributes:
        weights: by category, its part of the whole.
        unit: of all amounts, one of UNITS.
        total: how much to take; None for as much as every class allows.
        sources: by category, weights of its sources.
        languages: weights of the languages.
        caps: by source, the most to take.
        epochs: by category, how often its samples may be used; once unless said.
        shortfall: what to do where there is too little, one of SHORTFALLS.
        repeat_up_to: for `repeat`, how often a sample may be used.
    """

    weights: Mapping[str, float]
    unit: str = "samples"
    total: float | None = None
    sources: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    languages: Mapping[str, float] = field(default_factory=dict)
    caps: Mapping[str, float] = field(default_factory=dict)
    epochs: Mapping[str, float] = field(default_factory=dict)
    shortfall: str = "scale"
    repeat_up_to: float = 1.0

    def __post_init__(self) -> None:
        _one_of("unit", self.unit, UNITS)
        _one_of("shortfall", self.shortfall, SHORTFALLS)
        if self.total is not None and self.total <= 0:
            raise ValueError(f"total {self.total} is not above 0; leave it out to take all")
        if (self.shortfall == "repeat") != (self.repeat_up_to > 1):
            raise ValueError(
                f"repeat_up_to {self.repeat_up_to} with shortfall {self.shortfall!r}: say above 1 "
                "with 'repeat', and leave it out otherwise"
            )
        for name in ("weights", "languages", *(f"sources/{id}" for id in self.sources)):
            owner, _, id = name.partition("/")
            _check_weights(name, getattr(self, owner) if not id else self.sources[id])
        if not self.weights:
            raise ValueError("a mixture needs weights: name at least one category")
        for name in (*self.sources, *self.epochs):
            if name not in self.weights:
                raise ValueError(f"{name!r} has no weight in this mixture; add one or drop it")


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """How much there is of one source's samples of a category and language."""

    category: str
    source: str
    language: str
    samples: float
    tokens: float = 0
    bytes: float = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One source in one language, within a line.

    Attributes:
        source: the source.
        language: the language.
        available: what there is, each sample once.
        taken: what will be taken.
    """

    source: str
    language: str
    available: float
    taken: float

    @property
    def repeats(self) -> float:
        """How often each sample is used on average; below 1, the share of samples that is."""
        return self.taken / self.available if self.available else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One budget of a plan. `source` and `language` are ANY where the mixture leaves them open.

    Attributes:
        category: class of Table 1 or 2, or of whatever the mixture is over.
        source: source, or ANY.
        language: language, or ANY.
        wanted: what the mixture asks for.
        available: what there is, each sample once.
        taken: what will be taken.
        cells: the same by source and language: in proportion to what there is, within the caps.
    """

    category: str
    source: str
    language: str
    wanted: float
    available: float
    taken: float
    cells: tuple[Cell, ...]

    @property
    def shortfall(self) -> float:
        """How much less is taken than is wanted."""
        return max(0.0, self.wanted - self.taken)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a mixture comes to.

    Attributes:
        unit: of all amounts.
        lines: the budgets, in the order of the mixture.
        scaled: by how much everything was scaled down; 1 for not at all.
    """

    unit: str
    lines: tuple[Line, ...]
    scaled: float

    @property
    def shortfalls(self) -> tuple[Line, ...]:
        """The lines of which less is taken than is wanted."""
        return tuple(line for line in self.lines if line.shortfall > 1e-6 * line.wanted)


def solve(mixture: Mixture, amounts: Sequence[Amount]) -> Plan:
    """Decides what is taken.

    Args:
        mixture: what is wanted.
        amounts: what there is; of categories that the mixture does not name, nothing is taken.

    Raises:
        ValueError: everything would be scaled down to nothing, as a line has nothing at all.
    """
    shares = parts(mixture)
    stocks = {part: _stock(mixture, part, amounts) for part in shares}
    highest = {part: stock.highest() for part, stock in stocks.items()}
    total = mixture.total
    if total is None:
        total = min(highest[part] / share for part, share in shares.items())
    wanted = {part: total * share for part, share in shares.items()}
    scaled = 1.0
    if mixture.shortfall == "scale" and total:
        scaled = min([1.0, *(highest[part] / wanted[part] for part in shares)])
    if not total or not scaled:
        empty = ["/".join(part) for part in shares if not highest[part]]
        raise ValueError(
            f"there is nothing of {', '.join(empty)}, so nothing can be taken: drop it from the "
            "mixture, or give a total and choose shortfall 'short' or 'repeat'"
        )
    lines = tuple(_line(part, wanted[part], scaled, stocks[part]) for part in shares)
    return Plan(unit=mixture.unit, lines=lines, scaled=scaled)


Part = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class _Stock:
    """What there is for a line.

    Attributes:
        has: by source and language, what there is.
        caps: by source, the most to take.
        uses: how often a sample may be used.
    """

    has: Mapping[tuple[str, str], float]
    caps: Mapping[str, float]
    uses: float

    def taken(self, repeats: float) -> dict[str, float]:
        """What is taken of each source if samples are used so often, as far as caps allow."""
        return {
            source: min(amount * repeats, self.caps[source])
            for source, amount in self.by_source().items()
        }

    def highest(self) -> float:
        """The most that can be taken."""
        return sum(self.taken(self.uses).values())

    def cells(self, budget: float) -> tuple[Cell, ...]:
        """Shares a budget out: as often for every sample, but for sources that reach their cap."""
        low, high = 0.0, self.uses
        for _ in range(100):
            middle = (low + high) / 2
            if sum(self.taken(middle).values()) < budget:
                low = middle
            else:
                high = middle
        taken, once = self.taken(high), self.by_source()
        return tuple(
            Cell(
                source=source,
                language=language,
                available=amount,
                taken=amount * taken[source] / once[source] if once[source] else 0.0,
            )
            for (source, language), amount in self.has.items()
        )

    def by_source(self) -> dict[str, float]:
        """What there is of each source."""
        found: dict[str, float] = {}
        for (source, _), amount in self.has.items():
            found[source] = found.get(source, 0.0) + amount
        return found


def _line(part: Part, wanted: float, scaled: float, stock: _Stock) -> Line:
    taken = min(wanted * scaled, stock.highest())
    return Line(
        category=part[0],
        source=part[1],
        language=part[2],
        wanted=wanted,
        available=sum(stock.has.values()),
        taken=taken,
        cells=stock.cells(taken),
    )


def parts(mixture: Mixture) -> dict[Part, float]:
    """Returns the share of each line, all together 1; lines without a share are none."""
    found: dict[Part, float] = {}
    for category, share in _normal(mixture.weights).items():
        for source, of_source in _normal(mixture.sources.get(category, {ANY: 1.0})).items():
            for language, of_language in _normal(mixture.languages or {ANY: 1.0}).items():
                if share * of_source * of_language > 0:
                    found[category, source, language] = share * of_source * of_language
    return found


def _stock(mixture: Mixture, part: Part, amounts: Sequence[Amount]) -> _Stock:
    """What there is of a line; a cap is shared out over languages that have weights."""
    has: dict[tuple[str, str], float] = {}
    for amount in amounts:
        own = (amount.category, amount.source, amount.language)
        if all(mine in (ANY, given) for mine, given in zip(part, own, strict=True)):
            place = amount.source, amount.language
            has[place] = has.get(place, 0.0) + getattr(amount, mixture.unit)
    share = 1.0 if part[2] == ANY else _normal(mixture.languages)[part[2]]
    caps = {source: mixture.caps.get(source, math.inf) * share for source, _ in has}
    uses = mixture.epochs.get(part[0], 1.0) * mixture.repeat_up_to
    return _Stock(dict(sorted(has.items())), caps, uses)


def _normal(weights: Mapping[str, float]) -> dict[str, float]:
    total = sum(weights.values())
    return {name: weight / total for name, weight in weights.items()}


def _one_of(name: str, value: str, allowed: Sequence[str]) -> None:
    if value not in allowed:
        raise ValueError(f"{name} {value!r} is none of {', '.join(allowed)}")


def _check_weights(name: str, weights: Mapping[str, float]) -> None:
    for key, weight in weights.items():
        if weight < 0:
            raise ValueError(f"{name}: weight {weight} of {key!r} is below 0")
    if weights and not sum(weights.values()):
        raise ValueError(f"{name}: all weights are 0; give at least one above 0")
