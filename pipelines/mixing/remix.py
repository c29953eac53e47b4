"""Remixing: domains that there is much of give up a part, so that the others weigh more.

A domain is a host, an entry, a source, a language or a category. Of one of size n a part in
proportion to its weight times n to the power of alpha is wanted: alpha 1 leaves shares as they are,
0 makes all domains alike. None can give more than it has, so small ones are kept whole.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from taxonomy.draw import rank

# What a domain may be, with the fact that it is told by.
BY = {
    "host": "origin",
    "entry": "stanza",
    "source": "source",
    "language": "language",
    "category": "category",
}
REASON = "remix"
NO_HOST = "(no host)"
_SIZES = {"samples": "", "tokens": "characters", "bytes": "bytes"}
_DIGITS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Remix:
    """How domains are weighed.

    Attributes:
        by: what a domain is, one of BY.
        keep: share of the whole that stays.
        alpha: power of a domain's size in what is wanted of it.
        cap: largest share of what stays that one domain may have.
        weights: by domain, its weight where that is not 1.
        unit: of sizes: samples, tokens (counted as characters) or bytes.
        category: whose samples are remixed; empty for all.
    """

    by: str
    keep: float
    alpha: float = 0.5
    cap: float = 1.0
    weights: Mapping[str, float] = field(default_factory=dict)
    unit: str = "samples"
    category: str = ""

    def columns(self) -> list[str]:
        """Returns the facts that it looks at."""
        more = ["stated_language"] if self.by == "language" else []
        return ["key", "category", BY[self.by], *more, *filter(None, [_SIZES[self.unit]])]

    def domain(self, facts: Mapping[str, Any]) -> str | None:
        """Returns the domain of a sample; None for one that is not remixed."""
        if self.category not in ("", facts["category"]):
            return None
        if self.by == "host":
            return host(facts["origin"])
        if self.by == "language":
            return str(facts["stated_language"] or facts["language"] or "unknown")
        return str(facts[BY[self.by]])

    def size(self, facts: Mapping[str, Any]) -> int:
        """Returns how much a sample is."""
        return facts[_SIZES[self.unit]] if _SIZES[self.unit] else 1


def host(origin: str) -> str:
    """Returns the host of an origin, without `www.`.

    >>> host("https://www.example.org:8080/a"), host("books/a.epub")
    ('example.org', '(no host)')
    """
    try:
        found = urlsplit(origin).hostname if "://" in origin else None
    except ValueError:  # a bracket out of place
        found = None
    return (found or NO_HOST).removeprefix("www.")


def fractions(amounts: Mapping[str, int], remix: Remix) -> dict[str, float]:
    """Returns how much of each domain stays, from 0 to 1, in order of names.

    >>> fractions({"big": 900, "small": 100}, Remix(by="host", keep=0.4, alpha=0.5))
    {'big': 0.333333, 'small': 1.0}
    """
    names = sorted(amounts)
    there = np.array([amounts[name] for name in names], dtype=np.float64)
    weights = np.array([remix.weights.get(name, 1.0) for name in names], dtype=np.float64)
    budget = remix.keep * there.sum()
    highest = np.minimum(there, remix.cap * budget)
    highest[weights == 0] = 0
    taken = _fill(weights * np.power(there, remix.alpha), highest, budget)
    kept = np.divide(taken, there, out=np.ones_like(there), where=there > 0)
    return dict(zip(names, kept.round(_DIGITS).tolist(), strict=True))


def _fill(
    wanted: NDArray[np.float64], highest: NDArray[np.float64], budget: float
) -> NDArray[np.float64]:
    """What each gives of a budget: in proportion to what is wanted, as far as there is so much."""
    if highest.sum() <= budget:
        return highest
    # With the domains in the order in which they run out, one pass finds how many are kept whole.
    able = np.flatnonzero(wanted > 0)
    order = able[np.argsort(highest[able] / wanted[able], kind="stable")]
    whole = np.concatenate(([0.0], np.cumsum(highest[order])[:-1]))
    rest = np.cumsum(wanted[order][::-1])[::-1]
    level = (budget - whole) / rest
    first = int(np.argmax(level <= highest[order] / wanted[order]))
    return np.minimum(highest, wanted * level[first])


def stays(key: str, seed: int, fraction: float) -> bool:
    """Whether a sample is of the part of its domain that stays."""
    return fraction >= 1 or rank(seed, REASON, key) < fraction


def goes(
    rows: Iterable[dict[str, Any]], remix: Remix, seed: int, found: Mapping[str, float]
) -> Iterator[dict[str, Any]]:
    """Yields the samples that do not stay, by the fractions of their domains."""
    for facts in rows:
        domain = remix.domain(facts)
        if domain is not None and not stays(facts["key"], seed, found.get(domain, 1.0)):
            yield facts
