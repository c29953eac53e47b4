"""Hadoop's file system, where Beam lists one level of folders, and the folders as if files."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from apache_beam.io.filesystem import FileMetadata


def is_folder(path: str, files: Any) -> bool:
    """Whether a URL is that of a folder, which may be empty.

    Args:
        path: the URL.
        files: Beam's file system of such URLs.
    """
    status = files._hdfs_client.status(files._parse_url(path)[1], strict=False)
    return bool(status) and status["type"] == "DIRECTORY"


def files_below(folder: str, files: Any) -> "Iterator[FileMetadata]":
    """Yields the files below a folder, at any depth; none if there is no such folder.

    Args:
        folder: its URL.
        files: Beam's file system of such URLs.
    """
    # Takes a second to load, for which no process that stays on its own disk should wait.
    from apache_beam.io.filesystem import FileMetadata

    if not is_folder(folder, files):
        return
    server, top = files._parse_url(folder)
    for (path, _), _, found in files._hdfs_client.walk(top, status=True):
        for name, status in found:
            url = f"hdfs:/{files._join(server, path, name)}"
            yield FileMetadata(url, status["length"], status["modificationTime"] / 1000)
