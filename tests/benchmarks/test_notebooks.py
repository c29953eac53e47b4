"""Plots and code from notebooks, against the loops that people write."""

import base64
import statistics
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines import store
from pipelines.convert import Conversion, Converted, Request, make
from sources import load
from sources.source import File
from sources.web_code._ipynb import read_cells
from tests.benchmarks.conftest import Table, peer

LOOPS = Path(__file__).parent / "loops.py"


def theirs(how: str, paths: list[Path]) -> float:
    python = peer("nbconvert==7.17.2", "nbformat==5.11.1", "pillow==12.3.0")
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
    start = time.process_time()
    pairs = 0
    for path in paths:
        file = File(path=str(path), name=path.name, size=path.stat().st_size)
        for piece in read.pieces(file, store.open_file):
            results, _ = handle(Request(piece=piece, start=0, count=10))
            pairs += sum(isinstance(made, Converted) for row in results for made in row.made)
    assert pairs > 50
    return time.process_time() - start


def reading(paths: list[Path]) -> float:
    """What the loop over nbformat does: notebooks read, images out of base64, none decoded."""
    start = time.process_time()
    found = [
        (base64.b64decode(image.body), cell.code)
        for path in paths
        for cell in read_cells(path.read_bytes())
        for image in cell.images
        if image.kind != "svg"
    ]
    assert len(found) > 50
    return time.process_time() - start


# What the loop does, and whether it does as much as we do.
LOOP = {
    "nbconvert": "over nbconvert, which decodes no image",
    "nbconvert-decoded": "over nbconvert that decodes each image",
    "nbformat": "over nbformat, which decodes no image",
    "pairs": "over nbformat that decodes and filters",
}


@pytest.mark.bench
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("how", LOOP)
def test_notebooks_against_a_loop(how: str, samples: Path, table: Table) -> None:
    add(f"notebooks against a loop {LOOP[how]}", ours, how, samples, table)


@pytest.mark.bench
@pytest.mark.timeout(1800)
def test_reading_against_the_loop_that_only_reads(samples: Path, table: Table) -> None:
    name = "notebooks only read against a loop over nbformat"
    add(name, reading, "nbformat", samples, table)


def add(
    name: str, mine: Callable[[list[Path]], float], how: str, samples: Path, table: Table
) -> None:
    """Alternates the two and adds the row."""
    # The files of nbformat's own tests are broken on purpose: loops end at them.
    found = (samples / "notebooks").rglob("*.ipynb")
    paths = sorted(path for path in found if "nbformat-tests" not in path.parts)
    pairs = [(mine(paths), theirs(how, paths)) for _ in range(6)][1:]
    ratio = statistics.median(other / own for own, other in pairs)
    own, other = (statistics.median(each) for each in zip(*pairs, strict=True))
    figures = f"{len(paths) / own:.0f} against {len(paths) / other:.0f} notebooks/s a core"
    table.add(name, ratio, ">= 5", figures)
