"""The pool of Python workers, and builds through a job service that runs already, without Java."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipelines import spark
from tests.conftest import ROOT
from tests.pipelines import corpora
from tests.pipelines.object_store import wait_for

pytestmark = pytest.mark.timeout(600)
# 127.0.0.1, and the same as gRPC writes it, as the system writes them.
LOOPBACK = {"0100007F", f"{'0' * 16}FFFF00000100007F"}
SERVICE = "apache_beam.runners.portability.local_job_service_main"


@contextmanager
def running(folder: Path, module: str, *options: object) -> Iterator[subprocess.Popen[bytes]]:
    """Keeps a module's process up."""
    with open(folder / f"{module}.log", "wb") as log:
        command = [sys.executable, "-m", module, *map(str, options)]
        # Without the environment's Python on the path: the pool is to know its own.
        plain = {**os.environ, "PATH": "/usr/bin:/bin"}
        process = subprocess.Popen(command, cwd=ROOT, env=plain, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=60)


def listening(pid: int, port: int) -> set[str]:
    """The addresses, as the system writes them, at which a process listens."""
    found = set()
    for kind in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{kind}").read_text().splitlines()[1:]:
            _, local, _, state, *_ = line.split()
            address, number = local.split(":")
            if state == "0A" and int(number, 16) == port:
                found.add(address)
    return found


def test_a_build_through_a_job_service_that_runs(
    workplace: Path, corpus: Path, tmp_path: Path
) -> None:
    port, pool_port = spark.free_port(), spark.free_port()
    with (
        running(tmp_path, SERVICE, "--port", port) as service,
        running(tmp_path, "pipelines.pool", "--port", pool_port) as pool,
    ):
        wait_for(service, port)
        wait_for(pool, pool_port)
        assert listening(pool.pid, pool_port) <= LOOPBACK
        options = ["--runner", "spark", "--job-endpoint", f"localhost:{port}"]
        pools = f"--environment_config=localhost:{pool_port}"
        recipe, out = workplace / "recipe.yaml", tmp_path / "out"
        corpora.run("build", recipe, "--out", out, *options, pools)
        workers = corpora.descendants(pool.pid)
    assert corpora.files(out) == corpora.files(corpus)
    assert not [pid for pid in workers if corpora.alive(pid)]


def test_a_second_pool_at_one_port_says_so(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        command = [sys.executable, "-m", "pipelines.pool", "--port", str(port)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert f"pool: cannot listen at 127.0.0.1:{port}" in done.stderr
