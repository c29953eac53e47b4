"""What Wikimedia Commons says of a picture, in several languages one behind the other."""

import re

# What attributions call the languages that we can tell them apart by.
_NAMES = {
    "en": "English",
    "de": "Deutsch",
    "fr": "Fran\u00e7ais",
    "es": "Espa\u00f1ol",
    "it": "Italiano",
    "nl": "Nederlands",
    "pt": "Portugu\u00eas",
    "ru": "\u0420\u0443\u0441\u0441\u043a\u0438\u0439",
    "zh": "中文",
    "ja": "日本語",
}
_ANY_NAME = re.compile(rf"(?:^|(?<=\s))({'|'.join(_NAMES.values())}):\s")


def attribution(text: str, code: str) -> str:
    """Returns what an attribution says in a language; all of it, if it names no languages.

    >>> attribution("Deutsch: Ein Falter English: A moth", "en"), attribution("A moth", "nl")
    ('A moth', 'A moth')
    """
    pieces = _ANY_NAME.split(text)
    if len(pieces) == 1:
        return text
    said = dict(zip(pieces[1::2], pieces[2::2], strict=True))
    return said.get(_NAMES.get(code, ""), "").strip()
