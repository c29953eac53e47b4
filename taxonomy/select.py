"""Which samples meet a plan: keyed sampling, exact to a small sample for each cell."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from taxonomy.draw import rank
from taxonomy.mixtures import ANY, Cell, Mixture, Plan, parts


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """What selection needs to know of a sample.

    Attributes:
        key: its key.
        category: its class.
        source: its source.
        language: its language.
        size: in the unit of the plan; 1 where that is samples.
    """

    key: str
    category: str
    source: str
    language: str
    size: float = 1.0


def select(items: Iterable[Item], plan: Plan, seed: int = 0) -> Iterator[tuple[str, int]]:
    """Yields the key of each sample that is taken, and how often, cell by cell in keyed order.

    The samples are those that the plan was made for; others are not taken.
    """
    cells = {
        (line.category, cell.source, cell.language): cell
        for line in plan.lines
        for cell in line.cells
    }
    groups: dict[tuple[str, str, str], list[Item]] = {place: [] for place in cells}
    for item in items:
        place = item.category, item.source, item.language
        if place in groups:
            groups[place].append(item)
    for place, cell in cells.items():
        yield from _fill(cell, groups[place], seed)


def _fill(cell: Cell, items: Iterable[Item], seed: int) -> Iterator[tuple[str, int]]:
    """Takes all samples as often as they fit wholly, and of the rest as many as come nearest."""
    ordered = sorted(items, key=lambda item: (rank(seed, "select", item.key), item.key))
    whole = int(cell.repeats + 1e-9)
    more = _nearest(ordered, cell.taken - whole * cell.available)
    for item in ordered:
        times = whole + (item.key in more)
        if times:
            yield item.key, times


def _nearest(ordered: Sequence[Item], budget: float) -> set[str]:
    """Keys of the first samples that fit a budget, smaller ones filling what is left of it."""
    left = budget + 1e-6
    taken: set[str] = set()
    for item in ordered:
        if item.size <= left:
            taken.add(item.key)
            left -= item.size
    rest = [item for item in ordered if item.key not in taken and item.size <= 2 * left]
    if rest:  # one more comes nearer than none
        taken.add(min(rest, key=lambda item: item.size).key)
    return taken


def table(plan: Plan) -> list[str]:
    """Returns the lines of a table: what is asked, there and taken of each class and below it."""
    rows = [("class", "source", "language", "asked", "there", "taken", "uses", "short")]
    for line in plan.lines:
        asked, short = _figure(line.wanted), _figure(line.shortfall) if line.shortfall else ""
        figures = asked, _figure(line.available), _figure(line.taken)
        uses = f"{line.taken / line.available:.2f}" if line.available else "-"
        rows.append((line.category, line.source, line.language, *figures, uses, short))
        for cell in line.cells:
            if (line.source, line.language) != (cell.source, cell.language):
                there, taken = _figure(cell.available), _figure(cell.taken)
                own = "", cell.source, cell.language or "unknown", "", there, taken
                rows.append((*own, f"{cell.repeats:.2f}", ""))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [_aligned(row, widths) for row in rows]
    scaled = "" if plan.scaled == 1 else f", all scaled to {plan.scaled:.1%}"
    return [*lines, f"in {plan.unit}{scaled}; {ANY} stands for whatever there is"]


def asked_for(mixture: Mixture) -> list[str]:
    """Returns the lines of a table: what a mixture asks of each class, whatever there will be."""
    rows = [("class", "source", "language", "share", "amount")]
    for (category, source, language), share in parts(mixture).items():
        amount = _figure(mixture.total * share) if mixture.total else "-"
        rows.append((category, source, language, f"{share:.2%}", amount))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    capped = [f"at most {_figure(most)} of {name}" for name, most in sorted(mixture.caps.items())]
    unit = mixture.unit
    total = f"{_figure(mixture.total)} {unit} in all" if mixture.total else f"as many {unit} as fit"
    told = {
        "scale": "all is scaled down",
        "repeat": f"samples are used up to {mixture.repeat_up_to:g} times",
        "short": "the class stays short",
    }[mixture.shortfall]
    notes = [f"{total}; where there is too little, {told}", *capped]
    return [*(_aligned(row, widths) for row in rows), *notes]


def _aligned(row: tuple[str, ...], widths: list[int]) -> str:
    """Words to the left of their column, figures to the right."""
    cells = [
        f"{text:<{width}}" if column < 3 else f"{text:>{width}}"
        for column, (text, width) in enumerate(zip(row, widths, strict=True))
    ]
    return "  ".join(cells).rstrip()


def _figure(amount: float) -> str:
    return f"{amount:,.0f}"
