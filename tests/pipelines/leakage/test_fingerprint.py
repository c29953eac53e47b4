"""Fingerprints hold hashes and no text, and leave out what tells nothing."""

import json
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipelines.cli import main
from pipelines.leakage import fingerprint as fp
from pipelines.leakage import stop
from pipelines.leakage.benchmark import Item
from tests.pipelines.leakage import sets


def run(*arguments: object) -> int:
    """Runs the command in this process; returns its exit code."""
    return main(["fingerprint", *map(str, arguments)])


NOTHING = stop.phrases(())


def marks(items: list[Item], *kinds: int) -> list[fp.Mark]:
    made = fp.fingerprint("set", items, fp.Parameters(), NOTHING)
    return [mark for mark in made.marks if mark.kind in kinds]


def test_a_file_comes_back_as_it_was_written(tmp_path: Path) -> None:
    items = [
        Item(id=str(n), question=sets.question(n), images=(sets.encoded(sets.scene(n)),))
        for n in range(5)
    ]
    made = fp.fingerprint("set", items, fp.Parameters(), NOTHING, "gsm8k")
    fp.write(str(tmp_path / "a.parquet"), made)
    assert fp.read(str(tmp_path / "a.parquet")) == made
    assert [sum(m.kind == kind for m in made.marks) for kind in range(3)] == [40, 5, 5]


def test_the_file_holds_no_word_of_the_set(tmp_path: Path, samples: Path) -> None:
    out = tmp_path / "gsm8k.parquet"
    run("gsm8k", samples / "records" / "gsm8k", "--out", out)
    data = out.read_bytes()
    assert b"Janet" not in data and b"muffins" not in data
    assert set(pq.read_table(out).column_names) == {"kind", "hash", "anchor", "words", "item"}
    again = tmp_path / "again.parquet"
    run("gsm8k", samples / "records" / "gsm8k", "--out", again)
    assert again.read_bytes() == data


def test_phrases_that_many_items_share_are_left_out() -> None:
    shared = sets.question(99)
    items = [Item(id=str(n), question=sets.question(n), texts=(shared,)) for n in range(21)]
    # Eight of the question, twelve over the edge, and eight of what they share.
    assert len(marks(items, fp.GRAM)) == 21 * 20
    assert len(marks(items[:20], fp.GRAM)) == 20 * 28


def test_questions_that_many_items_ask_are_left_out() -> None:
    items = [Item(id=str(n), question=sets.question(1)) for n in range(4)]
    assert not marks(items, fp.QUESTION) and marks(items[:3], fp.QUESTION)


def test_short_questions_and_plain_pictures_are_left_out() -> None:
    plain = sets.encoded(sets.Image.new("L", (60, 40), 200))
    item = Item(id="1", question="what is it?", texts=(sets.question(1),), images=(plain,))
    made = fp.fingerprint("set", [item], fp.Parameters(), NOTHING)
    assert {mark.kind for mark in made.marks} == {fp.GRAM}
    assert made.left == {"plain pictures": 1, "short questions": 1}


def test_n_grams_with_stop_phrases_are_left_out() -> None:
    item = Item(
        id="1", question=f"{sets.question(1)} Which one of them is true? {sets.question(2)}"
    )
    stopped = stop.phrases(("which one of them is true",))
    made = fp.fingerprint("set", [item], fp.Parameters(), stopped)
    assert sum(mark.kind == fp.GRAM for mark in made.marks) == 16
    assert made.left["n-grams with stop phrases"] == 18


def test_other_sizes_give_other_n_grams(tmp_path: Path) -> None:
    out, path = tmp_path / "a.parquet", tmp_path / "test.jsonl"
    path.write_text(json.dumps({"question": sets.question(1), "answer": ""}))
    run("gsm8k", path, "--words", 8, "--name", "sums", "--out", out)
    made = fp.read(str(out))
    assert (made.name, made.benchmark, made.parameters.size.words) == ("sums", "gsm8k", 8)
    assert sum(mark.kind == fp.GRAM for mark in made.marks) == 13


def test_faults_say_what_to_do(
    tmp_path: Path, samples: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "x.parquet").write_text("no table")
    with pytest.raises(fp.FingerprintError, match="cannot be read as a fingerprint"):
        fp.read_head(str(tmp_path / "x.parquet"))
    for arguments, told, code in (
        (("gsm9k", samples), "unknown evaluation set 'gsm9k'; there are: agieval,", 2),
        (("gsm8k",), "give the set's files and --out", 2),
        (("pope", samples / "records" / "pope", "--out", tmp_path / "p"), "--images the folder", 1),
    ):
        assert run(*arguments) == code
        assert told in capsys.readouterr().err


def test_the_sets_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run() == 0
    assert "mm_vet      MM-Vet: open questions" in capsys.readouterr().out


def test_an_index_refuses_another_format(tmp_path: Path) -> None:
    made = fp.fingerprint("s", [Item(id="1", question=sets.question(1))], fp.Parameters(), NOTHING)
    fp.write(str(tmp_path / "a"), replace(made, left={}))
    table = pq.read_table(tmp_path / "a").replace_schema_metadata({})
    pq.write_table(table, tmp_path / "a")
    with pytest.raises(fp.FingerprintError, match="make it with `shardwright fingerprint`"):
        fp.read(str(tmp_path / "a"))
