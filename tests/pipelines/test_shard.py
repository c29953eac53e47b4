"""A shard is what was staged, in the order of its plan, with an index that says so."""

import tarfile
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines import facts, store
from pipelines.convert import Converted, Result
from pipelines.layout import Layout
from pipelines.plan import Reference, order
from pipelines.plan import _write_plan as write_plan
from pipelines.shard import ShardReceipt, StagedReader, write_shard
from pipelines.staging import StagedWriter, facts_line, facts_table, read_facts
from sources.sample import Sample, Segment, from_members, to_members


def converted(name: str) -> Converted:
    sample = Sample(
        key=f"s-{name}",
        category="pretrain/text",
        segments=(Segment(text=f"text {name}"),),
        measures=(("quality", 0.5), ("recall", 1.0)),
    )
    members = to_members(sample)
    told = facts.measure(sample, [], stanza="texts", stated="en")
    return Converted(members=members, facts={**told, **facts.place(members)})


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """Three staged samples and the plan of one shard of them."""
    layout = Layout(out=str(tmp_path))
    with StagedWriter(layout=layout, unit="0" * 16, attempt="a") as writer:
        for nth, name in enumerate("abc"):
            writer.add(Result(place=name, made=(converted(name),)), nth)
    receipt = writer.receipt("texts")
    references = [
        Reference(
            order=order(row["key"], 0),
            key=row["key"],
            unit=receipt.unit,
            attempt="a",
            offset=row["offset"],
            size=row["bytes"],
            facts_bytes=row["facts_bytes"],
        )
        for row in read_facts(receipt, layout)
    ]
    write_plan(layout.build("plan"), "shard", (each.pack() for each in references))
    return layout


def write(layout: Layout) -> ShardReceipt:
    with closing(StagedReader(layout)) as reader:
        return write_shard("shard", layout.build("plan", "shards", "shard.parquet"), layout, reader)


def test_samples_facts_and_measures_arrive(layout: Layout) -> None:
    receipt = write(layout)
    rows = pq.read_table(layout.corpus("shard.parquet")).to_pylist()
    assert [row["key"] for row in rows] == sorted(
        ("s-a", "s-b", "s-c"), key=lambda key: order(key, 0)
    )
    assert rows[0]["measures"] == [("quality", 0.5), ("recall", 1.0)]
    with tarfile.open(layout.corpus("shard.tar")) as tar:
        data = {info.name: tar.extractfile(info).read() for info in tar}  # type: ignore[union-attr]
    for row in rows:
        sample = from_members({name: data[name] for name in row["member_names"]})
        assert sample.measures == (("quality", 0.5), ("recall", 1.0))
    assert (receipt.samples, receipt.bytes) == (3, Path(layout.corpus("shard.tar")).stat().st_size)


def test_facts_come_out_of_the_tar_as_they_went_in() -> None:
    odd = {"origin": 'a "b"\n\u4e2d\U0001f600', "measures": [], "taxonomy_confidence": 0.1}
    told = [converted("a").facts, {**converted("b").facts, **odd}]
    expected = pa.Table.from_pylist(told, schema=pa.schema(facts.FIELDS))
    assert facts_table([facts_line(each) for each in told]).equals(expected)


def test_staged_files_that_were_changed_are_noticed(layout: Layout) -> None:
    staged = Path(layout.staged("0" * 16, "a.tar"))
    other = staged.read_bytes().replace(b'"key":"s-a"', b'"key":"s-x"')
    store.write_bytes(str(staged), other)
    with pytest.raises(RuntimeError, match="holds s-x where s-a was planned: its staged files"):
        write(layout)
    store.write_bytes(str(staged), staged.read_bytes()[:100])
    with pytest.raises(EOFError, match="the file was cut"):
        write(layout)
