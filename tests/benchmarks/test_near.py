"""Near-duplicates of text, on one core: against other tools at equal recall, and at any size."""

import json
import os
import random
import subprocess
import sys
import time
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import pytest
from datasketch import MinHash, MinHashLSH

from pipelines.layout import Layout
from pipelines.measures.words import words
from pipelines.near.minhash import PERMUTATIONS, signature
from pipelines.near.shingles import WORDS, shingles
from tests.benchmarks import near
from tests.benchmarks.conftest import Table, peer
from tests.benchmarks.prose import DATATROVE, documents, sentences
from tests.conftest import ROOT

LOOP = Path(__file__).parent / "minhash_loop.py"
COUNT, FEWER, LENGTH = 20_000, 2_000, 500
# Of the shingles of two texts, so many are of both.
LEVELS = (0.85, 0.9, 0.95, 0.98)


class Material(NamedTuple):
    """Documents as lines of JSON, and the pairs of their numbers that are nearly the same."""

    path: Path
    planted: list[tuple[int, int]]


class Outcome(NamedTuple):
    """Processor seconds a document, and the share of planted pairs of which one went."""

    seconds: float
    recall: float


@pytest.fixture(scope="module")
def texts(samples: Path) -> list[str]:
    """Documents of 500 words, every tenth one nearly the one before it."""
    made, noise = documents(sentences(samples), COUNT, LENGTH), random.Random(0)
    for number in range(9, COUNT, 10):
        tokens = made[number - 1].split(" ")
        level = LEVELS[number // 10 % len(LEVELS)]
        change = round((len(tokens) - 4) * (1 - level) / (1 + level))
        tokens[len(tokens) - change :] = [f"w{noise.randrange(10**6)}" for _ in range(change)]
        made[number] = " ".join(tokens)
    return made


def material(texts: list[str], folder: Path) -> Material:
    folder.mkdir()
    path = folder / "documents.jsonl"
    with path.open("w") as out:
        for number, text in enumerate(texts):
            out.write(json.dumps({"id": str(number), "text": text}) + "\n")
    return Material(path, [(number - 1, number) for number in range(9, len(texts), 10)])


def judged(seconds: float, gone: set[int], known: Material) -> Outcome:
    """Nothing may go but one of each pair."""
    found = [pair for pair in known.planted if gone.intersection(pair)]
    assert len(gone) == len(found)
    return Outcome(seconds / 10 / len(known.planted), len(found) / len(known.planted))


def ours(known: Material, folder: Path) -> Outcome:
    """Signatures, facts, the search as a build makes it, and what stays written."""
    start = time.process_time()
    layout, numbers = Layout(out=str(folder)), {}
    with known.path.open() as lines:
        rows = iter([signature(shingles(words(json.loads(line)["text"]))) for line in lines])
    units = [list(islice(rows, near.UNIT)) for _ in range(0, 10 * len(known.planted), near.UNIT)]
    lists = near.stage(layout, units, len(units))
    for unit, members in enumerate(units):
        for place in range(len(members)):
            numbers[f"{unit:016x}{place:016x}"] = len(numbers)
    gone = {numbers[key] for key, _ in near.search(layout, lists)}
    with known.path.open() as lines, (folder / "kept.jsonl").open("w") as out:
        out.writelines(line for number, line in enumerate(lines) if number not in gone)
    return judged(time.process_time() - start, gone, known)


def datasketch(known: Material, folder: Path) -> Outcome:
    """An index of 256 permutations that is asked for each document, likeness checked."""
    folder.mkdir()
    start = time.process_time()
    index = MinHashLSH(threshold=near.THRESHOLD, num_perm=PERMUTATIONS, weights=(0.05, 0.95))
    held: dict[int, MinHash] = {}
    gone = set()
    with known.path.open() as lines, (folder / "kept.jsonl").open("w") as out:
        for number, line in enumerate(lines):
            tokens = json.loads(line)["text"].lower().split()
            made = MinHash(num_perm=PERMUTATIONS)
            runs = {" ".join(tokens[at : at + WORDS]) for at in range(len(tokens) - WORDS + 1)}
            made.update_batch([run.encode() for run in runs])
            if any(held[each].jaccard(made) >= near.THRESHOLD for each in index.query(made)):
                gone.add(number)
                continue
            index.insert(number, made)
            held[number] = made
            out.write(line)
    return judged(time.process_time() - start, gone, known)


def datatrove(known: Material, folder: Path) -> Outcome:
    """Its four steps with its own settings."""
    python = peer(*DATATROVE)
    done = subprocess.run(
        [python, "-W", "ignore", LOOP, known.path, folder], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    lines = (folder / "kept" / "00000.jsonl").read_text().splitlines()
    kept = {int(json.loads(line)["id"]) for line in lines}
    gone = set(range(10 * len(known.planted))) - kept
    return judged(float(done.stdout.split()[-1]), gone, known)


def add_row(table: Table, name: str, mine: Outcome, other: Outcome) -> None:
    assert mine.recall >= other.recall - 0.005
    figures = (
        f"{1 / mine.seconds:.0f} against {1 / other.seconds:.0f} documents/s/core of {LENGTH}"
        f" words; recall {mine.recall:.3f} against {other.recall:.3f}"
    )
    table.add(f"near-duplicates against {name}", other.seconds / mine.seconds, ">= 3", figures)


@pytest.mark.bench
@pytest.mark.timeout(3600)
def test_near_duplicates_against_others(texts: list[str], tmp_path: Path, table: Table) -> None:
    known = material(texts, tmp_path / "all")
    # Its cost is that of each document; so many take long enough.
    fewer = material(texts[:FEWER], tmp_path / "fewer")
    ours(fewer, tmp_path / "warm")
    mine = min(ours(known, tmp_path / f"ours-{number}") for number in range(2))
    add_row(table, "datasketch's MinHashLSH", mine, datasketch(known, tmp_path / "datasketch"))
    add_row(table, "datatrove's four steps", mine, datatrove(fewer, tmp_path / "datatrove"))


def simulated(folder: Path, count: int) -> tuple[float, float]:
    """Microseconds a sample and peak MiB of the search in a process of its own."""
    command = [sys.executable, "-W", "ignore", "-m", "tests.benchmarks.near", folder, str(count)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = status
    seconds, gone, planted = map(float, told.split())
    assert gone == planted
    return 1e6 * seconds / count, usage.ru_maxrss / 1024


@pytest.mark.bench
@pytest.mark.timeout(7200)
def test_cost_and_memory_at_any_size(tmp_path: Path, table: Table) -> None:
    sizes = (10**5, 10**6, 10**7)
    costs, peaks = zip(*(simulated(tmp_path / f"{size}", size) for size in sizes), strict=True)
    costly = ", ".join(f"{cost:.0f}" for cost in costs)
    table.add(
        "near-duplicates, cost of a document among 100 times as many",
        costs[2] / costs[0],
        "<= 1.2",
        f"{costly} us a document among 1e5, 1e6, 1e7, signatures drawn",
    )
    table.add(
        "near-duplicates, peak memory at 10 times the documents",
        peaks[1] / peaks[0],
        "<= 1.2",
        ", ".join(f"{peak:.0f}" for peak in peaks) + " MiB among 1e5, 1e6, 1e7",
    )
