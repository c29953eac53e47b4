"""One request: to a public address, for so many bytes, in so much time, and what went wrong."""

import asyncio
import socket
import ssl
import zlib
from collections import deque
from collections.abc import Callable
from typing import Self

import aiohttp
from multidict import CIMultiDictProxy
from yarl import URL

from pipelines.fetch.addresses import PrivateAddress, refusal
from pipelines.fetch.outcomes import Problem
from pipelines.fetch.settings import Settings
from pipelines.fetch.wire import Reply, Wire

_PACKED = {"gzip": 31, "x-gzip": 31, "deflate": 15}

Look = Callable[[CIMultiDictProxy[str], bytes], None]


class Budget:
    """Bytes that may be held at once, given out in the order in which they are asked for.

    Args:
        size: how many there are.
    """

    def __init__(self, size: int) -> None:
        self._left = size
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    async def take(self, count: int) -> None:
        """Waits until so many are left, and takes them."""
        if self._left >= count and not self._waiting:
            self._left -= count
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append((count, turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                self._waiting.remove((count, turn))
                self.give(0)
            else:
                self.give(count)
            raise

    def give(self, count: int) -> None:
        """Gives some back."""
        self._left += count
        while self._waiting and self._waiting[0][0] <= self._left:
            count, turn = self._waiting.popleft()
            self._left -= count
            turn.set_result(None)


class Answer:
    """What came back. Its bytes count against the budget until it is closed.

    Attributes:
        status: of HTTP.
        headers: as sent.
        body: of a 2xx answer, unpacked; else empty.
    """

    __slots__ = ("status", "headers", "body", "held")

    def __init__(self, status: int, headers: CIMultiDictProxy[str]) -> None:
        self.status = status
        self.headers = headers
        self.body = b""
        self.held = 0


class Client:
    """Makes requests; an async context manager.

    Args:
        settings: limits.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._budget = Budget(settings.memory)

    async def __aenter__(self) -> Self:
        self._wire = Wire(self._settings)
        return self

    async def __aexit__(self, *failure: object) -> None:
        await self._wire.close()

    async def get(self, url: URL, *, cap: int, look: Look | None = None) -> Answer:
        """Asks for a URL; redirects are not followed. Close the answer when its bytes are done.

        Args:
            url: of http or https.
            cap: the most bytes of the body, packed and unpacked; from the next one on it is cut.
            look: is shown the headers and the first bytes of a body; what it raises ends it.

        Raises:
            Problem: there is no whole answer.
        """
        answer = None
        try:
            async with asyncio.timeout(self._settings.total):
                reply = await self._wire.get(url)
                try:
                    answer = Answer(reply.status, reply.headers)
                    if 200 <= reply.status < 300:
                        await self._read(reply, answer, cap, look)
                finally:
                    reply.release()
            whole, answer = answer, None
            return whole
        except _CAUGHT as error:
            problem = problem_of(error)
            raise problem from error
        finally:
            if answer is not None:
                self.close(answer)

    def close(self, answer: Answer) -> None:
        """Gives up an answer's bytes."""
        held, answer.held, answer.body = answer.held, 0, b""
        self._budget.give(held)

    async def _read(self, reply: Reply, answer: Answer, cap: int, look: Look | None) -> None:
        packed = reply.headers.get("Content-Encoding", "identity").strip().lower()
        bits = _window(packed)
        length = reply.length
        if length is not None and length > cap and look is not None:
            raise Problem("too_big", f"{length} bytes announced, over the cap of {cap}")
        if look is not None:
            look(reply.headers, b"")
        # All at once: who would ask for more in between might wait for one who waits for him.
        room = cap + 1 if length is None or bits else min(cap, length) + 1
        await self._budget.take(room)
        answer.held = room
        chunks, size, unpack = [], 0, zlib.decompressobj(bits) if bits else None
        while chunk := await reply.body.readany():
            chunk = _unpacked(unpack, chunk, cap + 1 - size) if unpack else chunk
            if not size and look is not None:
                look(reply.headers, chunk[:64])
            chunks.append(chunk)
            size += len(chunk)
            if size > cap:
                break
        if size > cap and look is not None:
            raise Problem("too_big", f"more than {cap} bytes" + ", unpacked" * bool(bits))
        if unpack is not None and size <= cap and not unpack.eof:
            raise Problem("truncated", f"its {packed} ends in the middle")
        answer.body = b"".join(chunks)[:cap]
        spare, answer.held = answer.held - len(answer.body), len(answer.body)
        self._budget.give(spare)


def check_url(text: str, *, allow_loopback: bool) -> URL:
    """Returns a URL that may be asked for.

    Raises:
        Problem: it is none: another scheme, no host, a name with a password, a private address.

    >>> str(check_url("http://BÜCHER.example/a b.png#x", allow_loopback=False))
    'http://xn--bcher-kva.example/a%20b.png'
    """
    try:
        url = URL(text.strip())
        if url.raw_fragment:
            url = url.with_fragment(None)
        host = url.host
        _ = url.port
    except (ValueError, TypeError) as error:
        raise Problem("bad_url", f"{error}"[:200]) from error
    if url.scheme not in ("http", "https") or not host:
        raise Problem("bad_url", f"{text[:100]!r}: expected http:// or https:// and a host")
    if url.user is not None or url.password is not None:
        raise Problem("bad_url", "it holds a user name, which is for its owner alone")
    if _is_literal(host) and (why := refusal(host, allow_loopback=allow_loopback)):
        raise Problem("private_address", why)
    return url


def problem_of(error: BaseException) -> Problem:
    """Returns what an error of a request means."""
    if isinstance(error, Problem):
        return error
    said = f"{type(error).__name__}: {error}"[:300]
    if (refused := _find(error, PrivateAddress)) is not None:
        return Problem("private_address", str(refused))
    for kinds, reason in _ERRORS:
        if isinstance(error, kinds):
            return Problem(reason, said)
    return Problem("connection", said)


# In this order: the later ones are wider.
_ERRORS: tuple[tuple[tuple[type[BaseException], ...], str], ...] = (
    ((TimeoutError,), "timeout"),
    ((aiohttp.ClientConnectorDNSError, socket.gaierror), "dns"),
    ((aiohttp.ClientSSLError, ssl.SSLError), "tls"),
    ((aiohttp.ClientConnectorError, ConnectionRefusedError), "refused"),
    ((aiohttp.InvalidURL,), "bad_url"),
    ((aiohttp.ClientPayloadError,), "truncated"),
    ((zlib.error,), "encoding"),
    ((aiohttp.ServerDisconnectedError,), "connection"),
    ((aiohttp.ClientResponseError, aiohttp.http_exceptions.HttpProcessingError), "protocol"),
    ((aiohttp.ClientError, OSError), "connection"),
    # Of names that no resolver takes.
    ((ValueError,), "bad_url"),
)
# What a request raises because of its host.
_CAUGHT = (
    Problem, aiohttp.ClientError, aiohttp.http_exceptions.HttpProcessingError, OSError,
    TimeoutError, zlib.error, ValueError,
)  # fmt: skip


def _find(error: BaseException, kind: type[BaseException]) -> BaseException | None:
    """An error of a kind among the causes of another."""
    seen: BaseException | None = error
    while seen is not None:
        inner = getattr(seen, "os_error", None)
        for each in (seen, inner):
            if isinstance(each, kind):
                return each
        seen = seen.__cause__ or seen.__context__
    return None


def _is_literal(host: str) -> bool:
    """Whether a host is written as an address; odd spellings are left to the resolver."""
    return ":" in host or host.replace(".", "").isdigit() and host.count(".") == 3


def _window(packed: str) -> int:
    """The window of zlib for a Content-Encoding; 0 where nothing is packed."""
    if packed in ("", "identity"):
        return 0
    if packed not in _PACKED:
        raise Problem("encoding", f"Content-Encoding {packed[:40]!r}: identity was asked for")
    return _PACKED[packed]


def _unpacked(unpack: "zlib._Decompress", chunk: bytes, room: int) -> bytes:
    """What a chunk unpacks to, but no more than there is room for."""
    return unpack.decompress(chunk, max(1, room))
