"""Peak memory of a whole build at one and ten times the input."""

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.benchmarks.conftest import Table
from tests.conftest import ROOT
from tests.pipelines import corpora

# Runs a build and prints the largest peak of its processes, in KiB.
_PEAK = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def peak(folder: Path, documents: int) -> int:
    """Builds a corpus of documents and returns the peak memory of its largest process in MiB."""
    noise = random.Random(0)
    folder.mkdir()
    with (folder / "rows.jsonl").open("w") as out:
        for index in range(documents):
            text = f"{index} " + " ".join(noise.choices(corpora.WORDS, k=250))
            out.write(json.dumps({"text": text}) + "\n")
    recipe = {"name": "x", "shard_size": "20MB", "unit_size": "4MB"}
    recipe["sources"] = [{"source": "documents", "path": "rows.jsonl"}]
    (folder / "recipe.yaml").write_text(json.dumps(recipe))
    build = corpora.command("build", folder / "recipe.yaml", "--out", folder / "out")
    done = subprocess.run(
        [sys.executable, "-c", _PEAK, *build], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return int(done.stdout) // 1024


@pytest.mark.bench
@pytest.mark.timeout(1800)
def test_memory_at_ten_times_the_input(tmp_path: Path, table: Table) -> None:
    small, large = peak(tmp_path / "small", 5_000), peak(tmp_path / "large", 50_000)
    figures = f"{small} MiB at 5,000 documents, {large} MiB at 50,000"
    table.add("peak memory of a build at 10 times the input", large / small, "<= 1.2", figures)
