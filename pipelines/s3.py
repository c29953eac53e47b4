"""S3: what Beam's client of it does not do."""

import functools
import threading
from types import SimpleNamespace
from typing import Any

# Seconds. Amazon's client alone would try five times for a minute, and Beam it seven times.
_CONNECT, _ANSWER = 5, 20


class StoreError(OSError):
    """A store that cannot be used: the message says which, why and what to set."""


@functools.cache
def share_session() -> None:
    """Lets Beam's S3 calls share a session: it makes one for each, 0.15 s of work every time."""
    try:
        import boto3
        from apache_beam.io.aws.clients.s3 import boto3_client
    except ImportError:
        return
    session, lock = boto3.session.Session(), threading.Lock()

    class Shared:
        """Stands for a new session; making clients of one session is not safe in threads."""

        def client(self, *arguments: Any, **named: Any) -> Any:
            with lock:
                return session.client(*arguments, **named)

    sessions = SimpleNamespace(Session=Shared)
    vars(boto3_client)["boto3"] = SimpleNamespace(session=sessions)


def reach(path: str, options: Any) -> None:
    """Sees once in a process that a bucket can be reached, in seconds.

    Args:
        path: URL of anything in it.
        options: Beam's.

    Raises:
        StoreError: it cannot.
    """
    from apache_beam.options.pipeline_options import S3Options

    told = options.view_as(S3Options)
    names = ("endpoint_url", "region_name", "access_key_id", "secret_access_key", "session_token")
    given = tuple(getattr(told, f"s3_{name}") for name in names)
    _reach(path.split("/")[2], given, not told.s3_disable_ssl, told.s3_verify)


@functools.cache
def _reach(bucket: str, given: tuple[str | None, ...], ssl: bool, verify: Any) -> None:
    try:
        import boto3
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError
    except ImportError:
        raise StoreError("s3:// needs the extra `aws`: pip install 'shardwright[aws]'") from None
    quick = Config(
        connect_timeout=_CONNECT, read_timeout=_ANSWER, retries={"total_max_attempts": 2}
    )
    endpoint, region, key, secret, token = given
    try:
        client = boto3.session.Session().client(
            "s3",
            endpoint_url=endpoint,
            region_name=region,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            aws_session_token=token,
            use_ssl=ssl,
            verify=verify,
            config=quick,
        )
        client.head_bucket(Bucket=bucket)
    except NoCredentialsError:
        raise StoreError(
            f"s3://{bucket}: there are no credentials: set AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY, or what else Amazon's tools take"
        ) from None
    except ClientError as error:
        # Whoever may read some objects need not be allowed to ask for the bucket.
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
            where = client.meta.endpoint_url
            raise StoreError(f"s3://{bucket}: there is no such bucket at {where}") from None
    except (BotoCoreError, ValueError) as error:
        raise StoreError(
            f"s3://{bucket}: the store does not answer: {error}. Set AWS_ENDPOINT_URL, or "
            "--s3_endpoint_url in SHARDWRIGHT_FILES, to where it is"
        ) from None


def put_nothing(path: str, options: Any) -> None:
    """Writes an object of no bytes, which Beam's writer cannot: it always uploads in parts."""
    from apache_beam.io.aws import s3io

    bucket, key = s3io.parse_s3_path(path)
    client = s3io.S3IO(options=options).client.client
    client.put_object(Bucket=bucket, Key=key, Body=b"")
