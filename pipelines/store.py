"""Files: read, listed and published the same way on a local disk and on Beam's file systems.

Nothing is ever written in place. `publishing` writes under a temporary name and renames, so a file
that exists is whole: receipts and resumption rest on that. Object stores have no rename, but there
an object appears only when its upload is complete: it is put together here and then uploaded to its
name. What a name holds is the same bytes whoever writes them, or the name says which attempt did.

Beam's options of file systems (`--s3_endpoint_url`, `--hdfs_host`) reach every process by the
environment variable `SHARDWRIGHT_FILES`; credentials by the environment of each store's own tools.
"""

import functools
import glob
import io
import json
import os
import re
import shlex
import shutil
import tempfile
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

from pipelines import hdfs, s3

# Temporary names start with this, so that a sweep finds what killed workers left.
TEMPORARY = ".tmp-"
# Environment variable with Beam's options of file systems.
OPTIONS = "SHARDWRIGHT_FILES"
# Beam's name for files that it shall not unpack.
_UNCOMPRESSED = "uncompressed"
_compact = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode
# Uploads up to this size are put together in memory, others on disk.
_IN_MEMORY = 8_000_000


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
        prefix = re.split(r"[*?\[]", pattern, maxsplit=1)[0]
        wanted, files = re.compile(_translate(pattern)), _file_systems(prefix)
        if prefix.startswith("hdfs://"):
            folder = prefix.rsplit("/", 1)[0]
            entries = hdfs.files_below(folder, files.get_filesystem(folder))
        else:
            entries = files.match([f"{prefix}**"])[0].metadata_list
        found = [_found(entry) for entry in entries if wanted.fullmatch(entry.path)]
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
    files = _file_systems(path).get_filesystem(path)
    return _found(files.metadata(path)) if files.exists(path) else None


def is_folder(path: str) -> bool:
    """Whether a path is that of a folder; in object stores, whether names below it exist."""
    if is_local(path):
        return os.path.isdir(path)
    if path.startswith("hdfs://"):
        return hdfs.is_folder(path, _file_systems(path).get_filesystem(path))
    return bool(_file_systems(path).match([f"{path.rstrip('/')}/**"], [1])[0].metadata_list)


def open_file(path: str) -> BinaryIO:
    """Opens a file for reading bytes.

    Raises:
        OSError: it cannot be opened.
    """
    if is_local(path):
        return open(path, "rb")
    if stat(path) is None:
        raise FileNotFoundError(f"there is no {path}")
    return _file_systems(path).open(path, compression_type=_UNCOMPRESSED)


def open_ranges(path: str) -> BinaryIO:
    """Opens a file of which short ranges are read here and there.

    Raises:
        OSError: it cannot be opened.
    """
    stream = open_file(path)
    # Beam reads ahead by many times the size of a sample; below its buffer it does not.
    if not is_local(path) and isinstance(stream, io.BufferedReader):
        return cast(BinaryIO, stream.detach())
    return stream


@contextmanager
def publishing(path: str) -> Iterator[BinaryIO]:
    """Opens a file for writing that takes its name only when the block ends well."""
    if not is_local(path):
        with tempfile.SpooledTemporaryFile(_IN_MEMORY) as spool:
            yield spool  # type: ignore[misc]
            empty = not spool.tell()
            spool.seek(0)
            if empty and path.startswith("s3://"):
                s3.put_nothing(path, _file_systems(path)._pipeline_options)
            else:
                _upload(spool, path)
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
    return f"{_compact(value)}\n".encode()


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
        _file_systems(remote[0]).delete(remote)


def _stat(path: str) -> Found:
    status = os.stat(path)
    return Found(path=path, size=status.st_size, changed=status.st_mtime_ns)


def _found(entry: Any) -> Found:
    changed = int((entry.last_updated_in_seconds or 0) * 1e9)
    return Found(path=entry.path, size=entry.size_in_bytes, changed=changed)


def _upload(stream: Any, path: str) -> None:
    """Writes an object; of one whose upload broke off nothing stays."""
    files, renames = _file_systems(path), path.startswith("hdfs://")
    folder, name = path.rsplit("/", 1)
    target = f"{folder}/{TEMPORARY}{name}-{uuid.uuid4().hex}" if renames else path
    try:
        with files.create(target, compression_type=_UNCOMPRESSED) as out:
            shutil.copyfileobj(stream, out, 1 << 20)
        if renames:
            # Hadoop shows files that are being written, and neither writes nor renames over others.
            remove([path])
            files.rename([target], [path])
    except BaseException:
        remove([target])
        raise


def _translate(pattern: str) -> str:
    r"""Returns a glob pattern as a regular expression that means what `glob` means.

    >>> bool(re.fullmatch(_translate("s3://b/**/*.txt"), "s3://b/x.txt"))
    True
    >>> bool(re.fullmatch(_translate("s3://b/*.txt"), "s3://b/.x.txt"))
    False
    """
    out = ""
    for part in re.findall(r"\*\*/|\*\*$|/|[^/]+", pattern):
        if part.startswith("**"):
            out += r"(?:[^/.][^/]*/)*" if part.endswith("/") else r"(?:[^/.][^/]*/)*[^/.][^/]*"
        elif part == "/":
            out += part
        else:
            out += r"(?!\.)" * (part[0] in "*?[") + _translate_name(part)
    return out


def _translate_name(name: str) -> str:
    pieces = re.split(r"(\*|\?|\[[^\]]+\])", name)
    special = {"*": "[^/]*", "?": "[^/]"}
    return "".join(
        special.get(piece)
        or (piece.replace("[!", "[^") if piece[:1] == "[" and piece[1:] else re.escape(piece))
        for piece in pieces
    )


@functools.cache
def _options(given: str) -> Any:
    from apache_beam.options.pipeline_options import PipelineOptions

    return PipelineOptions(shlex.split(given))


def _file_systems(path: str) -> Any:
    """Beam's file systems, with options even where Beam has given them none.

    Raises:
        StoreError: the store of the path cannot be reached.
    """
    from apache_beam.io.filesystems import FileSystems

    s3.share_session()
    given = os.environ.get(OPTIONS, "")
    # Workers are given only some of the options of the build.
    if given or FileSystems._pipeline_options is None:
        FileSystems.set_options(_options(given))
    if path.startswith("s3://"):
        s3.reach(path, FileSystems._pipeline_options)
    return FileSystems
