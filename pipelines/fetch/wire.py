"""GET over the connections and the parser of aiohttp, without what else its sessions do.

A session makes a request and a response of many parts for each URL: cookies, hooks, codings, forms.
Two requests of ours to an origin differ in their path alone, so all the rest is made once.
"""

import asyncio
from collections import OrderedDict

import aiohttp
from aiohttp.client_reqrep import ClientRequest
from aiohttp.connector import Connection
from aiohttp.streams import StreamReader
from multidict import CIMultiDictProxy
from yarl import URL

from pipelines.fetch.addresses import PublicResolver, PublicSockets
from pipelines.fetch.settings import Settings

# Bytes that come at once, and origins whose requests are kept.
_STEP, _ORIGINS = 1 << 17, 4096
_Origin = tuple[str, str | None, int | None]


class Reply:
    """The head of an answer, and its body as it comes. Release it when enough is read.

    Attributes:
        status: of HTTP.
        headers: as sent.
        body: as sent, still packed if it is.
    """

    __slots__ = ("status", "headers", "body", "_connection")

    def __init__(
        self,
        status: int,
        headers: CIMultiDictProxy[str],
        body: StreamReader,
        connection: Connection,
    ) -> None:
        self.status = status
        self.headers = headers
        self.body = body
        self._connection = connection

    @property
    def length(self) -> int | None:
        """Bytes of the body, as announced."""
        told = self.headers.get("Content-Length")
        return None if told is None else int(told)

    def release(self) -> None:
        """Keeps the connection for the next request if the body was read whole; else ends it."""
        self._connection.release()


class Wire:
    """Connections to public addresses. Made inside a running loop; close it.

    Args:
        settings: limits.
    """

    def __init__(self, settings: Settings) -> None:
        loopback = settings.allow_loopback
        self._loop = asyncio.get_running_loop()
        self._connector = aiohttp.TCPConnector(
            limit=0,
            resolver=PublicResolver(allow_loopback=loopback),
            use_dns_cache=True,
            socket_factory=PublicSockets(allow_loopback=loopback),
        )
        self._timeout = aiohttp.ClientTimeout(
            connect=settings.connect, sock_connect=settings.connect, sock_read=settings.read
        )
        self._headers = {
            "User-Agent": settings.user_agent,
            "Accept": "image/*,*/*;q=0.5",
            "Accept-Encoding": "identity",
        }
        self._origins: OrderedDict[_Origin, tuple[ClientRequest, bytes]] = OrderedDict()

    async def close(self) -> None:
        """Ends all connections."""
        await self._connector.close()

    async def get(self, url: URL) -> Reply:
        """Asks for a URL; redirects are not followed.

        Raises:
            TimeoutError, OSError, ValueError, aiohttp.ClientError, HttpProcessingError.
        """
        try:
            return await self._ask(url)
        except aiohttp.ClientConnectorError:
            raise
        except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError):
            # Often a kept connection that the host has closed by now.
            return await self._ask(url)

    async def _ask(self, url: URL) -> Reply:
        request, head = self._request(url)
        line = f"GET {url.raw_path_qs} HTTP/1.1\r\n".encode("ascii")
        connection = await self._connector.connect(request, [], self._timeout)
        protocol, transport = connection.protocol, connection.transport
        try:
            if protocol is None or transport is None:
                raise aiohttp.ServerDisconnectedError
            protocol.set_response_params(
                read_until_eof=True,
                auto_decompress=False,
                read_timeout=self._timeout.sock_read,
                read_bufsize=_STEP,
            )
            transport.write(line + head)
            protocol.start_timeout()
            message, body = await protocol.read()
            while 100 <= message.code < 200 and message.code != 101:
                message, body = await protocol.read()
        except BaseException:
            connection.close()
            raise
        return Reply(message.code, message.headers, body, connection)

    def _request(self, url: URL) -> tuple[ClientRequest, bytes]:
        """What all requests to an origin share: by what it is connected to, and the headers."""
        key = (url.scheme, url.raw_host, url.port)
        if (known := self._origins.get(key)) is not None:
            return known
        request = ClientRequest("GET", url.origin(), headers=self._headers, loop=self._loop)
        lines = [f"{name}: {value}" for name, value in request.headers.items()]
        if not all(line.isprintable() for line in lines):
            raise ValueError(f"{url.raw_host!r} cannot stand in a header")
        made = request, "\r\n".join([*lines, "\r\n"]).encode("ascii")
        self._origins[key] = made
        if len(self._origins) > _ORIGINS:
            self._origins.popitem(last=False)
        return made
