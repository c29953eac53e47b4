"""A staged unit: the finished samples of some raw material, their facts, and what was left out.

    UNIT.json                    the receipt, written last: counts, and which attempt made the rest
    UNIT.ATTEMPT.tar             for each sample its members, then KEY.facts: its facts once more
    UNIT.ATTEMPT.parquet         the facts of all samples, for dedup and plan
    UNIT.ATTEMPT.left.jsonl      skips and rejects, a line each

The facts lie behind each sample too, so that a shard of samples from everywhere is written with one
short read a sample.
"""

import io
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Self

import pyarrow as pa
import pyarrow.json
import pyarrow.parquet as pq

from pipelines import store, tar
from pipelines.convert import Converted, Result
from pipelines.facts import FIELDS, SIGNATURES, STAGED
from pipelines.layout import Layout
from sources.sample import Skip

# Samples a row group of a facts file: what is held in memory before it is written.
_GROUP = 4096
_PAIR = pa.struct([("key", pa.string()), ("value", pa.float64())])
_TOLD = pa.schema({**FIELDS, "measures": pa.list_(_PAIR)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What one unit came to. Always rows + extra = samples + skips + rejects.

    Attributes:
        unit: its id.
        stanza: name of the recipe's entry.
        attempt: part of the names of the unit's files; two attempts never share a file.
        rows: raw rows read, broken places included.
        extra: samples and skips beyond the first of each row.
        samples: staged.
        rejects: rows that broke.
        skips: left out on purpose, by reason.
        bytes: of the staged tar.
    """

    unit: str
    stanza: str
    attempt: str
    rows: int
    extra: int
    samples: int
    rejects: int
    skips: dict[str, int]
    bytes: int

    def path(self, layout: Layout, suffix: str) -> str:
        """Where one of the unit's files lies: `tar`, `parquet` or `left.jsonl`."""
        return layout.staged(self.unit, f"{self.attempt}.{suffix}")


def read_receipt(layout: Layout, unit: str) -> Receipt | None:
    """Returns a unit's receipt, or None while it has none."""
    path = layout.staged(unit, "json")
    return Receipt(**store.read_json(path)) if store.exists(path) else None


@dataclass(slots=True, kw_only=True)
class StagedWriter:
    """Writes the files of one attempt at a unit; a context manager that publishes them at its end.

    Attributes:
        layout: where to write.
        unit: id of the unit.
        attempt: names the files.
    """

    layout: Layout
    unit: str
    attempt: str
    rows: int = 0
    extra: int = 0
    samples: int = 0
    rejects: int = 0
    skips: Counter[str] = field(default_factory=Counter)
    _offset: int = 0
    _held: list[dict[str, Any]] = field(default_factory=list)
    _open: ExitStack = field(default_factory=ExitStack)
    _tar: BinaryIO = field(init=False)
    _left: BinaryIO = field(init=False)
    _facts: pq.ParquetWriter = field(init=False)

    def __enter__(self) -> Self:
        def publishing(suffix: str) -> BinaryIO:
            path = self.layout.staged(self.unit, f"{self.attempt}.{suffix}")
            return self._open.enter_context(store.publishing(path))

        self._tar, self._left = publishing("tar"), publishing("left.jsonl")
        table = pq.ParquetWriter(publishing("parquet"), STAGED, compression="zstd")
        self._facts = self._open.enter_context(table)
        return self

    def __exit__(self, *failure: Any) -> None:
        if failure[0] is None:
            self._flush()
            self._tar.write(tar.END)
        self._open.__exit__(*failure)

    def add(self, result: Result, nth: int) -> None:
        """Writes what became of the nth row of the unit."""
        self.rows += 1
        self.extra += max(0, len(result.made) - 1)
        if result.error:
            self.rejects += 1
            self._leave("reject", nth, result.place, result.reason, result.error)
        for made in result.made:
            if isinstance(made, Skip):
                self.skips[made.reason] += 1
                self._leave("skip", nth, result.place, made.reason, made.detail, made.part)
            else:
                self._stage(made)

    def carry_over(self, before: Receipt) -> set[int]:
        """Copies all but the rejects of an earlier attempt and returns which rows those were."""
        with store.open_file(before.path(self.layout, "tar")) as staged:
            for row in read_facts(before, self.layout):
                content = tar.read_range(staged, row["offset"], row["bytes"])
                self._append(content, {name: row[name] for name in (*FIELDS, *SIGNATURES)})
        rejected = set()
        for line in store.read_lines(before.path(self.layout, "left.jsonl")):
            if line["kind"] == "reject":
                rejected.add(line["nth"])
            else:
                self.skips[line["reason"]] += 1
                self._left.write(store.line(line))
        self.rows, self.extra = before.rows - before.rejects, before.extra
        return rejected

    def receipt(self, stanza: str) -> Receipt:
        """Returns the counts of what was written."""
        return Receipt(
            unit=self.unit,
            stanza=stanza,
            attempt=self.attempt,
            rows=self.rows,
            extra=self.extra,
            samples=self.samples,
            rejects=self.rejects,
            skips=dict(sorted(self.skips.items())),
            bytes=self._offset,
        )

    def _stage(self, made: Converted) -> None:
        content = io.BytesIO()
        for name, data in made.members:
            tar.write_member(content, name, data)
        self._append(content.getvalue(), made.facts)

    def _append(self, content: bytes, facts: dict[str, Any]) -> None:
        """Writes a sample's part of the tar, its facts behind it, and holds them for the table."""
        told = facts_line(facts)
        self._tar.write(content)
        tar.write_member(self._tar, f"{facts['key']}.facts", told)
        self._held.append({**facts, "offset": self._offset, "facts_bytes": len(told)})
        self._offset += len(content) + tar.BLOCK + len(told) + len(tar.padding(len(told)))
        self.samples += 1
        if len(self._held) == _GROUP:
            self._flush()

    def _leave(
        self, kind: str, nth: int, place: str, reason: str, detail: str, part: str = ""
    ) -> None:
        told = {"kind": kind, "nth": nth, "place": place, "reason": reason, "detail": detail}
        self._left.write(store.line({**told, "part": part}))

    def _flush(self) -> None:
        if self._held:
            self._facts.write_table(pa.Table.from_pylist(self._held, schema=STAGED))
            self._held.clear()


def facts_line(facts: dict[str, Any]) -> bytes:
    """Returns a sample's facts as the line of JSON that lies behind it in the staged tar."""
    told = {name: facts[name] for name in facts if name not in SIGNATURES}
    # Arrow reads no maps from JSON, only what they are made of.
    told["measures"] = [{"key": name, "value": value} for name, value in facts["measures"]]
    return store.line(told)


def facts_table(lines: list[bytes]) -> pa.Table:
    """Returns the table, with the columns `FIELDS`, of what `facts_line` gave for some samples."""
    content = b"".join(lines)
    told = pyarrow.json.read_json(
        io.BytesIO(content),
        # One block: a line that crosses the border of two is an error.
        pyarrow.json.ReadOptions(use_threads=False, block_size=len(content) + 1),
        pyarrow.json.ParseOptions(explicit_schema=_TOLD, unexpected_field_behavior="error"),
    ).combine_chunks()
    pairs = told["measures"].chunk(0)
    measures = pa.MapArray.from_arrays(pairs.offsets, *pairs.values.flatten())
    place = told.schema.get_field_index("measures")
    return told.set_column(place, pa.field("measures", FIELDS["measures"]), measures)


def read_facts(
    receipt: Receipt, layout: Layout, columns: list[str] | None = None
) -> Iterator[dict[str, Any]]:
    """Streams the facts of a unit's samples in the order of its tar."""
    with store.open_file(receipt.path(layout, "parquet")) as stream:
        for batch in pq.ParquetFile(stream).iter_batches(_GROUP, columns=columns):
            yield from batch.to_pylist()
