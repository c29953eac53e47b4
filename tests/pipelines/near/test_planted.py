"""Near-duplicates planted among real paragraphs: what is found against brute force."""

import random
from collections import Counter, defaultdict
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from pipelines.measures.words import words
from pipelines.near.bands import ALL_PAIRS, band_hashes, optimum, order_of, pair_up
from pipelines.near.minhash import LEAST, estimate, signature
from pipelines.near.shingles import Hashes, shingles

THRESHOLD, COUNT = 0.8, 20_000
Pairs = dict[tuple[int, int], float]


def paragraphs(samples: Path) -> list[list[str]]:
    """Runs of 80 words of real prose, in Chinese of 80 characters, each other than all before."""
    found: dict[str, list[str]] = {}
    for path in sorted(samples.rglob("*")):
        if path.suffix in (".md", ".txt", ".html", ".tex", ".json", ".jsonl", ".ipynb"):
            text = path.read_text(encoding="utf-8", errors="replace")[:2_000_000]
            tokens = text.split() if sum(map(str.isspace, text)) * 12 > len(text) else list(text)
            for at in range(0, len(tokens) - 80, 80):
                found.setdefault(" ".join(tokens[at : at + 80]), tokens[at : at + 80])
    return list(found.values())


def edited(tokens: list[str], noise: random.Random) -> list[str]:
    """The tokens with some replaced at one place, so that likeness is anywhere from 0.5 to 1."""
    change = noise.randint(0, 26)
    start = noise.randrange(len(tokens) - change)
    other = [f"w{noise.randrange(10**6)}" for _ in range(change)]
    return tokens[:start] + other + tokens[start + change :]


def truth(sets: list[Hashes]) -> Pairs:
    """The Jaccard index of all pairs that share a shingle, above 0.4, by counting."""
    holders: dict[int, list[int]] = defaultdict(list)
    found: Pairs = {}
    for number, hashes in enumerate(sets):
        shared: Counter[int] = Counter()
        for each in hashes.tolist():
            shared.update(holders[each])
            holders[each].append(number)
        for other, count in shared.items():
            likeness = count / (len(hashes) + len(sets[other]) - count)
            if likeness > 0.4:
                found[other, number] = likeness
    return found


def found_pairs(signatures: list[bytes]) -> set[tuple[int, int]]:
    count, size = optimum(THRESHOLD, True)
    rows = np.frombuffer(b"".join(signatures), "<u4").reshape(len(signatures), -1)
    hashes = band_hashes(rows, count, size).ravel()
    samples = np.repeat(np.arange(len(rows), dtype=np.uint64), count)
    orders = np.repeat(order_of(rows), count)
    pairs = zip(*pair_up(hashes, orders, samples, all_pairs=ALL_PAIRS), strict=True)
    return {
        (int(one), int(other))
        for one, other in pairs
        if estimate(signatures[one], signatures[other]) >= THRESHOLD
    }


def rates(real: Pairs, found: set[tuple[int, int]], margin: float) -> tuple[float, float]:
    """Recall of pairs above the threshold and precision, where a margin around it is left out."""
    wanted = {each for each, likeness in real.items() if likeness >= THRESHOLD + margin}
    right = {each for each in found if real.get(each, 0) >= THRESHOLD - margin}
    return len(wanted & found) / len(wanted), len(right) / len(found)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_planted_among_real_paragraphs(samples: Path) -> None:
    noise = random.Random(0)
    base = paragraphs(samples)
    noise.shuffle(base)
    base = base[:COUNT]
    texts = [*base, *(edited(each, noise) for each in islice(base, COUNT // 5))]
    sets = [shingles(words(" ".join(each))) for each in texts]
    sets = [each for each in sets if len(each) >= LEAST]
    signatures = [packed for packed in map(signature, sets) if packed is not None]
    real, found = truth(sets), found_pairs(signatures)
    for margin in (0.0, 0.02, 0.05):
        print(len(sets), len(found), margin, np.round(rates(real, found, margin), 4))
    recall, precision = rates(real, found, 0.0)
    assert recall >= 0.9 and precision >= 0.9
    recall, precision = rates(real, found, 0.05)
    assert recall >= 0.98 and precision >= 0.99
