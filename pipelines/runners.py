"""How stages run on each engine: option presets, and a local run that survives its workers.

Locally the stages run in a driver process under a supervisor. Beam's local runner waits for ever
for a worker that died; here the driver ends itself when that happens, and the supervisor starts it
again: receipts make it go on where it was.
"""

import ctypes
import multiprocessing
import os
import pkgutil
import re
import shlex
import signal
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

from pipelines import store

if TYPE_CHECKING:
    from apache_beam.options.pipeline_options import PipelineOptions

# Names that mean "this machine". Beam's own DirectRunner may fetch another engine at run time.
LOCAL = ("local", "DirectRunner", "FnApiRunner")
SPARK = "spark"
DATAFLOW = "dataflow"
# Ours to Beam's names; any other is Beam's own.
_NAMES = {
    **dict.fromkeys(LOCAL, "FnApiRunner"),
    SPARK: "PortableRunner",
    DATAFLOW: "DataflowRunner",
}
# Exit status of a driver whose worker died.
_WORKER_DIED = 75
_RESTARTS = 3
_SUBREAPER = 36


class BuildError(Exception):
    """A build that stopped: the message says why and what to do."""


class UsageError(Exception):
    """A build that cannot start as it was asked for."""


def options(runner: str, workers: int, arguments: list[str]) -> "PipelineOptions":
    """Returns Beam's options for a runner.

    Args:
        runner: one of `LOCAL`, `SPARK`, `DATAFLOW`, or a runner of Beam.
        workers: processes on this machine; 0 for one a core.
        arguments: further Beam options, as on a command line; they win.

    Raises:
        UsageError: a local run is given an option that Beam does not have. Job servers may know
            more options than Beam's Python side, so there Beam itself must see.
    """
    # Takes a second to load, for which no command that only looks should wait.
    from apache_beam.options.pipeline_options import PipelineOptions

    from pipelines import dataflow

    files = shlex.split(os.environ.get(store.OPTIONS, ""))
    preset = [*files, f"--runner={_NAMES.get(runner, runner)}", "--no_save_main_session"]
    if runner in LOCAL:
        count = workers or os.cpu_count() or 1
        mode = "in_memory" if count == 1 else "multi_processing"
        preset += [f"--direct_num_workers={count}", f"--direct_running_mode={mode}"]
        if unknown := _unknown(arguments):
            raise UsageError(
                f"unknown options: {' '.join(unknown)}. `--help` lists ours; the rest are Beam's"
            )
    if runner == DATAFLOW:
        preset += dataflow.PRESET
    return PipelineOptions([*preset, *arguments])


def check(runner: str, workers: int, arguments: list[str], out: str) -> None:
    """Checks the options of a build before anything is done.

    Raises:
        UsageError: it cannot work so, or would cost what nobody asked for.
    """
    if runner in LOCAL and not arguments:
        return
    found = options(runner, workers, arguments)
    if runner == DATAFLOW:
        from pipelines import dataflow

        if faults := dataflow.faults(found, out):
            raise UsageError("\n".join(faults))


def _unknown(arguments: list[str]) -> list[str]:
    """Returns what Beam would drop without a word."""
    from apache_beam.options.pipeline_options import PipelineOptions, _BeamArgumentParser

    parser = _BeamArgumentParser(add_help=False, allow_abbrev=False, conflict_handler="resolve")
    kinds = list(PipelineOptions.__subclasses__())
    for kind in kinds:
        kinds += kind.__subclasses__()
        if "_add_argparse_args" in vars(kind):
            kind._add_argparse_args(parser)
    return parser.parse_known_args(arguments)[1]


def run(
    drive: str,
    job: Any,
    watch: Callable[[str], None],
    log: str,
    elsewhere: Callable[[Any, Callable[[str], None]], Any] | None = None,
) -> Any:
    """Runs a job: on this machine supervised in a process of its own, on an engine from here.

    Args:
        drive: `module:function`, called with the job and what is told which stage begins.
        job: has the `runner`; a picklable value.
        watch: called with the stage at hand; twice a second on this machine.
        log: file for what a driver on this machine and its workers have to say.
        elsewhere: what runs it on an engine, if that is not `drive` too.

    Returns:
        What `drive` returns.

    Raises:
        BuildError: it raised, or processes kept dying.
    """
    if job.runner in LOCAL:
        return supervise(drive, job, watch, log)
    try:
        return (elsewhere or pkgutil.resolve_name(drive))(job, watch)
    except Exception as error:
        raise BuildError(cause(error)) from error


