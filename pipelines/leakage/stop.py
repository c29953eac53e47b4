"""Stop phrases: those that the program ships, and those of a recipe."""

from importlib.resources import files

from pipelines import store
from pipelines.leakage.grams import Phrases, Text, phrase
from pipelines.measures.words import words

# Short phrases would stop much that they were not meant for.
_LEAST = 2


def shipped() -> tuple[str, ...]:
    """Returns the phrases that the program ships."""
    return _lines(files(__package__).joinpath("stop_phrases.txt").read_text(encoding="utf-8"))


def read(path: str) -> tuple[str, ...]:
    """Reads the phrases of a file, a line each; `#` begins a comment.

    Raises:
        ValueError: a line has only one word.
    """
    with store.open_file(path) as stream:
        found = _lines(stream.read().decode("utf-8"))
    for line in found:
        if len(words(line).hashes) < _LEAST:
            raise ValueError(f"{path}: {line!r} is no phrase: give {_LEAST} words or more")
    return found


def phrases(lines: tuple[str, ...]) -> Phrases:
    """Returns phrases as they are looked for."""
    return Phrases([phrase(Text(words(line))) for line in sorted(set(lines))])


def _lines(text: str) -> tuple[str, ...]:
    lines = (line.strip() for line in text.splitlines())
    return tuple(line for line in lines if line and not line.startswith("#"))
