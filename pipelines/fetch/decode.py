"""Looking at what came, in a child process: a picture that kills its decoder costs one row."""

import asyncio
import struct
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from typing import Any

from PIL import Image

from pipelines.child import Child, ChildFailed
from pipelines.fetch.outcomes import Problem
from pipelines.fetch.settings import Settings
from sources.image import ImageError, TooManyPixels, UnknownFormat, read_image

# Pictures sent to the child at once, to save round trips.
_BATCH = 16
_MEMORY = 4 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the child saw of a picture.

    Attributes:
        facts: of the image, for its record; empty if there is a problem.
        kept: the bytes to keep where they are not those given, else None.
        problem: a reason of `KINDS`, and the detail.
    """

    facts: dict[str, Any]
    kept: bytes | None = None
    problem: tuple[str, str] | None = None


def make(settings: Settings) -> Callable[[list[bytes]], list[Seen]]:
    """Returns what the child runs."""
    return lambda batch: [see(data, settings) for data in batch]


def see(data: bytes, settings: Settings) -> Seen:
    """Decodes an image and returns what it is."""
    if (size := _size_of_jpeg(data, settings.max_pixels)) is not None:
        digest = sha256(data).hexdigest()
        return Seen(facts=_told(*size, "jpeg", digest, digest))
    try:
        kept, facts = read_image(data, max_bytes=settings.max_bytes, max_pixels=settings.max_pixels)
    except ImageError as error:
        reasons = {UnknownFormat: "not_an_image", TooManyPixels: "too_many_pixels"}
        return Seen(facts={}, problem=(reasons.get(type(error), "decode"), str(error)))
    sent = sha256(data).hexdigest() if facts.reencoded else facts.sha256
    told = _told(facts.width, facts.height, facts.format, facts.sha256, sent)
    return Seen(facts=told, kept=kept if facts.reencoded else None)


def _size_of_jpeg(data: bytes, max_pixels: int) -> tuple[int, int] | None:
    """Width and height of a sound JPEG; None if it is none, or needs another look.

    All its bytes are read, but its pixels made at an eighth of the size, in half the time. That
    finds what was damaged on the way; ingest decodes it in full.
    """
    if not data.startswith(b"\xff\xd8\xff"):
        return None
    try:
        with warnings.catch_warnings(), Image.open(BytesIO(data), formats=("JPEG",)) as image:
            warnings.simplefilter("ignore")
            width, height = image.size
            if not 0 < width * height <= max_pixels:
                return None
            image.draft(None, (width // 8, height // 8))
            image.load()
            return width, height
    except (OSError, SyntaxError, ValueError, TypeError, LookupError, RuntimeError, struct.error):
        return None  # `read_image` says what is wrong


def _told(width: int, height: int, given: str, kept: str, sent: str) -> dict[str, Any]:
    """The facts of an image: its size, its format, and the hashes of its bytes kept and sent."""
    extension = {"jpeg": "jpg", "webp": "webp"}.get(given, "png")
    told = {"width": width, "height": height, "format": given, "extension": extension}
    return {**told, "sha256": kept, "sent_sha256": sent}


class Decoder:
    """Hands pictures to a child process, several at once; an async context manager.

    Args:
        settings: limits.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._child = Child("pipelines.fetch.decode:make", settings, memory=_MEMORY)
        self._waiting: asyncio.Queue[tuple[bytes, asyncio.Future[Seen]]] = asyncio.Queue()

    async def __aenter__(self) -> "Decoder":
        self._task = asyncio.create_task(self._work())
        return self

    async def __aexit__(self, *failure: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await asyncio.to_thread(self._child.close)

    async def see(self, data: bytes) -> Seen:
        """Returns what a picture is.

        Raises:
            Problem: it is none that can be used.
            RuntimeError: the child process cannot start.
        """
        future: asyncio.Future[Seen] = asyncio.get_running_loop().create_future()
        self._waiting.put_nowait((data, future))
        seen = await future
        if seen.problem is not None:
            raise Problem(*seen.problem)
        return seen

    async def _work(self) -> None:
        while True:
            batch = [await self._waiting.get()]
            while len(batch) < _BATCH and not self._waiting.empty():
                batch.append(self._waiting.get_nowait())
            try:
                seen = await asyncio.to_thread(self._call, [data for data, _ in batch])
            except RuntimeError as error:  # the child cannot start: who waits must know
                for _, future in batch:
                    if not future.done():
                        future.set_exception(error)
                continue
            for (_, future), each in zip(batch, seen, strict=True):
                if not future.done():
                    future.set_result(each)

    def _call(self, batch: list[bytes]) -> list[Seen]:
        """What the child makes of a batch; if the batch kills it, of each picture alone."""
        try:
            seen: list[Seen] = self._child.call(batch, seconds=self._settings.decode)
            return seen
        except ChildFailed as failure:
            if len(batch) == 1:
                return [Seen(facts={}, problem=("decode", f"{failure.reason}: {failure}"))]
            return [seen for data in batch for seen in self._call([data])]
