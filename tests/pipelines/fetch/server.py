"""A real server on loopback that behaves as badly as the web does, a path for each way."""

import asyncio
import gzip
import ssl
import threading
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Self

from tests.pipelines.corpora import picture

# All of these are this machine; each counts as a host of its own.
HOSTS = tuple(f"127.0.0.{last}" for last in range(1, 9))
Writer = asyncio.StreamWriter
PNG, JPEG, GIF = picture(1, "PNG"), picture(2, "JPEG"), picture(3, "GIF")


@dataclass
class Request:
    """What a client asked for."""

    host: str
    path: str
    headers: dict[str, str]


@dataclass
class Server:
    """Runs in a thread of its own; a context manager.

    Attributes:
        robots: status and body of robots.txt by host; 404 elsewhere.
        reserved: tdmrep.json by host; 404 elsewhere.
        requests: what was asked for, in order.
        most: requests at once, at most, by host.
        times: when each request began, by path.
        secure: certificate and key, for TLS.
    """

    robots: dict[str, tuple[int, str]] = field(default_factory=dict)
    reserved: dict[str, str] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    most: Counter[str] = field(default_factory=Counter)
    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    secure: tuple[str, str] | None = None
    port: int = 0

    def url(self, path: str, host: str = HOSTS[0]) -> str:
        """A URL on this server."""
        return f"http{'s' * bool(self.secure)}://{host}:{self.port}{path}"

    def count(self, path: str) -> int:
        """How often a path was asked for."""
        return sum(request.path == path for request in self.requests)

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._now: Counter[str] = Counter()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(10)
        return self

    def __exit__(self, *failure: object) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _start(self) -> None:
        tls = None
        if self.secure:
            tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            tls.load_cert_chain(*self.secure)
        self._servers = []
        for host in HOSTS:
            server = await asyncio.start_server(self._serve, host, self.port, ssl=tls)
            self.port = server.sockets[0].getsockname()[1]
            self._servers.append(server)

    async def _stop(self) -> None:
        for server in self._servers:
            server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: Writer) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                if not await self._answer(head.decode("latin-1"), writer):
                    break
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            pass
        finally:
            writer.close()

    async def _answer(self, head: str, writer: Writer) -> bool:
        first, *lines = head.strip().split("\r\n")
        path = first.split(" ")[1]
        headers = {
            name.lower(): value for name, _, value in (line.partition(": ") for line in lines)
        }
        host = headers["host"].rpartition(":")[0]
        self.requests.append(Request(host=host, path=path, headers=headers))
        self.times[path].append(self._loop.time())
        self._now[host] += 1
        self.most[host] = max(self.most[host], self._now[host])
        try:
            if path == "/robots.txt":
                status, body = self.robots.get(host, (404, ""))
                return await send(writer, body.encode(), status=status)
            if path == "/.well-known/tdmrep.json":
                body = self.reserved.get(host, "")
                return await send(writer, body.encode(), status=200 if body else 404)
            kind, _, rest = path[1:].partition("/")
            return await PATHS[kind](self, writer, rest)
        finally:
            self._now[host] -= 1


async def send(
    writer: Writer, body: bytes, *headers: str, status: int = 200, length: int | None = None
) -> bool:
    """Sends a whole answer; the connection stays open."""
    size = len(body) if length is None else length
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {size}", *headers]
    writer.write("\r\n".join([*lines, "", ""]).encode() + body)
    await writer.drain()
    return True


async def image(server: Server, writer: Writer, rest: str) -> bool:
    """`/image/NUMBER`: a picture that no other number gives."""
    return await send(writer, picture(int(rest), "PNG"), "Content-Type: image/png")


async def status(server: Server, writer: Writer, rest: str) -> bool:
    """`/status/404`."""
    return await send(writer, b"<html>", status=int(rest))


async def slow(server: Server, writer: Writer, rest: str) -> bool:
    """A byte now and then, for ever."""
    await send(writer, b"", length=1000)
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.05)


async def stuck(server: Server, writer: Writer, rest: str) -> bool:
    """Headers, and then nothing."""
    await send(writer, b"", length=1000)
    await asyncio.sleep(60)
    return False


async def endless(server: Server, writer: Writer, rest: str) -> bool:
    """Bytes without end, and no word of how many."""
    writer.write(b"HTTP/1.1 200 X\r\nContent-Type: image/png\r\n\r\n" + PNG[:8])
    while True:
        writer.write(bytes(1 << 16))
        await writer.drain()


async def short(server: Server, writer: Writer, rest: str) -> bool:
    """Fewer bytes than announced."""
    await send(writer, PNG, length=len(PNG) + 100)
    return False


async def huge(server: Server, writer: Writer, rest: str) -> bool:
    """Announces more than anyone wants."""
    await send(writer, PNG, length=1 << 40)
    return False


