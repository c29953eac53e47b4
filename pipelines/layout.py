"""Where things lie: the corpus, and beside it the workshop of a build.

corpus/manifest.json                     written last: without it there is no corpus
corpus/pretrain/caption/jpg-txt/*.tar    shards with their indexes, a folder a part set
corpus/_build/state.json                 the recipe that was built last, and its stages' folders
corpus/_build/published.json             the stages' folders of the corpus that stands
corpus/_build/units/STANZA-ID.jsonl      what a stanza's inputs were cut into
corpus/_build/fetched/ID.*           where images by URL lie, of a fetch that a stanza names
corpus/_build/staged/ab/UNIT.*           a unit's samples, facts, skips, rejects and receipt
corpus/_build/STAGE/KEY/                 what a stage made of what stood before it
"""

import json
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from pipelines import store

BUILD = "_build"
# A shard's files: the tar, our index, DALI's, and Energon's list of where samples begin.
SHARD_FILES = (".tar", ".parquet", ".idx", ".tar.idx")
# Folder of what Energon wants to know, beside the shards.
ENERGON = ".nv-meta"


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The paths of one build.

    Attributes:
        out: folder or URL of the corpus.
    """

    out: str

    def build(self, *names: str) -> str:
        """A path in the workshop."""
        return store.join(self.out, BUILD, *names)

    def corpus(self, *names: str) -> str:
        """A path in the corpus."""
        return store.join(self.out, *names)

    def staged(self, unit: str, suffix: str) -> str:
        """A file of a unit; a folder for each first byte keeps listings short.

        A unit that a later stage made is named by its path in the workshop.
        """
        if "/" in unit:
            return self.build(f"{unit}.{suffix}")
        return self.build("staged", unit[:2], f"{unit}.{suffix}")

    @property
    def manifest(self) -> str:
        """The file that makes a corpus."""
        return self.corpus("manifest.json")

    @property
    def published(self) -> str:
        """Which folders of the stages the corpus that stands was made from."""
        return self.build("published.json")


def digest(value: Any) -> str:
    """Returns 64 bits in hex of a JSON value: the same for equal values on every machine."""
    text = json.dumps(value, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return blake2b(text.encode(), digest_size=8).hexdigest()
