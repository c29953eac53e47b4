"""Plots and code from notebooks, against the loops that people write."""

import statistics
import subprocess
import time
from pathlib import Path

import pytest

from pipelines import store
from pipelines.convert import Conversion, Converted, Request, make
from sources import load
from sources.source import File
from tests.benchmarks.conftest import Table, peer

LOOPS = Path(__file__).parent / "loops.py"


def theirs(how: str, paths: list[Path]) -> float:
    python = peer("nbconvert==7.17.2", "nbformat==5.11.1")
    listed = "\n".join(map(str, paths))
    done = subprocess.run(
        [python, "-W", "ignore", LOOPS, how], input=listed, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return float(done.stdout.split()[0])


def ours(paths: list[Path]) -> float:
    """Everything that ingest does to a notebook, in this process: pairs checked, with facts."""
    settings = Conversion(
        source="web_code/notebooks",
        stanza="notebooks",
        root="/",
        options={},
        images="",
        licence="",
        language="",
        orient=False,
        image_bytes=10**8,
        image_pixels=10**8,
    )
    handle, read = make(settings), load("notebooks").read
    start = time.perf_counter()
    pairs = 0
    for path in paths:
        file = File(path=str(path), name=path.name, size=path.stat().st_size)
        for piece in read.pieces(file, store.open_file):
            results, _ = handle(Request(piece=piece, start=0, count=10))
            pairs += sum(isinstance(made, Converted) for row in results for made in row.made)
    assert pairs > 50
    return time.perf_counter() - start


@pytest.mark.bench
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("how", ["nbconvert", "nbformat"])
def test_notebooks_against_a_loop(how: str, samples: Path, table: Table) -> None:
    # The files of nbformat's own tests are broken on purpose: loops end at them.
    found = (samples / "notebooks").rglob("*.ipynb")
    paths = sorted(path for path in found if "nbformat-tests" not in path.parts)
    pairs = [(ours(paths), theirs(how, paths)) for _ in range(4)][1:]
    ratio = statistics.median(other / mine for mine, other in pairs)
    mine, other = (statistics.median(each) for each in zip(*pairs, strict=True))
    figures = f"{len(paths) / mine:.0f} against {len(paths) / other:.0f} notebooks/s"
    table.add(f"notebooks against a loop over {how}", ratio, ">= 5", figures)
