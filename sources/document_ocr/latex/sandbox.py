"""Runs programs on a stranger's files: bubblewrap without network, with limits on everything.

The program sees the system's programs and TeX's trees read-only, an empty /tmp, and the paper's
folder, which is /paper and the only place that keeps what is written. It runs as nobody where we
may choose, so that the limit on processes holds.
"""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sources.document_ocr.latex.loss import Loss

NOBODY = 65534
# Where TeX, fonts and alternatives (bibtex is a link there) lie on a Debian system.
_READABLE = (
    "/usr",
    "/etc/texmf",
    "/etc/alternatives",
    "/etc/fonts",
    "/etc/papersize",
    "/var/lib/texmf",
    "/var/cache/fontconfig",
)
_LINKS = ("/bin", "/lib", "/lib64", "/sbin")
# What it takes to become nobody; gone once we are.
_TO_NOBODY = ("CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP")
_OUTPUT_BYTES = 4 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one program may use; bytes, seconds, numbers."""

    seconds: float = 90.0
    memory: int = 4 << 30
    file_bytes: int = 512 << 20
    processes: int = 256
    files: int = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """How a program ended.

    Attributes:
        status: its exit status; negative for a signal.
        output: what it printed, both streams, cut at 4 MB.
        timed_out: whether the limit on seconds ended it.
    """

    status: int
    output: bytes
    timed_out: bool


@cache
def available() -> bool:
    """Whether bubblewrap is installed and may make its namespaces here."""
    if shutil.which("bwrap") is None:
        return False
    probe = ["bwrap", *_namespaces(), "--ro-bind", "/", "/", "/bin/true"]
    return subprocess.run(probe, capture_output=True, check=False).returncode == 0


def _namespaces() -> list[str]:
    """As root we become nobody inside, which a namespace of users would not let us."""
    if os.geteuid() != 0:
        return ["--unshare-all"]
    return [f"--unshare-{name}" for name in ("ipc", "pid", "net", "uts", "cgroup-try")]


def run(
    command: Sequence[str],
    folder: Path,
    *,
    limits: Limits,
    environment: dict[str, str] | None = None,
    programs: Sequence[Path] = (),
    trusted: bool = False,
) -> Finished:
    """Runs a command in the folder and returns how it ended; nothing of it outlives the call.

    Args:
        command: the program and its arguments; paths are those inside: the folder is /paper.
        folder: the paper's files.
        limits: what it may use.
        environment: its variables besides PATH, HOME and the locale.
        programs: further files that it may read, seen under /programs by their names.
        trusted: run without bubblewrap where that is missing.

    Raises:
        RuntimeError: bubblewrap is missing and the paper is not trusted.
    """
    variables = {
        "PATH": "/usr/bin:/bin",
        "HOME": "/nowhere",
        "LC_ALL": "C.UTF-8",
        **(environment or {}),
    }
    if available():
        # Only nobody may enter the folder, so the step into it comes last.
        inside = [*_limited(limits), "env", "--chdir=/paper", *command]
        words = _wrapped(folder, variables, programs) + inside
        _hand_over(folder)
        return _wait(words, folder, limits.seconds, {"PATH": os.environ.get("PATH", "")})
    if not trusted:
        raise RuntimeError(
            "bubblewrap is missing or not allowed to make namespaces, and TeX from strangers is "
            "not run without it: install the package bubblewrap, or set trusted=true for papers "
            "of your own"
        )
    places = {f"/programs/{path.name}": str(path) for path in programs}
    words = [places.get(word, word) for word in command]
    return _wait(_limited(limits) + words, folder, limits.seconds, variables)


def _limited(limits: Limits) -> list[str]:
    as_nobody = []
    if os.geteuid() == 0 and available():
        as_nobody = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
        as_nobody += ["--no-new-privs", "--bounding-set=-all", "--inh-caps=-all"]
    return [
        "prlimit",
        f"--as={limits.memory}",
        f"--fsize={limits.file_bytes}",
        f"--cpu={int(limits.seconds) + 5}",
        f"--nproc={limits.processes}",
        f"--nofile={limits.files}",
        "--core=0",
        "--",
        *as_nobody,
    ]


def _wrapped(folder: Path, variables: dict[str, str], programs: Sequence[Path]) -> list[str]:
    words = ["bwrap", *_namespaces(), "--die-with-parent", "--new-session", "--clearenv"]
    words += ["--cap-drop", "ALL", "--hostname", "paper"]
    if os.geteuid() == 0:
        words += [word for name in _TO_NOBODY for word in ("--cap-add", name)]
    for parent in ("/etc", "/var", "/var/lib", "/var/cache", "/programs"):
        words += ["--perms", "0755", "--dir", parent]
    for place in _READABLE:
        words += ["--ro-bind-try", place, place]
    for link in _LINKS:
        if Path(link).is_symlink():
            words += ["--symlink", os.readlink(link), link]
        else:
            words += ["--ro-bind-try", link, link]
    words += [
        "--proc",
        "/proc",
        "--dev",
        "/dev",
        "--size",
        str(64 << 20),
        "--perms",
        "1777",
        "--tmpfs",
        "/tmp",
    ]
    for path in programs:
        words += ["--ro-bind", str(path), f"/programs/{path.name}"]
    words += ["--bind", str(folder), "/paper"]
    for name, value in variables.items():
        words += ["--setenv", name, value]
    return words


def _hand_over(folder: Path) -> None:
    """Gives the paper's folder to nobody, if we may choose who runs."""
    if os.geteuid() != 0:
        return
    for place in (folder, *folder.rglob("*")):
        os.chown(place, NOBODY, NOBODY, follow_symlinks=False)


def _wait(words: list[str], folder: Path, seconds: float, variables: dict[str, str]) -> Finished:
    # Into a file, not a pipe: the limit on file sizes then holds for what it prints, too.
    with (
        tempfile.TemporaryFile() as output,
        subprocess.Popen(
            words,
            cwd=folder,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as process,
    ):
        try:
            process.wait(timeout=seconds)
            timed_out = False
        except subprocess.TimeoutExpired:
            # The whole group: bubblewrap dies with its parent, and its namespace with it.
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            timed_out = True
        output.seek(0)
        printed = output.read(_OUTPUT_BYTES)
    return Finished(status=process.returncode, output=printed, timed_out=timed_out)


def must_end_well(finished: Finished, what: str) -> None:
    """Turns the end by a limit into the loss of the paper.

    Raises:
        Loss: the limit on seconds, or a signal, ended it.
    """
    if finished.timed_out:
        raise Loss("timeout", f"{what} did not end in time")
    if finished.status in (-signal.SIGKILL, -signal.SIGXCPU, 128 + signal.SIGXCPU):
        raise Loss("timeout", f"{what} used up its CPU seconds")
    if finished.status in (-signal.SIGXFSZ, 128 + signal.SIGXFSZ):
        raise Loss("output_too_large", f"{what} wrote a file above the limit")
