"""What stands beside the shards, written at the end of a build, before the manifest."""

from typing import Any

from pipelines import store
from pipelines.corpus.state import Corpus
from pipelines.corpus.tarcheck import digest_of
from pipelines.layout import Layout


def publish(layout: Layout, manifest: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Writes all files beside the shards and returns their sizes and digests by name.

    Args:
        layout: of the build.
        manifest: all of it but the answer of this function.
    """
    corpus = Corpus(layout=layout, manifest=manifest, state={})
    names = [f"rejects/{entry}.jsonl" for entry, line in corpus.funnel().items() if line["rejects"]]
    return {name: _seal(layout.corpus(name)) for name in sorted(names)}


def _seal(path: str) -> dict[str, Any]:
    found = store.stat(path)
    return {"bytes": found.size if found else 0, "sha256": digest_of(path)}
