"""Fetching a list of URLs against img2dataset: same server process, list and machine.

Ours has robots.txt, hashes, the journal and the table on. A rate is images per second of processor
time of all processes of a tool, so that it is per core and does not depend on what else runs; a
small run is subtracted from a large one, so that starting up does not count.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.benchmarks.conftest import Table, peer
from tests.conftest import ROOT
from tests.pipelines import corpora

SMALL, LARGE = 1000, 4000
THREADS = "32"
# What users of img2dataset may ask for, by what is done to an image.
KEEP = ("--resize_mode=no", "--skip_reencode=True")
MODES = {
    "decoded, kept as it is": KEEP,
    "resized to 256, its default": (),
    "not even looked at": ("--disable_all_reencoding=True",),
}

# Runs a command; prints its processor time, and the most memory that its processes had together.
_WATCH = """
import json, resource, subprocess, sys, time
sys.path.insert(0, sys.argv[1])
from tests.pipelines.corpora import descendants
def held(pid):
    try:
        text = open(f"/proc/{pid}/smaps_rollup").read()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
process = subprocess.Popen(sys.argv[2:], stdout=subprocess.DEVNULL)
peak = 0
while process.poll() is None:
    peak = max(peak, sum(held(pid) for pid in [process.pid, *descendants(process.pid)]))
    time.sleep(0.2)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([process.returncode, used.ru_utime + used.ru_stime, peak / 1024]))
"""


@dataclass(frozen=True)
class Cost:
    """Seconds of processor time and MiB of memory of a run."""

    seconds: float
    memory: float


@pytest.fixture(scope="module")
def theirs() -> str:
    """The interpreter of img2dataset."""
    return str(peer("img2dataset==1.47.0"))


@pytest.fixture(scope="module")
def lists(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[int, Path]]:
    """Lists by their length, whose images a server in a process of its own has."""
    folder = tmp_path_factory.mktemp("server")
    for number in range(64):
        picture(number).save(folder / f"{number:02d}.jpg", quality=85)
    command = [sys.executable, "-m", "tests.benchmarks.image_server", str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        for count in (SMALL, LARGE):
            rows = (
                {"url": f"http://127.0.0.{n % 16 + 1}:{port}/{n}.jpg", "caption": f"number {n}"}
                for n in range(count)
            )
            (folder / f"{count}.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n")
        yield {count: folder / f"{count}.jsonl" for count in (SMALL, LARGE)}
        server.kill()


def picture(number: int) -> Image.Image:
    """Soft shapes with grain: as many bytes a pixel as a photograph of the web has."""
    noise = np.random.default_rng(number)
    width, height = int(noise.integers(300, 900)), int(noise.integers(300, 700))
    coarse = noise.integers(0, 255, (height // 12 + 1, width // 12 + 1, 3), dtype=np.uint8)
    soft = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
    grain = np.asarray(soft).astype(int) + noise.normal(0, 6, (height, width, 3))
    return Image.fromarray(grain.clip(0, 255).astype(np.uint8))


def watch(*command: str) -> Cost:
    """Runs a command and returns what it cost."""
    quiet = {**os.environ, "NO_ALBUMENTATIONS_UPDATE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", _WATCH, str(ROOT), *command],
        cwd=ROOT, env=quiet, capture_output=True, text=True,
    )  # fmt: skip
    code, seconds, memory = json.loads(done.stdout)
    assert code == 0, done.stderr
    return Cost(seconds=seconds, memory=memory)


def fetch(urls: Path, out: Path) -> Cost:
    """Fetches with ours."""
    more = ("--text-column", "caption", "--workers", 1, "--allow-loopback")
    cost = watch(*corpora.command("fetch", urls, "--out", out, *more))
    told = json.loads((out / "fetch.json").read_text())
    assert told["images"] == told["urls"]
    return cost


def download(python: str, urls: Path, out: Path, mode: tuple[str, ...]) -> Cost:
    """Fetches with img2dataset."""
    cost = watch(
        python, "-c", "from img2dataset.main import main; main()", f"--url_list={urls}",
        "--input_format=jsonl", "--url_col=url", "--caption_col=caption",
        "--output_format=webdataset", f"--output_folder={out}", "--processes_count=1",
        f"--thread_count={THREADS}", "--number_sample_per_shard=1000", *mode,
    )  # fmt: skip
    told = [json.loads(path.read_text()) for path in out.glob("*_stats.json")]
    assert sum(each["successes"] for each in told) == sum(each["count"] for each in told) > 0
    return cost


def rate(small: Cost, large: Cost) -> float:
    """Images per second and core."""
    return (LARGE - SMALL) / (large.seconds - small.seconds)


@pytest.mark.bench
@pytest.mark.timeout(1800)
def test_fetch_against_img2dataset(
    theirs: str, lists: dict[int, Path], tmp_path: Path, table: Table
) -> None:
    for nth, (words, mode) in enumerate(MODES.items()):
        ours, other = {}, {}
        # In turn, as how busy the machine is changes what a second of processor time is worth.
        for count, urls in lists.items():
            ours[count] = fetch(urls, tmp_path / f"ours-{nth}-{count}")
            other[count] = download(theirs, urls, tmp_path / f"{nth}-{count}", mode)
        mine, their = rate(ours[SMALL], ours[LARGE]), rate(other[SMALL], other[LARGE])
        figures = f"{mine:.0f} against {their:.0f} images/s a core; peak memory "
        figures += f"{ours[LARGE].memory:.0f} against {other[LARGE].memory:.0f} MiB"
        name = f"fetching against img2dataset, an image {words}"
        table.add(name, mine / their, ">= 2" if mode == KEEP else "-", figures)
    figures = f"{ours[SMALL].memory:.0f} MiB at {SMALL} URLs, {ours[LARGE].memory:.0f} at {LARGE}"
    ratio = ours[LARGE].memory / ours[SMALL].memory
    table.add("peak memory of a fetch at 4 times the list", ratio, "<= 1.2", figures)
