"""Spreads in bounded memory say what all numbers together say; edges what filters would drop."""

from pathlib import Path

import numpy as np
import pytest

from pipelines.corpus.report.spreads import Spread, gather
from pipelines.corpus.report.thresholds import bounds, drawing
from pipelines.corpus.state import open_corpus
from pipelines.recipe import Filter
from tests.pipelines import corpora

SHARES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)


@pytest.mark.parametrize("scale", [1.0, 1e-3, 1e6])
def test_quantiles_are_those_of_the_numbers(scale: float) -> None:
    numbers = np.random.default_rng(1).lognormal(size=20_000) * scale
    spread = Spread()
    for part in np.array_split(numbers, 7):
        spread.add(part)
    wanted = np.quantile(numbers, SHARES, method="nearest")
    assert spread.quantiles(SHARES) == pytest.approx(wanted.tolist(), rel=1e-3)
    assert (spread.least, spread.most) == (numbers.min(), numbers.max())


def test_order_makes_no_difference_and_little_is_held() -> None:
    numbers = np.random.default_rng(2).normal(size=600_000)
    one, other = Spread(), Spread()
    for part in np.array_split(numbers, 30):
        one.add(part)
    for part in np.array_split(numbers[::-1], 50):
        other.add(part)
    assert one.quantiles(SHARES) == other.quantiles(SHARES)
    assert one.ranked()[1].sum() == 600_000 and len(one.ranked()[0]) < 250_000


def test_a_drawing_shows_numbers_and_bounds() -> None:
    spread = Spread()
    spread.add(np.array([0.0, 0.0, 1.0, 1000.0]))
    drawn = drawing(spread, [5.0]).text
    assert drawn.count("M") == 3 and drawn.count('class="mark"') == 1
    assert "0 to 1,000, logarithmic" in drawn


def test_edges_drop_what_the_build_dropped(built: Path) -> None:
    corpus = open_corpus(str(built))
    spreads, (edge,) = gather(corpus, bounds(corpus.recipe))
    removed = corpora.manifest(built)["funnel"]["pairs"]["removed"]
    assert edge.dropped == {"pairs": removed["filter_characters"]}
    near = edge.nearest()
    assert [goes for goes, _, _ in near] == [True] * 9 + [False] * 10
    assert sum(edge.seen.values()) == spreads["characters"]["pairs"].count


def test_a_bound_on_one_category_looks_at_no_other(built: Path) -> None:
    asked = Filter(fact="words", max=30, category="pretrain/text")
    _, (edge,) = gather(open_corpus(str(built)), [asked])
    assert edge.seen["pairs"] == 0 and edge.seen["documents"] > 50
    assert edge.dropped["documents"] > 50
    assert {row["category"] for _, _, row in edge.nearest()} == {"pretrain/text"}


def test_the_report_shows_borders_and_all_facts(built: Path) -> None:
    page = (built / "report" / "index.html").read_text(encoding="utf-8")
    assert 'id="thresholds"' in page and "19 samples at the border" in page
    assert "<code>characters</code> at least 17 in pairs" in page
    assert "picture number 1" in page and "<code>compression_ratio</code>" in page
