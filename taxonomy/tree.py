"""The taxonomy drawn as a tree, with how much of each class there is."""

from collections.abc import Mapping

from taxonomy.use_cases import Taxonomy


def counts_upward(taxonomy: Taxonomy, counts: Mapping[str, int]) -> dict[str, int]:
    """Returns for every class the count of itself and of all classes below it.

    Raises:
        ValueError: a counted class is not of this taxonomy.
    """
    unknown = sorted(set(counts) - set(taxonomy.cases))
    if unknown:
        raise ValueError(f"no such class: {', '.join(unknown)}; `shardwright taxonomy` lists them")
    totals = dict.fromkeys(taxonomy.cases, 0)
    for id, count in counts.items():
        steps = id.split("/")
        for end in range(1, len(steps) + 1):
            totals["/".join(steps[:end])] += count
    return totals


def draw(
    taxonomy: Taxonomy, counts: Mapping[str, int] | None = None, language: str = "en"
) -> list[str]:
    """Returns the lines of the tree; with counts, each class's own and those below it.

    Args:
        taxonomy: the classes.
        counts: by class id; classes without an entry count 0.
        language: of the names, en or zh.
    """
    totals = counts_upward(taxonomy, counts) if counts is not None else None
    roots = [id for id in taxonomy.cases if "/" not in id]
    rows: list[tuple[str, str]] = []
    for id in roots:
        _draw_below(taxonomy, id, "", "", language, rows)
    if totals is None:
        return [label for label, _ in rows]
    width = max(_columns(label) for label, _ in rows)
    digits = max(len(f"{total:,}") for total in totals.values())
    return [
        f"{label}{' ' * (width - _columns(label))}  {totals[id]:>{digits},}" for label, id in rows
    ]


def _draw_below(
    taxonomy: Taxonomy, id: str, branch: str, stem: str, language: str, rows: list[tuple[str, str]]
) -> None:
    """Adds a class and those below it; `branch` leads to its name, `stem` to those below."""
    case = taxonomy.cases[id]
    rows.append((branch + (case.zh if language == "zh" else case.name), id))
    for child in case.children:
        last = child == case.children[-1]
        _draw_below(
            taxonomy,
            child,
            stem + ("`-- " if last else "|-- "),
            stem + ("    " if last else "|   "),
            language,
            rows,
        )


def _columns(text: str) -> int:
    """Columns that a terminal gives a text: two for each Chinese character."""
    return sum(2 if ord(character) >= 0x1100 else 1 for character in text)
