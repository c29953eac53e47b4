"""Raw material with known near-duplicates, and what a build removed of it."""

import json
import random
from pathlib import Path
from typing import Any

from tests.pipelines import corpora

LENGTH = 120
LEVELS = (0.5, 0.6, 0.7, 0.9, 0.95, 1.0)


def words(noise: random.Random, count: int) -> list[str]:
    """Words of an endless language, so that nothing is alike by chance."""
    return [f"w{noise.randrange(10**6)}" for _ in range(count)]


def variant(base: list[str], likeness: float, noise: random.Random) -> list[str]:
    """The words, some at the end replaced, so that shingles have about that Jaccard index."""
    shingles = len(base) - 4
    change = round(shingles * (1 - likeness) / (1 + likeness))
    return base[: len(base) - change] + words(noise, change)


def documents(groups: int, alone: int) -> list[dict[str, Any]]:
    """For each level `groups` pairs of texts, and `alone` texts that are like no other."""
    noise = random.Random(groups)
    rows = []
    for level in LEVELS:
        for group in range(groups):
            base = words(noise, LENGTH)
            other = variant(base, level, noise)
            rows.append({"text": " ".join(base), "level": level, "group": f"{level} {group}"})
            # Never equal to the letter: that is for exact duplicates.
            text = f"{' '.join(other)}!"
            rows.append({"text": text, "level": level, "group": f"{level} {group}"})
    rows += [{"text": " ".join(words(noise, LENGTH)), "level": 0.0} for _ in range(alone)]
    noise.shuffle(rows)
    return rows


def write_documents(folder: Path, rows: list[dict[str, Any]], files: int = 3) -> None:
    """The rows as JSON Lines files."""
    folder.mkdir(parents=True)
    for number in range(files):
        lines = [json.dumps(row) for row in rows[number::files]]
        (folder / f"{number}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def build(folder: Path, dedup: dict[str, Any], *options: object, **more: Any) -> Path:
    """Builds the raw documents of a folder."""
    recipe = {
        "name": "planted",
        "unit_size": "30kB",
        "sources": [{"source": "documents", "path": "raw", "licence": "CC0-1.0"}],
        "dedup": dedup,
        **more,
    }
    (folder / "recipe.yaml").write_text(json.dumps(recipe))
    out = folder / "out"
    corpora.run("build", folder / "recipe.yaml", "--out", out, "--workers", 1, *options)
    return out


def dropped(out: Path) -> dict[str, dict[str, Any]]:
    """What the plan that stands left out, by key."""
    plan = json.loads((out / "_build" / "published.json").read_text())["plan"]
    files = (out / "_build" / "plan" / plan / "dropped").glob("*.jsonl")
    lines = [json.loads(line) for path in files for line in path.read_text().splitlines()]
    # Names of units depend on where the raw material lies.
    names = ("reason", "kept", "alike")
    return {line["key"]: {name: line[name] for name in names} for line in lines}
