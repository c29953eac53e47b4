"""Samples of a corpus drawn by the weights of its `mixture.yaml`, as other loaders draw them.

mixture.yaml -> one endless stream a folder -> samples, each of a folder drawn by its weight
"""

import re
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from random import Random

import yaml

from model.data import endless
from sources.sample import Sample

_RANGE = re.compile(r"\{(\d+)\.\.(\d+)\}")


def weights(corpus: Path, stage: str = "") -> dict[str, float]:
    """Returns how often each folder of a corpus is drawn from.

    Args:
        corpus: its folder.
        stage: a preset, such as stage2, in place of the corpus's own weights.

    Raises:
        ValueError: there is no such preset, or it finds nothing here.
    """
    told = yaml.safe_load((corpus / "mixture.yaml").read_text(encoding="utf-8"))
    if not stage:
        return {each["folder"]: each["weight"] for each in told["folders"]}
    if stage not in told["stages"]:
        raise ValueError(f"no stage {stage!r}; mixture.yaml has {', '.join(told['stages'])}")
    found: dict[str, float] = told["stages"][stage]["weights"]
    if not found:
        raise ValueError(f"{stage} draws from nothing that {corpus} has")
    return found


def shards(corpus: Path) -> dict[str, list[Path]]:
    """Returns the tars of each folder of a corpus."""
    told = yaml.safe_load((corpus / "mixture.yaml").read_text(encoding="utf-8"))
    return {
        each["folder"]: [corpus / name for named in _listed(each["shards"]) for name in _all(named)]
        for each in told["folders"]
    }


def draw(corpus: Path, seed: int = 0, stage: str = "") -> Iterator[tuple[str, Sample]]:
    """Yields samples without end, each with its folder; the same seed draws the same ones."""
    chances, tars = weights(corpus, stage), shards(corpus)
    streams = {folder: endless(tars[folder], seed) for folder in chances}
    folders, sums = list(chances), list(accumulate(chances.values()))
    noise = Random(f"{seed} mixture")
    while True:
        (folder,) = noise.choices(folders, cum_weights=sums)
        yield folder, next(streams[folder])


def _listed(names: str | list[str]) -> list[str]:
    return [names] if isinstance(names, str) else names


def _all(pattern: str) -> Iterator[str]:
    """The names that a pattern with a range in braces stands for.

    >>> list(_all("a-{08..10}.tar"))
    ['a-08.tar', 'a-09.tar', 'a-10.tar']
    """
    found = _RANGE.search(pattern)
    if not found:
        yield pattern
        return
    for number in range(int(found[1]), int(found[2]) + 1):
        yield _RANGE.sub(f"{number:0{len(found[1])}d}", pattern)
