"""What a sample costs in each stage, what Beam adds, and what 100 million samples would."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipelines import build, convert, ingest, store
from pipelines.layout import Layout
from pipelines.recipe_reader import read_recipe
from pipelines.units import list_units
from sources.source import File, Piece
from tests.benchmarks import material, plain
from tests.benchmarks.conftest import Table

WARM, SMALL, LARGE = 500, 4_000, 24_000
TARGET = 100_000_000
STAGES = ("ingest", "dedup", "plan", "write", "finish")
pytestmark = [pytest.mark.bench, pytest.mark.timeout(3600)]


@dataclass(frozen=True, slots=True)
class Cost:
    """What a stage took: seconds of the processor, and what it would have sent over a shuffle."""

    seconds: float
    sent: int


def run(recipe: Path, runner: str) -> dict[str, Cost]:
    """Builds in this process and returns what each stage cost; converters, in another, do not."""
    marks: list[tuple[str, float, int]] = []

    def mark(stage: str) -> None:
        marks.append((stage, time.process_time(), plain.SENT["bytes"]))

    out = recipe.with_name(f"out-{runner.rsplit('.', 1)[-1]}")
    job = build.Job(recipe=read_recipe(str(recipe)), out=str(out), runner=runner, workers=1)
    build.run_stages(job, mark)
    mark("end")
    return {
        name: Cost(after - before, sent_after - sent)
        for (name, before, sent), (_, after, sent_after) in zip(marks, marks[1:], strict=False)
    }


def slopes(folder: Path, runner: str) -> dict[str, Cost]:
    """The cost of a sample more: what every build pays, such as starting, falls out."""
    # The first build of a process is slower.
    _, small, large = (
        run(folder / str(count) / "recipe.yaml", runner) for count in (WARM, SMALL, LARGE)
    )
    more = LARGE - SMALL
    return {
        name: Cost(
            (large[name].seconds - small[name].seconds) / more,
            round((large[name].sent - small[name].sent) / more),
        )
        for name in STAGES
    }


def conversion(folder: Path) -> tuple[float, float]:
    """Seconds and raw bytes of a picture of the size of those of the web, converted."""
    path = material.make_recipe(folder, 400)
    recipe = read_recipe(str(path))
    (stanza,) = recipe.stanzas
    settings = ingest.conversion(stanza, recipe, Layout(out=str(folder / "out")))
    (listed,) = list_units(recipe, Layout(out=str(folder / "out")))
    name = folder / "captions.jsonl"
    piece = Piece(file=File(path=str(name), name=name.name, size=0), size=0)
    handle = convert.make(settings)
    handle(convert.Request(piece=piece, start=0, count=50))
    began, count = time.process_time(), 0
    while count < 300:
        found, _ = handle(convert.Request(piece=piece, start=50 + count, count=50))
        count += len(found)
    seconds = (time.process_time() - began) / count
    assert store.exists(listed)
    sizes = [picture.stat().st_size for picture in (folder / "pictures").iterdir()]
    return seconds, sum(sizes) / len(sizes)


def stored(out: Path, pictures: float, samples: int) -> tuple[float, float]:
    """Bytes of a sample besides its picture: in the workshop, and in the corpus."""
    sizes: dict[bool, int] = {True: 0, False: 0}
    for path in out.rglob("*"):
        if path.is_file():
            sizes["_build" in path.relative_to(out).parts] += path.stat().st_size
    return sizes[True] / samples - pictures, sizes[False] / samples - pictures


@pytest.fixture
def small_pictures(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Some sizes of the same material, with pictures too small to matter."""
    with monkeypatch.context() as patch:
        patch.setattr(material, "PICTURE", (40, 30))
        for count in (WARM, SMALL, LARGE):
            material.make_recipe(tmp_path / str(count), count)
    return tmp_path


def test_hundred_million_samples(small_pictures: Path, table: Table, tmp_path: Path) -> None:
    bare = slopes(small_pictures, "tests.benchmarks.plain.Plain")
    beams = slopes(small_pictures, "FnApiRunner")
    out = small_pictures / str(LARGE)
    digests = {json.loads(path.read_text())["digest"] for path in out.glob("out-*/manifest.json")}
    assert len(digests) == 1
    seconds, size = conversion(tmp_path / "big")
    tiny = [each.stat().st_size for each in (out / "pictures").iterdir()]
    extra = stored(out / "out-FnApiRunner", sum(tiny) / len(tiny), LARGE)
    print_costs(bare, beams, seconds)
    print_forecast(bare, beams, seconds, size, extra)
    added = sum(beams[name].seconds - bare[name].seconds for name in STAGES)
    work = seconds + sum(bare[name].seconds for name in STAGES)
    figures = f"{added * 1e6:.0f} us of Beam beside {work * 1e6:.0f} us of work, a sample"
    table.add("Beam's share of a build of captioned JPEGs", added / work, "-", figures)


def print_costs(bare: dict[str, Cost], beams: dict[str, Cost], seconds: float) -> None:
    """Prints the table of costs a sample."""
    print("\n| stage | work, us a sample | Beam, us a sample | over a shuffle, bytes a sample |")
    print("| --- | --- | --- | --- |")
    print(f"| converting | {seconds * 1e6:.0f} | - | - |")
    for name in STAGES:
        work = bare[name].seconds * 1e6
        more = beams[name].seconds * 1e6 - work
        print(f"| {name} | {work:.0f} | {more:.0f} | {bare[name].sent} |")


def print_forecast(
    bare: dict[str, Cost],
    beams: dict[str, Cost],
    seconds: float,
    size: float,
    extra: tuple[float, float],
) -> None:
    """Prints what 100 million samples would take."""
    spread = seconds + sum(beams[name].seconds for name in STAGES[:-1])
    hours = spread * TARGET / 3600
    last = beams["finish"].seconds * TARGET / 3600
    sent = sum(bare[name].sent for name in STAGES) * TARGET
    told: Callable[[float], str] = lambda each: f"{each * TARGET / 1e12:.1f} TB"  # noqa: E731
    print(f"\n| {TARGET:,} captioned JPEGs of {size / 1000:.0f} kB | |\n| --- | --- |")
    print(f"| work that is spread | {hours:,.0f} core hours: {hours / 1000:.1f} h on 1,000 cores |")
    print(f"| work of the launcher alone, at the end | {last:.1f} h |")
    print(f"| over shuffles | {sent / 1e9:.0f} GB |")
    print(f"| corpus | {told(size + extra[1])} |")
    print(f"| staged, removable after | {told(size + extra[0])} |")
