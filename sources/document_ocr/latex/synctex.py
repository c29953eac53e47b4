"""Which page holds a source line, as SyncTeX recorded it. Page numbers only, no places on a page.

Read are the records of glue, kerns, formulas and rules; boxes carry the line where their paragraph
ends and say nothing of their words.
"""

import gzip
import re
import zlib
from collections import Counter, defaultdict
from dataclasses import dataclass

from sources.document_ocr.latex.loss import Loss

_INPUT = re.compile(rb"^Input:(\d+):(.*)$")
_RECORD = re.compile(rb"^[xkg$r](\d+),(\d+)[:,]")
_MAX_BYTES = 512 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """The pages of source lines.

    Attributes:
        counts: (file, line) -> how many records on which page, counted from 0.
    """

    counts: dict[tuple[str, int], Counter[int]]

    def page(self, file: str, line: int) -> int | None:
        """Returns the page of a line, or None if it has no record or records on several.

        The line that closes an argument has the records of all its words, and a line end that is
        read ahead one on the next page: such words are better looked for in the page's text.
        """
        found = self.counts.get((file, line), ())
        return next(iter(found)) if len(found) == 1 else None


def read_synctex(data: bytes, *, root: str = "/paper/") -> Places:
    """Returns the pages of the lines of the files under root.

    Raises:
        Loss: the record is missing or damaged.
    """
    text = _plain(data)
    names: dict[bytes, str] = {}
    counts: dict[tuple[str, int], Counter[int]] = defaultdict(Counter)
    page = -1
    for line in text.split(b"\n"):
        if line[:1] == b"{":
            page = int(line[1:]) - 1
        elif found := _RECORD.match(line):
            name = names.get(found.group(1))
            if name is not None and page >= 0:
                counts[name, int(found.group(2))][page] += 1
        elif line[:6] == b"Input:" and (given := _INPUT.match(line)):
            path = given.group(2).decode("utf-8", "replace").replace("/./", "/")
            if path.startswith(root):
                names[given.group(1)] = path.removeprefix(root)
    return Places(counts=dict(counts))


def _plain(data: bytes) -> bytes:
    if not data:
        raise Loss("no_synctex", "the engine wrote no SyncTeX record")
    if not data.startswith(b"\x1f\x8b"):
        return data
    try:
        text = zlib.decompressobj(wbits=31).decompress(data, _MAX_BYTES)
    except (zlib.error, gzip.BadGzipFile) as error:
        raise Loss("no_synctex", f"the SyncTeX record is damaged: {error}") from error
    return text
