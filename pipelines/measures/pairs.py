"""Measures of captions: how long they are, and whether they say anything at all of their picture.

Only samples of one picture and one text behind it have a caption; of others these are None.
"""

import posixpath
import re
import unicodedata
from collections.abc import Iterable
from hashlib import blake2b
from typing import Any
from urllib.parse import unquote, urlsplit

import pyarrow as pa

from pipelines.measures.phrases import phrases
from pipelines.measures.words import Words

FIELDS: dict[str, pa.DataType] = {
    "caption_words": pa.int32(),
    "caption_is_file_name": pa.int32(),
    "caption_is_boilerplate": pa.int32(),
}
# By which dedup counts how often a caption comes in the corpus.
SIGNATURES: dict[str, pa.DataType] = {"caption": pa.binary(8)}

_GAPS = re.compile(r"[\W_]+")
_FILE = re.compile(
    r"(?:(?!\. )[^/\\\n]){1,200}\.(?:jpe?g|png|gif|webp|bmp|tiff?|svg|heic|avif|ico)", re.I
)
# What cameras, phones and scanners call their pictures: IMG_2034, DSC00412, Screenshot 2021-03-04.
_CAMERA = re.compile(
    r"(?:img|image|dsc[nf]?|dcim|pict?|p|photo|pxl|mvc|cimg|gopr|sam|scan|screen ?shot"
    r"|unnamed|untitled|bild|foto|图片|截屏)(?: ?\d{2,})+(?: at)?(?: \d+)*(?: ?[ap]m)?"
)


def measure(caption: str | None, words: Words, names: Iterable[str]) -> dict[str, Any]:
    """Returns the measures of a caption.

    Args:
        caption: the text of a pair; None for a sample that is none.
        words: of the caption.
        names: what the picture is called: paths, URLs.
    """
    if caption is None:
        return dict.fromkeys((*FIELDS, *SIGNATURES))
    plain = squeezed(caption)
    return {
        "caption_words": len(words.hashes),
        "caption_is_file_name": int(is_file_name(caption, names)),
        "caption_is_boilerplate": int(not plain or plain in phrases("empty_captions")),
        "caption": blake2b(plain.encode("utf-8", "surrogatepass"), digest_size=8).digest(),
    }


def squeezed(text: str) -> str:
    """Returns the words of a text alone, in small letters, as captions are compared.

    >>> squeezed(" Red_car-2.")
    'red car 2'
    """
    return _GAPS.sub(" ", unicodedata.normalize("NFKC", text)).strip().lower()


def is_file_name(caption: str, names: Iterable[str]) -> bool:
    """Whether a caption is the name of its file, or of any file of a picture.

    >>> is_file_name("Red car", ["cars/red-car.jpg"]), is_file_name("IMG_2034", [])
    (True, True)
    """
    caption = caption.strip()
    plain = squeezed(caption)
    if _FILE.fullmatch(caption) and len(plain.split()) <= 6 or _CAMERA.fullmatch(plain):
        return True
    return bool(plain) and any(plain in _stems(name) for name in names)


def _stems(name: str) -> tuple[str, str]:
    """Name of a file without its folder, as captions are compared: without extension, and with."""
    base = posixpath.basename(unquote(urlsplit(name).path if "://" in name else name))
    return squeezed(posixpath.splitext(base)[0]), squeezed(base)
