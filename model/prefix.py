"""Beginnings that many prompts share: read once, and attended to by all that follow them.

    b b b b . . .      two samples x and y behind a shared beginning b:
    b b b b x . .      each sees b and itself, as if b stood before it alone
    b b b b . y y

A sample whose images are blanked begins like every other of its kind, and that beginning is most of
it: the answer of a caption has some ten tokens, its image 576.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from transformers import DynamicCache

from model.prompt import IGNORE, Encoded
from model.vlm import VLM, Prefix

# Beginnings that are kept; a corpus has few, one for pairs and one for each system prompt.
_KEPT = 4


@dataclass(frozen=True, slots=True)
class Split:
    """A prompt, cut where its own part begins.

    Attributes:
        shared: tokens of the beginning; none for a prompt that is run whole.
        own: the rest.
        skipped: image tokens of the beginning.
    """

    shared: tuple[int, ...]
    own: Encoded
    skipped: int


def split(prompt: Encoded, image_token: int, image_tokens: int) -> Split:
    """Cuts a prompt with blank images before the last token of its first image.

    That token stays, for it predicts the next. A prompt with something to learn before it is whole.
    """
    if image_token not in prompt.ids:
        return Split((), prompt, 0)
    place = prompt.ids.index(image_token) + image_tokens - 1
    if any(label != IGNORE for label in prompt.labels[: place + 1]):
        return Split((), prompt, 0)
    own = Encoded(prompt.ids[place:], prompt.labels[place:])
    return Split(tuple(prompt.ids[:place]), own, image_tokens - 1)


class Prefixes:
    """Keys and values of shared beginnings, all of whose images are blank.

    Args:
        model: reads them.
        blank: float[1, T, D], the features of the blank image.
    """

    def __init__(self, model: VLM, blank: Tensor) -> None:
        self._model = model
        self._blank = blank
        self._known: dict[tuple[int, ...], Prefix] = {}

    def read(self, ids: tuple[int, ...]) -> Prefix:
        """Returns the keys and values of a beginning; none for an empty one."""
        if not ids:
            return ()
        if ids not in self._known:
            if len(self._known) == _KEPT:
                self._known.pop(next(iter(self._known)))
            self._known[ids] = self._run(ids)
        return self._known[ids]

    def _run(self, ids: tuple[int, ...]) -> Prefix:
        row = torch.tensor(ids, device=self._model.device)
        shown = int((row == self._model.size.image_token).sum())
        cache = DynamicCache()
        self._model.hidden(self._model.embed(row, self._blank[:, :shown]), cache=cache)
        layers: list[Any] = cache.layers
        return tuple((layer.keys, layer.values) for layer in layers)
