"""Measurements are ratios against another tool or a limit, in one run; they fill the README."""

import os
import re
import statistics
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest

from tests.conftest import ROOT

# Run by the Pythons of other tools, which have what they import.
collect_ignore_glob = ["*_loop.py"]

README = Path(__file__).parent / "README.md"
HEAD = (
    "| measurement | ratio | goal | in figures | when, where |\n| --- | --- | --- | --- | --- |\n"
)


@dataclass
class Table:
    """Rows of the README by the name of the measurement."""

    rows: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, ratio: float, goal: str, figures: str) -> None:
        """Notes a ratio and prints it."""
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
        where = f"{date.today()}, {os.cpu_count()} cores, {memory:.0f} GiB"
        self.rows[name] = f"| {name} | {ratio:.2f} | {goal} | {figures} | {where} |"
        print(f"\n{self.rows[name]}")


@pytest.fixture(scope="session")
def table() -> Iterator[Table]:
    """Collects rows; at the end they replace those of the same name in the README."""
    table = Table()
    yield table
    text = README.read_text(encoding="utf-8")
    before, old = text.split(HEAD)
    rows = {re.split(r" \| ", line)[0][2:]: line for line in old.strip().splitlines()}
    rows.update(table.rows)
    README.write_text(before + HEAD + "\n".join(rows[name] for name in sorted(rows)) + "\n")


def peer(*requirements: str, beside_ours: bool = False) -> Path:
    """Returns the Python of an environment with another tool, made when it is first needed.

    With `beside_ours` it sees our packages too, behind its own, and does not install them again.
    """
    name = requirements[0].split("=")[0].split("[")[0]
    folder = ROOT / "build" / "peers" / name
    python = folder / "bin" / "python"
    ready, wanted = folder / "ready", "\n".join(requirements)
    if not ready.exists() or ready.read_text() != wanted:
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        if beside_ours:
            own = sysconfig.get_path("purelib", vars={"base": str(folder)})
            Path(own, "zz-ours.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
        pip = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check"]
        subprocess.run([*pip, "pip>=25,<27"], check=True)
        subprocess.run([*pip, *requirements], check=True)
        ready.write_text(wanted)
    return python


def compare(
    ours: Callable[[int], object],
    theirs: Callable[[int], object],
    runs: int = 3,
    before: Callable[[], object] = lambda: None,
) -> tuple[float, float, float]:
    """Runs both in turn and returns the median of theirs / ours pair by pair, and median seconds.

    Each is told the number of the run, so that it can write to a place of its own; `before` each
    the clock stands still.
    """
    times: list[tuple[float, float]] = []
    for number in range(-1, runs):
        pair = []
        for work in (ours, theirs):
            before()
            start = time.perf_counter()
            work(number)
            pair.append(time.perf_counter() - start)
        # The first pair only warms caches up.
        if number >= 0:
            times.append((pair[0], pair[1]))
    middle = [statistics.median(each) for each in zip(*times, strict=True)]
    return statistics.median(other / mine for mine, other in times), middle[0], middle[1]
