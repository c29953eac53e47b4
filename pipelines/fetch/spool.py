"""The journal of a shard: what became of each URL, as it comes, so that a kill costs no request.

A record is a line of JSON and the image's bytes. What a killed process wrote last may be cut off;
it is dropped when the journal is opened again.
"""

import os
import tempfile
from pathlib import Path
from typing import Any, BinaryIO, Self

from pipelines import store


class Spool:
    """A journal; a context manager.

    Args:
        path: where it lies, on this machine; None for one that does not outlive the process.
    """

    def __init__(self, path: str | None) -> None:
        self._path = path
        self._records: dict[int, dict[str, Any]] = {}

    def __enter__(self) -> Self:
        if self._path is None:
            self._file: BinaryIO = tempfile.TemporaryFile(buffering=0)
            self._end = 0
            return self
        Path(self._path).parent.mkdir(parents=True, exist_ok=True)
        # Opened by hand: of Python's modes none both makes a file and keeps what it holds.
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        with open(descriptor, "rb", closefd=False) as stream:
            self._end = self._recover(stream, os.fstat(descriptor).st_size)
        os.ftruncate(descriptor, self._end)
        self._file = open(descriptor, "r+b", buffering=0)
        self._file.seek(self._end)
        return self

    def __exit__(self, *failure: object) -> None:
        self._file.close()

    def __contains__(self, nth: object) -> bool:
        return nth in self._records

    def __getitem__(self, nth: int) -> dict[str, Any]:
        return self._records[nth]

    def add(self, nth: int, record: dict[str, Any], data: bytes) -> None:
        """Writes what became of the nth URL."""
        head = store.line({"nth": nth, "bytes": len(data), "record": record})
        start, self._end = self._end, self._end + len(head) + len(data)
        done = os.writev(self._file.fileno(), [head, data])
        if done < len(head) + len(data):  # a disk that has just filled up says so now
            view = memoryview(head + data)[done:]
            while view:
                view = view[self._file.write(view) :]
        self._records[nth] = {"record": record, "start": start + len(head), "bytes": len(data)}

    def data(self, nth: int) -> bytes:
        """Returns the bytes of the nth URL's image."""
        found = self._records[nth]
        return os.pread(self._file.fileno(), found["bytes"], found["start"])

    def remove(self) -> None:
        """Removes the journal: what it says stands elsewhere."""
        if self._path is not None:
            store.remove([self._path])

    def _recover(self, stream: BinaryIO, size: int) -> int:
        """Reads the records of an earlier process; returns where the last whole one ends."""
        end = 0
        while head := stream.readline():
            try:
                value = store.parse(head)
                nth, count, record = value["nth"], value["bytes"], value["record"]
            except (ValueError, KeyError, TypeError):
                break
            start = end + len(head)
            if start + count > size or not head.endswith(b"\n"):
                break
            self._records[nth] = {"record": record, "start": start, "bytes": count}
            end = start + count
            stream.seek(end)
        return end
