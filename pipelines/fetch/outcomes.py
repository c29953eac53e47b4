"""What may become of a URL, by class."""

from dataclasses import dataclass, field
from typing import Any

OK = "ok"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A class of failure.

    Attributes:
        about: what it means, for people.
        heals: whether another day may bring the image: `--retry` asks again.
        again: whether the same run tries again, after a pause.
        dead: whether it speaks against the whole host.
    """

    about: str
    heals: bool = False
    again: bool = False
    dead: bool = False


KINDS = {
    "bad_url": Kind(about="not an http(s) URL that can be asked for"),
    "opt_out": Kind(about="on an opt-out list, by URL, domain or hash"),
    "robots": Kind(about="robots.txt forbids it"),
    "robots_unknown": Kind(about="robots.txt could not be had, so nothing is asked", heals=True),
    "reserved": Kind(about="its host reserves it: X-Robots-Tag, tdm-reservation, tdmrep.json"),
    "private_address": Kind(about="leads to an address that is not on the public internet"),
    "dns": Kind(about="the host has no address", heals=True, dead=True),
    "refused": Kind(about="the host refuses to connect", heals=True, dead=True),
    "connection": Kind(about="the connection broke", heals=True, again=True),
    "tls": Kind(about="the certificate or the encryption is not sound", heals=True, dead=True),
    "timeout": Kind(about="no answer in time", heals=True, again=True, dead=True),
    "protocol": Kind(about="the answer is no sound HTTP"),
    "redirects": Kind(about="too many redirects, a loop, or one to nowhere"),
    "not_found": Kind(about="404 or 410"),
    "forbidden": Kind(about="401, 402, 403, 407 or 451"),
    "rate_limited": Kind(about="429 or 503 to the last try", heals=True, again=True),
    "client_error": Kind(about="another status below 500 that brings no image"),
    "server_error": Kind(about="another status from 500 on", heals=True, again=True),
    "too_big": Kind(about="more bytes than the cap"),
    "truncated": Kind(about="ended before its end", heals=True, again=True),
    "encoding": Kind(about="packed in a way that was not asked for and cannot be undone"),
    "not_an_image": Kind(about="the bytes are no image of a known format"),
    "too_many_pixels": Kind(about="more pixels than the cap; not decoded"),
    "decode": Kind(about="an image, but broken"),
}  # fmt: skip


class Problem(Exception):
    """Why a URL gives no image.

    Attributes:
        reason: a name of `KINDS`.
        detail: what was got, and what was expected.
        status: of the HTTP answer, or 0.
        wait: seconds that the host asks us to wait.
        asked: whether the host was asked at all.
    """

    def __init__(
        self, reason: str, detail: str, *, status: int = 0, wait: float = 0.0, asked: bool = True
    ) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
        self.status = status
        self.wait = wait
        self.asked = asked

    @property
    def kind(self) -> Kind:
        """The class of failure."""
        return KINDS[self.reason]


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What became of a URL.

    Attributes:
        reason: `ok`, or a name of `KINDS`.
        detail: of a failure.
        status: of the last HTTP answer, or 0.
        final_url: where redirects led; empty if there were none.
        tries: requests made for it, redirects not counted; 0 if it was never asked.
        media_type: what the host called it.
        image: what was seen when it was decoded.
        data: the bytes to keep; never part of a record.
    """

    reason: str
    detail: str = ""
    status: int = 0
    final_url: str = ""
    tries: int = 0
    media_type: str = ""
    image: dict[str, Any] = field(default_factory=dict)
    data: bytes = field(default=b"", repr=False)

    def record(self) -> dict[str, Any]:
        """Returns all but the bytes as a JSON value."""
        return {
            "reason": self.reason,
            "detail": self.detail,
            "status": self.status,
            "final_url": self.final_url,
            "tries": self.tries,
            "media_type": self.media_type,
            "image": self.image,
        }
