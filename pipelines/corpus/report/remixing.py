"""The report on remixing: the shares of domains before it and in the corpus."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from pipelines.corpus.report.markup import Content, Html, join, table, tag
from pipelines.corpus.state import Corpus
from pipelines.mixing.remix import Remix

_SHOWN = 30


def remixing(corpus: Corpus, record: dict[str, Any]) -> Iterator[Html]:
    """Yields a card with what remixing did, as the manifest tells and the indexes hold."""
    names = Remix.__dataclass_fields__
    remix = Remix(**{name: record[name] for name in names})
    written = _written(corpus, remix)
    rows = record["domains"][:_SHOWN]
    before = sum(row["there"] for row in record["domains"]) + record["others"]["there"]
    after = written.total()
    lines = [
        _line(row["name"], row["there"], row["wanted"], written[row["name"]], before, after)
        for row in rows
    ]
    rest = record["domains"][_SHOWN:]
    others = len(rest) + record["others"]["domains"]
    if others:
        there = before - sum(row["there"] for row in rows)
        wanted = sum(row["wanted"] for row in rest) + record["others"]["wanted"]
        stay = after - sum(written[row["name"]] for row in rows)
        lines.append(_line(f"{others:,} others", there, wanted, stay, before, after))
    head = [remix.by, "there", "asked", "written", "share before", "share after", ""]
    part = f" of {remix.category}" if remix.category else ""
    told = (
        f"in {remix.unit}{part}; {remix.keep:.0%} is to stay, a domain's part grows with its size "
        f"to the power of {remix.alpha:g}; the upper bar is the share before, the lower after"
    )
    yield tag("div", join([table(head, lines), tag("p", told, class_="soft")]), class_="card")


def _line(
    name: str, there: int, wanted: float, stay: int, before: int, after: int
) -> list[Content]:
    shares = [there / before if before else 0.0, stay / after if after else 0.0]
    tracks = [
        tag("div", "", class_=f"track {kind}", style=f"width:{100 * share:.1f}%")
        for kind, share in zip(("removed", "written"), shares, strict=True)
    ]
    told = [f"{share:.1%}" for share in shares]
    return [name, there, round(wanted), stay, *told, tag("div", *tracks, class_="pair")]


def _written(corpus: Corpus, remix: Remix) -> Counter[str]:
    """How much of each domain the shards hold."""
    found: Counter[str] = Counter()
    for shard in corpus.shards():
        for batch in corpus.index(shard.name, remix.columns()):
            for facts in batch.to_pylist():
                domain = remix.domain(facts)
                if domain is not None:
                    found[domain] += remix.size(facts)
    return found
