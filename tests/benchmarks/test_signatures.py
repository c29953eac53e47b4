"""Signatures of text against datasketch used plainly, of as many permutations."""

import random
import time

import pytest
from datasketch import MinHash

from pipelines.language import language
from pipelines.measures import people, text
from pipelines.measures.words import words
from pipelines.near.minhash import PERMUTATIONS, signature
from pipelines.near.shingles import WORDS, shingles
from tests.benchmarks.conftest import Table, compare

COUNT, LENGTH = 2_000, 500


@pytest.fixture(scope="module")
def documents() -> list[str]:
    """Texts of 500 words, of a vocabulary whose use is about that of a language."""
    noise = random.Random(0)
    known = [
        "".join(noise.choices("etaoinshrdlucmfw", k=noise.randint(1, 9))) for _ in range(20_000)
    ]
    weights = [1 / (rank + 3) for rank in range(len(known))]
    return [
        "\n".join(" ".join(noise.choices(known, weights, k=50)) + "." for _ in range(LENGTH // 50))
        for _ in range(COUNT)
    ]


@pytest.mark.bench
@pytest.mark.timeout(1800)
def test_signatures_against_datasketch(documents: list[str], table: Table) -> None:
    def ours(_: int) -> None:
        for document in documents:
            signature(shingles(words(document)))

    def theirs(_: int) -> None:
        for document in documents:
            tokens = document.split()
            made = MinHash(num_perm=PERMUTATIONS)
            runs = (tokens[at : at + WORDS] for at in range(len(tokens) - WORDS + 1))
            made.update_batch([" ".join(run).encode() for run in runs])

    ratio, mine, other = compare(ours, theirs)
    figures = f"{COUNT / mine:.0f} against {COUNT / other:.0f} documents/s/core of {LENGTH} words"
    table.add("MinHash signatures against datasketch", ratio, ">= 3", figures)


@pytest.mark.bench
@pytest.mark.timeout(1800)
def test_measures_beside_language(documents: list[str], table: Table) -> None:
    def timed(*steps: object) -> float:
        start = time.process_time()
        for document in documents:
            for step in steps:
                step(document)  # type: ignore[operator]
        return time.process_time() - start

    alone = timed(language)
    each = timed(lambda d: text.measure(d, words(d), "en"), people.count)
    figures = (
        f"{1e6 * each / COUNT:.0f} us of measures beside {1e6 * alone / COUNT:.0f} us of fastText, "
        f"a document of {LENGTH} words"
    )
    table.add("measures of text against language identification alone", alone / each, "", figures)
