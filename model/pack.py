"""Packing: several samples one behind the other in a row, each seen by itself alone.

The mask that keeps them apart is block-diagonal; `model.language` holds the picture of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from model.prompt import IGNORE, Encoded
from model.sizes import Size
from model.vlm import VLM, Prefix

# Scoring pads to a multiple of this many tokens, so that a product's rows are summed in one order
# however many there are.
PADDED = 64


@dataclass(frozen=True, slots=True)
class Row:
    """A packed row. Letter of shapes: L tokens.

    Attributes:
        ids: int[L].
        labels: int[L], IGNORE where nothing is supervised.
        blocks: lengths of the samples, summing to L.
    """

    ids: Tensor
    labels: Tensor
    blocks: tuple[int, ...]


def fill(lengths: Sequence[int], room: int) -> list[list[int]]:
    """Cuts samples into rows in their order; one longer than a row gets a row of its own.

    >>> fill([3, 4, 5, 12, 1], 8)
    [[0, 1], [2], [3], [4]]
    """
    rows: list[list[int]] = []
    left = 0
    for index, length in enumerate(lengths):
        if length > left:
            rows.append([])
            left = room
        rows[-1].append(index)
        left -= length
    return rows


def join(samples: Sequence[Encoded], multiple: int = 1) -> Row:
    """Joins samples to a row, padded by a block of its own to a multiple of a length."""
    ids = [token for sample in samples for token in sample.ids]
    labels = [label for sample in samples for label in sample.labels]
    blocks = [len(sample) for sample in samples]
    if missing := -len(ids) % multiple:
        ids += [0] * missing
        labels += [IGNORE] * missing
        blocks.append(missing)
    return Row(torch.tensor(ids), torch.tensor(labels), tuple(blocks))


def cut(prompt: Encoded, length: int, size: Size) -> tuple[Encoded, int]:
    """Returns the beginning of a prompt that fits a length, and how many of its images are in it.

    An image is in it as a whole or not at all.
    """
    places = prompt.ids[:length].count(size.image_token)
    images, partly = divmod(places, size.image_tokens)
    return (prompt.cut(length - partly) if len(prompt) > length else prompt), images


def next_logits(
    model: VLM, row: Row, features: Tensor | None, prefix: Prefix = ()
) -> tuple[Tensor, Tensor]:
    """Returns what the model expects where a supervised token of a row stands.

    The head is run there and nowhere else.

    Args:
        model: the model.
        row: the row.
        features: float[N, T, D] of the row's images in order.
        prefix: what every sample of the row begins with.

    Returns:
        places: int[K], where the supervised tokens are.
        logits: float[K, V], in fp32.
    """
    hidden = model.hidden(
        model.embed(row.ids.to(model.device), features), row.blocks, prefix=prefix
    )
    # A block starts with what is never supervised, such as BOS: no neighbour predicts a token.
    places = (row.labels.to(model.device) != IGNORE).nonzero()[:, 0]
    # A few rows are multiplied in another order than many: their number is rounded up as well.
    padded = F.pad(places, (0, -len(places) % PADDED), value=1)
    return places, model.logits(hidden[padded - 1]).float()[: len(places)]


def token_losses(model: VLM, row: Row, features: Tensor | None) -> Tensor:
    """Returns what each supervised token of a row costs: float[K], in nats."""
    places, logits = next_logits(model, row, features)
    return F.cross_entropy(logits, row.labels.to(model.device)[places], reduction="none")
