"""How long texts are in tokens, by the tokenizer that a recipe names: no model and no torch."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from hashlib import blake2b
from typing import Any

from model.weights import SHIPPED
from pipelines import store

FILE = "tokenizer.json"
_TINY = "tiny"  # the checkpoint that is shipped


class NoTokenizer(ValueError):
    """There is no tokenizer at a path, or a file that is none; the message says what to do."""


def find(path: str) -> str:
    """Returns the file of a tokenizer: the path itself, or what a checkpoint's folder holds."""
    if path == _TINY:
        return str(SHIPPED / _TINY / FILE)
    return path if path.endswith(".json") else store.join(path, FILE)


def identity(path: str) -> str:
    """Returns a hash of a tokenizer, so that another one makes other facts.

    Raises:
        NoTokenizer: there is none.
    """
    return blake2b(_read(path), digest_size=8).hexdigest()


def settings(raw: Mapping[str, Any], absolute: Callable[[str], str]) -> dict[str, str]:
    """Returns what entries of a recipe are to know of its tokenizer; nothing where it has none.

    Args:
        raw: the recipe.
        absolute: gives the path of a name in it.
    """
    if "tokenizer" not in raw:
        return {}
    path = raw["tokenizer"] if raw["tokenizer"] == _TINY else absolute(raw["tokenizer"])
    return {"tokenizer": path, "vocabulary": identity(path)}


def faults(
    raw: Mapping[str, Any], absolute: Callable[[str], str]
) -> Iterator[tuple[tuple[Any, ...], str]]:
    """Yields a fault if a recipe's tokenizer is none, with the place where it stands."""
    try:
        for path in [each for name, each in settings(raw, absolute).items() if name == "tokenizer"]:
            _load(path)
    except NoTokenizer as error:
        yield ("tokenizer",), f"tokenizer: {error}"


def count(path: str, texts: Sequence[str]) -> int:
    """Returns how many tokens texts are, each by itself and without special tokens.

    Args:
        path: of a checkpoint's folder or of its `tokenizer.json`.
        texts: what to count.
    """
    return sum(
        len(each.ids) for each in _load(path).encode_batch_fast(texts, add_special_tokens=False)
    )


@cache
def _load(path: str) -> Any:
    """The tokenizer of a path, read once a process; what it would cut or pad is not."""
    # The library starts threads of its own, and every worker has a core of its own.
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    from tokenizers import Tokenizer

    try:
        found = Tokenizer.from_buffer(_read(path))
    except Exception as error:  # the library raises no class of its own
        raise NoTokenizer(f"{find(path)} is no file of the tokenizers library: {error}") from error
    found.no_truncation()
    found.no_padding()
    # What a text says is text, also where it spells a special token.
    found.encode_special_tokens = True
    return found


def _read(path: str) -> bytes:
    try:
        with store.open_file(find(path)) as stream:
            return bytes(stream.read())
    except OSError as error:
        raise NoTokenizer(
            f"no tokenizer at {find(path)}: give the folder of a checkpoint with {FILE}, or the "
            f"path of that file ({error.strerror or error})"
        ) from None
