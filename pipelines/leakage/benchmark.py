"""What an evaluation set declares: its files, and how a row of them becomes items."""

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sources.source import Reader, Row

# A picture: its bytes, or its path beside the file that names it.
Picture = bytes | str


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One question of an evaluation set.

    Attributes:
        id: unique in the set.
        question: what is asked; found as a whole as well as by its n-grams.
        texts: what else of it must not be learnt: passage, options, solutions.
        images: its pictures.
    """

    id: str
    question: str = ""
    texts: tuple[str, ...] = ()
    images: tuple[Picture, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """An evaluation set. A module of `benchmarks` is one with a constant of this, BENCHMARK.

    Attributes:
        title: what it is, in a few words.
        homepage: where to get it.
        files: patterns below a folder that find its files.
        read: how a file becomes rows.
        items: how a row becomes items; one that is of no use for this gives none.
        images: folder of the pictures, seen from that of the file.
    """

    title: str
    homepage: str
    files: tuple[str, ...]
    read: Reader
    items: Callable[[Row], Iterable[Item]]
    images: str = ""


def take(value: Any, *names: str) -> Any:
    """Returns the first of some fields that a record has and that is not empty, or None.

    >>> take({"text": "", "question": "Why?"}, "text", "question")
    'Why?'
    """
    for name in names:
        if value.get(name) not in (None, "", [], {}):
            return value[name]
    return None


def words_of(*values: Any) -> tuple[str, ...]:
    """Returns the texts among values, lists of texts taken apart, without those that are empty.

    >>> words_of("a", ["b", None], 3, {"solution": "c"})
    ('a', 'b', '3', 'c')
    """
    found: list[str] = []
    for value in values:
        if isinstance(value, Mapping):
            value = words_of(*value.values())
        if isinstance(value, list | tuple):
            found += words_of(*value)
        elif isinstance(value, str | int | float) and not isinstance(value, bool):
            found.append(str(value).strip())
    return tuple(filter(None, found))


def listed(value: Any) -> list[Any]:
    """Returns a list, or what a string shows that Python wrote a list as.

    >>> listed("['a', 'b']"), listed(["c"]), listed(None), listed("d")
    (['a', 'b'], ['c'], [], ['d'])
    """
    if isinstance(value, str) and value.strip().startswith("["):
        try:
            value = ast.literal_eval(value.strip())
        except (ValueError, SyntaxError):
            return [value]
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def pictures(value: Mapping[str, Any], *names: str) -> tuple[Picture, ...]:
    """Returns the pictures of some fields: bytes, base64, the cells of tables, or paths."""
    found: list[Picture] = []
    for name in names:
        for each in listed(value.get(name)):
            found += _picture(each)
    return tuple(found)


def without_marks(text: str) -> str:
    """Returns a text without the marks that stand for pictures in it.

    >>> without_marks('see <image 1> and <img="a.png">')
    'see  and '
    """
    return re.sub(r"<image ?\d*>|<img=[^>]*>", "", text)


def numbered(value: Mapping[str, Any], pattern: str, count: int) -> Iterator[Any]:
    """Yields the values of fields whose names count, such as `option1` to `option4`."""
    for number in range(1, count + 1):
        if (found := value.get(pattern.format(number))) not in (None, ""):
            yield found


def _picture(value: Any) -> Iterator[Picture]:
    if isinstance(value, Mapping):
        value = value.get("bytes") or value.get("path")
    if isinstance(value, bytes) and value:
        yield value
    elif isinstance(value, str) and value:
        yield _decoded(value)


def _decoded(value: str) -> Picture:
    """A string that is too long for a path is base64."""
    if len(value) <= 255:
        return value
    import base64

    data = value.split(",", 1)[1] if value.startswith("data:") else value
    return base64.b64decode(data)
