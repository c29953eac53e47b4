"""Serves pictures on loopback as fast as it can: `python -m tests.benchmarks.image_server FOLDER`.

Prints its port, and then serves FOLDER/*.jpg as /NUMBER.jpg (whichever it is, by remainder) to all
of 127.0.0.1 to 127.0.0.16, each of which has a robots.txt that allows it.
"""

import asyncio
import sys
from pathlib import Path

HOSTS = [f"127.0.0.{last}" for last in range(1, 17)]
ROBOTS = b"User-agent: *\nDisallow: /private\nDisallow: /*.cgi$\nAllow: /\n"
NOTHING = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"


class Serve(asyncio.Protocol):
    """One connection."""

    answers: list[bytes]
    robots: bytes

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._held = b""

    def data_received(self, data: bytes) -> None:
        self._held += data
        while b"\r\n\r\n" in self._held:
            head, _, self._held = self._held.partition(b"\r\n\r\n")
            path = head.split(b" ", 2)[1]
            if path == b"/robots.txt":
                answer = self.robots
            elif path.startswith(b"/.well-known/"):
                answer = NOTHING
            else:
                answer = self.answers[int(path[1:].partition(b".")[0]) % len(self.answers)]
            self._transport.write(answer)  # type: ignore[attr-defined]
            if b"connection: close" in head.lower():
                self._transport.close()


def answer(kind: bytes, body: bytes) -> bytes:
    """A whole answer."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n"
    return head % (kind, len(body)) + body


async def main(folder: Path) -> None:
    """Serves until it is killed."""
    pictures = [path.read_bytes() for path in sorted(folder.glob("*.jpg"))]
    Serve.answers = [answer(b"image/jpeg", data) for data in pictures]
    Serve.robots = answer(b"text/plain", ROBOTS)
    loop, port = asyncio.get_running_loop(), 0
    for host in HOSTS:
        server = await loop.create_server(Serve, host, port, backlog=1024)
        port = server.sockets[0].getsockname()[1]
    print(port, flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
