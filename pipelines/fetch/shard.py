"""A shard: its URLs fetched host by host, then published as a tar, a table and a receipt.

    000012.tar                 KEY.jpg (png, webp), KEY.json, and KEY.txt where there is a caption
    000012.parquet             a line for every URL, whatever became of it
    _build/receipts/000012.json   written last: counts, and which attempt made the other two

A retried shard has the attempt in its name, `000012-1.tar`; the one before it is then removed.
"""

import asyncio
import json
import re
from collections import Counter, defaultdict, deque
from collections.abc import Awaitable, Callable, Set
from dataclasses import asdict, dataclass, field
from hashlib import blake2b
from typing import Any, BinaryIO
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines import store, tar
from pipelines.fetch.fetcher import Fetcher
from pipelines.fetch.outcomes import KINDS, OK
from pipelines.fetch.same import read_image, read_table, record_of
from pipelines.fetch.spool import Spool
from pipelines.layout import Layout

_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True).encode
# URLs that need no more to find their host.
_PLAIN = re.compile(r"https?://([a-z0-9.-]+)(?::[0-9]+)?/")
# Failing hosts kept in a receipt.
_HOSTS = 50
_FACTS = pa.schema([
    ("key", pa.string()), ("url", pa.string()), ("row", pa.string()), ("nth", pa.int32()),
    ("reason", pa.string()), ("detail", pa.string()), ("status", pa.int32()),
    ("final_url", pa.string()), ("tries", pa.int32()), ("media_type", pa.string()),
    ("width", pa.int32()), ("height", pa.int32()), ("format", pa.string()),
    ("extension", pa.string()), ("sha256", pa.string()), ("sent_sha256", pa.string()),
    ("tar", pa.string()), ("offset", pa.int64()), ("size", pa.int64()),
])  # fmt: skip
_NAMES = _FACTS.names


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a shard came to.

    Attributes:
        shard: its number.
        attempt: 0, and one more with each retry.
        rows: URLs; as many as the outcomes add up to.
        outcomes: URLs by `ok` or the name of a class of failure.
        hosts: failures by host and class, of the hosts with the most.
        bytes: of the tar; 0 if no image came, and then there is none.
        digest: of what the tar holds; of its images, by their SHA-256.
    """

    shard: int
    attempt: int
    rows: int
    outcomes: dict[str, int]
    hosts: dict[str, dict[str, int]]
    bytes: int
    digest: str

    @property
    def stem(self) -> str:
        """What the names of the tar and the table begin with."""
        return stem(self.shard, self.attempt)

    @property
    def healing(self) -> int:
        """How many URLs may bring an image another day."""
        return sum(count for reason, count in self.outcomes.items() if heals(reason))


def heals(reason: str) -> bool:
    """Whether a class of outcome is one that `--retry` asks again."""
    return reason != OK and KINDS[reason].heals


def stem(shard: int, attempt: int) -> str:
    """Returns a shard's name.

    >>> stem(12, 0), stem(12, 1)
    ('000012', '000012-1')
    """
    return f"{shard:06d}-{attempt}" if attempt else f"{shard:06d}"


def read_receipt(layout: Layout, shard: int) -> Receipt | None:
    """Returns a shard's receipt, or None while it has none."""
    path = layout.build("receipts", f"{shard:06d}.json")
    return Receipt(**store.read_json(path)) if store.exists(path) else None


