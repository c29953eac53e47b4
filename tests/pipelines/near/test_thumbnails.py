"""Thumbnails of pictures: bands that edits leave, and likeness that only edits have."""

from collections.abc import Callable
from itertools import combinations
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image, ImageOps

from pipelines.near import thumbnails
from sources.look import look
from tests.pipelines.near.test_images import EDITS, MORE, scene

SCENES = 12
ALL = {**EDITS, **MORE, "dark": lambda image: image.point(lambda value: value * 3 // 4)}


def column(*samples: list[Image.Image]) -> pa.Array:
    joined = [b"".join(look(image).thumbnail for image in images) for images in samples]
    return pa.array(joined, pa.binary())


def alike(one: list[Image.Image], other: list[Image.Image]) -> float:
    (found,) = thumbnails.likenesses(column(one), column(other)).tolist()
    return float(found)


def shared(*samples: list[Image.Image]) -> set[tuple[int, int]]:
    """The pairs of samples that share a band."""
    hashes, _, owners = thumbnails.bands(column(*samples), np.arange(len(samples), dtype=np.uint64))
    sets = [set(hashes[owners == number].tolist()) for number in range(len(samples))]
    return {pair for pair in combinations(range(len(samples)), 2) if sets[pair[0]] & sets[pair[1]]}


@pytest.mark.parametrize("name", ALL)
def test_edits_share_a_band_and_are_alike(name: str) -> None:
    edit: Callable[[Image.Image], Image.Image] = ALL[name]
    for seed in range(SCENES):
        both = [scene(seed)], [edit(scene(seed))]
        assert shared(*both) == {(0, 1)}
        assert alike(*both) >= 0.9


@pytest.mark.parametrize("other", [lambda image: scene(99), ImageOps.mirror, ImageOps.invert])
def test_other_pictures_are_not_alike(other: Callable[[Image.Image], Image.Image]) -> None:
    likeness = [alike([scene(seed)], [other(scene(seed))]) for seed in range(SCENES)]
    assert max(likeness) < 0.6


def test_samples_are_as_alike_as_their_least_alike_image() -> None:
    one, other = scene(1), scene(2)
    assert alike([one, other], [one, other]) == 1
    assert alike([one, one], [one, other]) == alike([one], [other])
    assert alike([one], [one, other]) == 0
    assert shared([one], [one, other], [one, scene(3)]) == {(1, 2)}


def test_order_and_company_do_not_matter() -> None:
    ones = column(*([scene(seed)] for seed in range(300)))
    others = column(*([scene(seed % 7)] for seed in range(300)))
    all_at_once = thumbnails.likenesses(ones, others)
    single = [thumbnails.likenesses(ones[n : n + 1], others[n : n + 1])[0] for n in range(300)]
    assert all_at_once.tolist() == single


def test_what_is_flat_has_no_band() -> None:
    hashes, *_ = thumbnails.bands(column([Image.new("L", (90, 60), 200)]), np.zeros(1, np.uint64))
    assert len(hashes) == 0


@pytest.mark.parametrize(
    ("count", "one_colour"), [(0, False), (thumbnails.MOST + 1, False), (1, True)]
)
def test_no_or_many_or_blank_images_have_none(count: int, one_colour: bool) -> None:
    image: Any = SimpleNamespace(one_colour=one_colour, look=look(scene(0)))
    assert thumbnails.joined([image] * count) is None
