"""One URL, with its redirects and retries, to an image or the reason why there is none."""

import asyncio
import email.utils
import time
from contextlib import AsyncExitStack
from dataclasses import replace
from random import Random
from typing import Self

from multidict import CIMultiDictProxy
from yarl import URL

from pipelines.fetch import robots
from pipelines.fetch.client import Answer, Client, check_url
from pipelines.fetch.decode import Decoder
from pipelines.fetch.hosts import Hosts
from pipelines.fetch.opt_out import read_lists
from pipelines.fetch.outcomes import OK, Outcome, Problem
from pipelines.fetch.reservations import reservation
from pipelines.fetch.settings import TOKEN, Settings

_MOVED = (301, 302, 303, 307, 308)
_OF_THE_HOST = ("bad_url", "connection", "private_address")
_FORBIDDEN = (401, 402, 403, 407, 451)
# First bytes of what browsers show as pictures: these belie a header that says text.
_MAGIC = (b"\xff\xd8\xff", b"\x89PNG", b"RIFF", b"GIF8", b"BM", b"II*\0", b"MM\0*", b"\0\0\0")


class Fetcher:
    """Fetches URLs; an async context manager. What it knows of hosts lasts as long as it does.

    Attributes:
        settings: limits and manners.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._client = Client(settings)
        self._decoder = Decoder(settings)
        self._hosts = Hosts(settings)
        self._opt_out = read_lists(settings.opt_out)
        self._open = AsyncExitStack()

    async def __aenter__(self) -> Self:
        await self._open.enter_async_context(self._decoder)
        await self._open.enter_async_context(self._client)
        return self

    async def __aexit__(self, *failure: object) -> None:
        await self._open.aclose()

    async def fetch(self, url: str) -> Outcome:
        """Returns what became of a URL."""
        noise = None
        outcome = Outcome(reason="bad_url")
        pause = self.settings.backoff
        while True:
            try:
                return await self._try(url, outcome)
            except Problem as problem:
                outcome.reason, outcome.detail = problem.reason, problem.detail
                outcome.status = problem.status
                if not (
                    problem.kind.again and problem.asked and outcome.tries < self.settings.tries
                ):
                    return outcome
                noise = noise or Random(f"{self.settings.seed} {url}")
                wait = max(problem.wait, pause * noise.uniform(0.5, 1.5))
                if wait > self.settings.max_wait:
                    return outcome
            await asyncio.sleep(wait)
            pause *= 2

    async def _try(self, text: str, outcome: Outcome) -> Outcome:
        """Follows a URL to its image.

        Raises:
            Problem: there is none.
        """
        outcome.final_url = ""
        url, seen = self._check(text), set[URL]()
        while True:
            seen.add(url)
            await self._ask_robots(url)
            outcome.tries += len(seen) == 1
            answer = await self._get(url)
            try:
                if answer.status in _MOVED:
                    url = self._next(url, answer, seen)
                    outcome.final_url = str(url)
                    continue
                self._check_status(answer)
                return await self._keep(answer, outcome)
            finally:
                self._client.close(answer)

    def _check(self, text: str) -> URL:
        url = check_url(text, allow_loopback=self.settings.allow_loopback)
        if listed := self._opt_out.url(url):
            raise Problem("opt_out", f"its {listed} is on an opt-out list")
        return url

    def _next(self, url: URL, answer: Answer, seen: set[URL]) -> URL:
        """Where a redirect leads."""
        place = answer.headers.get("Location", "")
        try:
            target = url.join(URL(place))
        except ValueError as error:
            raise Problem("redirects", f"to no URL: {error}", status=answer.status) from error
        if not place:
            raise Problem("redirects", "to nowhere", status=answer.status)
        if len(seen) > self.settings.redirects:
            raise Problem("redirects", f"more than {self.settings.redirects}")
        target = self._check(str(target))
        if target in seen:
            raise Problem("redirects", f"a loop through {target}", status=answer.status)
        return target

    async def _get(self, url: URL) -> Answer:
        """Asks the host when it is our turn, and minds what it says about its load."""
        name = url.host or ""
        try:
            async with self._hosts.turn(name):
                answer = await self._client.get(url, cap=self.settings.max_bytes, look=_look)
        except Problem as problem:
            self._hosts.failed(name, problem)
            raise
        self._hosts.reached(name)
        if answer.status in (429, 503):
            wait = retry_after(answer.headers.get("Retry-After", ""))
            # Without a word from the host all its URLs wait as long as this one will.
            self._hosts.rest(name, wait or self.settings.backoff)
            raise Problem(
                "rate_limited", f"status {answer.status}", status=answer.status, wait=wait
            )
        return answer

    async def _ask_robots(self, url: URL) -> None:
        """Looks whether robots.txt allows a URL; fetches it if need be."""
        host = self._hosts.get(url.host or "")
        origin = (url.scheme, url.port)
        if origin in host.rules:
            host.rules[origin].check(url)
            return
        host.users += 1
        try:
            async with host.lock:
                if origin not in host.rules:
                    host.rules[origin] = await self._read_rules(url.origin())
                    delay = max(host.delay, host.rules[origin].delay)
                    host.delay = min(delay, self.settings.max_wait)
        finally:
            host.users -= 1
        host.rules[origin].check(url)

    async def _read_rules(self, origin: URL) -> robots.Rules:
        """Fetches what an origin says to robots."""
        rules = await self._read_robots(origin / "robots.txt")
        place = origin.with_path(robots.TDM)
        if rules.unknown or (rules.parsed and not rules.parsed.can_fetch(str(place), TOKEN)):
            return rules
        try:
            async with self._hosts.turn(origin.host or ""):
                answer = await self._client.get(place, cap=robots.MAX_BYTES)
        except Problem as problem:
            self._hosts.failed(origin.host or "", problem)
            return rules
        try:
            reserved = robots.read_reserved(answer.status, answer.body)
        finally:
            self._client.close(answer)
        return replace(rules, reserved=reserved)

    async def _read_robots(self, url: URL) -> robots.Rules:
        """Fetches a robots.txt. Its failures to connect count like those of images."""
        first = url
        try:
            for _ in range(robots.REDIRECTS + 1):
                async with self._hosts.turn(url.host or ""):
                    answer = await self._client.get(url, cap=robots.MAX_BYTES)
                try:
                    if answer.status not in _MOVED:
                        return robots.read_rules(answer.status, answer.body)
                    target = url.join(URL(answer.headers.get("Location", "")))
                finally:
                    self._client.close(answer)
                url = check_url(str(target), allow_loopback=self.settings.allow_loopback)
        except ValueError:
            return robots.Rules()
        except Problem as problem:
            self._hosts.failed(url.host or "", problem)
            # The image would meet the same.
            if url == first and (problem.kind.dead or problem.reason in _OF_THE_HOST):
                raise
            return robots.Rules(unknown=f"robots.txt: {problem}")
        return robots.Rules()

    def _check_status(self, answer: Answer) -> None:
        status = answer.status
        if status == 200:
            return
        reason = "client_error" if status < 500 else "server_error"
        if status in (404, 410):
            reason = "not_found"
        if status in _FORBIDDEN:
            reason = "forbidden"
        raise Problem(reason, f"status {status}", status=status)

    async def _keep(self, answer: Answer, outcome: Outcome) -> Outcome:
        """Decodes what came and fills in the outcome."""
        outcome.status, outcome.media_type = answer.status, answer.headers.get("Content-Type", "")
        if not answer.body:
            raise Problem("not_an_image", "no bytes", status=answer.status)
        try:
            seen = await self._decoder.see(answer.body)
        except Problem as problem:
            problem.status = answer.status
            raise
        for name in ("sha256", "sent_sha256"):
            if self._opt_out.image(seen.facts[name]):
                raise Problem("opt_out", "its hash is on an opt-out list", status=answer.status)
        outcome.reason, outcome.detail, outcome.image = OK, "", seen.facts
        outcome.data = answer.body if seen.kept is None else seen.kept
        return outcome


def retry_after(value: str) -> float:
    """Returns the seconds that a Retry-After header asks for; 0 if it asks for none.

    >>> retry_after("7"), retry_after("soon"), retry_after("Thu, 01 Jan 1970 00:00:00 GMT")
    (7.0, 0.0, 0.0)
    """
    if value.strip().isdecimal():
        return float(min(int(value.strip()[:9]), 10**8))
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return 0.0


def _look(headers: CIMultiDictProxy[str], start: bytes) -> None:
    """Stops a body as soon as it is known to be unwanted."""
    if not start:
        if rule := reservation(headers):
            raise Problem("reserved", rule, status=200)
        return
    kind = headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind.startswith("text/") or kind in ("application/json", "application/xhtml+xml"):
        if not start.startswith(_MAGIC):
            raise Problem("not_an_image", f"{kind}, which starts with {start[:12]!r}", status=200)
