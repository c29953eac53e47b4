"""Remixing raises what there is little of, by whatever a domain is."""

import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.mixing.remix import Remix, fractions, host
from tests.pipelines import corpora

HOSTS = {"big.example": 200, "middle.example": 50, "small.example": 8, "": 2}


def taken(amounts: dict[str, int], **settings: Any) -> dict[str, float]:
    kept = fractions(amounts, Remix(by="host", **settings))
    return {name: amounts[name] * kept[name] for name in amounts}


def test_alpha_decides_between_as_it_is_and_all_alike() -> None:
    amounts = {"a": 900, "b": 100}
    assert taken(amounts, keep=0.2, alpha=1) == pytest.approx({"a": 180, "b": 20}, rel=1e-3)
    assert taken(amounts, keep=0.2, alpha=0) == pytest.approx({"a": 100, "b": 100}, rel=1e-3)
    assert taken(amounts, keep=0.2, alpha=0.5) == pytest.approx({"a": 150, "b": 50}, rel=1e-3)


def test_small_domains_stay_whole_and_weights_and_caps_hold() -> None:
    amounts = {"a": 900, "b": 90, "c": 10}
    assert taken(amounts, keep=0.5, alpha=0)["c"] == 10
    assert taken(amounts, keep=0.5, alpha=0, weights={"c": 0})["c"] == 0
    capped = taken(amounts, keep=0.2, alpha=1, cap=0.6)
    assert capped["a"] == pytest.approx(120, rel=1e-3)
    assert sum(capped.values()) == pytest.approx(200, rel=1e-3)


@given(
    st.dictionaries(st.text("abc", min_size=1), st.integers(1, 10**6), min_size=1),
    st.floats(0, 1),
    st.floats(0.01, 1),
)
def test_what_is_asked_is_kept_and_the_smaller_never_loses_more(
    amounts: dict[str, int], alpha: float, keep: float
) -> None:
    kept = fractions(amounts, Remix(by="host", keep=keep, alpha=alpha))
    total = sum(amounts.values())
    assert sum(amounts[name] * kept[name] for name in amounts) == pytest.approx(
        keep * total, abs=1e-4 * total
    )
    in_order = [kept[name] for name in sorted(amounts, key=lambda name: amounts[name])]
    assert all(small >= large - 1e-6 for small, large in zip(in_order, in_order[1:], strict=False))


@pytest.mark.parametrize(
    ("origin", "found"),
    [("http://WWW.a.org/x", "a.org"), ("a/b.html", "(no host)"), ("http://[x/", "(no host)")],
)
def test_hosts(origin: str, found: str) -> None:
    assert host(origin) == found


def make(folder: Path, **more: Any) -> Path:
    noise, rows = random.Random(3), []
    for name, count in HOSTS.items():
        for number in range(count):
            words = " ".join(noise.choices(corpora.WORDS, k=30))
            rows.append({"text": f"{number} {words}", "url": f"https://{name}/{number}"})
            if not name:
                del rows[-1]["url"]
    (folder / "raw").mkdir(parents=True)
    text = "\n".join(map(json.dumps, rows)) + "\n"
    (folder / "raw" / "a.jsonl").write_text(text, encoding="utf-8")
    remix = {"by": "host", "keep": 0.4, "alpha": 0.3, **more}
    source = {"source": "documents", "path": "raw", "licence": "CC0-1.0"}
    recipe = {"name": "remixed", "unit_size": "4kB", "sources": [source], "remix": remix}
    (folder / "recipe.yaml").write_text(json.dumps(recipe))
    return folder / "recipe.yaml"


def hosts(out: Path) -> Counter[str]:
    files = (out / "pretrain").rglob("*.parquet")
    rows = [row for path in files for row in pq.read_table(path, columns=["origin"]).to_pylist()]
    return Counter(host(row["origin"]) for row in rows)


def test_a_build_keeps_small_hosts_whole_and_tells_the_shares(tmp_path: Path) -> None:
    corpora.run("build", make(tmp_path), "--out", tmp_path / "out", "--workers", 1)
    found, told = hosts(tmp_path / "out"), corpora.manifest(tmp_path / "out")
    assert found["small.example"] == 8 and found["(no host)"] == 2
    wanted = {row["name"]: row["wanted"] for row in told["remix"]["domains"]}
    assert sum(wanted.values()) == pytest.approx(0.4 * 260, abs=0.1)
    # Which samples go is chance by their keys, so counts are only about what is wanted.
    assert all(abs(found[name] - count) < 20 for name, count in wanted.items())
    removed = told["funnel"]["documents"]["removed"]
    assert removed["remix"] == 260 - sum(found.values()) - removed.get("exact_duplicate", 0)
    page = (tmp_path / "out" / "report" / "index.html").read_text(encoding="utf-8")
    assert "big.example" in page and "Remixing" in page
    gone = corpora.run("why", tmp_path / "out", "big.example").stdout
    assert "plan    removed (remix): there is much of its domain" in gone


@pytest.mark.slow
def test_workers_make_no_difference(tmp_path: Path) -> None:
    recipe = make(tmp_path)
    for name, options in {"one": [], "two": ["--direct_runner_bundle_repeat=1"]}.items():
        workers = 1 if name == "one" else 2
        corpora.run("build", recipe, "--out", tmp_path / name, "--workers", workers, *options)
    assert corpora.files(tmp_path / "one") == corpora.files(tmp_path / "two")
