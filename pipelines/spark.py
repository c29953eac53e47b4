"""Builds on a Spark 3.5 cluster, by Beam's job server for Spark.

The job server is Spark's driver. By default it is started for the build and ends with it, so that
all stages share the executors. Where one runs already, its address is enough. Clusters that want a
jar get one for each stage, by `spark-submit`: there the job server only packs it.
"""

import contextlib
import importlib.util
import logging
import os
import random
import shlex
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc

from pipelines.runners import BuildError, UsageError

# What Spark reaches into on Java 17.
_OPENS = (
    "java.lang",
    "java.lang.invoke",
    "java.net",
    "java.nio",
    "java.util",
    "java.util.concurrent",
    "sun.nio.ch",
    "sun.security.action",
)
_DRIVER = "org.apache.beam.runners.spark.SparkJobServerDriver"
_RUNNER = "org.apache.beam.runners.spark.SparkPipelineRunner"
# One Spark application for all stages: else each waits for executors and Python to start anew.
_ONE_APPLICATION = "-Dbeam.spark.test.reuseSparkContext=true"
_STARTUP_SECONDS = 180
_PORTS = range(20_000, 32_000)
# What Beam says when Python code raised: it would do so again.
_RAISED = "Error received from SDK harness"
_RESTARTS = 2
# Makes the job server, and with it the executors, end when the build is killed. Python itself could
# only ask for that between fork and exec, where gRPC's threads of a stage before may crash.
_WITH_PARENT = ("setpriv", "--pdeathsig", "KILL")
# A pool of Python workers on each node, started there by `worker_pool_main`; kept between stages.
_PRESET = (
    "--environment_type=EXTERNAL",
    "--environment_config=localhost:50000",
    "--environment_cache_millis=600000",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """How a cluster is reached: one of `master`, `endpoint` and `submit`.

    Attributes:
        master: `spark://HOST:PORT`; a job server is started for the build.
        endpoint: `HOST:PORT` of a job server that runs already.
        submit: `spark-submit` with its options, for a jar of each stage.
        jar: the job server's jar; empty for that of `make spark-jar`.
        conf: settings of Spark as `KEY=VALUE`, for `master`.
    """

    master: str = ""
    endpoint: str = ""
    submit: str = ""
    jar: str = ""
    conf: tuple[str, ...] = ()

    def check(self) -> None:
        """Checks what can be checked before anything starts.

        Raises:
            UsageError: it cannot work so.
        """
        ways = [name for name in ("master", "endpoint", "submit") if getattr(self, name)]
        if len(ways) != 1:
            raise UsageError(
                f"--runner spark: got {len(ways)} ways to the cluster, expected one of "
                "--spark-master spark://HOST:PORT, --job-endpoint HOST:PORT and "
                "--spark-submit 'spark-submit --master ...'"
            )
        if self.conf and not self.master:
            raise UsageError(
                "--spark-conf goes with --spark-master: give it to the job server that runs, or "
                "as --conf to spark-submit"
            )
        for setting in self.conf:
            if not setting.startswith("spark.") or "=" not in setting:
                raise UsageError(f"--spark-conf: expected spark.KEY=VALUE, got {setting!r}")
        if not self.endpoint:
            _find_jar(self.jar)


def restarting(drive: Callable[[list[str]], Any], cluster: Cluster, log: str) -> Any:
    """Calls `drive` with the Beam options for a cluster, again if workers were lost.

    An executor whose Python worker has died fails every task that it is given from then on: only a
    new application has new ones.

    Raises:
        BuildError: it raised, or workers kept dying.
    """
    for _ in range(_RESTARTS + 1):
        try:
            with _logged(log), connected(cluster, log) as preset:
                return drive(preset)
        # What Beam raises: of a job that failed, and of a job server that has gone.
        except (RuntimeError, grpc.RpcError) as error:
            text = str(error)
            failed = isinstance(error, grpc.RpcError) or "failed in state" in text
            if _RAISED in text or not failed:
                raise
            lost = text.strip().splitlines()[0]
    raise BuildError(
        f"the cluster lost workers {_RESTARTS + 1} times; the last time it said: {lost}; see {log}."
        " What is finished is kept: the same command goes on from there"
    )


@contextlib.contextmanager
def connected(cluster: Cluster, log: str) -> Iterator[list[str]]:
    """Keeps a job server at hand and yields the Beam options that lead to it.

    Args:
        cluster: where to.
        log: file for what a job server has to say.

    Raises:
        BuildError: the job server does not start.
    """
    if cluster.endpoint:
        yield [*_PRESET, f"--job_endpoint={cluster.endpoint}"]
        return
    port = free_port()
    # A job server that only packs jars has no use for a cluster.
    properties = [f"-D{setting}" for setting in cluster.conf] + [_ONE_APPLICATION]
    command = [
        *_WITH_PARENT,
        *_java(cluster.jar, properties),
        f"--spark-master-url={cluster.master or 'local[1]'}",
        "--job-host=localhost",
        f"--job-port={port}",
        "--artifact-port=0",
        "--expansion-port=-1",
    ]
    with open(log, "ab") as stream, tempfile.TemporaryDirectory() as folder:
        before = stream.tell()
        process = subprocess.Popen(
            [*command, f"--artifacts-dir={folder}"],
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
        )
        try:
            _wait_for(process, port, log, before)
            yield [*_PRESET, f"--job_endpoint=localhost:{port}"]
        finally:
            process.terminate()
            process.wait()


def submit(command: str, jar: str, log: str) -> None:
    """Runs the jar of a stage on a cluster and waits for its end.

    Args:
        command: `spark-submit` with its options.
        jar: path of the jar.
        log: file for what Spark has to say.

    Raises:
        BuildError: it failed.
    """
    with open(log, "ab") as stream:
        before = stream.tell()
        try:
            done = subprocess.run(
                [*shlex.split(command), "--class", _RUNNER, jar],
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
                check=False,
            )
        except OSError as error:
            raise BuildError(f"cannot run {command!r}: {error.strerror}") from None
    if done.returncode:
        raise BuildError(
            f"{command!r} ended with exit status {done.returncode}: {_last_words(log, before)}."
            " What is finished is kept: the same command goes on from there"
        )


def _java(jar: str, properties: list[str]) -> list[str]:
    """The command line of the job server, but for its own arguments."""
    home = os.environ.get("JAVA_HOME")
    path = [_find_jar(jar)]
    if spark := _spark_home():
        path.append(f"{spark}/jars/*")
    return [
        os.path.join(home, "bin", "java") if home else "java",
        *(f"--add-opens=java.base/{name}=ALL-UNNAMED" for name in _OPENS),
        *properties,
        "-cp",
        os.pathsep.join(path),
        _DRIVER,
    ]


def _find_jar(jar: str) -> str:
    """Returns the path of the job server's jar.

    Raises:
        UsageError: there is none.
    """
    if jar:
        if not os.path.isfile(jar):
            raise UsageError(f"--spark-jar: there is no file {jar}")
        return jar
    folder = os.environ.get("SHARDWRIGHT_JARS", "build/jars")
    found = sorted(Path(folder).glob("spark-job-server-*.jar"))
    if not found:
        raise UsageError(
            f"there is no jar of Beam's job server for Spark in {folder}: `make spark-jar` builds "
            "it, or --spark-jar names the one that Beam releases"
        )
    return str(found[-1])


def _spark_home() -> str:
    """Where Spark's own jars are; empty if only Beam's released jar, which holds them, is there."""
    if home := os.environ.get("SPARK_HOME"):
        return home
    package = importlib.util.find_spec("pyspark")
    return os.path.dirname(package.origin) if package and package.origin else ""


def _wait_for(process: subprocess.Popen[bytes], port: int, log: str, before: int) -> None:
    deadline = time.monotonic() + _STARTUP_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise BuildError(f"the job server for Spark does not start: {_last_words(log, before)}")
        with contextlib.suppress(OSError), socket.create_connection(("localhost", port), 1):
            return
        time.sleep(0.2)
    raise BuildError(f"the job server for Spark did not answer in {_STARTUP_SECONDS} s; see {log}")


def _last_words(log: str, before: int) -> str:
    """What a log ends with behind what was there before: its last exception, or its last line."""
    lines = Path(log).read_bytes()[before:].decode("utf-8", "replace").splitlines()[-400:]
    told = [line for line in lines if "Exception: " in line or "Error: " in line] or lines[-1:]
    return f"{told[-1].strip() if told else 'it said nothing'} (see {log})"


def free_port() -> int:
    """Returns a port on which a program that is about to start can listen."""
    # Below those that systems give to outgoing connections: Java is slow to come for it.
    for port in random.sample(_PORTS, len(_PORTS)):
        with contextlib.suppress(OSError), socket.create_server(("localhost", port)):
            return port
    raise BuildError(f"no port from {_PORTS.start} to {_PORTS.stop - 1} is free on this machine")


@contextlib.contextmanager
def _logged(log: str) -> Iterator[None]:
    """Sends what Beam logs of a job, page-long traces of Java among it, to the log alone."""
    root, handler = logging.getLogger(), logging.FileHandler(log)
    before, root.handlers = root.handlers, [handler]
    try:
        yield
    finally:
        root.handlers = before
        handler.close()
