"""Lists of URLs, cut into shards: each list is read once, and each host falls to one worker.

A list is any container that `sources.readers` knows, or the raw material of a recipe's entry, read
as its source reads it: then the URLs are those of the images in its samples. Each of its pieces
becomes files of up to so many URLs, by lane; a lane is a group of hosts, chosen by a hash of the
name, and one worker fetches it from its first URL to its last. So the limits per host hold however
many workers there are.
"""

import math
import os
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from hashlib import blake2b
from typing import Any
from urllib.parse import urlsplit

import sources
from pipelines import store
from pipelines.fetch.same import write_hashes
from pipelines.layout import Layout, digest
from pipelines.recipe import Stanza
from pipelines.units import InputError, find_files
from sources.readers import by_extension
from sources.sample import Sample
from sources.source import Broken, File, Piece, Reader, Row

# Lanes are for lists that keep a worker busy for a while.
_LANE_BYTES = 4 << 20
_MOST_LANES = 64
_LONGEST = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Lists:
    """What to read, and how it is cut.

    Attributes:
        paths: of the lists.
        url: column of the URL, or of a list of them; dots lead into lists and dicts.
        text: column of a caption, or nothing.
        rows: URLs in a shard, at most.
        entry: of a recipe, in place of paths and columns.
    """

    paths: tuple[str, ...]
    url: str = "url"
    text: str = ""
    rows: int = 1000
    entry: Stanza | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.rows <= 10_000:
            raise ValueError(f"rows={self.rows}: expected 1 to 10000")


def find_pieces(lists: Lists) -> list[Piece]:
    """Returns the pieces of all lists, in the order of their names.

    Raises:
        InputError: there is no such file, or no reader for it.
    """
    if lists.entry is not None:
        hits = find_files(lists.entry)
    else:
        hits = [hit for path in lists.paths for hit in _find(path)]
    found = {hit.path: hit for hit in hits}
    root = os.path.commonprefix([path.rpartition("/")[0] + "/" for path in found])
    root = root[: root.rfind("/") + 1]
    pieces = []
    for path, hit in sorted(found.items()):
        file = File(path=path, name=path[len(root) :], size=hit.size)
        try:
            pieces += list(reader(lists).pieces(file, store.open_file))
        except ValueError as error:
            raise InputError(str(error)) from error
    return pieces


def reader(lists: Lists) -> Reader:
    """Returns what reads the lists."""
    return by_extension() if lists.entry is None else sources.load(lists.entry.source).read


