"""Lists of what people ask to be left alone: URLs, domains and hashes, one a line.

    https://example.org/photo.jpg     that URL
    example.org                       that domain and all below it
    9f86d081...                       an image, by the SHA-256 of its bytes
    # why                             a remark

Held as sorted 64-bit hashes: 8 bytes an entry, so lists of a hundred million fit.
"""

import re
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from hashlib import blake2b

import numpy as np
from yarl import URL

from pipelines import store

_SHA256 = re.compile(r"[0-9a-f]{64}")


class OptOut:
    """What must not be fetched or kept.

    Args:
        lines: of the lists.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        found = array("Q", (_number(entry) for line in lines for entry in _entry(line)))
        self._sorted = np.unique(np.frombuffer(found, dtype=np.uint64)) if found else None

    def __len__(self) -> int:
        return 0 if self._sorted is None else len(self._sorted)

    def url(self, url: URL) -> str:
        """Returns what names a URL: `url`, `domain`, or nothing."""
        if self._sorted is None:
            return ""
        if self._has(f"url {_plain(url)}"):
            return "url"
        labels = (url.raw_host or "").lower().rstrip(".").split(".")
        domains = (".".join(labels[start:]) for start in range(len(labels)))
        return "domain" if any(self._has(f"domain {domain}") for domain in domains) else ""

    def image(self, sha256: str) -> bool:
        """Whether an image is named by its hash."""
        return self._sorted is not None and self._has(f"sha256 {sha256}")

    def _has(self, entry: str) -> bool:
        assert self._sorted is not None
        number = _number(entry)
        at = bisect_left(self._sorted, number)
        return at < len(self._sorted) and int(self._sorted[at]) == number


def read_lists(paths: Iterable[str]) -> OptOut:
    """Returns what files of such lines name.

    Raises:
        ValueError: a line that is none of them.
        OSError: a file cannot be read.
    """
    return OptOut(line for path in paths for line in _lines(path))


def _lines(path: str) -> Iterator[str]:
    with store.open_file(path) as stream:
        for number, line in enumerate(stream, start=1):
            text = line.decode("utf-8", "replace").strip()
            try:
                list(_entry(text))
            except ValueError as error:
                raise ValueError(f"{path}, line {number}: {error}") from None
            yield text


def _entry(line: str) -> Iterator[str]:
    """The entry of a line, if it has one."""
    text = line.strip()
    if not text or text.startswith("#"):
        return
    if _SHA256.fullmatch(text.lower()):
        yield f"sha256 {text.lower()}"
    elif "://" in text:
        yield f"url {_plain(URL(text))}"
    else:
        try:
            host = URL.build(scheme="http", host=text.lower().strip(".")).raw_host
        except ValueError:
            host = None
        if not host or "/" in text:
            raise ValueError(f"{text!r} is no URL, domain or SHA-256")
        yield f"domain {host}"


def _plain(url: URL) -> str:
    """A URL without what is not part of a request; http and https are one."""
    return str(url.with_fragment(None)).removeprefix("http://").removeprefix("https://")


def _number(entry: str) -> int:
    return int.from_bytes(blake2b(entry.encode(), digest_size=8).digest())
