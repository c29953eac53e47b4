"""A hook for scorers of images: whether a picture should be shown to people, by whatever model.

A recipe names scorers, none by default, under `safety`: one of this package by its module's name,
such as `open_nsfw`, or any function as `module:function`. Such a function takes nothing, loads what
it needs, and returns a `Scorer`. Scores become facts of samples, the worst of all images counts:

    safety: [open_nsfw]
    filters: [{fact: measures.safety.nsfw, max: 0.5}]
"""

import importlib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from io import BytesIO
from typing import Any, Protocol

from PIL import Image

PREFIX = "safety."
_DIGITS = 3


class SafetyError(ValueError):
    """A scorer that cannot be used; the message says what to do."""


class Scorer(Protocol):
    """Says of a picture how likely it is of some kinds, each from 0 to 1."""

    def __call__(self, image: Image.Image, /) -> Mapping[str, float]:
        """Returns a number for each name, always the same names.

        Args:
            image: decoded, upright or not, in RGB.
        """
        ...


@cache
def load(name: str) -> Scorer:
    """Returns the scorer of a name in a recipe, loaded once a process.

    Raises:
        SafetyError: there is none such, or it lacks something.
    """
    module, _, function = name.partition(":")
    if not function:
        module, function = f"{__name__}.{name}", "load"
    try:
        found: Any = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError) as error:
        raise SafetyError(
            f"no scorer {name!r} ({error}): name one of pipelines/safety, such as open_nsfw, or "
            "module:function that Python can import"
        ) from error
    scorer: Scorer = found()
    return scorer


def score(images: Sequence[bytes], names: Sequence[str]) -> Iterator[tuple[str, float]]:
    """Yields a measure for each name that some scorers give, the largest of all images.

    Args:
        images: encoded, of formats and sizes that were checked.
        names: of scorers.
    """
    worst: dict[str, float] = {}
    for data in images if names else ():
        picture = _decoded(data)
        for name in names:
            for kind, number in load(name)(picture).items():
                worst[kind] = max(worst.get(kind, 0.0), round(float(number), _DIGITS))
    yield from ((f"{PREFIX}{kind}", number) for kind, number in sorted(worst.items()))


def _decoded(data: bytes) -> Image.Image:
    """The picture in RGB, on white where it is transparent."""
    with Image.open(BytesIO(data)) as image:
        if not image.has_transparency_data:
            return image.convert("RGB")
        seen = image.convert("RGBA")
        white = Image.new("RGBA", seen.size, "white")
        return Image.alpha_composite(white, seen).convert("RGB")
