"""A server on this machine that speaks as Google's object store does, for tests."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from google.cloud import storage

from pipelines import spark, store
from tests.pipelines.object_store import BUCKET, wait_for


@contextmanager
def running(folder: Path) -> Iterator[dict[str, str]]:
    """Keeps a server with an empty bucket up; gives the environment that leads there."""
    port = spark.free_port()
    program = Path(sys.executable).with_name("gcp-storage-emulator")
    place = ["--host=127.0.0.1", f"--port={port}", "--in-memory", f"--default-bucket={BUCKET}"]
    with open(folder / "gcs.log", "wb") as log:
        command = [program, "start", *place]
        server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        wait_for(server, port)
        # No credentials are looked for: elsewhere that asks the network.
        yield {
            "STORAGE_EMULATOR_HOST": f"http://127.0.0.1:{port}",
            store.OPTIONS: "--no_auth",
        }
    finally:
        server.kill()
        server.wait()


def put_folder(folder: Path, prefix: str) -> None:
    """Uploads the files of a folder."""
    bucket = storage.Client.create_anonymous_client().bucket(BUCKET)
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            bucket.blob(f"{prefix}/{path.relative_to(folder)}").upload_from_filename(path)


def objects(prefix: str) -> dict[str, bytes]:
    """What the names below a prefix hold."""
    client = storage.Client.create_anonymous_client()
    found = client.list_blobs(BUCKET, prefix=f"{prefix}/")
    return {each.name[len(prefix) + 1 :]: each.download_as_bytes() for each in found}
