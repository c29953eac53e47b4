"""Files: read, listed and published the same way on a local disk and on Beam's file systems.

Nothing is ever written in place. `publishing` writes under a temporary name and renames, so a file
that exists is whole: receipts and resumption rest on that. On object stores an object appears only
when it is complete, so there it is written straight to its name.
"""

import glob
import json
import os
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO

# Temporary names start with this, so that a sweep finds what killed workers left.
TEMPORARY = ".tmp-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A file that a pattern found.

    Attributes:
        path: local path or URL.
        size: in bytes.
        changed: when it was last changed, in nanoseconds since 1970 (the store's own precision).
    """

    path: str
    size: int
    changed: int


def is_local(path: str) -> bool:
    """Whether a path lies on this machine's own file system."""
    return "://" not in path


def join(folder: str, *names: str) -> str:
    """Joins path components with a slash, for local paths and URLs alike."""
    return "/".join([folder.rstrip("/"), *names])


def find(pattern: str) -> list[Found]:
    """Returns the files that a glob pattern matches, sorted by path; `**` crosses folders."""
    if not is_local(pattern):
        from apache_beam.io.filesystems import FileSystems

        (match,) = FileSystems.match([pattern])
        found = [
            Found(
                path=entry.path,
                size=entry.size_in_bytes,
                changed=int((entry.last_updated_in_seconds or 0) * 1e9),
            )
            for entry in match.metadata_list
        ]
        return sorted(found, key=lambda entry: entry.path)
    paths = glob.glob(pattern, recursive=True, include_hidden=False)
    return [_stat(path) for path in sorted(set(paths)) if os.path.isfile(path)]


def below(folder: str, pattern: str) -> list[Found]:
    """Returns the files below a folder that a pattern matches; the folder's name is no pattern."""
    return find(join(glob.escape(folder) if is_local(folder) else folder, pattern))


def stat(path: str) -> Found | None:
    """Returns one file's size and time of change, or None if there is no such file."""
    if is_local(path):
        return _stat(path) if os.path.isfile(path) else None
    found = find(path)
    return found[0] if found else None


def open_file(path: str) -> BinaryIO:
    """Opens a file for reading bytes.

    Raises:
        OSError: it cannot be opened.
    """
    if is_local(path):
        return open(path, "rb")
    from apache_beam.io.filesystem import CompressionTypes
    from apache_beam.io.filesystems import FileSystems

    return FileSystems.open(path, compression_type=CompressionTypes.UNCOMPRESSED)


@contextmanager
def publishing(path: str) -> Iterator[BinaryIO]:
    """Opens a file for writing that takes its name only when the block ends well."""
    if not is_local(path):
        from apache_beam.io.filesystem import CompressionTypes
        from apache_beam.io.filesystems import FileSystems

        with FileSystems.create(path, compression_type=CompressionTypes.UNCOMPRESSED) as stream:
            yield stream
        return
    folder, name = os.path.split(path)
    os.makedirs(folder, exist_ok=True)
    temporary = os.path.join(folder, f"{TEMPORARY}{name}-{uuid.uuid4().hex}")
    try:
        with open(temporary, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, path)
    finally:
        if os.path.exists(temporary):
            os.unlink(temporary)


def write_bytes(path: str, content: bytes) -> None:
    """Publishes a small file."""
    with publishing(path) as stream:
        stream.write(content)


def write_json(path: str, value: Any) -> None:
    """Publishes a value as readable JSON with sorted keys."""
    write_bytes(path, pretty(value))


def pretty(value: Any) -> bytes:
    """Returns a value as readable JSON with sorted keys."""
    return f"{json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True)}\n".encode()


def line(value: Any) -> bytes:
    """Returns a value as a line of JSON."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return f"{text}\n".encode()


def parse(text: bytes) -> Any:
    """Returns the value of a line of JSON."""
    return json.loads(text)


def write_lines(path: str, values: Iterable[Any]) -> None:
    """Publishes values as JSON Lines."""
    with publishing(path) as stream:
        for value in values:
            stream.write(line(value))


def read_json(path: str) -> Any:
    """Returns the value of a JSON file.

    Raises:
        OSError: it cannot be opened.
    """
    with open_file(path) as stream:
        return json.loads(stream.read())


def read_lines(path: str) -> Iterator[Any]:
    """Streams the values of a JSON Lines file."""
    with open_file(path) as stream:
        for text in stream:
            yield json.loads(text)


def exists(path: str) -> bool:
    """Whether there is such a file."""
    return stat(path) is not None


def remove(paths: list[str]) -> None:
    """Removes files; one that is already gone is no error."""
    remote = [path for path in paths if not is_local(path)]
    for path in paths:
        if is_local(path):
            try:
                os.unlink(path)
            except FileNotFoundError:
                continue
    if remote:
        from apache_beam.io.filesystems import FileSystems

        FileSystems.delete(remote)


def _stat(path: str) -> Found:
    status = os.stat(path)
    return Found(path=path, size=status.st_size, changed=status.st_mtime_ns)
