"""Looking at what came, in a child process: a picture that kills its decoder costs one row."""

import asyncio
import mmap
import os
from collections import deque
from collections.abc import Callable
from hashlib import sha256
from typing import Any, NamedTuple

import simplejpeg

from pipelines.child import Child, ChildFailed
from pipelines.fetch.outcomes import Problem
from pipelines.fetch.settings import Settings
from sources.image import ImageError, TooManyPixels, UnknownFormat, read_image

# Pictures sent to the child at once, to save round trips.
_BATCH = 16
_MEMORY = 4 << 30


class Seen(NamedTuple):
    """What the child saw of a picture; a tuple, as those pass between processes most quickly.

    Attributes:
        facts: of the image, for its record; empty if there is a problem.
        kept: the bytes to keep where they are not those given, else None.
        problem: a reason of `KINDS`, and the detail.
    """

    facts: dict[str, Any]
    kept: bytes | None = None
    problem: tuple[str, str] | None = None


def make(given: tuple[int, Settings]) -> Callable[[list[tuple[int, int]]], list[Seen]]:
    """Returns what the child runs: it is told where pictures lie in the memory it shares."""
    file, settings = given
    shared = memoryview(mmap.mmap(file, 0, prot=mmap.PROT_READ))
    return lambda places: [see(shared[start:stop], settings) for start, stop in places]


def see(data: bytes | memoryview, settings: Settings) -> Seen:
    """Decodes an image and returns what it is."""
    if (size := _size_of_jpeg(data, settings.max_pixels)) is not None:
        digest = sha256(data).hexdigest()
        return Seen(facts=_told(*size, "jpeg", digest, digest))
    try:
        data = bytes(data)
        kept, facts = read_image(data, max_bytes=settings.max_bytes, max_pixels=settings.max_pixels)
    except ImageError as error:
        reasons = {UnknownFormat: "not_an_image", TooManyPixels: "too_many_pixels"}
        return Seen(facts={}, problem=(reasons.get(type(error), "decode"), str(error)))
    sent = sha256(data).hexdigest() if facts.reencoded else facts.sha256
    told = _told(facts.width, facts.height, facts.format, facts.sha256, sent)
    return Seen(facts=told, kept=kept if facts.reencoded else None)


def _size_of_jpeg(data: bytes | memoryview, max_pixels: int) -> tuple[int, int] | None:
    """Width and height of a sound JPEG; None if it is none, or needs another look.

    Every code in it is read and the least flaw counts, but only its brightness is made, at an
    eighth of the size, in half the time. Ingest decodes it in full.
    """
    if data[:3] != b"\xff\xd8\xff":
        return None
    try:
        height, width = simplejpeg.decode_jpeg_header(data)[:2]
        if not 0 < width * height <= max_pixels:
            return None
        simplejpeg.decode_jpeg(data, "GRAY", min_height=1, min_width=1, min_factor=8)
        return width, height
    except (ValueError, RuntimeError, MemoryError):
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
        self._file = os.memfd_create("pictures")
        os.ftruncate(self._file, settings.max_bytes)
        self._shared = mmap.mmap(self._file, settings.max_bytes)
        told = (self._file, settings)
        self._child = Child(f"{__name__}:make", told, memory=_MEMORY, files=(self._file,))
        self._waiting: deque[tuple[bytes, asyncio.Future[Seen]]] = deque()
        self._any = asyncio.Event()

    async def __aenter__(self) -> "Decoder":
        self._task = asyncio.create_task(self._work())
        return self

    async def __aexit__(self, *failure: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await asyncio.to_thread(self._child.close)
        self._shared.close()
        os.close(self._file)

    async def see(self, data: bytes) -> Seen:
        """Returns what a picture is.

        Raises:
            Problem: it is none that can be used.
            RuntimeError: the child process cannot start.
        """
        future: asyncio.Future[Seen] = asyncio.get_running_loop().create_future()
        self._waiting.append((data, future))
        self._any.set()
        seen = await future
        if seen.problem is not None:
            raise Problem(*seen.problem)
        return seen

    async def _work(self) -> None:
        while True:
            await self._any.wait()
            batch = self._take()
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

    def _take(self) -> list[tuple[bytes, asyncio.Future[Seen]]]:
        """The pictures that wait, as many as the child is given at once."""
        batch: list[tuple[bytes, asyncio.Future[Seen]]] = []
        room = len(self._shared)
        while self._waiting and len(batch) < _BATCH and len(self._waiting[0][0]) <= room:
            batch.append(self._waiting.popleft())
            room -= len(batch[-1][0])
        if not self._waiting:
            self._any.clear()
        return batch

    def _call(self, batch: list[bytes]) -> list[Seen]:
        """What the child makes of a batch; if the batch kills it, of each picture alone."""
        try:
            seen: list[Seen] = self._child.call(self._share(batch), seconds=self._settings.decode)
            return seen
        except ChildFailed as failure:
            if len(batch) == 1:
                return [Seen(facts={}, problem=("decode", f"{failure.reason}: {failure}"))]
            return [seen for data in batch for seen in self._call([data])]

    def _share(self, batch: list[bytes]) -> list[tuple[int, int]]:
        """Puts pictures where the child sees them; returns where each starts and stops."""
        places, start = [], 0
        for data in batch:
            places.append((start, start + len(data)))
            start += len(data)
            self._shared[slice(*places[-1])] = data
        return places
