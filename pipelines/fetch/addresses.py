"""Which addresses may be asked: only those of the public internet, checked as we connect.

Names are resolved once a connection, every address found is checked, and the socket is made for
one of these very addresses. So neither a redirect nor a name that changes its mind (DNS rebinding)
leads inside, nor an odd spelling of a number.
"""

import ipaddress
import socket
from functools import lru_cache

from aiohttp import ThreadedResolver
from aiohttp.abc import AbstractResolver, ResolveResult

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# What Python's tables of private ranges lack: protocol assignments, with a cloud's metadata among
# them, and another cloud's, which is reached from inside only though its range is public.
_INSIDE = (ipaddress.IPv4Network("192.0.0.0/24"), ipaddress.IPv4Network("168.63.129.16/32"))
# All that is ever handed out to hosts on the public internet.
_GLOBAL_V6 = ipaddress.IPv6Network("2000::/3")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_COMPATIBLE = ipaddress.IPv6Network("::/96")


class PrivateAddress(OSError):
    """An address that must not be asked; an OSError, as connecting is expected to raise."""


@lru_cache(maxsize=4096)
def refusal(address: str, *, allow_loopback: bool = False) -> str:
    """Returns why an address must not be asked; empty if it may be.

    >>> refusal("1.1.1.1"), refusal("2606:4700::1111")
    ('', '')
    >>> refusal("169.254.169.254")
    '169.254.169.254 is not on the public internet'
    >>> refusal("::ffff:10.0.0.1"), refusal("127.0.0.1", allow_loopback=True)
    ('::ffff:10.0.0.1 is not on the public internet', '')
    """
    try:
        meant = _unpack(ipaddress.ip_address(address.partition("%")[0]))
    except ValueError:
        return f"{address} is no address"
    if _public(meant) or (allow_loopback and meant.is_loopback):
        return ""
    return f"{address} is not on the public internet"


def _public(address: _Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address) and address not in _GLOBAL_V6:
        return False
    inside = any(address in network for network in _INSIDE)
    return address.is_global and not address.is_multicast and not inside


def _unpack(address: _Address) -> _Address:
    """The IPv4 address that an IPv6 address stands for, if it does."""
    if not isinstance(address, ipaddress.IPv6Address):
        return address
    if address in _NAT64 or (address in _COMPATIBLE and int(address) > 1):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    tunnel = address.teredo[1] if address.teredo else None
    return address.ipv4_mapped or address.sixtofour or tunnel or address


class PublicResolver(AbstractResolver):
    """Resolves names to public addresses; a name with any other address is refused whole.

    Args:
        allow_loopback: for tests.
    """

    def __init__(self, *, allow_loopback: bool) -> None:
        self._inner = ThreadedResolver()
        self._allow_loopback = allow_loopback

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Returns the addresses of a name.

        Raises:
            PrivateAddress: one of them must not be asked.
            OSError: there are none.
        """
        found = await self._inner.resolve(host, port, family)
        for each in found:
            if why := refusal(each["host"], allow_loopback=self._allow_loopback):
                raise PrivateAddress(f"{host}: {why}")
        return found

    async def close(self) -> None:
        """Nothing is held."""
        await self._inner.close()


class PublicSockets:
    """Makes sockets, the last thing before connecting, so nothing gets around its check.

    Args:
        allow_loopback: for tests.
    """

    def __init__(self, *, allow_loopback: bool) -> None:
        self._allow_loopback = allow_loopback

    def __call__(self, info: tuple[int, int, int, str, tuple[object, ...]]) -> socket.socket:
        """Returns a socket for the address in `info`, as getaddrinfo gives it.

        Raises:
            PrivateAddress: it must not be asked.
        """
        family, kind, protocol, _, address = info
        if why := refusal(str(address[0]), allow_loopback=self._allow_loopback):
            raise PrivateAddress(why)
        return socket.socket(family=family, type=kind, proto=protocol)
