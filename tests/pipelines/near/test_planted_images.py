"""Edits of real pictures among many hashes: what is found against brute force, edit by edit."""

import io
import random
from collections import defaultdict
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from pipelines.near.images import by_parts, within
from pipelines.near.nodes import ends
from sources.image import ImageError, read_image

COUNT, DISTANCE = 20_000, 4
# Sides of a tile in pixels, and pictures taken of one file.
TILE, MOST = 240, 25
LEAST_ENTROPY = 3.0


def logo(image: Image.Image) -> Image.Image:
    """The picture with a badge of a tenth of its sides in a corner."""
    made = image.copy()
    width, height = made.size
    ImageDraw.Draw(made).rectangle((0, 0, width // 10, height // 10), fill=(200, 30, 30))
    return made


def crop(image: Image.Image) -> Image.Image:
    """The picture without 2% of its width and height."""
    width, height = image.size
    left, top = round(width * 0.01), round(height * 0.01)
    return image.crop((left, top, width - left, height - top))


EDITS = {
    "resize": (lambda image: image.resize((image.width // 2, image.height // 2)), 90),
    "jpeg": (lambda image: image, 40),
    "grayscale": (lambda image: image.convert("L"), 90),
    "crop": (crop, 90),
    "logo": (logo, 90),
}


def perceptual(data: bytes) -> int | None:
    """A picture's hash, if it has enough to see."""
    try:
        _, seen = read_image(data, max_bytes=10**8, max_pixels=10**7)
    except ImageError:
        return None
    if seen.one_colour or seen.look.entropy < LEAST_ENTROPY or min(seen.width, seen.height) < 64:
        return None
    return int(seen.look.perceptual, 16)


def encoded(image: Image.Image, quality: int) -> bytes:
    """A picture as a JPEG."""
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()


def edited(image: Image.Image) -> dict[str, int | None]:
    """The hash of a picture after each edit."""
    return {
        name: perceptual(encoded(edit(image), quality)) for name, (edit, quality) in EDITS.items()
    }


def pictures(samples: Path) -> dict[int, Image.Image]:
    """Real pictures by their hashes: photographs and charts, and the tiles of large ones."""
    found: dict[int, Image.Image] = {}
    for path in sorted(samples.rglob("*")):
        if path.suffix.lower() not in (".jpg", ".jpeg", ".png", ".webp"):
            continue
        try:
            whole = Image.open(path).convert("RGBA").convert("RGB")
        except OSError:
            continue
        corners = product(range(0, whole.width, TILE), range(0, whole.height, TILE))
        boxes = [
            (x, y, min(x + TILE, whole.width), min(y + TILE, whole.height)) for x, y in corners
        ]
        for box in [(0, 0, *whole.size), *boxes][:MOST]:
            image = whole.crop(box)
            value = perceptual(encoded(image, 95)) if min(image.size) > TILE // 2 else None
            if value is not None:
                found.setdefault(value, image)
    return found


def brute(values: list[int], distance: int) -> set[tuple[int, int]]:
    """All pairs within the distance."""
    hashes, found = np.array(values, np.uint64), set()
    for number in range(len(hashes)):
        near = np.flatnonzero(np.bitwise_count(hashes[number + 1 :] ^ hashes[number]) <= distance)
        found |= {(number, number + 1 + int(other)) for other in near}
    return found


def banded(values: list[int], distance: int) -> set[tuple[int, int]]:
    """The pairs that the search finds."""
    groups = defaultdict(list)
    for number, value in enumerate(values):
        for word, member in by_parts(value.to_bytes(8, "big"), b"n%08d" % number, distance):
            groups[word].append(member)
    pairs = {ends(edge) for word, group in groups.items() for edge in within(word, group, distance)}
    return {(int(one[1:]), int(other[1:])) for one, other in pairs}


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_edits_among_many_pictures(samples: Path) -> None:
    real = pictures(samples)
    apart = defaultdict(list)
    values = list(real)
    for value, image in real.items():
        for name, other in edited(image).items():
            # An edit that leaves hardly anything to see is left alone, as the search does.
            if other is not None:
                apart[name].append((value ^ other).bit_count())
                values.append(other)
    noise = random.Random(0)
    # Pictures that nobody has: hashes drawn by lot are as far apart as hashes are at their best.
    values += [noise.getrandbits(64) for _ in range(COUNT - len(values))]
    print(len(real), "pictures,", len(values), "hashes")
    for name, bits in apart.items():
        rates = {limit: float(np.mean(np.array(bits) <= limit)) for limit in (2, 4, 6, 8, 10, 12)}
        print(name, len(bits), {limit: round(rate, 4) for limit, rate in rates.items()})
    for limit in (4, 6, 8, 10, 12):
        others = len(brute(list(real), limit))
        print("distinct pictures within", limit, others)
    wanted = brute(values, DISTANCE)
    assert banded(values, DISTANCE) == wanted and len(wanted) > 3 * len(real)
    for name in ("resize", "jpeg", "grayscale"):
        assert np.mean(np.array(apart[name]) <= DISTANCE) >= 0.98
