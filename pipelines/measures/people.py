"""Personal data and secrets in text: found, counted, and put out of sight where a recipe says so.

What a pattern finds must also stand a test of its kind: a checksum (cards, ids, IBANs), a plan of
numbers (phones), a public address (IPs), the look of chance (keys). Chinese characters may stand
right beside what is found, letters and digits may not.
"""

import ipaddress
import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from functools import cache
from typing import NamedTuple

import phonenumbers
import pyarrow as pa

from pipelines.measures import secrets

# Kinds, in the order in which they claim text, and what stands in place of them.
PLACEHOLDERS = {
    "secrets": "<SECRET>",
    "emails": "<EMAIL>",
    "id_numbers": "<ID_NUMBER>",
    "cards": "<CARD>",
    "ip_addresses": "<IP_ADDRESS>",
    "phones": "<PHONE>",
}
FIELDS: dict[str, pa.DataType] = {kind: pa.int32() for kind in PLACEHOLDERS}

_EMAILS = re.compile(
    r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}@(?:[A-Za-z0-9-]{1,63}\.){1,8}"
    r"[A-Za-z]{2,24}(?![A-Za-z0-9])"
)
# Nobody's: reserved by RFC 2606, and names of files of the form logo@2x.png.
_NOBODY = re.compile(
    r"(?i)(?:@|\.)(?:example\.(?:com|org|net)|[\w-]+\.(?:png|jpe?g|gif|svg|webp))\Z"
)
_ID_CARDS = re.compile(r"(?<![A-Za-z0-9])\d{17}[\dXx](?![A-Za-z0-9])")
_SSNS = re.compile(r"(?<![\w-])(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\w-])", re.ASCII)
_IBANS = re.compile(
    r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?(?!\w)"
)
# Not parts of file names or of longer numbers.
_CARDS = re.compile(r"(?<![\w./-])[2-6]\d{3}(?:[ -]?\d){9,15}(?![\w/]|[.-]\w)", re.ASCII)
_ADDRESSES_4 = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.]*\w)", re.ASCII)
_ADDRESSES_6 = re.compile(
    r"(?<![\w:.])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{1,4}(?![\w:])", re.ASCII
)
_SECTIONS = 30  # addresses of four smaller numbers are taken for numbers of sections
_PHONES = re.compile(
    r"(?<![\w.+-])(?:\+\d{1,3}[ .-]?(?:\(\d{1,4}\)|\d)[\d .-]{5,14}\d|1[3-9]\d[ -]?\d{4}[ -]?\d{4}"
    r"|0\d{2,3}-\d{7,8}|(?:\(\d{3}\) ?|\d{3}[.-])\d{3}[.-]\d{4})(?![\w-])",
    re.ASCII,
)


class Span(NamedTuple):
    """A piece of text and the kind of data that it is."""

    start: int
    stop: int
    kind: str


def find(text: str) -> list[Span]:
    """Returns what is found in a text, in order; of two that overlap the earlier kind stays."""
    taken: list[Span] = []
    for kind, finder in _finders().items():
        for start, stop in finder(text):
            if all(stop <= each.start or start >= each.stop for each in taken):
                taken.append(Span(start, stop, kind))
    return sorted(taken)


def count(text: str) -> dict[str, int]:
    """Returns how much of each kind is in a text.

    >>> count("Write to jo@mail.test or call +1 212-555-2368.")["emails"]
    1
    """
    found = Counter(span.kind for span in find(text))
    return {kind: found[kind] for kind in PLACEHOLDERS}


def redact(text: str, kinds: tuple[str, ...]) -> str:
    """Returns a text with placeholders in place of what is found of some kinds.

    >>> redact("Write to jo@mail.test.", ("emails",))
    'Write to <EMAIL>.'
    """
    parts, last = [], 0
    for span in find(text):
        if span.kind in kinds:
            parts += [text[last : span.start], PLACEHOLDERS[span.kind]]
            last = span.stop
    return "".join([*parts, text[last:]])


_Finder = Callable[[str], Iterator[tuple[int, int]]]


@cache
def _finders() -> dict[str, _Finder]:
    found = (secrets.find, _emails, _id_numbers, _cards, _ip_addresses, _phones)
    return dict(zip(PLACEHOLDERS, found, strict=True))


def _emails(text: str) -> Iterator[tuple[int, int]]:
    if "@" in text:
        for match in _EMAILS.finditer(text):
            if not _NOBODY.search(match[0]):
                yield match.span()


def _id_numbers(text: str) -> Iterator[tuple[int, int]]:
    for pattern, holds in ((_ID_CARDS, _is_id_card), (_SSNS, None), (_IBANS, _is_iban)):
        for match in pattern.finditer(text):
            if holds is None or holds(match[0]):
                yield match.span()


def _cards(text: str) -> Iterator[tuple[int, int]]:
    for match in _CARDS.finditer(text):
        digits = [int(each) for each in match[0] if each.isdigit()]
        if len(set(digits)) > 1 and _luhn(digits):
            yield match.span()


def _ip_addresses(text: str) -> Iterator[tuple[int, int]]:
    for pattern in (_ADDRESSES_4, _ADDRESSES_6):
        if ":" not in text and pattern is _ADDRESSES_6:
            return
        for match in pattern.finditer(text):
            try:
                address = ipaddress.ip_address(match[0])
            except ValueError:
                continue
            # 3.8.2.1 is the number of a section or of a version; few groups with colons are
            # anything, such as a ratio or a path of names.
            if address.version == 4:
                told = max(address.packed) >= _SECTIONS
            else:
                told = match[0].count(":") > 2
            if told and address.is_global:
                yield match.span()


def _phones(text: str) -> Iterator[tuple[int, int]]:
    for match in _PHONES.finditer(text):
        # Without a country's code the forms are those of China and of North America.
        region = "US" if match[0][3:4] in "-.)" or match[0].startswith("(") else "CN"
        region = "CN" if match[0].startswith("0") else region
        try:
            number = phonenumbers.parse(match[0], region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            yield match.span()


def _luhn(digits: list[int]) -> bool:
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _is_id_card(text: str) -> bool:
    """Whether it is a Chinese id: with a date of birth, and GB 11643's check character."""
    try:
        date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        return False
    total = sum(int(digit) * (2 ** (17 - place) % 11) for place, digit in enumerate(text[:17]))
    return "10X98765432"[total % 11] == text[17].upper()


def _is_iban(text: str) -> bool:
    plain = text.replace(" ", "")
    return int("".join(str(int(each, 36)) for each in plain[4:] + plain[:4])) % 97 == 1
