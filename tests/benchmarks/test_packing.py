"""Packing staged samples into shards, against webdataset's writer and against copying."""

import hashlib
import os
import random
import shutil
from pathlib import Path

import pytest
import webdataset

from pipelines import facts, store
from pipelines.convert import Converted, Result
from pipelines.layout import Layout
from pipelines.plan import Reference, cut, order
from pipelines.plan import _write_plan as write_plan
from pipelines.shard import StagedReader, shard_name, write_shard
from pipelines.staging import Receipt, StagedWriter, read_facts
from sources.image import ImageFacts
from sources.sample import Sample, Segment, to_members
from tests.benchmarks.conftest import Table, compare

COUNT = 20_000
SHARD = 500_000_000


def image(noise: random.Random, pool: bytes) -> bytes:
    """Bytes of the size that JPEGs of the web have: log-normal, median 60 kB, mean 100 kB."""
    size = min(2_000_000, int(noise.lognormvariate(11, 1)))
    start = noise.randrange(len(pool) - size)
    return b"\xff\xd8\xff" + pool[start : start + size]


def converted(index: int, data: bytes) -> Converted:
    pair = Sample(
        key=f"pairs-{index:08d}",
        source="caption/pairs",
        category="pretrain/caption",
        segments=(Segment(image=data), Segment(text=f"caption {index}")),
    )
    seen = ImageFacts(
        width=640, height=480, format="jpeg", mode="RGB", frames=1, orientation=1,
        reencoded=False, one_colour=False, size=len(data), sha256="0" * 64,
    )  # fmt: skip
    members = to_members(pair)
    told = facts.measure(pair, [seen], stanza="pairs", stated="en")
    return Converted(members=members, facts={**told, **facts.place(members)})


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory) -> tuple[Layout, Path, dict[str, str]]:
    """20,000 image files with captions, the same staged as 40 units, and the plans of shards."""
    noise, folder = random.Random(0), tmp_path_factory.mktemp("packing")
    pool = noise.randbytes(8_000_000)
    files, layout = folder / "files", Layout(out=str(folder / "out"))
    files.mkdir()
    receipts = []
    for number in range(40):
        unit = f"{number:016x}"
        with StagedWriter(layout=layout, unit=unit, attempt="a") as writer:
            for index in range(number * COUNT // 40, (number + 1) * COUNT // 40):
                data = image(noise, pool)
                (files / f"{index:08d}.jpg").write_bytes(data)
                made = converted(index, data)
                writer.add(Result(place=str(index), made=(made,)), index)
        receipts.append(writer.receipt("pairs"))
    return layout, files, plans(layout, receipts)


def plans(layout: Layout, receipts: list[Receipt]) -> dict[str, str]:
    references = sorted(
        Reference(
            order(row["key"], 0),
            row["key"],
            receipt.unit,
            "a",
            row["offset"],
            row["bytes"],
            row["facts_bytes"],
        )
        for receipt in receipts
        for row in read_facts(receipt, layout)
    )
    sizes = [each.size for each in references]
    numbers = list(cut(sizes, 0, sum(sizes), SHARD))
    into, names = layout.build("plan"), {}
    for number in sorted(set(numbers)):
        name = shard_name("pretrain/caption/jpg-txt", number)
        mine = [each.pack() for each, at in zip(references, numbers, strict=True) if at == number]
        write_plan(into, name, mine)
        names[name] = store.join(into, "shards", f"{name}.parquet")
    return names


def pack(layout: Layout, names: dict[str, str]) -> None:
    reader = StagedReader(layout)
    for name, plan in names.items():
        write_shard(name, plan, layout, reader)
    reader.close()


# What ShardWriter leaves to the system when it ends, we do before a shard takes its name.
WRITER = {
    True: "webdataset.ShardWriter, its shards on the disk too at the end",
    False: "webdataset.ShardWriter, its shards in memory at the end",
}


@pytest.mark.bench
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("synced", WRITER)
def test_packing_against_shard_writer(staged: tuple, table: Table, synced: bool) -> None:
    layout, files, names = staged

    def theirs(number: int) -> None:
        folder = files.parent / "theirs"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        with webdataset.ShardWriter(f"{folder}/%06d.tar", maxsize=SHARD, verbose=0) as writer:
            for path in sorted(files.iterdir()):
                caption = f"caption {int(path.stem)}"
                sample = {"__key__": path.stem, "jpg": path.read_bytes(), "txt": caption}
                writer.write({**sample, "json": {"key": path.stem, "text": caption}})
        for shard in folder.iterdir() if synced else ():
            with shard.open("rb") as stream:
                os.fsync(stream.fileno())

    # What one leaves for the disk to do would be done at the cost of the other.
    ratio, mine, other = compare(lambda _: pack(layout, names), theirs, before=os.sync)
    figures = (
        f"{COUNT / mine:.0f} against {COUNT / other:.0f} samples/s; ours with index and hashes"
    )
    name = f"packing 20,000 images against {WRITER[synced]}"
    table.add(name, ratio, ">= 1.5", figures)


@pytest.mark.bench
@pytest.mark.timeout(1800)
def test_packing_against_copy_and_hash(staged: tuple, table: Table) -> None:
    layout, files, names = staged
    tars = [Path(found.path) for found in store.find(layout.build("staged", "*", "*.tar"))]

    def copy(number: int) -> None:
        target = files.parent / "copy"
        shutil.rmtree(target, ignore_errors=True)
        for path in tars:
            digest = hashlib.sha256()
            with path.open("rb") as source, store.publishing(str(target / path.name)) as out:
                while block := source.read(1 << 20):
                    digest.update(block)
                    out.write(block)

    ratio, mine, other = compare(lambda _: pack(layout, names), copy)
    size = sum(path.stat().st_size for path in tars) / 1e6
    figures = f"{size / mine:.0f} against {size / other:.0f} MB/s"
    table.add("packing against plain copy plus SHA-256", ratio, ">= 0.7", figures)
