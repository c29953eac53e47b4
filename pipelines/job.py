"""One call of build: what it is to do, and the folder that it has to itself."""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from pipelines import runners, spark, store
from pipelines.layout import BUILD
from pipelines.recipe import Recipe

STAGES = ("ingest", "annotate", "dedup", "plan", "write")


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One call of build.

    Attributes:
        recipe: what to build.
        out: folder or URL of the corpus.
        until: last stage to run.
        retry: whether rejects are tried once more.
        runner: engine.
        workers: processes on this machine; 0 for one a core.
        arguments: further Beam options.
        cluster: where Spark is, for the runner `spark`.
    """

    recipe: Recipe
    out: str
    until: str = STAGES[-1]
    retry: bool = False
    runner: str = "DirectRunner"
    workers: int = 0
    arguments: tuple[str, ...] = ()
    cluster: spark.Cluster = field(default_factory=spark.Cluster)


@contextmanager
def logging_to(out: str) -> Iterator[str]:
    """Gives the file for what drivers, workers and clusters have to say."""
    if store.is_local(out):
        yield os.path.join(out, BUILD, "log.txt")
        return
    with tempfile.NamedTemporaryFile(prefix="shardwright-", suffix=".log", delete=False) as stream:
        yield stream.name


@contextmanager
def lock(out: str) -> Iterator[None]:
    """Keeps two builds out of one folder; a dead build's lock is gone with it."""
    if not store.is_local(out):
        yield
        return
    folder = os.path.join(out, BUILD)
    try:
        os.makedirs(folder, exist_ok=True)
        stream = open(os.path.join(folder, "lock"), "w")
    except OSError as error:
        raise runners.BuildError(f"cannot write into {out}: {error.strerror}") from None
    with stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise runners.BuildError(f"another build is at work in {out}") from None
        yield
