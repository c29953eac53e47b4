"""robots.txt as RFC 9309 has it: fetched once an origin, kept for the run.

2xx                     its rules hold; of a long one the first 500 KiB
3xx                     followed, five at most; more count as 4xx
4xx                     there are none: everything may be asked
429, 5xx, unreachable   nobody knows: nothing may be asked
"""

from dataclasses import dataclass
from typing import Any

from protego import Protego
from yarl import URL

from pipelines.fetch.outcomes import Problem
from pipelines.fetch.settings import TOKEN

# What RFC 9309 asks to be read at least.
MAX_BYTES = 500 * 1024
REDIRECTS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What one origin allows.

    Attributes:
        parsed: its robots.txt, or None if there is none.
        unknown: why nobody knows; nothing may be asked then.
    """

    parsed: Any = None
    unknown: str = ""

    def check(self, url: URL) -> None:
        """Does nothing if a URL may be asked for.

        Raises:
            Problem: it may not.
        """
        if self.unknown:
            raise Problem("robots_unknown", self.unknown)
        if self.parsed is not None and not self.parsed.can_fetch(str(url), TOKEN):
            raise Problem("robots", f"{url.origin()}/robots.txt forbids it to {TOKEN}")

    @property
    def delay(self) -> float:
        """Seconds that the origin wants between two requests."""
        return float((self.parsed and self.parsed.crawl_delay(TOKEN)) or 0.0)


def read_rules(status: int, body: bytes) -> Rules:
    """Returns the rules in an answer to the request for robots.txt."""
    if status == 429 or status >= 500:
        return Rules(unknown=f"robots.txt answers {status}")
    if status != 200 or not body:
        return Rules()
    return Rules(parsed=Protego.parse(body.decode("utf-8-sig", "replace")))
