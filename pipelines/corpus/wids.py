"""The index by which `wids` and the loaders that grew out of it find samples by number."""

from collections.abc import Iterable
from typing import Any

from pipelines.shard import ShardReceipt

# The name under which those loaders look for it.
FILE = "wids-meta.json"


def index(name: str, shards: Iterable[ShardReceipt]) -> dict[str, Any]:
    """Returns the index of one folder; places are relative to it."""
    return {
        "__kind__": "wids-shard-index-v1",
        "wids_version": 1,
        "name": name,
        "shardlist": [
            {
                "url": f"{shard.name.rsplit('/', 1)[-1]}.tar",
                "nsamples": shard.samples,
                "filesize": shard.bytes,
            }
            for shard in shards
        ],
    }