@dataclass(slots=True, kw_only=True)
class Shard:
    """One shard at work.

    Attributes:
        number: of the shard.
        entries: its URLs, as `lists.entries_of` gives them.
        layout: where to write.
        before: the receipt of a finished attempt, of which the healing failures are asked again.
        same: places of URLs that stand in earlier shards: by the shard, and by the place there.
        finished: waits until a shard is, and returns its stem.
    """

    number: int
    entries: list[dict[str, Any]]
    layout: Layout
    before: Receipt | None = None
    same: dict[int, dict[int, int]] = field(default_factory=dict)
    finished: Callable[[int], Awaitable[str]] | None = None
    _old: dict[int, dict[str, Any]] = field(default_factory=dict)

    async def fetch(self, fetcher: Fetcher, tell: Callable[[str, str], None]) -> Receipt:
        """Fetches what is missing and publishes the shard.

        Args:
            fetcher: asks the hosts.
            tell: told of each URL: its host and what became of it.
        """
        attempt = 0 if self.before is None else self.before.attempt + 1
        if self.before is not None:
            self._old = self._carry_over(self.before)
        local = store.is_local(self.layout.out)
        path = self.layout.build("spool", stem(self.number, attempt)) if local else None
        with Spool(path) as spool:
            await self._fill(spool, fetcher, tell)
            receipt = await asyncio.to_thread(self._publish, spool, attempt)
            spool.remove()
        if self.before is not None:
            old = self.layout.corpus(self.before.stem)
            store.remove([path for path in (f"{old}.tar", f"{old}.parquet") if store.exists(path)])
        return receipt

    async def _fill(self, spool: Spool, fetcher: Fetcher, tell: Callable[[str, str], None]) -> None:
        """Fetches what this shard is the first to ask for; takes the rest from earlier shards."""
        for nth, entry in enumerate(self.entries):
            if nth in spool:
                tell(host_of(entry["url"]), spool[nth]["record"]["reason"])
        known = self._old.keys() | {nth for places in self.same.values() for nth in places}
        await self._ask(known, spool, fetcher, tell)
        for number, places in self.same.items():
            wanted = {nth: first for nth, first in places.items() if not self._has(nth, spool)}
            if wanted and self.finished is not None:
                table = await asyncio.to_thread(
                    read_table, self.layout, await self.finished(number)
                )
                for nth, first in wanted.items():
                    await self._copy(nth, table[first], spool, tell)
        # What is left has the hash of another URL, and no more.
        await self._ask(self._old.keys(), spool, fetcher, tell)

    def _has(self, nth: int, spool: Spool) -> bool:
        return nth in self._old or nth in spool

    async def _copy(
        self, nth: int, line: dict[str, Any], spool: Spool, tell: Callable[[str, str], None]
    ) -> None:
        """Takes over what became of the same URL in an earlier shard."""
        url = self.entries[nth]["url"]
        if line["url"] == url:
            data = await asyncio.to_thread(read_image, self.layout, line)
            spool.add(nth, record_of(line), data)
            tell(host_of(url), line["reason"])

    async def _ask(
        self,
        known: Set[int],
        spool: Spool,
        fetcher: Fetcher,
        tell: Callable[[str, str], None],
    ) -> None:
        """Fetches host by host all but what is known; equal URLs are asked for once."""
        same: dict[str, list[int]] = defaultdict(list)
        for nth, entry in enumerate(self.entries):
            if nth not in known and nth not in spool:
                same[entry["url"]].append(nth)
        hosts: dict[str, deque[str]] = defaultdict(deque)
        for url in same:
            hosts[host_of(url)].append(url)

        async def work(host: str) -> None:
            while hosts[host]:
                url = hosts[host].popleft()
                outcome = await fetcher.fetch(url)
                for nth in same[url]:
                    spool.add(nth, outcome.record(), outcome.data)
                    tell(host, outcome.reason)

        async with asyncio.TaskGroup() as group:
            for host, urls in list(hosts.items()):
                for _ in range(min(len(urls), fetcher.settings.per_host)):
                    group.create_task(work(host))

    def _carry_over(self, before: Receipt) -> dict[int, dict[str, Any]]:
        """The lines of the table of an earlier attempt that stand."""
        lines = read_table(self.layout, before.stem)
        return {nth: line for nth, line in enumerate(lines) if not heals(line["reason"])}

    def _publish(self, spool: Spool, attempt: int) -> Receipt:
        """Writes tar, table and receipt in the order of the list."""
        name = stem(self.number, attempt)
        lines: list[dict[str, Any]] = []
        path = self.layout.corpus(f"{name}.tar")
        images = any(self._reason(spool, nth) == OK for nth in range(len(self.entries)))
        size, digest = 0, ""
        if images:
            with store.publishing(path) as stream:
                out = _Tar(stream)
                lines = self._write(out, spool, name)
                stream.write(tar.END)
            size, digest = out.size + len(tar.END), out.digest()
        else:
            lines = self._write(None, spool, "")
        with store.publishing(self.layout.corpus(f"{name}.parquet")) as stream:
            columns = {name: [line[name] for line in lines] for name in _NAMES}
            pq.write_table(pa.table(columns, schema=_FACTS), stream, compression="zstd")
        receipt = Receipt(
            shard=self.number,
            attempt=attempt,
            rows=len(lines),
            outcomes=dict(sorted(Counter(line["reason"] for line in lines).items())),
            hosts=failing_hosts(lines),
            bytes=size,
            digest=digest,
        )
        store.write_json(self.layout.build("receipts", f"{self.number:06d}.json"), asdict(receipt))
        return receipt

    def _reason(self, spool: Spool, nth: int) -> str:
        found = self._old[nth] if nth in self._old else spool[nth]["record"]
        return str(found["reason"])

    def _write(self, out: "_Tar | None", spool: Spool, name: str) -> list[dict[str, Any]]:
        """Writes the samples and returns the lines of the table."""
        lines = []
        for nth, entry in enumerate(self.entries):
            key = f"{self.number:06d}{nth:04d}"
            base = {"key": key, "url": entry["url"], "row": entry["row"], "nth": entry["nth"]}
            if nth in self._old:
                line = {**self._old[nth], **base}
            else:
                record = spool[nth]["record"]
                facts = {**record, **record["image"]}
                line = {**dict.fromkeys(_NAMES), **facts, **base}
                del line["image"]
            data = None
            if line["reason"] == OK:
                old = nth in self._old
                data = read_image(self.layout, line) if old else spool.data(nth)
            line |= {"tar": None, "offset": None, "size": None}
            if out is not None and data is not None:
                line |= {"tar": name, "offset": out.size + tar.BLOCK, "size": len(data)}
                out.add(members(line, entry, data), line["sha256"])
            lines.append(line)
        return lines


