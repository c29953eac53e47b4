"""arXiv's metadata (JSON lines) by id: licence and version, from an index built once."""

import json
import re
import sqlite3
import tempfile
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from pathlib import Path, PurePosixPath

_NEW = re.compile(r"(\d{4}\.\d{4,5})(v\d+)?")
_OLD = re.compile(r"([a-z-]+(?:\.[A-Z]{2})?)[/_]?(\d{7})(v\d+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the metadata says of a paper.

    Attributes:
        licence: its URL; empty where it states none.
        version: such as v2.
    """

    licence: str = ""
    version: str = ""


def paper_id(name: str) -> str:
    """Returns the arXiv id in a file's or member's name, or an empty string.

    >>> paper_id("0001/astro-ph0001001.gz"), paper_id("2001/2001.00001v2.tar.gz")
    ('astro-ph/0001001', '2001.00001')
    """
    base = PurePosixPath(name).name
    if found := _NEW.match(base):
        return found[1]
    if found := _OLD.match(base):
        return f"{found[1]}/{found[2]}"
    return ""


def look_up(path: str, paper: str) -> Facts:
    """Returns what the metadata file says of a paper; nothing where it does not know it."""
    with sqlite3.connect(f"file:{_index(path)}?mode=ro", uri=True) as table:
        found = table.execute("select licence, version from papers where id = ?", (paper,))
        row = found.fetchone()
    return Facts(licence=row[0], version=row[1]) if row else Facts()


@cache
def _index(path: str) -> Path:
    """The index of a metadata file, built beside no one: under a name of its own, then renamed."""
    source = Path(path)
    stat = source.stat()
    state = f"{source.resolve()}\n{stat.st_size}\n{stat.st_mtime_ns}"
    name = blake2b(state.encode(), digest_size=12).hexdigest()
    target = Path(tempfile.gettempdir()) / f"arxiv-metadata-{name}.sqlite"
    if target.exists():
        return target
    with tempfile.TemporaryDirectory(dir=target.parent, prefix="arxiv-metadata-") as folder:
        made = Path(folder) / "index.sqlite"
        _build(source, made)
        made.replace(target)
    return target


def _build(source: Path, made: Path) -> None:
    table = sqlite3.connect(made)
    with table, source.open(encoding="utf-8") as lines:
        table.execute("create table papers (id text primary key, licence text, version text)")
        table.executemany(
            "insert or replace into papers values (?, ?, ?)",
            (_entry(line, number) for number, line in enumerate(lines, 1) if line.strip()),
        )
    table.close()


def _entry(line: str, number: int) -> tuple[str, str, str]:
    try:
        record = json.loads(line)
        versions = record.get("versions") or [{}]
        return record["id"], record.get("license") or "", versions[-1].get("version", "")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(
            f"line {number} of the metadata is no record of arXiv's: expected JSON with id, "
            f"license and versions; got {line[:80]!r}"
        ) from error
