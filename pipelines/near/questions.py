"""Questions asked twice: of the same images, in nearly the same words.

Samples meet by the hashes of their images, and those without any by the very words of the question.
Of one image there are few questions, so those that meet are compared pair by pair; where thousands
meet, as on a blank page, only equal questions count.
"""

from collections.abc import Iterable, Iterator
from hashlib import blake2b
from itertools import combinations

import apache_beam as beam
import numpy as np
import pyarrow as pa
from apache_beam.pvalue import PCollection
from numpy.typing import NDArray

from pipelines.layout import Layout
from pipelines.near.edges import WriteEdges
from pipelines.near.images import star
from pipelines.near.likeness import Signatures
from pipelines.near.nodes import pair, read_nodes
from pipelines.recipe import NearQuestions
from taxonomy.near import grams, likeness

COLUMN = "question"
# Distinct questions on the same images that are compared pair by pair.
_MOST = 1000


def signatures(layout: Layout) -> Signatures:
    """Returns where the questions are."""
    return Signatures(layout=layout, column=COLUMN, estimates=likenesses)


def alike(one: str, other: str) -> float:
    """Returns the Jaccard index of the runs of characters of two questions.

    >>> alike("how many cats are there", "how many cats are there"), alike("who is it", "why")
    (1.0, 0.0)
    """
    return likeness(grams(one), grams(other))


def likenesses(ones: pa.Array, others: pa.Array) -> NDArray[np.float64]:
    """Returns the likeness of each two in columns of questions."""
    return np.array([*map(alike, ones.to_pylist(), others.to_pylist())], np.float64)


class FindQuestionPairs(beam.PTransform[PCollection[str], PCollection[str]]):
    """Paths of receipt lists to the receipts of edge files."""

    def __init__(
        self,
        into: str,
        *,
        layout: Layout,
        removals: tuple[str, ...],
        stanzas: tuple[str, ...],
        quality: str,
        questions: NearQuestions,
        buckets: int,
    ) -> None:
        """Takes where things lie and what counts as alike.

        Args:
            into: folder for edge files.
            layout: of the build.
            removals: folders of what is removed already.
            stanzas: names of the recipe's entries, in order of priority.
            quality: fact to judge by which sample stays; empty for none.
            questions: what counts as alike.
            buckets: how many edge files.
        """
        super().__init__()
        self._into = into
        self._read = (layout, removals, stanzas, quality)
        self._threshold = questions.threshold
        self._buckets = buckets

    def expand(self, lists: PCollection[str]) -> PCollection[str]:
        """Wires a grouping by images and question, and one by images."""
        threshold = self._threshold
        equal = (
            lists
            | "ReadQuestions" >> beam.FlatMap(read_questions, *self._read)
            | "GroupQuestions" >> beam.GroupByKey()
        )
        stars = equal | "EqualQuestions" >> beam.FlatMapTuple(lambda _, nodes: star(nodes))
        near = (
            equal
            | "OnePerQuestion" >> beam.FlatMapTuple(by_images)
            | "GroupImages" >> beam.GroupByKey()
            | "NearQuestions" >> beam.FlatMapTuple(lambda _, near: within(near, threshold))
        )
        return (
            (stars, near)
            | "AllPairs" >> beam.Flatten()
            | "Collect" >> WriteEdges(self._into, self._buckets)
        )


def read_questions(
    path: str, layout: Layout, removals: tuple[str, ...], stanzas: tuple[str, ...], quality: str
) -> Iterator[tuple[tuple[bytes, str], bytes]]:
    """Yields the samples of a bucket that ask something, packed, by their images and question."""
    columns = ["category", "image_hashes", COLUMN]
    for node, facts in read_nodes(path, layout, removals, stanzas, quality, columns):
        if facts["category"].startswith("sft/") and facts[COLUMN]:
            shown = "".join(sorted(facts["image_hashes"]))
            images = blake2b(shown.encode(), digest_size=16).digest() if shown else b""
            yield (images, facts[COLUMN]), node.pack()


def by_images(
    asked: tuple[bytes, str], nodes: Iterable[bytes]
) -> Iterator[tuple[bytes, tuple[str, bytes]]]:
    """Yields a question and the first sample that asks it by its images, if it has any."""
    images, question = asked
    if images:
        yield images, (question, min(nodes))


def within(group: Iterable[tuple[str, bytes]], threshold: float) -> Iterator[bytes]:
    """Yields edges between the questions of a group that are nearly the same."""
    asked = [(grams(question), node) for question, node in sorted(group)]
    if len(asked) > _MOST:
        return
    for (one, low), (other, high) in combinations(asked, 2):
        if likeness(one, other) >= threshold:
            yield pair(low, high)
