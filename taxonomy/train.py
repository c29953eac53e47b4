"""Trains the labeller: `python -m taxonomy.train` writes `labeller.safetensors` in half a minute.

It learns from the pools of prompts, a paraphrase by rule of each, and the cues, names and
descriptions of the classes; never from the labelled prompts that it is measured on.
"""

import argparse
import hashlib
import json
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file
from scipy.sparse import csr_matrix

from taxonomy import regression, use_cases
from taxonomy.features import features
from taxonomy.paraphrase import paraphrases
from taxonomy.prompts import OTHER, Prompt, load, of_use_cases, pools
from taxonomy.use_cases import LANGUAGES, Taxonomy

SEED = 2403
_PARAPHRASES = 1
_PARAPHRASE_WEIGHT = 0.5
_SHORT = {"en": 12, "zh": 5}  # texts of so many characters are left as they are
_LEAST = 2  # a feature must occur in so many texts besides paraphrases
_DECAY = 1e-6
_STEPS = 50


@dataclass(frozen=True, slots=True)
class Example:
    """A text to learn from, its class, and how much it counts."""

    text: str
    use_case: str
    weight: float = 1.0


def examples(taxonomy: Taxonomy, prompts: Sequence[Prompt]) -> list[Example]:
    """Returns what there is to learn from, without paraphrases."""
    found = [Example(prompt.text, prompt.use_case) for prompt in prompts]
    for id in taxonomy.leaves:
        case = taxonomy.cases[id]
        texts = [case.description, case.name, case.zh]
        for language in LANGUAGES:
            texts += case.cues[language]
        found += [Example(text, id) for text in texts]
    return found


def reworded(prompts: Sequence[Prompt], seed: int) -> list[Example]:
    """Returns the paraphrases of all prompts but the shortest."""
    return [
        Example(text, prompt.use_case, _PARAPHRASE_WEIGHT)
        for prompt in prompts
        if len(prompt.text) > _SHORT[prompt.language]
        for text in paraphrases(prompt.text, prompt.language, seed, _PARAPHRASES)
    ]


def train(taxonomy: Taxonomy, prompts: Sequence[Prompt], path: Path, seed: int = SEED) -> None:
    """Trains a labeller and writes it."""
    first = examples(taxonomy, prompts)
    counts = Counter(name for example in first for name in features(example.text))
    names = sorted(name for name, count in counts.items() if count >= _LEAST)
    rarity = np.array([math.log((1 + len(first)) / (1 + counts[name])) + 1 for name in names])
    given = first + reworded(prompts, seed)
    classes = [*taxonomy.leaves, *sorted({OTHER} & {prompt.use_case for prompt in prompts})]
    solution = regression.fit(
        _rows(given, names, rarity),
        np.array([classes.index(example.use_case) for example in given]),
        np.array([example.weight for example in given]),
        len(classes),
        decay=_DECAY,
        steps=_STEPS,
    )
    scale = np.abs(solution).max(axis=0) / 127
    about = {
        "classes": "\n".join(classes),
        "features": "\n".join(names),
        "needs": json.dumps(shared_needs(classes, prompts)),
        "examples": str(len(given)),
        "seed": str(seed),
        "trained_on": digest(given),
    }
    tensors = {
        "rarity": rarity.astype(np.float32),
        "scale": scale.astype(np.float32),
        "weights": np.round(solution / scale).astype(np.int8),
    }
    save_file(tensors, path, about)
    path.chmod(0o644)  # safetensors lets none but the owner read, also where it is installed


def shared_needs(classes: Sequence[str], prompts: Sequence[Prompt]) -> dict[str, list[str]]:
    """Returns by class the conditions that every prompt of its own pool asks of the image."""
    found: dict[str, frozenset[str]] = {}
    for prompt in of_use_cases(prompts):
        found[prompt.use_case] = found.get(prompt.use_case, prompt.needs) & prompt.needs
    # That there is a scene, or a photograph of one, tells little: most images are that.
    little = {"is_scene", "is_place", "is_photo"}
    return {id: sorted(found.get(id, frozenset()) - little) for id in classes}


def digest(given: Sequence[Example]) -> str:
    """Returns the SHA-256 of what a labeller is trained on."""
    lines = [f"{example.use_case}\t{example.weight}\t{example.text}" for example in given]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _rows(given: Sequence[Example], names: Sequence[str], rarity: regression.Floats) -> csr_matrix:
    """The features of each example, weighted by rarity and brought to length 1."""
    place = {name: column for column, name in enumerate(names)}
    columns: list[int] = []
    values: list[float] = []
    starts = [0]
    for example in given:
        own = [place[name] for name in features(example.text) if name in place]
        length = math.sqrt(sum(rarity[column] ** 2 for column in own)) or 1.0
        columns += own
        values += [rarity[column] / length for column in own]
        starts.append(len(columns))
    return csr_matrix((values, columns, starts), shape=(len(given), len(names)))


def main() -> None:
    """Trains the labeller that the package ships, or one for a taxonomy of your own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "labeller.safetensors")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--taxonomy", type=Path, nargs="+", help="in place of use_cases.yaml")
    parser.add_argument("--pools", type=Path, nargs="+", help="in place of the shipped pools")
    given = parser.parse_args()
    taxonomy = use_cases.load(given.taxonomy) if given.taxonomy else use_cases.use_cases()
    prompts = load(given.pools, taxonomy.leaves) if given.pools else pools()
    train(taxonomy, prompts, given.out, given.seed)
    print(f"{given.out}: {given.out.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