async def bomb(server: Server, writer: Writer, rest: str) -> bool:
    """Packed zeros: eight times the cap, quick to pack."""
    packed = gzip.compress(bytes(1 << 23), 9)
    return await send(writer, packed, "Content-Encoding: gzip", "Content-Type: image/png")


async def packed(server: Server, writer: Writer, rest: str) -> bool:
    """`/packed/gzip`, though nobody asked for it."""
    body = gzip.compress(PNG) if rest == "gzip" else PNG
    return await send(writer, body, f"Content-Encoding: {rest}")


async def loop(server: Server, writer: Writer, rest: str) -> bool:
    """`/loop/a` leads to `/loop/b` and back."""
    to = "b" if rest == "a" else "a"
    return await send(writer, b"", f"Location: /loop/{to}", status=302)


async def hop(server: Server, writer: Writer, rest: str) -> bool:
    """`/hop/3` leads to `/hop/2`, and `/hop/0` to a picture."""
    to = f"/hop/{int(rest) - 1}" if int(rest) else "/image/0"
    return await send(writer, b"", f"Location: {to}", status=301)


async def to(server: Server, writer: Writer, rest: str) -> bool:
    """`/to/http://...` leads there, `/to/v6` to an address behind a cloud's wall."""
    rest = "http://[fd00:ec2::254]/latest" if rest == "v6" else rest
    return await send(writer, b"", f"Location: {rest}", status=307)


async def busy(server: Server, writer: Writer, rest: str) -> bool:
    """`/busy/429/2/NAME`: says 429 twice, each time with a wish for a second's rest."""
    code, times, name = rest.split("/")
    if server.count(f"/busy/{rest}") <= int(times):
        return await send(writer, b"", "Retry-After: 1", status=int(code))
    return await send(writer, PNG)


async def rest_long(server: Server, writer: Writer, rest: str) -> bool:
    """Wants an hour of rest."""
    return await send(writer, b"", "Retry-After: 3600", status=503)


async def lying(server: Server, writer: Writer, rest: str) -> bool:
    """`/lying/png`: a picture that is called text; `/lying/html`: the other way round."""
    if rest == "png":
        return await send(writer, PNG, "Content-Type: text/html")
    return await send(writer, b"<html>no picture</html>", "Content-Type: image/jpeg")


async def html(server: Server, writer: Writer, rest: str) -> bool:
    """A page that goes on for ever, and says so."""
    writer.write(b"HTTP/1.1 200 X\r\nContent-Type: text/html\r\n\r\n<html>" + bytes(1000))
    await writer.drain()
    await asyncio.sleep(60)
    return False


async def tagged(server: Server, writer: Writer, rest: str) -> bool:
    """`/tagged/noai`: with that X-Robots-Tag."""
    return await send(writer, PNG, f"X-Robots-Tag: {rest.replace('+', ' ')}")


async def reserved(server: Server, writer: Writer, rest: str) -> bool:
    """With a TDM reservation."""
    return await send(writer, PNG, f"TDM-Reservation: {rest}")


async def broken(server: Server, writer: Writer, rest: str) -> bool:
    """`/broken/cut`, `/broken/nothing`, `/broken/gif`, `/broken/garbage`."""
    bodies = {"cut": JPEG[: len(JPEG) // 2], "nothing": b"", "gif": GIF, "garbage": b"\0" * 500}
    return await send(writer, bodies[rest])


async def nonsense(server: Server, writer: Writer, rest: str) -> bool:
    """No HTTP at all."""
    writer.write(b"220 mail.example ESMTP\r\n")
    await writer.drain()
    return False


async def hang_up(server: Server, writer: Writer, rest: str) -> bool:
    """Says nothing and goes."""
    return False


async def kept(server: Server, writer: Writer, rest: str) -> bool:
    """`/kept/NUMBER`: hangs up on the first request, as on a connection kept too long."""
    return server.count(f"/kept/{rest}") > 1 and await image(server, writer, rest)


async def later(server: Server, writer: Writer, rest: str) -> bool:
    """`/later/NUMBER`: a picture, after a moment."""
    await asyncio.sleep(0.05)
    return await image(server, writer, rest)


async def heals(server: Server, writer: Writer, rest: str) -> bool:
    """`/heals/NUMBER`: 500 until `server.robots` says that the host is well."""
    if "well" in server.robots:
        return await image(server, writer, rest)
    return await status(server, writer, "500")


Handler = Callable[[Server, Writer, str], Awaitable[bool]]
PATHS: dict[str, Handler] = {
    handler.__name__: handler
    for handler in (
        image, status, slow, stuck, endless, short, huge, bomb, packed, loop, hop, to, busy,
        rest_long, lying, html, tagged, reserved, broken, nonsense, hang_up, kept, later, heals,
    )
}  # fmt: skip