def count_lanes(pieces: list[Piece]) -> int:
    """Returns how many lanes lists of that size have."""
    return max(1, min(_MOST_LANES, sum(piece.size for piece in pieces) // _LANE_BYTES))


def cut_piece(piece: Piece, lists: Lists, lanes: int, layout: Layout) -> None:
    """Writes the URLs of a piece by lane, and at last what they came to."""
    name = digest([asdict(piece)])
    counts: Counter[str] = Counter()
    held: dict[int, list[dict[str, Any]]] = defaultdict(list)
    files: list[dict[str, Any]] = []

    def flush(lane: int) -> None:
        path = layout.build("lists", f"{name}-{lane:03d}-{len(files):05d}.jsonl")
        store.write_lines(path, held[lane])
        write_hashes(hashes_of(path), (entry["url"] for entry in held[lane]))
        files.append({"lane": lane, "path": os.path.basename(path), "rows": len(held.pop(lane))})

    for row in reader(lists).rows(piece, store.open_file):
        entries = _entries(row, lists)
        counts.update(rows=1, broken=entries is None, urls=len(entries or ()))
        counts["without"] += entries == []
        for entry in entries or ():
            lane = lane_of(entry["url"], lanes)
            held[lane].append(entry)
            if len(held[lane]) == lists.rows:
                flush(lane)
    for lane in sorted(held):
        flush(lane)
    store.write_json(_told(piece, layout), {"counts": dict(counts), "files": files})


def _entries(row: Row | Broken, lists: Lists) -> list[dict[str, Any]] | None:
    """What to fetch for a row; None if it is broken."""
    if isinstance(row, Broken):
        return None
    if lists.entry is None:
        return list(entries_of(row, lists))
    try:
        return list(images_of(row, lists.entry))
    except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError):
        # The build converts the row again, and there says what is wrong with it.
        return None


def images_of(row: Row, entry: Stanza) -> Iterator[dict[str, Any]]:
    """Yields what to fetch for a row of a recipe's entry: each URL of an image once."""
    urls = dict.fromkeys(
        segment.path.strip()
        for made in sources.load(entry.source).parse(row, **entry.options)
        if isinstance(made, Sample)
        for segment in made.segments
        if segment.path is not None and "://" in segment.path
    )
    for nth, url in enumerate(urls):
        yield {"url": url, "row": row.identity, "nth": nth, "text": "", "more": {}}


def entries_of(row: Row, lists: Lists) -> Iterator[dict[str, Any]]:
    """Yields what to fetch for a row: a URL each, and what is known about it.

    >>> row = Row(value={"images": [None, "http://a/b.png"]}, file="f", place="row 3")
    >>> list(entries_of(row, Lists(paths=(), url="images")))
    [{'url': 'http://a/b.png', 'row': 'f#row 3', 'nth': 1, 'text': '', 'more': {}}]
    """
    value = row.value if isinstance(row.value, dict) else {}
    found = list(_lookup(value, lists.url))
    single = len(found) == 1 and not isinstance(value.get(lists.url.partition(".")[0]), list)
    text = value.get(lists.text) if lists.text and single else ""
    more = _plain(value, {lists.url, lists.text}) if single else {}
    for nth, url in enumerate(found):
        if isinstance(url, str) and url.strip():
            told = text if isinstance(text, str) else ""
            yield {"url": url.strip(), "row": row.identity, "nth": nth, "text": told, "more": more}


def lane_of(url: str, lanes: int) -> int:
    """Returns the lane of a URL: the same for all URLs of a host."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        host = ""
    return int.from_bytes(blake2b(host.encode(), digest_size=8).digest()) % lanes


def plan_lanes(pieces: list[Piece], layout: Layout) -> Counter[str]:
    """Numbers the shards and writes the list of each lane; returns what the lists held.

    Raises:
        InputError: they held no URL.
    """
    counts: Counter[str] = Counter()
    lanes: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for piece in pieces:
        made = store.read_json(_told(piece, layout))
        counts.update(made["counts"])
        for file in made["files"]:
            lanes[file["lane"]].append(file)
    shard = 0
    for lane in sorted(lanes):
        files = lanes[lane]
        numbered = [{**file, "shard": shard + nth} for nth, file in enumerate(files)]
        shard += len(files)
        store.write_lines(layout.build("lanes", f"{lane:03d}.jsonl"), numbered)
    counts["shards"] = shard
    return counts


def hashes_of(path: str) -> str:
    """Returns where the hashes of a file of URLs lie."""
    return path.removesuffix(".jsonl") + ".hashes"


def is_cut(piece: Piece, layout: Layout) -> bool:
    """Whether a piece was cut before."""
    return store.exists(_told(piece, layout))


def columns(pieces: list[Piece]) -> str:
    """Returns the names of the columns of the first row, for people."""
    for row in (row for piece in pieces for row in by_extension().rows(piece, store.open_file)):
        if isinstance(row, Row):
            return ", ".join(row.value) if isinstance(row.value, dict) else repr(row.value)[:60]
    return "nothing"


def _told(piece: Piece, layout: Layout) -> str:
    """Where it stands what a piece was cut into."""
    return layout.build("lists", f"{digest([asdict(piece)])}.json")


def _find(path: str) -> list[store.Found]:
    found = store.find(path)
    if not found:
        raise InputError(f"{path} finds no file: expected a list of URLs, or a pattern of lists")
    return found


def _lookup(value: Any, path: str) -> Iterator[Any]:
    """The values at a path; lists on the way, and at its end, count one by one."""
    if isinstance(value, list):
        for each in value:
            yield from _lookup(each, path)
    elif not path:
        yield value
    elif isinstance(value, dict):
        # A column may have a dot in its name.
        name, _, rest = (path, "", "") if path in value else path.partition(".")
        if name in value:
            yield from _lookup(value[name], rest)


def _plain(value: dict[str, Any], without: set[str]) -> dict[str, Any]:
    """The other columns that are short and plain."""
    return {
        name: each
        for name, each in value.items()
        if name not in without
        and isinstance(each, str | int | float | bool)
        and not (isinstance(each, str) and len(each) > _LONGEST)
        and not (isinstance(each, float) and not math.isfinite(each))
    }
