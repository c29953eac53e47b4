"""What a fetch may do to the hosts that it asks, and to the machine that it runs on."""

from dataclasses import dataclass

MB = 1 << 20
# The product token by which robots.txt and X-Robots-Tag may call us.
TOKEN = "shardwright"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Limits and manners.

    Attributes:
        contact: URL or address of who runs the fetch, told to every host.
        max_bytes: of an image as it is sent, and once more as it unpacks.
        max_pixels: width times height, checked in the header before decoding.
        connect: seconds to find the address and to connect.
        read: seconds without a byte.
        total: seconds for one request.
        decode: seconds to decode one image.
        tries: requests for one URL, the first included.
        backoff: seconds before the second try; doubles with each further one.
        max_wait: the longest that a host may ask us to wait; longer, and its URLs are given up.
        redirects: how many are followed.
        concurrency: requests at once in one worker.
        per_host: requests at once to one host.
        delay: seconds between two requests to one host; robots.txt may ask for more.
        give_up: after so many failures to connect in a row the host's other URLs are not asked.
        memory: bytes of images that one worker holds at once.
        opt_out: files with URLs, domains and hashes (SHA-256) to leave alone.
        allow_loopback: lets tests ask this very machine. Nobody else should.
        seed: of the jitter.
    """

    contact: str = ""
    max_bytes: int = 20 * MB
    max_pixels: int = 100_000_000
    connect: float = 10.0
    read: float = 15.0
    total: float = 60.0
    decode: float = 30.0
    tries: int = 3
    backoff: float = 1.0
    max_wait: float = 60.0
    redirects: int = 5
    concurrency: int = 64
    per_host: int = 4
    delay: float = 0.0
    give_up: int = 8
    memory: int = 256 * MB
    opt_out: tuple[str, ...] = ()
    allow_loopback: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        positive = (
            "max_bytes", "max_pixels", "connect", "read", "total", "decode", "tries",
            "concurrency", "per_host", "give_up",
        )  # fmt: skip
        for name in positive:
            if getattr(self, name) <= 0:
                raise ValueError(f"{name}={getattr(self, name)}: expected more than 0")
        for name in ("backoff", "max_wait", "redirects", "delay"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name}={getattr(self, name)}: expected 0 or more")
        if self.memory <= max(self.max_bytes, MB):
            raise ValueError(
                f"memory={self.memory}: expected more than 1 MB and max_bytes={self.max_bytes}"
            )
        if not self.contact.isascii() or any(letter in self.contact for letter in "\r\n()"):
            raise ValueError(f"contact={self.contact!r}: expected a URL or an address, in ASCII")

    @property
    def user_agent(self) -> str:
        """How we call ourselves, truthfully."""
        who = f"; +{self.contact}" if self.contact else ""
        return f"{TOKEN}/0.1 (builds image-text datasets from lists of URLs{who})"
