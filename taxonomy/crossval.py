"""Measures the labeller on the pools: `python -m taxonomy.crossval` prints figures by threshold.

Each fold of the pools is labelled by a labeller that was trained on the others. What is chosen,
features and thresholds, is chosen here and never on the held-out prompts.
"""

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from taxonomy.draw import rank
from taxonomy.labeller import THRESHOLD, load
from taxonomy.measure import Pair, figures, label_all
from taxonomy.prompts import Prompt, of_use_cases, pools
from taxonomy.train import SEED, train
from taxonomy.use_cases import Taxonomy, use_cases

FOLDS = 5
_THRESHOLDS = (0.0, 0.1, 0.2, THRESHOLD, 0.4, 0.5)


def folds(prompts: Sequence[Prompt], count: int, seed: int = SEED) -> list[list[Prompt]]:
    """Deals prompts out to folds by a keyed hash, so that each has prompts of every class."""
    dealt: list[list[Prompt]] = [[] for _ in range(count)]
    for nth, prompt in enumerate(sorted(prompts, key=lambda each: _place(each, seed))):
        dealt[nth % count].append(prompt)
    return dealt


def crossval(taxonomy: Taxonomy, prompts: Sequence[Prompt], count: int = FOLDS) -> list[Pair]:
    """Labels every prompt of use cases by a labeller that never saw it.

    Args:
        taxonomy: the classes.
        prompts: the pools; those for pretraining are trained on and never judged.
        count: how many folds.
    """
    judged = of_use_cases(prompts)
    others = [prompt for prompt in prompts if prompt.pool != prompt.use_case]
    dealt = folds(judged, count)
    pairs: list[Pair] = []
    with tempfile.TemporaryDirectory() as folder:
        for nth, held in enumerate(dealt):
            path = Path(folder) / f"{nth}.safetensors"
            rest = [prompt for at, own in enumerate(dealt) if at != nth for prompt in own]
            train(taxonomy, [*rest, *others], path)
            pairs += label_all(load(path), held)
    return pairs


def at_threshold(pairs: Sequence[Pair], threshold: float) -> list[Pair]:
    """Returns the same labels as another threshold would give them."""
    return [
        (prompt, replace(label, use_case=best if sure >= threshold else ""))
        for prompt, label in pairs
        for best, sure in label.candidates[:1]
    ]


def _place(prompt: Prompt, seed: int) -> tuple[str, str, float]:
    return prompt.use_case, prompt.language, rank(seed, "fold", prompt.id)


def main() -> None:
    """Prints the figures of the shipped pools at several thresholds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folds", type=int, default=FOLDS)
    pairs = crossval(use_cases(), pools(), parser.parse_args().folds)
    for threshold in _THRESHOLDS:
        print(f"threshold {threshold}: {figures(at_threshold(pairs, threshold))}")


if __name__ == "__main__":
    main()