def members(line: dict[str, Any], entry: dict[str, Any], data: bytes) -> list[tuple[str, bytes]]:
    """Returns the members of a sample, named and filled as loaders of URL lists know them."""
    told = {
        **entry["more"],
        **{name: line[name] for name in ("key", "url", "row", "nth", "width", "height")},
        **{name: line[name] for name in ("format", "sha256", "sent_sha256", "media_type")},
        "final_url": line["final_url"] or line["url"],
        "http_status": line["status"],
        "tries": line["tries"],
        "status": "success",
        "error_message": None,
    }
    found = [(f"{line['key']}.{line['extension']}", data)]
    if entry["text"]:
        told["caption"] = entry["text"]
        found.append((f"{line['key']}.txt", entry["text"].encode()))
    return [*found, (f"{line['key']}.json", _encode(told).encode())]


def failing_hosts(lines: list[dict[str, Any]]) -> dict[str, dict[str, int]]:
    """Returns failures by host and class, of the hosts with the most."""
    hosts: dict[str, Counter[str]] = defaultdict(Counter)
    for line in lines:
        if line["reason"] != OK:
            hosts[host_of(line["url"])][line["reason"]] += 1
    most = sorted(hosts, key=lambda host: (-hosts[host].total(), host))[:_HOSTS]
    return {host: dict(sorted(hosts[host].items())) for host in most}


def host_of(url: str) -> str:
    """Returns the host in a URL; empty if there is none."""
    if (plain := _PLAIN.match(url)) is not None:
        return plain[1]
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


class _Tar:
    """Writes samples; counts the bytes, and hashes all but those that are hashed already."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._hash = blake2b(digest_size=32)
        self.size = 0

    def add(self, members: list[tuple[str, bytes]], sha256: str) -> None:
        """Writes a sample: its image, which has that hash, and what is told about it."""
        (name, image), *told = members
        rest = [tar.padding(len(image))]
        for member, content in told:
            rest += [tar.header(member, len(content)), content, tar.padding(len(content))]
        head, tail = tar.header(name, len(image)), b"".join(rest)
        self._hash.update(head + sha256.encode() + tail)
        self._stream.writelines((head, image, tail))
        self.size += len(head) + len(image) + len(tail)

    def digest(self) -> str:
        return self._hash.hexdigest()
