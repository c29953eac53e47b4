"""What a build gives to a runner: its graphs, and how big the elements at their boundaries are."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import apache_beam as beam
from apache_beam.coders import Coder
from apache_beam.pipeline import PipelineVisitor
from apache_beam.portability import common_urns, python_urns
from apache_beam.portability.api import beam_runner_api_pb2 as api
from apache_beam.pvalue import PCollection
from apache_beam.runners.dataflow.dataflow_runner import DataflowRunner
from apache_beam.runners.portability.fn_api_runner import FnApiRunner

GROUP = common_urns.primitives.GROUP_BY_KEY.urn
PAR_DO = common_urns.primitives.PAR_DO.urn
COMBINE = common_urns.composites.COMBINE_PER_KEY.urn
# Each makes the runner hold, or send, all elements of what goes in.
BOUNDARIES = (beam.GroupByKey, beam.Reshuffle, beam.Flatten, beam.CombinePerKey)


@dataclass(slots=True)
class Seen:
    """What builds with `Recorder` left behind.

    Attributes:
        graphs: of each pipeline, in order.
        sizes: folder for the sizes of elements at boundaries; None to measure none.
        run: whether pipelines are run at all.
    """

    graphs: list[api.Pipeline] = field(default_factory=list)
    sizes: Path | None = None
    run: bool = True


SEEN = Seen()


class Recorder(FnApiRunner):
    """Beam's local runner, with a look at what it is given."""

    def run_pipeline(self, pipeline: beam.Pipeline, options: Any) -> Any:
        """Records the graph, measures, and runs it."""
        SEEN.graphs.append(pipeline.to_runner_api())
        if not SEEN.run:
            raise InterruptedError("recorded")
        if SEEN.sizes:
            _measure(pipeline, SEEN.sizes / f"{len(SEEN.graphs)}")
        return super().run_pipeline(pipeline, options)


class _Boundaries(PipelineVisitor):
    """Collects what enters a boundary, by the label of the step."""

    def __init__(self) -> None:
        self.found: list[tuple[str, PCollection[Any]]] = []

    def enter_composite_transform(self, transform_node: Any) -> None:
        """Looks at a composite step."""
        self.visit_transform(transform_node)

    def visit_transform(self, transform_node: Any) -> None:
        """Looks at a step."""
        entering = list(transform_node.inputs) * isinstance(transform_node.transform, BOUNDARIES)
        entering += [side.pvalue for side in transform_node.side_inputs]
        self.found += [(transform_node.full_label, each) for each in entering]


class _Size(beam.DoFn):
    """Notes elements that are bigger than all before."""

    def __init__(self, folder: str, label: str, coder: Coder) -> None:
        self._path = Path(folder, label.replace("/", "|"))
        self._coder = coder

    def setup(self) -> None:
        """Starts at nothing."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._biggest = 0

    def process(self, element: Any) -> None:
        """Measures an element as it is sent."""
        self._biggest = max(self._biggest, len(self._coder.encode(element)))
        self._path.write_text(str(self._biggest))


def _measure(pipeline: beam.Pipeline, folder: Path) -> None:
    visitor = _Boundaries()
    pipeline.visit(visitor)
    for nth, (label, entering) in enumerate(visitor.found):
        coder = beam.coders.registry.get_coder(entering.element_type)
        size = beam.ParDo(_Size(str(folder), f"{nth} {label}", coder))
        _ = entering | f"Size{nth}" >> size


def sizes(folder: Path) -> dict[str, int]:
    """The biggest element at each boundary."""
    return {path.name: int(path.read_text()) for path in folder.rglob("*") if path.is_file()}


def forbidden(graph: api.Pipeline) -> Iterator[str]:
    """Yields the steps that use what Spark's portable runner cannot do, or does badly."""
    for step in graph.components.transforms.values():
        if step.spec.urn != PAR_DO:
            continue
        payload = api.ParDoPayload.FromString(step.spec.payload)
        if payload.state_specs:
            yield f"{step.unique_name}: state"
        if payload.timer_family_specs:
            yield f"{step.unique_name}: timers"
        if payload.requests_finalization:
            yield f"{step.unique_name}: bundle finalization"
        if payload.restriction_coder_id:
            yield f"{step.unique_name}: splittable"


def keys(graph: api.Pipeline) -> dict[str, set[str]]:
    """The coders, down to the innermost, of the keys of each step that groups."""
    parts, found = graph.components, {}
    for step in parts.transforms.values():
        if step.spec.urn in (GROUP, COMBINE):
            (entering,) = step.inputs.values()
            coder = parts.coders[parts.pcollections[entering].coder_id]
            found[step.unique_name] = set(_urns(coder.component_coder_ids[0], parts.coders))
    return found


def _urns(coder: str, coders: Mapping[str, api.Coder]) -> Iterator[str]:
    yield coders[coder].spec.urn
    for inner in coders[coder].component_coder_ids:
        yield from _urns(inner, coders)


def opaque(graph: api.Pipeline) -> list[str]:
    """The steps whose keys only Python can encode: of most of its values there is no one way."""
    return [name for name, urns in keys(graph).items() if python_urns.PICKLED_CODER in urns]


class DryRun(DataflowRunner):
    """Dataflow's own look at what it is given; then the local runner does the work."""

    def run_pipeline(self, pipeline: beam.Pipeline, options: Any) -> Any:
        """Records what Dataflow would be sent, and runs the pipeline here."""
        done = FnApiRunner().run_pipeline(pipeline, options)
        done.wait_until_finish()
        SEEN.graphs.append(super().run_pipeline(pipeline, options).job.proto_pipeline)
        return done
