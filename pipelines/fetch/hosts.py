"""How a host is asked: so many requests at once, so far apart, and not while it wants rest."""

import asyncio
import time
from collections import OrderedDict

from pipelines.fetch.outcomes import Problem
from pipelines.fetch.robots import Rules
from pipelines.fetch.settings import Settings

# Hosts remembered at once; the ones idle for longest are forgotten first.
_REMEMBERED = 20_000


class Host:
    """What we know of a host.

    Attributes:
        slots: as many as there may be requests at once.
        rest_until: when it may be asked again, on the monotonic clock.
        delay: seconds between two requests.
        failures: to connect, in a row.
        last: why the last of them failed.
        rules: robots.txt of each of its origins.
        lock: held while one of them is fetched.
        users: requests that hold or await it.
    """

    __slots__ = ("slots", "rest_until", "delay", "failures", "last", "rules", "lock", "users")

    def __init__(self, settings: Settings) -> None:
        self.slots = asyncio.Semaphore(settings.per_host)
        self.rest_until = 0.0
        self.delay = settings.delay
        self.failures = 0
        self.last = ""
        self.rules: dict[tuple[str, int | None], Rules] = {}
        self.lock = asyncio.Lock()
        self.users = 0


class Hosts:
    """All hosts that one worker asks.

    Args:
        settings: limits.

    Attributes:
        slots: as many as there may be requests at once, to whichever host.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._known: OrderedDict[str, Host] = OrderedDict()
        self.slots = asyncio.Semaphore(settings.concurrency)

    def get(self, name: str) -> Host:
        """Returns what is known of a host."""
        host = self._known.get(name)
        if host is None:
            host = self._known[name] = Host(self._settings)
            self._forget()
        self._known.move_to_end(name)
        return host

    def turn(self, name: str) -> "Turn":
        """Returns what waits until a host may be asked; within its block it may be asked once."""
        return Turn(self, self.get(name))

    def rest(self, name: str, seconds: float) -> None:
        """Notes that a host wants to be left alone for a while."""
        host = self.get(name)
        host.rest_until = max(host.rest_until, time.monotonic() + seconds)

    def reached(self, name: str) -> None:
        """Notes that a host answered."""
        self.get(name).failures = 0

    def failed(self, name: str, problem: Problem) -> None:
        """Notes what went wrong; what speaks against the whole host is counted."""
        if problem.kind.dead and problem.asked:
            host = self.get(name)
            host.failures += 1
            host.last = problem.reason

    async def rested(self, host: Host) -> None:
        """Waits for the host's next turn, and takes it.

        Raises:
            Problem: it wants more rest than we give it, or was given up.
        """
        while True:
            if host.failures >= self._settings.give_up:
                said = f"not asked: the last {host.failures} requests to the host failed so"
                raise Problem(host.last, said, asked=False)
            wait = host.rest_until - time.monotonic()
            if wait <= 0:
                break
            if wait > self._settings.max_wait:
                said = f"not asked: the host wants {wait:.0f} s of rest"
                raise Problem("rate_limited", said, asked=False)
            await asyncio.sleep(wait)
        if host.delay:
            host.rest_until = time.monotonic() + host.delay

    def _forget(self) -> None:
        """Makes room, if there are idle hosts."""
        if len(self._known) > _REMEMBERED:
            for name in list(self._known)[: _REMEMBERED // 10]:
                if not self._known[name].users:
                    del self._known[name]


class Turn:
    """One request to a host, from when it may be made until its answer is there.

    Raises:
        Problem: the host wants more rest than we give it, or was given up.
    """

    __slots__ = ("_hosts", "_host")

    def __init__(self, hosts: Hosts, host: Host) -> None:
        self._hosts = hosts
        self._host = host

    async def __aenter__(self) -> None:
        host = self._host
        host.users += 1
        try:
            await host.slots.acquire()
            try:
                await self._hosts.rested(host)
                await self._hosts.slots.acquire()
            except BaseException:
                host.slots.release()
                raise
        except BaseException:
            host.users -= 1
            raise

    async def __aexit__(self, *failure: object) -> None:
        self._hosts.slots.release()
        self._host.slots.release()
        self._host.users -= 1
