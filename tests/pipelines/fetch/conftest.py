"""The server, and a way to ask it."""

import argparse
import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pipelines.fetch import command, stage
from pipelines.fetch.fetcher import Fetcher
from pipelines.fetch.outcomes import Outcome
from pipelines.fetch.settings import MB, Settings
from tests.pipelines.fetch.server import Server

Ask = Callable[..., list[Outcome]]


@pytest.fixture
def server() -> Iterator[Server]:
    """A server that is this test's alone."""
    with Server() as running:
        yield running


def fetch_here(*arguments: object) -> dict[str, Any]:
    """Runs the command with these arguments in this process, without a supervisor."""
    parser = argparse.ArgumentParser()
    command.add(parser.add_subparsers())
    known = parser.parse_args(["fetch", *map(str, arguments)])
    lists = command.lists_of(known)
    job = stage.Job(
        lists=lists,
        settings=command.settings_of(known),
        out=known.out or (lists.entry.fetched if lists.entry else ""),
        retry=known.retry,
        workers=1,
    )
    return stage.run_stages(job, lambda _: None)


@pytest.fixture
def ask() -> Ask:
    """Fetches URLs, all at once, with settings for a server that is near and quick to judge."""

    def fetch(*urls: str, **more: Any) -> list[Outcome]:
        quick = {"connect": 5.0, "read": 1.0, "total": 3.0, "backoff": 0.01, "tries": 2}
        settings = Settings(**{"allow_loopback": True, "max_bytes": MB, **quick, **more})

        async def go() -> list[Outcome]:
            async with Fetcher(settings) as fetcher:
                return await asyncio.gather(*[fetcher.fetch(url) for url in urls])

        return asyncio.run(go())

    return fetch
