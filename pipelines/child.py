"""A child process for hostile work: a crash, a hang or a memory hog costs one row, not the build.

The parent sends an item and waits for the result under a time limit. The child limits its own
memory and processor time. Whatever happens to it, the parent gets an answer: a result, or
`ChildFailed` with the reason; the next call starts a fresh child.

    child = Child("pipelines.convert:make", settings, memory=4 << 30)
    result = child.call(row, seconds=60)
"""

import importlib
import os
import pickle
import resource
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable
from typing import Any

_LENGTH = struct.Struct("!Q")
# Libraries that start a thread per core would oversubscribe: there is a worker per core already.
_ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
_STARTUP_SECONDS = 120


class ChildFailed(Exception):
    """The child gave no result for an item.

    Attributes:
        reason: one of `error` (the work raised), `died`, `timeout`, `memory`.
    """

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason


class Child:
    """A restartable child process around one function.

    Args:
        target: `module:function`; called once in the child with `settings`, it returns the function
            that handles an item.
        settings: a picklable value.
        memory: limit of the child's address space in bytes.
        files: descriptors of open files that the child has under the same numbers.
    """

    def __init__(
        self, target: str, settings: Any, *, memory: int, files: tuple[int, ...] = ()
    ) -> None:
        self._target = target
        self._settings = settings
        self._memory = memory
        self._files = files
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        self._log: Any = None

    def call(self, item: Any, *, seconds: float) -> Any:
        """Returns what the function makes of an item.

        Raises:
            ChildFailed: it raised, died, took too long or too much memory.
            RuntimeError: the child cannot start, so no item has a chance.
        """
        if self._socket is None:
            self._start()
        try:
            _send(self._socket, (item, seconds), time.monotonic() + seconds)
            kind, value = _receive(self._socket, time.monotonic() + seconds)
        except TimeoutError:
            self.close()
            raise ChildFailed("timeout", f"took longer than {seconds:g} s and was ended") from None
        except (EOFError, OSError):
            raise ChildFailed("died", self._obituary()) from None
        if kind == "result":
            return value
        raise ChildFailed(kind, value)

    def close(self) -> None:
        """Ends the child and everything it started."""
        if self._process is not None:
            try:
                os.killpg(self._process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            self._process.wait()
        if self._socket is not None:
            self._socket.close()
        if self._log is not None:
            self._log.close()
        self._process = self._socket = self._log = None

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        self._log = tempfile.TemporaryFile()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "pipelines.child", str(theirs.fileno())],
            pass_fds=[theirs.fileno(), *self._files],
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            env={
                **os.environ,
                **_ONE_THREAD,
                "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            },
            start_new_session=True,
        )
        theirs.close()
        self._socket = ours
        deadline = time.monotonic() + _STARTUP_SECONDS
        try:
            _send(ours, (self._target, self._settings, self._memory), deadline)
            kind, value = _receive(ours, deadline)
        except (OSError, EOFError):
            kind, value = "error", self._obituary()
        if kind != "result":
            self.close()
            raise RuntimeError(f"the child process for {self._target} cannot start: {value}")

    def _obituary(self) -> str:
        """Ends what is left of a dead child and says how it died, with the end of its output."""
        assert self._process is not None
        try:
            code = self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            code = 0
        self._log.seek(max(0, self._log.seek(0, os.SEEK_END) - 2000))
        said = self._log.read().decode("utf-8", "replace").strip()
        self.close()
        how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"
        return f"the child process died with {how}" + (f"; it said: {said}" if said else "")


def _send(channel: socket.socket | None, value: Any, deadline: float) -> None:
    assert channel is not None
    data = pickle.dumps(value, protocol=5)
    channel.settimeout(max(0.001, deadline - time.monotonic()))
    channel.sendall(_LENGTH.pack(len(data)))
    channel.sendall(data)


def _receive(channel: socket.socket | None, deadline: float | None = None) -> Any:
    assert channel is not None
    (length,) = _LENGTH.unpack(_receive_bytes(channel, _LENGTH.size, deadline))
    return pickle.loads(_receive_bytes(channel, length, deadline))


def _receive_bytes(channel: socket.socket, size: int, deadline: float | None) -> bytearray:
    data = bytearray(size)
    view, got = memoryview(data), 0
    while got < size:
        if deadline is not None:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            channel.settimeout(left)
        count = channel.recv_into(view[got:])
        if not count:
            raise EOFError
        got += count
    return data


def _serve(channel: socket.socket) -> None:
    """The child's life: set limits, make the function, answer items until the parent goes."""
    channel.settimeout(None)
    target, settings, memory = _receive(channel)
    try:
        module, name = target.split(":")
        handle = getattr(importlib.import_module(module), name)(settings)
        # The soft limit alone: a converter that needs another may set its own.
        resource.setrlimit(resource.RLIMIT_AS, (memory, resource.RLIM_INFINITY))
    except Exception:
        _reply(channel, ("error", traceback.format_exc(limit=-3)))
        raise
    _reply(channel, ("result", None))
    while True:
        try:
            item, seconds = _receive(channel)
        except EOFError:
            return
        _reply(channel, _answer(handle, item, seconds, memory))


def _answer(
    handle: Callable[[Any], Any], item: Any, seconds: float, memory: int
) -> tuple[str, Any]:
    """Runs the function on an item and returns what to send back."""
    # Outlives a parent that was killed, even in a loop that never lets another thread run.
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit = int(used.ru_utime + used.ru_stime + seconds) + 5
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))
    try:
        return "result", handle(item)
    except MemoryError:
        return "memory", f"needed more than the limit of {memory >> 20} MiB of memory"
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{os.path.basename(place.filename)}:{place.lineno}"
        return "error", f"{type(error).__name__}: {error} ({where})"


def _reply(channel: socket.socket, value: tuple[str, Any]) -> None:
    data = pickle.dumps(value, protocol=5)
    channel.sendall(_LENGTH.pack(len(data)))
    channel.sendall(data)


def _leave_with_parent() -> None:
    """Ends this process within a second of its parent's death."""
    parent = os.getppid()
    while os.getppid() == parent:
        time.sleep(1)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    _serve(socket.socket(fileno=int(sys.argv[1])))
