"""Headers by which an image's host reserves its use: X-Robots-Tag and TDM reservation."""

import re
from collections.abc import Iterable

from multidict import CIMultiDictProxy

from pipelines.fetch.settings import TOKEN

# `none` is short for noindex and nofollow.
RESERVING = ("noai", "noimageai", "noindex", "noimageindex", "noml", "none")
# Rules with a value, which look like `agent: rule`.
_VALUED = ("unavailable_after", "max-snippet", "max-image-preview", "max-video-preview")
_AGENT = re.compile(r"\s*([\w.*+-]+)\s*:\s*(.*)", re.DOTALL)


def reservation(headers: CIMultiDictProxy[str]) -> str:
    """Returns the header that reserves an image, as it was sent; empty if none does."""
    if (value := headers.get("tdm-reservation", "")).strip() == "1":
        return f"tdm-reservation: {value.strip()}"
    rule = reserving_rule(headers.getall("X-Robots-Tag", []))
    return f"X-Robots-Tag: {rule}" if rule else ""


def reserving_rule(values: Iterable[str]) -> str:
    """Returns the first rule in X-Robots-Tag headers that is for us and reserves the image.

    >>> reserving_rule(["noarchive, NoImageAI"]), reserving_rule(["otherbot: noai, noindex"])
    ('noimageai', '')
    >>> reserving_rule(["otherbot: nofollow", "Shardwright: noindex"])
    'noindex'
    """
    for value in values:
        ours = True  # an agent's name holds until the end of its header, or the next name
        for part in value.split(","):
            match = _AGENT.fullmatch(part)
            if match and match[1].lower() not in _VALUED:
                ours, part = match[1].lower() in (TOKEN, "*"), match[2]
            if ours and part.strip().lower() in RESERVING:
                return part.strip().lower()
    return ""
