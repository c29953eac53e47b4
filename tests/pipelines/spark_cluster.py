"""A Spark cluster on this machine, from the pinned pyspark, for tests.

Its processes are those of `docker/compose.yaml`, with addresses and ports of this machine.
"""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pyspark
import yaml

from pipelines import spark
from tests.conftest import ROOT

HOME = Path(pyspark.__file__).parent
STARTUP_SECONDS = 240
# Several processes of Java share a small machine with the tests.
_DAEMON_MEMORY, _EXECUTOR_MEMORY = "256m", "512m"


@dataclass(slots=True, kw_only=True)
class Cluster:
    """A master, and workers of a core each, the first with the pool that starts Python for all.

    Attributes:
        folder: for logs and scratch files.
        port: of the master; its status page is at `status`.
        pools: ports of the pools of Python workers.
        workers: how many.
    """

    folder: Path
    port: int
    status: int
    pools: list[int]
    workers: int = 2
    started: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def master(self) -> str:
        """The master's URL."""
        return f"spark://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """What the cluster's processes, and builds on it, find around them."""
        python = os.path.dirname(sys.executable)
        return {
            **os.environ,
            "PATH": f"{python}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "OMP_NUM_THREADS": "1",
            "SPARK_HOME": str(HOME),
            "SPARK_NO_DAEMONIZE": "1",
            "SPARK_LOCAL_IP": "127.0.0.1",
            "SPARK_LOCAL_DIRS": str(self.folder / "local"),
            "SPARK_DAEMON_MEMORY": _DAEMON_MEMORY,
            "JDK_JAVA_OPTIONS": f"-XX:+UseSerialGC {os.environ.get('JDK_JAVA_OPTIONS', '')}",
        }

    @property
    def options(self) -> list[object]:
        """Arguments of a build on the cluster."""
        return [
            *("--runner", "spark", "--spark-master", self.master),
            *("--spark-conf", f"spark.executor.memory={_EXECUTOR_MEMORY}"),
            *("--spark-conf", "spark.ui.enabled=false"),
            f"--environment_config=localhost:{self.pools[0]}",
        ]

    @property
    def submit(self) -> str:
        """The command that submits a jar to the cluster."""
        return (
            f"{HOME}/bin/spark-submit --master {self.master} --driver-memory 512m "
            f"--executor-memory {_EXECUTOR_MEMORY} --conf spark.ui.enabled=false"
        )

    def start(self, name: str, command: list[object], **environment: object) -> None:
        """Starts a process in a session of its own."""
        with open(self.folder / f"{name}.log", "wb") as log:
            self.started[name] = subprocess.Popen(
                list(map(str, command)),
                cwd=self.folder,
                env={**self.environment, **{key: str(at) for key, at in environment.items()}},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def start_all(self) -> None:
        """Starts the cluster and waits for its workers."""
        local, port = ["--host", "127.0.0.1"], ["--port", self.port]
        status = ["--webui-port", self.status]
        self.start("master", [*_entrypoint("master"), *local, *port, *status])
        for nth, pool in enumerate(self.pools, start=1):
            share = ["--cores", 1, "--memory", "1g", "--webui-port", 0]
            place = ["--work-dir", self.folder / f"work{nth}"]
            worker = [*_entrypoint("worker", self.master), *local, *share, *place]
            self.start(f"worker{nth}", worker, POOL_PORT=pool)
        deadline = time.monotonic() + STARTUP_SECONDS
        while self.alive() < self.workers:
            dead = [name for name, process in self.started.items() if process.poll() is not None]
            said = "\n".join(self.log(name)[-1000:] for name in dead)
            assert not dead, f"the Spark cluster cannot start: {dead} ended:\n{said}"
            assert time.monotonic() < deadline, "the Spark cluster did not start in time"
            time.sleep(0.5)

    def alive(self) -> int:
        """How many workers the master knows."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.status}/json/") as answer:
                return int(json.load(answer)["aliveworkers"])
        except (urllib.error.URLError, ConnectionError):
            return 0

    def log(self, name: str) -> str:
        """What a process has said."""
        return (self.folder / f"{name}.log").read_text("utf-8", "replace")

    def kill(self, name: str) -> None:
        """Ends a process and all that it started: executors, Python workers."""
        process = self.started[name]
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()

    def stop_all(self) -> None:
        """Ends the cluster's processes and no others."""
        for name in self.started:
            self.kill(name)


@contextmanager
def running(folder: Path, workers: int = 2) -> Iterator[Cluster]:
    """Keeps a cluster up."""
    port, status, *pools = (spark.free_port() for _ in range(2 + workers))
    cluster = Cluster(folder=folder, port=port, status=status, pools=pools, workers=workers)
    try:
        cluster.start_all()
        yield cluster
    finally:
        cluster.stop_all()


def _entrypoint(service: str, master: str = "") -> list[object]:
    """The command of a service of the compose file, but for where it listens."""
    text = (ROOT / "docker" / "compose.yaml").read_text()
    script, kind, *rest = yaml.safe_load(text)["services"][service]["entrypoint"]
    assert rest in (["--host", "master"], ["spark://master:7077"])
    return [script.replace("/shardwright", str(ROOT), 1), kind, *([master] if master else [])]
