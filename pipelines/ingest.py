"""Stage 1, ingest: units of raw material become staged samples with their facts, once.

Costly and dangerous work (decoding, converters) happens here and nowhere else, in child processes.
"""

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from functools import partial

import apache_beam as beam
from apache_beam.pvalue import PCollection

from pipelines import fetched, second_opinion, store
from pipelines.child import Child, ChildFailed
from pipelines.convert import Conversion, Converted, Request, Result
from pipelines.layout import Layout
from pipelines.progress import Meter
from pipelines.recipe import Limits, Recipe, Stanza
from pipelines.staging import Receipt, StagedWriter, read_receipt
from pipelines.units import InputError, Unit, check_unchanged, from_record

# Rows asked of the child at once; fewer come where they are big or slow.
_BATCH = 256


def stage_unit(
    unit: Unit, layout: Layout, child: Child, *, limits: Limits, retry: bool, meter: Meter
) -> Receipt:
    """Stages a unit, unless that is done, and returns its receipt.

    Args:
        unit: what to read.
        layout: where to write.
        child: converts the rows of the unit's stanza.
        limits: of time for one row, and for opening a piece.
        retry: whether the rejects of a finished unit are tried once more.
        meter: told of each row.

    Raises:
        InputError: a raw file has vanished, changed or cannot be opened.
    """
    before = read_receipt(layout, unit.id)
    if before is not None and not (retry and before.rejects):
        return before
    check_unchanged(unit)
    with StagedWriter(layout=layout, unit=unit.id, attempt=uuid.uuid4().hex[:8]) as writer:
        wanted = None if before is None else writer.carry_over(before)
        for nth, result in enumerate(convert_unit(unit, child, limits)):
            if wanted is None or nth in wanted:
                writer.add(result, nth)
                samples = sum(isinstance(made, Converted) for made in result.made)
                meter.count(rows=1, samples=samples, rejects=bool(result.error))
    receipt = writer.receipt(unit.stanza)
    store.write_json(layout.staged(unit.id, "json"), asdict(receipt))
    return receipt


def convert_unit(unit: Unit, child: Child, limits: Limits) -> Iterator[Result]:
    """Yields what became of each row of a unit, whatever the rows do to the child.

    Raises:
        InputError: a raw file cannot be read at all.
    """
    for piece in unit.pieces:
        start, ended, singly, opened = 0, False, 0, False
        while not ended:
            if not opened:
                _open(Request(piece=piece, start=start, count=0), child, limits)
                opened = True
            request = Request(piece=piece, start=start, count=1 if singly else _BATCH)
            try:
                results, ended = child.call(request, seconds=limits.seconds)
            except ChildFailed as failure:
                opened = False
                if failure.reason == "error":
                    raise InputError(f"{piece.file.path} cannot be read: {failure}") from failure
                if not singly:
                    # One row of the batch is to blame: taken singly it will show itself.
                    singly = _BATCH
                    continue
                results, singly = [_blame(request, child, limits, failure)], 1
            start += len(results)
            singly = max(0, singly - 1)
            yield from results


def _open(request: Request, child: Child, limits: Limits) -> None:
    """Lets the child reach a row without converting it: joined sources make their index first.

    Raises:
        InputError: it takes too long.
    """
    try:
        child.call(request, seconds=limits.opening)
    except ChildFailed as failure:
        # What else is wrong shows itself again when rows are asked for.
        if failure.reason == "timeout":
            raise InputError(
                f"{request.piece.file.path} took longer to open and index than limits.opening="
                f"{limits.opening:g} seconds: raise it in the recipe"
            ) from failure


def _blame(request: Request, child: Child, limits: Limits, failure: ChildFailed) -> Result:
    """Returns the reject of the row at which the child failed, with its place if it has one."""
    look = Request(piece=request.piece, start=request.start, count=0)
    place = f"{request.piece.file.name}#behind row {request.start}"
    try:
        results, _ = child.call(look, seconds=limits.opening)
        place = results[0].place if results else place
    except ChildFailed:
        pass  # it cannot even be looked at
    return Result(place=place, error=str(failure), reason=failure.reason)


