"""Hadoop's file system on this machine: a name node and a data node, for tests."""

import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError

from pipelines import spark, store
from tests.conftest import ROOT

_NODES = "org.apache.hadoop.hdfs.server"
_JARS = ROOT / "build" / "jars" / "hadoop"


@contextmanager
def running(folder: Path) -> Iterator[dict[str, str]]:
    """Keeps an empty file system up; gives the environment that leads there."""
    ports = _configure(folder)
    java = ["java", "-Xmx256m", "-cp", f"{folder}:{_jars()}/*"]
    name, data = f"{_NODES}.namenode.NameNode", f"{_NODES}.datanode.DataNode"
    nodes: list[subprocess.Popen[bytes]] = []
    with open(folder / "log", "wb") as log:
        subprocess.run([*java, name, "-format", "-nonInteractive"], check=True, stderr=log)
        try:
            nodes += [subprocess.Popen([*java, each], stderr=log) for each in (name, data)]
            _wait_for(nodes, ports["web"])
            options = f"--hdfs_host=127.0.0.1 --hdfs_port={ports['web']} --hdfs_user=test"
            yield {store.OPTIONS: options}
        finally:
            for node in nodes:
                node.kill()
                node.wait()


def _jars() -> Path:
    """Has the registry's jars beside what else was built; returns their folder."""
    if not (_JARS / "ready").exists():
        goal = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies"
        pom = Path(__file__).with_name("hadoop.xml")
        command = ["mvn", "-B", "-q", "-f", pom, goal, f"-DoutputDirectory={_JARS}"]
        subprocess.run(command, check=True)
        (_JARS / "ready").touch()
    return _JARS


def _configure(folder: Path) -> dict[str, int]:
    """Writes the settings of both nodes; returns their ports."""
    names = ("name", "web", "data", "data_web", "data_rpc")
    ports = {name: spark.free_port() for name in names}
    at = {name: f"127.0.0.1:{port}" for name, port in ports.items()}
    _write(folder / "core-site.xml", {"fs.defaultFS": f"hdfs://{at['name']}"})
    settings = {
        "dfs.replication": "1",
        "dfs.permissions.enabled": "false",
        "dfs.namenode.name.dir": str(folder / "names"),
        "dfs.datanode.data.dir": str(folder / "data"),
        "dfs.namenode.http-address": at["web"],
        "dfs.datanode.hostname": "localhost",
        "dfs.datanode.address": at["data"],
        "dfs.datanode.http.address": at["data_web"],
        "dfs.datanode.ipc.address": at["data_rpc"],
    }
    _write(folder / "hdfs-site.xml", settings)
    return ports


def _write(path: Path, settings: dict[str, str]) -> None:
    entries = "".join(
        f"<property><name>{name}</name><value>{value}</value></property>"
        for name, value in settings.items()
    )
    path.write_text(f"<configuration>{entries}</configuration>")


def _wait_for(nodes: list[subprocess.Popen[bytes]], port: int) -> None:
    """Waits until files can be written."""
    deadline = time.monotonic() + 300
    while not _holds_files(port):
        assert all(node.poll() is None for node in nodes), "Hadoop's nodes cannot start"
        assert time.monotonic() < deadline, "Hadoop's nodes did not start in time"
        time.sleep(0.5)


def _holds_files(port: int) -> bool:
    """Whether the name node answers and knows of a data node."""
    query = "qry=Hadoop:service=NameNode,name=FSNamesystemState"
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/jmx?{query}") as answer:
            return b'"NumLiveDataNodes" : 1' in answer.read()
    except (URLError, ConnectionError):
        return False
