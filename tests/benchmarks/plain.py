"""A runner that is a few Python loops: what the work of a pipeline costs where Beam costs nothing.

Its difference to a real runner is Beam's overhead. On the way it counts what a shuffle would send.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

import apache_beam as beam
from apache_beam.internal.util import ArgumentPlaceholder
from apache_beam.pipeline import PipelineVisitor
from apache_beam.runners.runner import PipelineResult, PipelineRunner, PipelineState
from apache_beam.transforms.util import Reshuffle

# Bytes and elements that entered a grouping or were spread, since the last look at them.
SENT: Counter[str] = Counter()


class Plain(PipelineRunner):
    """Runs each step over all of its input before the next one begins."""

    def run_pipeline(self, pipeline: beam.Pipeline, options: Any) -> PipelineResult:
        """Runs a pipeline of the steps that stages are made of."""
        pipeline.visit(_Loops())
        return PipelineResult(PipelineState.DONE)


class _Loops(PipelineVisitor):
    """Holds what each step gave."""

    def __init__(self) -> None:
        self._given: dict[Any, list[Any]] = {}
        self._inside: Any = None

    def enter_composite_transform(self, node: Any) -> None:
        """Does steps of Beam's own at once, parts and all."""
        if self._inside is None and isinstance(
            node.transform, (beam.Create, Reshuffle, beam.CombinePerKey)
        ):
            self._inside = node
            self._do(node)

    def leave_composite_transform(self, node: Any) -> None:
        """Looks at further steps again."""
        if node is self._inside:
            self._inside = None

    def visit_transform(self, node: Any) -> None:
        """Does a primitive step."""
        if self._inside is None:
            self._do(node)

    def _do(self, node: Any) -> None:
        step, entering = node.transform, [self._given.get(each, []) for each in node.inputs]
        if isinstance(step, (beam.GroupByKey, Reshuffle)):
            _count(entering[0], node.inputs[0])
        match step:
            case beam.Create():
                made = list(step.values)
            case beam.GroupByKey():
                made = list(_grouped(entering[0]).items())
            case beam.CombinePerKey():
                made = [(key, sum(values)) for key, values in _grouped(entering[0]).items()]
            case beam.ParDo():
                made = list(self._par_do(step, entering[0], node.side_inputs))
            case _:  # Reshuffle, Flatten
                made = [element for each in entering for element in each]
        self._given[node.outputs[None]] = made

    def _par_do(self, step: Any, elements: list[Any], sides: Any) -> Iterator[Any]:
        views = iter([dict(self._given[each.pvalue]) for each in sides])
        rest = [
            next(views) if isinstance(each, ArgumentPlaceholder) else each for each in step.args
        ]
        step.fn.setup()
        for element in elements:
            yield from step.fn.process(element, *rest, **step.kwargs) or ()
        step.fn.teardown()


def _grouped(pairs: list[tuple[Any, Any]]) -> dict[Any, list[Any]]:
    groups = defaultdict(list)
    for key, value in pairs:
        groups[key].append(value)
    return groups


def _count(elements: list[Any], collection: Any) -> None:
    coder = beam.coders.registry.get_coder(collection.element_type)
    SENT["bytes"] += sum(len(coder.encode(each)) for each in elements)
    SENT["elements"] += len(elements)
