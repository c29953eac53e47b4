"""What the child processes of test_child do; a module of its own because children import it."""

import os
import time
from collections.abc import Callable
from typing import Any

_held = []


def make(settings: dict[str, Any]) -> Callable[[tuple[str, Any]], Any]:
    """Returns a function that behaves as its item says."""
    if settings.get("refuse"):
        raise ValueError("bad settings")
    return lambda item: _VERBS[item[0]](item[1])


def _exit(code: int) -> None:
    print("last words", flush=True)
    os._exit(code)


def _spin(value: None) -> None:
    while True:
        pass


def _raise(text: str) -> None:
    raise ValueError(text)


_VERBS: dict[str, Callable[[Any], Any]] = {
    "echo": lambda value: value,
    "exit": _exit,
    "abort": lambda value: os.abort(),
    "sleep": time.sleep,
    "spin": _spin,
    "eat": lambda size: _held.append(bytearray(size)),
    "raise": _raise,
    "pid": lambda value: os.getpid(),
}
