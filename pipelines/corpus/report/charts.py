"""The charts of the report: bars of counts, histograms over powers of two, the funnel's flow."""

from collections.abc import Mapping, Sequence
from typing import Any

from pipelines.corpus.report.markup import Content, Html, join, table, tag

# Entries of a bar chart; the rest is summed up.
_BARS = 14
_WIDTH, _HEIGHT, _FOOT, _HEAD = 480, 170, 22, 16


def bars(title: str, counts: Mapping[str, int]) -> Html:
    """Returns a card with a bar for each of the largest counts."""
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    shown = ranked[:_BARS]
    if len(ranked) > _BARS:
        rest = ranked[_BARS:]
        shown.append((f"{len(rest)} others", sum(number for _, number in rest)))
    top = max((number for _, number in shown), default=1)
    rows = (
        tag(
            "tr",
            tag("td", name, class_="name"),
            tag("td", _track(100 * number / top), class_="bar"),
            tag("td", number, class_="n"),
        )
        for name, number in shown
    )
    return tag("div", tag("h3", title), tag("table", *rows, class_="bars"), class_="card")


def _track(share: float) -> Html:
    return tag("div", "", class_="track", style=f"width:{share:.1f}%")


def histogram(title: str, counts: Mapping[int, int]) -> Html:
    """Returns a card with a column for each power of two between the smallest and the largest."""
    if not counts:
        return Html("")
    lows = [0] if 0 in counts else []
    powers = [low for low in counts if low]
    low = min(powers, default=0)
    while powers and low <= max(powers):
        lows.append(low)
        low *= 2
    ends = [f"{low:,} to {max(0, 2 * low - 1):,}" for low in lows]
    return _draw(title, [_short(low) for low in lows], [counts.get(low, 0) for low in lows], ends)


def columns(title: str, counts: Sequence[tuple[str, int]]) -> Html:
    """Returns a card with a column for each range, named by its low end."""
    lows = [low for low, _ in counts]
    ends = [f"{low} to {high}" for low, high in zip(lows, [*lows[1:], "the most"], strict=True)]
    # Where there are many, only some have room for their names.
    every = -(-len(lows) // 8)
    shown = [low if place % every == 0 else "" for place, low in enumerate(lows)]
    return _draw(title, shown, [count for _, count in counts], ends)


def _draw(title: str, labels: list[str], counts: list[int], hints: list[str]) -> Html:
    top, step = max(counts), _WIDTH / len(counts)
    parts = [
        _column(place * step, step, *each, top, len(counts))
        for place, each in enumerate(zip(labels, counts, hints, strict=True))
    ]
    floor = _HEIGHT - _FOOT
    line = Html(f'<line x1="0" x2="{_WIDTH}" y1="{floor}" y2="{floor}"></line>')
    drawing = tag("svg", *parts, line, viewBox=f"0 0 {_WIDTH} {_HEIGHT}", role="img")
    return tag("div", tag("h3", title), drawing, class_="card")


def _column(
    x: float, step: float, label: str, count: int, range_: str, top: int, columns: int
) -> Html:
    """One column with its count above and the low end of its range below."""
    floor = _HEIGHT - _FOOT
    height = (floor - _HEAD) * count / top
    # Half a name hangs over the edges otherwise.
    middle = min(max(x + step / 2, 16), _WIDTH - 16)
    bar = (
        f'<rect x="{x + step * 0.08:.1f}" y="{floor - height:.1f}" width="{step * 0.84:.1f}" '
        f'height="{height:.1f}" rx="2"></rect>'
    )
    below = f'<text x="{middle:.1f}" y="{_HEIGHT - 7}" text-anchor="middle">{label}</text>'
    above = f'<text x="{middle:.1f}" y="{floor - height - 4:.1f}" text-anchor="middle">'
    above += f"{_short(count) if count else ''}</text>"
    hint = f"<title>{range_}: {count:,}</title>"
    return Html(f"<g>{hint}{bar}{below if columns <= 24 else ''}{above}</g>")


def _short(number: int) -> str:
    """A number in at most four signs.

    >>> _short(512), _short(4096), _short(12_345_678)
    ('512', '4.1k', '12M')
    """
    value, units = float(number), ["", "k", "M", "G", "T"]
    while value >= 1000 and len(units) > 1:
        value /= 1000
        units.pop(0)
    return f"{value:.0f}{units[0]}" if number < 1000 or value >= 10 else f"{value:.1f}{units[0]}"


def flow(entry: str, line: Mapping[str, Any]) -> Html:
    """Returns a card that shows what became of the rows of one entry of the recipe."""
    ends = {
        "written": line["written"],
        "removed": sum(line["removed"].values()),
        "skipped": sum(line["skips"].values()),
        "rejected": line["rejects"],
    }
    total = sum(ends.values()) or 1
    strip = [
        tag("span", "", class_=name, style=f"width:{100 * number / total:.2f}%")
        for name, number in ends.items()
        if number
    ]
    legend = [
        tag("span", tag("i", "", class_=name), f"{number:,} {name}")
        for name, number in ends.items()
    ]
    made = f"{line['rows']:,} rows of {line['source']} gave {line['samples']:,} samples"
    reasons: list[list[Content]] = [
        [stage, reason, number]
        for stage, found in (("skipped", line["skips"]), ("removed", line["removed"]))
        for reason, number in sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))
    ]
    parts = [
        tag("h3", entry),
        tag("div", *strip, class_="flow"),
        tag("div", *legend, class_="legend"),
        tag("p", made, class_="soft"),
    ]
    if reasons:
        parts.append(table(["stage", "reason", "count"], reasons))
    return tag("div", join(parts), class_="card")
