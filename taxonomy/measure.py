"""Measures the labeller: `python -m taxonomy.measure LABELLED.yaml` prints figures and confusions.

A file of labelled prompts looks like a pool: by class and language, one prompt a line.
"""

import argparse
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from taxonomy.conditions import ImageFacts
from taxonomy.labeller import SEVERAL, Label, Labeller, labeller
from taxonomy.prompts import Prompt, load
from taxonomy.use_cases import cut


@dataclass(frozen=True, slots=True)
class Figures:
    """How well prompts were labelled.

    Attributes:
        prompts: how many there were.
        abstained: share that was given no class.
        main: share of the rest whose main class is right.
        leaf: share of the rest whose class is right.
        top3: share of the rest whose class is among the three likeliest.
    """

    prompts: int
    abstained: float
    main: float
    leaf: float
    top3: float

    def __str__(self) -> str:
        return (
            f"{self.prompts} prompts, {self.abstained:.1%} abstained; of the rest right: "
            f"main class {self.main:.1%}, class {self.leaf:.1%}, among three {self.top3:.1%}"
        )


Pair = tuple[Prompt, Label]


def label_all(judge: Labeller, prompts: Iterable[Prompt], with_count: bool = False) -> list[Pair]:
    """Labels prompts; `with_count` tells the labeller which are on several images."""
    pairs = []
    for prompt in prompts:
        several = cut(prompt.use_case, 1) == SEVERAL or "several_images" in prompt.needs
        facts = ImageFacts(key="", images=2 if several else 1) if with_count else None
        pairs.append((prompt, judge.label(prompt.text, facts)))
    return pairs


def figures(pairs: Sequence[Pair]) -> Figures:
    """Returns the figures of labelled prompts."""
    told = [(prompt, label) for prompt, label in pairs if label.use_case]
    count = max(1, len(told))
    mains = sum(cut(prompt.use_case, 1) == cut(label.use_case, 1) for prompt, label in told)
    leaves = sum(prompt.use_case == label.use_case for prompt, label in told)
    top = sum(prompt.use_case in dict(label.candidates) for prompt, label in told)
    return Figures(
        len(pairs), 1 - len(told) / max(1, len(pairs)), mains / count, leaves / count, top / count
    )


def confusions(pairs: Iterable[Pair], depth: int = 3) -> list[tuple[str, str, int]]:
    """Returns (class, class given in its place, how often) for what went wrong, most first."""
    wrong = Counter(
        (cut(prompt.use_case, depth), cut(label.use_case, depth))
        for prompt, label in pairs
        if label.use_case and cut(prompt.use_case, depth) != cut(label.use_case, depth)
    )
    rows = [(right, given, count) for (right, given), count in wrong.items()]
    return sorted(rows, key=lambda row: (-row[2], row[0], row[1]))


def table(pairs: Sequence[Pair]) -> list[str]:
    """Returns the lines of the confusion table of the main classes: a row a class."""
    names = sorted({cut(prompt.use_case, 1) for prompt, _ in pairs})
    cells = Counter(
        (cut(prompt.use_case, 1), cut(label.use_case, 1) if label.use_case else "none")
        for prompt, label in pairs
    )
    given = [*names, "none"]
    head = " " * 22 + "".join(f"{name[:9]:>11}" for name in given)
    return [head] + [
        f"{name:<22}" + "".join(f"{cells[name, other]:>11}" for other in given) for name in names
    ]


def main() -> None:
    """Prints the figures of the shipped labeller on a file of labelled prompts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("labelled", type=Path)
    prompts = load([parser.parse_args().labelled])
    for with_count in (False, True):
        pairs = label_all(labeller(), prompts, with_count)
        print("number of images known:" if with_count else "text alone:", figures(pairs))
        for language in ("en", "zh"):
            print(f"  {language}:", figures([p for p in pairs if p[0].language == language]))
    pairs = label_all(labeller(), prompts)
    print(*table(pairs), sep="\n")
    for right, wrong, count in confusions(pairs):
        print(f"{count:>3}  {right}  given as  {wrong}")


if __name__ == "__main__":
    main()
