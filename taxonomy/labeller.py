"""Tells which use case a prompt belongs to: a linear classifier over words and their parts.

`python -m taxonomy.train` makes its weights, `labeller.safetensors`, from the pools of prompts.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open

from taxonomy.conditions import ImageFacts, met_by
from taxonomy.features import features
from taxonomy.prompts import OTHER
from taxonomy.use_cases import cut

SEVERAL = "multi-graph"  # the main class whose prompts are on several images
THRESHOLD = 0.3  # below it, the labeller abstains
# How much likelier the classes for several images become where there are several, and less likely
# where there is one. Not zero: a single image may be a collage.
_SEVERAL_FACTOR = 5.0
# How much likelier a class becomes where the image is known to be what all its prompts need.
_FITS_FACTOR = 3.0
# What a prompt without any image may belong to.
_TEXT_ONLY = ("logical-reasoning", "safety")
_OF_IMAGES = "safety/-/counterfactual-questioning"  # and what of these it may not
_CANDIDATES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What the labeller says of a prompt.

    Attributes:
        use_case: id of its class; empty where the labeller abstains.
        confidence: probability of the likeliest class, 0 to 1.
        main: the likeliest main class, which is told even where the labeller abstains.
        main_confidence: probability of that.
        candidates: ids of the likeliest classes with their probabilities, best first.
    """

    use_case: str
    confidence: float
    main: str
    main_confidence: float
    candidates: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Labeller:
    """A trained classifier.

    Attributes:
        classes: ids of the classes.
        columns: place of each feature among the rows of the weights.
        rarity: by feature, how much it counts: the rarer in training, the more.
        weights: features x classes, in steps of `scale`.
        scale: by class, what one step of a weight stands for.
        needs: by class, the conditions of images that all its prompts share.
    """

    classes: tuple[str, ...]
    columns: Mapping[str, int]
    rarity: NDArray[np.float64]
    weights: NDArray[np.int8]
    scale: NDArray[np.float64]
    needs: Mapping[str, frozenset[str]]

    def label(
        self, prompt: str, facts: ImageFacts | None = None, threshold: float = THRESHOLD
    ) -> Label:
        """Labels a prompt, or the first user's turn of a talk.

        Args:
            prompt: what the user says.
            facts: of the image that it goes with, where known; with no image at all, only what
                needs none can be given.
            threshold: probability below which no class is given.
        """
        likely = self.probabilities(prompt, facts)
        order = sorted(range(len(likely)), key=lambda place: (-likely[place], place))
        best = order[0]
        mains: dict[str, float] = {}
        for id, share in zip(self.classes, likely, strict=True):
            if id != OTHER:
                mains[cut(id, 1)] = mains.get(cut(id, 1), 0.0) + share
        main = max(mains, key=lambda name: (round(mains[name], 4), name))
        sure = likely[best] >= threshold and self.classes[best] != OTHER
        if facts is not None and facts.images == 0:
            sure = sure and cut(self.classes[best], 1) in _TEXT_ONLY
            sure = sure and self.classes[best] != _OF_IMAGES
        return Label(
            use_case=self.classes[best] if sure else "",
            confidence=likely[best],
            main=main,
            main_confidence=round(mains[main], 4),
            candidates=tuple(
                (self.classes[place], likely[place])
                for place in order
                if self.classes[place] != OTHER
            )[:_CANDIDATES],
        )

    def probabilities(self, prompt: str, facts: ImageFacts | None = None) -> list[float]:
        """Returns the probability of each class, rounded so that every machine decides alike."""
        scores = self._scores(prompt)
        if facts is not None and facts.images > 0:
            scores = scores + self._shifts(facts)
        if OTHER in self.classes and (facts is None or facts.images > 0):
            # A prompt on an image is of a use case.
            scores[self.classes.index(OTHER)] = -np.inf
        power = np.exp(scores - scores.max())
        return [round(float(share), 4) for share in power / power.sum()]

    def _shifts(self, facts: ImageFacts) -> NDArray[np.float64]:
        """What the facts of the image add to the score of each class."""
        met = met_by(facts) - {"several_images"}
        several = math.log(_SEVERAL_FACTOR) * (1 if facts.images > 1 else -1)
        fits = math.log(_FITS_FACTOR)
        return np.array(
            [
                (several if cut(id, 1) == SEVERAL else 0.0)
                + (fits if self.needs[id] & met else 0.0)
                for id in self.classes
            ]
        )

    def _scores(self, prompt: str) -> NDArray[np.float64]:
        """The score of each class; of a prompt without a known feature, all the same."""
        rows = [self.columns[name] for name in features(prompt) if name in self.columns]
        if not rows:
            return np.zeros(len(self.classes))
        values = self.rarity[rows]
        values = values / np.sqrt(np.sum(values**2))
        return np.sum(values[:, None] * self.weights[rows], axis=0) * self.scale


@cache
def labeller() -> Labeller:
    """Returns the labeller that this package holds."""
    return load(Path(str(files(__package__).joinpath("labeller.safetensors"))))


def load(path: Path) -> Labeller:
    """Reads a labeller that `taxonomy.train` wrote."""
    with safe_open(path, framework="numpy") as file:
        about = file.metadata()
        names = about["features"].split("\n")
        return Labeller(
            classes=tuple(about["classes"].split("\n")),
            columns={name: column for column, name in enumerate(names)},
            rarity=file.get_tensor("rarity").astype(np.float64),
            weights=file.get_tensor("weights"),
            scale=file.get_tensor("scale").astype(np.float64),
            needs={id: frozenset(names) for id, names in json.loads(about["needs"]).items()},
        )