def conversion(stanza: Stanza, recipe: Recipe, layout: Layout) -> Conversion:
    """Returns how the rows of a stanza are converted."""
    return Conversion(
        source=stanza.source,
        stanza=stanza.name,
        root=stanza.root,
        options=stanza.options,
        images=stanza.images,
        licence=stanza.licence,
        language=stanza.language,
        orient=stanza.orient,
        image_bytes=recipe.limits.image_bytes,
        image_pixels=recipe.limits.image_pixels,
        fetched=_fetched_index(stanza, layout),
        drop_missing=stanza.drop_missing,
        redact=stanza.redact,
        tokenizer=stanza.tokenizer,
        safety=stanza.safety,
        second_opinion=stanza.second_opinion,
    )


def index_fetch(stanza: Stanza, layout: Layout) -> None:
    """Makes what finds the images that were fetched for a stanza, if it names any.

    Raises:
        InputError: the fetch is not what it was when the recipe was read.
    """
    if stanza.fetched:
        try:
            fetched.build(stanza.fetched, _fetched_index(stanza, layout))
        except fetched.NotFinished as error:
            raise InputError(f"{stanza.name}: {error}") from None


def _fetched_index(stanza: Stanza, layout: Layout) -> str:
    return layout.build("fetched", f"{stanza.fetch}.json") if stanza.fetched else ""


def bucket(unit: str, buckets: int) -> int:
    """Returns which bucket a unit belongs to: later stages work by buckets, not by units."""
    return int(unit, 16) % buckets


@dataclass(slots=True, kw_only=True)
class StageUnits(beam.PTransform[PCollection[str], PCollection[str]]):
    """Paths of unit lists to the paths of one list of receipts a bucket.

    Attributes:
        recipe: what to build.
        layout: where.
        into: folder for the lists of receipts.
        buckets: how many lists.
        retry: whether rejects are tried once more.
    """

    recipe: Recipe
    layout: Layout
    into: str
    buckets: int
    retry: bool

    def expand(self, lists: PCollection[str]) -> PCollection[str]:
        """Wires reading, staging and collecting of receipts."""
        stage = _StageUnit(self.recipe, self.layout, self.retry)
        return (
            lists
            | "ReadUnits" >> beam.FlatMap(_read_units)
            | "SpreadUnits" >> beam.Reshuffle()
            | "StageUnit" >> beam.ParDo(stage)
            | "ByBucket" >> beam.Map(_by_bucket, self.buckets)
            | "CollectReceipts" >> beam.GroupByKey()
            | "WriteReceipts" >> beam.MapTuple(partial(_write_receipts, self.into))
        )


class _StageUnit(beam.DoFn):
    """Keeps one child process for the stanza at hand."""

    def __init__(self, recipe: Recipe, layout: Layout, retry: bool) -> None:
        self._recipe = recipe
        self._layout = layout
        self._retry = retry
        self._child: tuple[str, Child] | None = None

    def setup(self) -> None:
        """Starts counting for the progress line."""
        self._meter = Meter(self._layout, "ingest")

    def process(self, record: bytes) -> Iterator[Receipt]:
        """Stages the unit of a line of a list."""
        unit = from_record(store.parse(record))
        yield stage_unit(
            unit,
            self._layout,
            self._child_for(unit.stanza),
            limits=self._recipe.limits,
            retry=self._retry,
            meter=self._meter,
        )
        self._meter.count(units=1)

    def teardown(self) -> None:
        """Ends the child process."""
        if self._child is not None:
            self._child[1].close()
        self._meter.flush()

    def _child_for(self, name: str) -> Child:
        if self._child is None or self._child[0] != name:
            if self._child is not None:
                self._child[1].close()
            (stanza,) = [each for each in self._recipe.stanzas if each.name == name]
            settings = conversion(stanza, self._recipe, self._layout)
            memory = self._recipe.limits.memory
            if stanza.second_opinion:
                memory += second_opinion.ROOM
            child = Child("pipelines.convert:make", settings, memory=memory)
            self._child = (name, child)
        return self._child[1]


def _read_units(path: str) -> Iterator[bytes]:
    """Yields the lines of a list of units; parsed where they are used."""
    with store.open_file(path) as stream:
        yield from stream


def _by_bucket(receipt: Receipt, buckets: int) -> tuple[int, bytes]:
    return bucket(receipt.unit, buckets), store.line(asdict(receipt))


def _write_receipts(into: str, number: int, receipts: Iterable[bytes]) -> str:
    """Publishes the receipts of a bucket, sorted by unit, each once."""
    path = store.join(into, f"{number:05d}.jsonl")
    records = {record["unit"]: record for record in map(store.parse, receipts)}
    store.write_lines(path, [records[unit] for unit in sorted(records)])
    return path