def supervise(drive: str, job: Any, watch: Callable[[str], None], log: str) -> Any:
    """Runs `drive(job, say)` in a process of its own and starts it again when a process dies.

    Args:
        drive: `module:function`, which only that process loads; `say(stage)` tells which begins.
        job: a picklable value.
        watch: called twice a second with the stage at hand.
        log: file to which the driver and its workers write what they have to say.

    Returns:
        What `drive` returns.

    Raises:
        BuildError: it raised, or processes kept dying.
    """
    # Workers whose driver dies become our children, so that they can be found and ended.
    ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)
    for _ in range(_RESTARTS + 1):
        ours, theirs = multiprocessing.Pipe(duplex=False)
        context = multiprocessing.get_context("spawn")
        process = context.Process(target=_drive, args=(drive, job, theirs, log), name="driver")
        process.start()
        theirs.close()
        # Such as the tracker of multiprocessing itself.
        spared = set(_children(os.getpid())) - {process.pid}
        try:
            kind, value = _listen(ours, watch)
        finally:
            _end_all(spared)
            process.join()
        if kind == "done":
            return value
        if kind == "failed":
            raise BuildError(value)
    raise BuildError(
        f"worker processes died {_RESTARTS + 1} times, the last with exit status "
        f"{process.exitcode}; see {log}. If the machine is short of memory, use fewer `--workers`. "
        "What is finished is kept: the same command goes on from there"
    )


def cause(error: BaseException) -> str:
    """Returns what went wrong in a worker, without the traceback that Beam wraps around it."""
    text = str(error)
    pattern = r"(?m)^(?:[\w.]+\.)?(\w+(?:Error|Exception|Interrupt)): (.*)$"
    found = re.findall(pattern, text)
    kind, message = found[-1] if found else (type(error).__name__, text)
    message = re.sub(r" \[while running.*", "", message).strip()
    if "No space left on device" in message:
        return f"the disk is full ({message}): make room and build again; what is finished is kept"
    return message if kind in ("InputError", "BuildError", "StoreError") else f"{kind}: {message}"


def _end_all(spared: set[int]) -> None:
    """Kills every process below this one, the adopted ones too, but for some children."""
    children = set(_children(os.getpid())) - spared
    for pid in [each for child in children for each in (child, *_descendants(child))]:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    # Adopted ones must be waited for by hand; for the driver multiprocessing does it.
    known = {child.pid for child in multiprocessing.active_children()}
    for pid in set(_children(os.getpid())) - spared - known:
        with suppress(ChildProcessError):
            os.waitpid(pid, 0)


def _listen(ours: Connection, watch: Callable[[str], None]) -> tuple[str, Any]:
    """Returns the driver's last word, or ("died", None) if it dies without one."""
    stage = ""
    while True:
        watch(stage)
        if not ours.poll(0.5):
            continue
        try:
            kind, value = ours.recv()
        except EOFError:
            return "died", None
        if kind != "stage":
            return kind, value
        stage = value


def _drive(drive: str, job: Any, said: Connection, log: str) -> None:
    """The driver's life."""
    with open(log, "ab") as stream:
        os.dup2(stream.fileno(), 1)
        os.dup2(stream.fileno(), 2)
    threading.excepthook = _leave_if_worker_died
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    try:
        result = pkgutil.resolve_name(drive)(job, lambda stage: said.send(("stage", stage)))
    except Exception as error:
        said.send(("failed", cause(error)))
        # The log may lie on the very disk that is full.
        with suppress(OSError):
            traceback.print_exc()
    else:
        said.send(("done", result))


def _leave_if_worker_died(arguments: threading.ExceptHookArgs) -> None:
    """Ends the driver when Beam's thread that waits for a worker sees it die."""
    threading.__excepthook__(arguments)
    if "Worker subprocess exited" in str(arguments.exc_value):
        os._exit(_WORKER_DIED)


def _leave_with_parent() -> None:
    """Ends the driver and its workers within a second of the supervisor's death."""
    parent = os.getppid()
    while os.getppid() == parent:
        time.sleep(0.5)
    for pid in _descendants(os.getpid()):
        os.kill(pid, signal.SIGKILL)
    os._exit(1)


def _descendants(pid: int) -> list[int]:
    found = _children(pid)
    return found + [deeper for child in found for deeper in _descendants(child)]


def _children(pid: int) -> list[int]:
    try:
        threads = os.listdir(f"/proc/{pid}/task")
        texts = [open(f"/proc/{pid}/task/{each}/children").read() for each in threads]
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [int(word) for text in texts for word in text.split()]
