"""Whatever a child does, the parent gets an answer and the next item a fresh child."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.child import Child, ChildFailed


@pytest.fixture
def child() -> Iterator[Child]:
    child = Child("tests.pipelines.workers:make", {}, memory=2 << 30)
    yield child
    child.close()


def test_results_come_back_whatever_their_size(child: Child) -> None:
    big = os.urandom(3_000_000)
    assert child.call(("echo", big), seconds=20) == big
    assert child.call(("echo", None), seconds=5) is None


@pytest.mark.parametrize(
    ("item", "reason", "message"),
    [
        (("raise", "bad row"), "error", r"ValueError: bad row \(workers.py:\d+\)"),
        (("exit", 3), "died", "died with exit status 3; it said: last words"),
        (("abort", None), "died", "died with signal SIGABRT"),
        (("sleep", 60), "timeout", "took longer than 1 s and was ended"),
        (("spin", None), "timeout", "took longer than 1 s"),
        (("eat", 3 << 30), "memory", "needed more than the limit of 2048 MiB"),
    ],
)
def test_a_bad_item_is_an_answer_and_the_next_is_served(
    child: Child, item: tuple[str, object], reason: str, message: str
) -> None:
    child.call(("echo", 0), seconds=20)
    with pytest.raises(ChildFailed, match=message) as failure:
        child.call(item, seconds=1)
    assert failure.value.reason == reason
    assert child.call(("echo", 1), seconds=20) == 1


def test_a_child_that_cannot_start_is_an_error_of_the_build() -> None:
    child = Child("tests.pipelines.workers:make", {"refuse": True}, memory=2 << 30)
    with pytest.raises(RuntimeError, match=r"cannot start: (?s:.*)bad settings"):
        child.call(("echo", 1), seconds=5)


def test_a_child_outlives_its_killed_parent_by_a_moment_only() -> None:
    code = (
        "from pipelines.child import Child\n"
        "child = Child('tests.pipelines.workers:make', {}, memory=2 << 30)\n"
        "print(child.call(('pid', None), seconds=20), flush=True)\n"
        "child.call(('sleep', 600), seconds=600)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    parent.kill()
    parent.communicate()
    deadline = time.monotonic() + 10
    while Path(f"/proc/{pid}/stat").exists() and time.monotonic() < deadline:
        if Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z":
            break
        time.sleep(0.1)
    assert time.monotonic() < deadline
