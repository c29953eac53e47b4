"""A real S3 server on this machine, for tests."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3

from pipelines import spark

BUCKET = "bucket"


def environment(port: int) -> dict[str, str]:
    """What leads Amazon's tools to the server."""
    return {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }


@contextmanager
def running(folder: Path) -> Iterator[dict[str, str]]:
    """Keeps a server with an empty bucket up; gives the environment that leads there."""
    port = spark.free_port()
    with open(folder / "s3.log", "wb") as log:
        command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
        server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        wait_for(server, port)
        client(environment(port)).create_bucket(Bucket=BUCKET)
        yield environment(port)
    finally:
        server.kill()
        server.wait()


def client(environment: dict[str, str]) -> Any:
    """A client of the server."""
    return boto3.client(
        "s3",
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        region_name=environment["AWS_DEFAULT_REGION"],
    )


def put_folder(environment: dict[str, str], folder: Path, prefix: str) -> None:
    """Uploads the files of a folder."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            name = f"{prefix}/{path.relative_to(folder)}"
            client(environment).put_object(Bucket=BUCKET, Key=name, Body=path.read_bytes())


def objects(environment: dict[str, str], prefix: str) -> dict[str, bytes]:
    """What the names below a prefix hold."""
    s3, found = client(environment), {}
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=f"{prefix}/"):
        for entry in page.get("Contents", []):
            body = s3.get_object(Bucket=BUCKET, Key=entry["Key"])["Body"].read()
            found[entry["Key"][len(prefix) + 1 :]] = body
    return found


def wait_for(server: subprocess.Popen[bytes], port: int) -> None:
    """Waits until a server listens."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        assert server.poll() is None, "the store's server cannot start"
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise AssertionError("the store's server did not start in time")
