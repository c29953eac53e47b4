"""Pictures that were assigned to the sentences of a page by how like the two are."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sources.sample import Segment
from sources.shapes.fields import wrong


def assign(matrix: Sequence[Any], pictures: int, sentences: int) -> list[int]:
    """Returns the sentence of each picture: one each as far as they go, the sum being greatest.

    Pictures beyond the number of sentences go to the sentence most like them.

    Args:
        matrix: how like each picture is to each sentence.
        pictures: how many there are.
        sentences: likewise.

    Raises:
        ValueError: the matrix is of another size.

    >>> assign([[0.24, 0.31, 0.27], [0.22, 0.32, 0.26]], 2, 3), assign([[0.3], [0.2]], 2, 1)
    ([2, 1], [0, 0])
    """
    if len(matrix) != pictures or any(len(row) != sentences for row in matrix):
        wrong("similarity_matrix", matrix, f"{pictures} rows of {sentences} numbers")
    # Takes a sixth of a second to load, in every process that reads anything.
    from scipy.optimize import linear_sum_assignment

    best = [max(range(len(row)), key=row.__getitem__) for row in matrix]
    for picture, sentence in zip(*linear_sum_assignment(matrix, maximize=True), strict=True):
        best[int(picture)] = int(sentence)
    return best


def stated(item: Any, name: str, at: str, count: int) -> int:
    """Returns the sentence that a picture's entry says it belongs to.

    Args:
        item: the entry.
        name: what to call the number in an error.
        at: the field that holds it.
        count: how many sentences there are.

    Raises:
        ValueError: there is no such sentence.
    """
    number = item.get(at) if isinstance(item, Mapping) else None
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < count:
        wrong(name, number, f"the number of a sentence, below {count}")
    return number


def woven(sentences: Sequence[str], before: Sequence[Sequence[Segment]]) -> Iterator[Segment]:
    """Yields sentences with pictures before them; between two pictures they are one text."""
    said: list[str] = []
    for sentence, pictures in zip(sentences, before, strict=True):
        if pictures:
            yield Segment(text=" ".join(said))
            said = []
            yield from pictures
        if sentence.strip():
            said.append(sentence.strip())
    yield Segment(text=" ".join(said))
