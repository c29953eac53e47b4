"""A local build holds references, not payload: its memory does not follow what it reads."""

import json
import random
import subprocess
import time
from pathlib import Path

import pytest
from PIL import Image

from tests.conftest import ROOT
from tests.pipelines import corpora

# Two workers hold 0.7 GB of code between them, whatever they read.
PICTURES, SIDE = 1600, 700


def make_payload(folder: Path) -> int:
    """Makes captioned pictures of noise, stored as they are, and returns their bytes."""
    noise = random.Random(1)
    folder.mkdir()
    for index in range(PICTURES):
        image = Image.frombytes("RGB", (SIDE, SIDE), noise.randbytes(SIDE * SIDE * 3))
        image.save(folder / f"{index:04d}.png", compress_level=0)
        (folder / f"{index:04d}.txt").write_text(f"picture number {index}")
    return sum(path.stat().st_size for path in folder.iterdir())


def held(pids: list[int]) -> int:
    """The memory of processes in bytes, what they share counted once."""
    total = 0
    for pid in pids:
        try:
            text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        total += sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
    return total * 1024


def watch(build: subprocess.Popen[str], limit: int) -> int:
    """Waits for a build, kills it if its processes hold more than the limit; returns the peak."""
    peak = 0
    while build.poll() is None:
        peak = max(peak, held([build.pid, *corpora.descendants(build.pid)]))
        if peak > limit:
            build.kill()
        time.sleep(0.1)
    return peak


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("workers", [1, 2])
def test_a_build_needs_a_third_of_its_payload(tmp_path: Path, workers: int) -> None:
    payload = make_payload(tmp_path / "raw")
    recipe = {"name": "big", "shard_size": "100MB", "unit_size": "20MB"}
    recipe["sources"] = [{"source": "pairs", "path": "raw", "licence": "CC0-1.0"}]
    (tmp_path / "recipe.yaml").write_text(json.dumps(recipe))
    build = subprocess.Popen(
        corpora.command(
            "build", tmp_path / "recipe.yaml", "--out", tmp_path / "out", "--workers", workers
        ),
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    limit = payload // 3
    peak = watch(build, limit)
    _, said = build.communicate()
    print(f"{workers} workers: {payload >> 20} MiB of payload, peak {peak >> 20} MiB")
    assert peak <= limit
    assert build.returncode == 0, said
    assert corpora.manifest(tmp_path / "out")["samples"] == PICTURES
