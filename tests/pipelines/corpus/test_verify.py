"""`verify` finds every damage and names it; a whole corpus passes."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.corpus import verify
from tests.pipelines import corpora
from tests.pipelines.corpus.conftest import Ask


def shard(corpus: Path, suffix: str) -> Path:
    """A file of a shard that holds several samples."""
    return corpus / f"{corpora.manifest(corpus)['shards'][-1]['name']}{suffix}"


def flip(path: Path, position: int) -> None:
    data = bytearray(path.read_bytes())
    data[position] ^= 1
    path.write_bytes(data)


def cut(path: Path, size: int) -> None:
    path.write_bytes(path.read_bytes()[:size])


def append(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"more")


def rewrite(corpus: Path, change: Callable[[list[dict[str, Any]]], object]) -> None:
    path = shard(corpus, ".parquet")
    table = pq.read_table(path)
    rows = table.to_pylist()
    change(rows)
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), path)


def test_a_whole_corpus_passes_with_and_without_its_workshop(ask: Ask, damaged: Path) -> None:
    assert "all as they should be" in ask("verify", damaged)
    shutil.rmtree(damaged / "_build")
    assert ask("verify", damaged, "--json")["ok"]


DAMAGE: dict[str, tuple[Callable[[Path], object], str, str]] = {
    "content": (lambda out: flip(shard(out, ".tar"), 700), ".tar", "its SHA-256 is"),
    "header": (lambda out: flip(shard(out, ".tar"), 3), ".tar", "no tar header: bad checksum"),
    "cut": (lambda out: cut(shard(out, ".tar"), 700), ".tar", "the tar was cut inside"),
    "no end": (lambda out: cut(shard(out, ".tar"), -1024), ".tar", "without its end blocks"),
    "half end": (lambda out: cut(shard(out, ".tar"), -512), ".tar", "only one of two end blocks"),
    "longer": (lambda out: append(shard(out, ".tar")), ".tar", "bytes behind the end of the tar"),
    "no tar": (lambda out: shard(out, ".tar").unlink(), ".tar", "is missing"),
    "no index": (lambda out: shard(out, ".parquet").unlink(), ".parquet", "is missing"),
    "no dali": (lambda out: shard(out, ".idx").unlink(), ".idx", "is missing"),
    "index bytes": (lambda out: flip(shard(out, ".parquet"), 40), ".parquet", "its SHA-256 is"),
    "index names": (
        lambda out: rewrite(out, lambda rows: rows[0]["member_names"].__setitem__(0, "x.json")),
        ".parquet",
        "has members of other names: x.json",
    ),
    "index order": (lambda out: rewrite(out, list.reverse), ".parquet", "row 0 ("),
    "index rows": (lambda out: rewrite(out, list.pop), ".parquet", "rows, the manifest says"),
    "no parquet": (lambda out: cut(shard(out, ".parquet"), 9), ".parquet", "cannot be read as an"),
    "dali": (lambda out: flip(shard(out, ".idx"), 20), ".idx", "line 2 is"),
    "energon": (lambda out: flip(shard(out, ".tar.idx"), 8), ".tar.idx", "entry 1 is"),
    "unknown": (lambda out: shard(out, ".bak").write_bytes(b""), ".bak", "no file of this corpus"),
    "rejects": (
        lambda out: (out / "rejects" / "pairs.jsonl").write_text(""),
        "rejects/pairs.jsonl",
        "holds 0 rejects, the manifest says 1",
    ),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_found_and_named(ask: Ask, damaged: Path, name: str) -> None:
    spoil, path, message = DAMAGE[name]
    spoil(damaged)
    told = ask("verify", damaged, "--json", code=1)
    hits = [each["message"] for each in told["faults"] if each["path"].endswith(path)]
    assert any(message in hit for hit in hits), told


EDITS: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "samples": (lambda told: told.update(samples=1), "its samples is 1, its shards give"),
    "digest": (lambda told: told.update(digest="0"), "its digest is 0"),
    "rows": (lambda told: told["funnel"]["pairs"].update(rows=9), "does not add up: pairs"),
    "shards": (lambda told: told["shards"].pop(), "no file of this corpus"),
    "torn": (lambda told: told.pop("funnel"), "is not a manifest: KeyError('funnel')"),
    "entry": (
        lambda told: told["funnel"]["notebooks"].update(
            rows=told["funnel"]["notebooks"]["rows"] + 1,
            extra=told["funnel"]["notebooks"]["extra"] - 1,
        ),
        "the receipts of notebooks give",
    ),
}


@pytest.mark.parametrize("name", EDITS)
def test_an_edited_manifest_is_found_out(ask: Ask, damaged: Path, name: str) -> None:
    change, message = EDITS[name]
    manifest = corpora.manifest(damaged)
    change(manifest)
    (damaged / "manifest.json").write_text(json.dumps(manifest))
    assert message in ask("verify", damaged, code=1)


def test_a_manifest_that_is_no_json_is_named(ask: Ask, damaged: Path) -> None:
    (damaged / "manifest.json").write_text("{")
    assert "manifest.json: is not JSON" in ask("verify", damaged, code=1)


def test_receipts_that_differ_are_found(ask: Ask, damaged: Path) -> None:
    path = next(damaged.glob("_build/write/*/pretrain/**/*.json"))
    receipt = json.loads(path.read_text())
    path.write_text(json.dumps({**receipt, "samples": 99}))
    assert "the receipts of shards differ" in ask("verify", damaged, code=1)


def test_a_build_that_has_not_ended_fails(ask: Ask, begun: Path) -> None:
    assert "the build has not ended" in ask("verify", begun, code=1)


def test_keys_are_compared_in_as_many_passes_as_memory_wants(
    built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = verify.open_corpus(str(built))
    twice = [*corpus.shards(), corpus.shards()[0]]
    for room in (10**6, 7):
        monkeypatch.setattr(verify, "_KEYS", room)
        faults = list(verify.check_keys(corpus, twice))
        assert len(faults) == twice[0].samples
        assert f"comes twice, first in {twice[0].name}.tar" in faults[0].message
    assert not list(verify.check_keys(corpus, corpus.shards()))
