"""What a row holds in a column: texts, images and provenance, checked and made uniform.

A column name may have dots: `meta.url` is the field `url` of the column `meta`, which may also be
JSON text; `captions.0` is the first item of a list. A column of that very name comes first.
"""

import base64
import binascii
import json
import re
import reprlib
from collections.abc import Mapping
from typing import Any, NoReturn, TypedDict

from sources.sample import Sample, Segment
from sources.source import Row

# How the base64 text of a JPEG, PNG, WebP or GIF begins; no path that we would open does.
_BASE64 = ("/9j/", "iVBORw0KGgo", "UklGR", "R0lGOD")
_DATA_URL = re.compile(r"data:image/[^,]*;base64,")
# White space is none of them.
_CONTROLS = re.compile("[\0-\x08\x0e-\x1b\x7f]")
_CODE = re.compile(r"([A-Za-z]{2,3})([_-].*)?")


class About(TypedDict, total=False):
    """Names of the columns that say where a row comes from; each may be left out.

    Attributes:
        language: its code; a region or script behind it is cut off.
        licence: SPDX id or URL.
        origin: URL of the row.
        row: identity of the row, unique in its source.
    """

    language: str
    licence: str
    origin: str
    row: str


def columns(row: Row) -> Mapping[str, Any]:
    """Returns the columns of a row.

    Raises:
        ValueError: the row is something else.
    """
    if not isinstance(row.value, Mapping):
        raise ValueError(f"a row with columns was expected, got {_shown(row.value)}")
    return row.value


def has(row: Row, name: str) -> bool:
    """Whether a row has the column (or that before the first dot), if only with a null."""
    return name in columns(row) or name.partition(".")[0] in columns(row)


def find(row: Row, name: str) -> Any:
    """Returns what a column holds; None where it is missing or null, or has no name."""
    value: Any = columns(row)
    if name in value:
        return value[name]
    for part in name.split("."):
        value = _step(value, part)
    return value


def take(row: Row, name: str) -> Any:
    """Returns what a column holds, or None.

    Raises:
        ValueError: the row has no such column: most likely its name is wrong.
    """
    if not has(row, name):
        there = ", ".join(str(column) for column in columns(row))
        raise ValueError(f"field {name!r} is missing; the row has: {there or 'nothing'}")
    return find(row, name)


def text_of(value: Any, name: str) -> str:
    """Returns a text; numbers are written out, nothing is the empty text.

    Control characters are left out but for white space, and halves of pairs of UTF-16 that stand
    alone are marked: JSON can say both, and neither is text.

    Raises:
        ValueError: it is something else.
    """
    if value is None or value != value:  # NaN is how tables write that nothing is there
        return ""
    if isinstance(value, str):
        return _sound(value)
    if isinstance(value, bytes):
        try:
            return _sound(value.decode())
        except UnicodeDecodeError:
            wrong(name, value, "text in UTF-8")
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    wrong(name, value, "text")


def list_of(value: Any, name: str) -> list[Any]:
    """Returns a list; nothing is the empty list, and a text may hold JSON.

    Raises:
        ValueError: it is something else.
    """
    if isinstance(value, str) and value.startswith("["):
        value = _parsed(value)
    if value is None:
        return []
    if not isinstance(value, list | tuple):
        wrong(name, value, "a list")
    return list(value)


def images(row: Row, name: str, role: str | None = None) -> list[Segment]:
    """Returns the images of a column: none, one, or a list of them; nulls are left out.

    A name with braces is a pattern of the path: `train/{image_id}.jpg`.

    Raises:
        ValueError: the column holds something that is no image.
    """
    if not name:
        return []
    if "{" in name:
        return _patterned(row, name, role)
    value = find(row, name)
    items = value if isinstance(value, list | tuple) else [value]
    found = (image(item, name, role) for item in items)
    return [segment for segment in found if segment]


def image(value: Any, name: str, role: str | None = None) -> Segment | None:
    """Returns an image: a path or URL, bytes, base64 text, or a dict that holds one of them.

    Raises:
        ValueError: it is something else.
    """
    if isinstance(value, Mapping):
        keys = ("bytes", "url", "path", "image_url", "image")
        inner = [value[key] for key in keys if value.get(key)]
        if not inner and not value.keys() & set(keys):
            wrong(name, value, "an image with bytes, path or url")
        value = inner[0] if inner else None
        return image(value, name, role)
    if value is None or value != value or value in ("", b""):
        return None
    if isinstance(value, bytes | bytearray):
        return Segment(image=bytes(value), role=role)
    if not isinstance(value, str):
        wrong(name, value, "an image: path, bytes or a dict of them")
    encoded = _DATA_URL.sub("", value, count=1)
    if encoded != value or value.startswith(_BASE64):
        return Segment(image=_unbased(encoded, name), role=role)
    return Segment(path=value, role=role)


def language_code(value: str) -> str:
    """Returns the language of a code with region or script; nothing for what is no code.

    >>> language_code("zh_CN"), language_code("eng-Latn"), language_code("Chinese")
    ('zh', 'eng', '')
    """
    match = _CODE.fullmatch(value.strip())
    return match.group(1).lower() if match else ""


def sample(row: Row, segments: list[Segment], about: About, *, nth: int = 0, **more: Any) -> Sample:
    """Builds a sample with the provenance that the row's columns state.

    Args:
        row: the raw row.
        segments: texts and images in reading order.
        about: the columns of provenance.
        nth: which sample of its row, counted from 0; tells those apart whose row states its id.
        more: further fields of the sample.
    """
    stated = {name: text_of(find(row, column), column) for name, column in about.items()}  # type: ignore[arg-type]
    if stated.get("row") and nth:
        stated["row"] += f"#{nth}"
    if "language" in stated:
        stated["language"] = language_code(stated["language"])
    return Sample(segments=tuple(segments), **{**stated, **more})


def wrong(name: str, value: Any, expected: str) -> NoReturn:
    """Raises the error for a field of the wrong type."""
    raise ValueError(f"field {name!r}: got {_shown(value)}, expected {expected}")


def _shown(value: Any) -> str:
    """A value for an error: its type and its beginning."""
    # Cut first: values may be huge, or nested deeper than `repr` can go.
    shown = repr(value[:60]) if isinstance(value, str | bytes) else reprlib.repr(value)
    return f"{type(value).__name__} {shown[:60]}"


def _sound(value: str) -> str:
    r"""A text without what no text may hold.

    >>> _sound("a\0b \ud83d\ude00 \ud83d") == "ab \U0001f600 \ufffd"
    True
    """
    try:
        value.encode()
    except UnicodeEncodeError:
        value = value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return _CONTROLS.sub("", value)


def _step(value: Any, part: str) -> Any:
    """One step into a dict or a list, or into the JSON text of one."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        value = _parsed(value)
    if isinstance(value, Mapping):
        return value.get(part)
    if isinstance(value, list | tuple) and part.isdecimal() and int(part) < len(value):
        return value[int(part)]
    return None


def _parsed(text: str) -> Any:
    """The value of a JSON text; other text as it is."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _patterned(row: Row, pattern: str, role: str | None) -> list[Segment]:
    """The image whose path a pattern makes of the row's columns."""
    names = re.findall(r"{([^{}]+)}", pattern)
    texts = {name: text_of(take(row, name), name) for name in names}
    if not all(texts.values()):
        return []
    path = re.sub(r"{([^{}]+)}", lambda match: texts[match.group(1)], pattern)
    return [Segment(path=path, role=role)]


def _unbased(encoded: str, name: str) -> bytes:
    """The bytes of base64 text, which may have line breaks."""
    try:
        return base64.b64decode("".join(encoded.split()), validate=True)
    except binascii.Error as error:
        raise ValueError(f"field {name!r}: bad base64 of an image: {error}") from error
