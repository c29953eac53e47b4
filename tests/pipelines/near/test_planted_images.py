"""Edits of real pictures among 20,000: what is found, edit by edit, and what is found wrongly."""

import io
import random
from collections import defaultdict
from collections.abc import Iterator
from hashlib import sha256
from itertools import islice, product
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image, ImageDraw, ImageFont

from pipelines.near import thumbnails
from pipelines.near.bands import ALL_PAIRS, pair_up
from pipelines.near.images import by_parts, within
from pipelines.near.nodes import ends
from pipelines.recipe import NearImages
from sources.look import Look, look

COUNT, PAGES, DISTANCE = 20_000, 1_000, 4
# Sides of a tile in pixels, and tiles taken of one file.
TILES, MOST = (240, 200, 160), 40
# Screens of one program, which share a frame: tiles of it would be one picture many times.
FRAMED = "inst-"
SETTINGS = NearImages()
# Of two pictures at 96 pixels a side, the correlation from which on they are one.
SAME = 0.95


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


def crop_side(image: Image.Image) -> Image.Image:
    """The picture without 2% of its width on the left and of its height on the top."""
    return image.crop(
        (round(image.width * 0.02), round(image.height * 0.02), image.width, image.height)
    )


def stamp(image: Image.Image) -> Image.Image:
    """The picture with a white mark, 15% wide, near the corner where most marks are."""
    made = image.copy()
    width, height = made.size
    box = (width * 80 // 100, height * 85 // 100, width * 95 // 100, height * 95 // 100)
    ImageDraw.Draw(made).rectangle(box, fill=(250, 250, 250))
    return made


EDITS = {
    "resize": (lambda image: image.resize((image.width // 2, image.height // 2)), 90),
    "jpeg": (lambda image: image, 40),
    "grayscale": (lambda image: image.convert("L"), 90),
    "crop": (crop, 90),
    "crop of one corner": (crop_side, 90),
    "logo": (logo, 90),
    "stamp": (stamp, 90),
}


def decoded(image: Image.Image, quality: int) -> Image.Image:
    """A picture as a JPEG gives it back."""
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return Image.open(out)


def real(samples: Path) -> Iterator[Image.Image]:
    """Real pictures: photographs, screens and charts, and the tiles of large ones."""
    for path in sorted(samples.rglob("*")):
        if path.suffix.lower() not in (".jpg", ".jpeg", ".png", ".webp"):
            continue
        try:
            whole = Image.open(path).convert("RGBA").convert("RGB")
        except OSError:
            continue
        yield whole
        most = 0 if path.name.startswith(FRAMED) else MOST
        for tile in TILES:
            corners = product(range(0, whole.width, tile), range(0, whole.height, tile))
            for x, y in islice(corners, most):
                yield whole.crop((x, y, min(x + tile, whole.width), min(y + tile, whole.height)))


def pages(samples: Path) -> Iterator[Image.Image]:
    """Pages of one layout, each of other words."""
    font = ImageFont.load_default(14)
    paths = sorted(path for path in (samples / "text").rglob("*.txt"))
    words = " ".join(path.read_text(encoding="utf-8", errors="replace") for path in paths).split()
    for start in range(0, min(PAGES * 363, len(words) - 363), 363):
        page = Image.new("RGB", (600, 800), "white")
        draw = ImageDraw.Draw(page)
        for line in range(33):
            at = start + 11 * line
            draw.text((50, 60 + 20 * line), " ".join(words[at : at + 11]), fill="black", font=font)
        yield page


class Pictures:
    """Looks of pictures, which picture each is an edit of, and by which edit."""

    def __init__(self) -> None:
        self.looks: list[Look] = []
        self.fine: list[bytes] = []
        self.sources: list[int] = []
        self.edits: list[str] = []

    def add(self, image: Image.Image, edit: str = "", source: int | None = None) -> bool:
        """Adds a picture, unless there is hardly anything to see in it."""
        seen = look(image)
        if seen.entropy < SETTINGS.least_entropy or min(image.size) < 64:
            return False
        self.sources.append(len(self.looks) if source is None else source)
        self.looks.append(seen)
        self.edits.append(edit)
        self.fine.append(image.convert("L").resize((96, 96)).tobytes())
        return True

    def same(self, one: int, other: int) -> bool:
        """Whether two pictures are one, by where they come from or by all that is in them."""
        one, other = self.sources[one], self.sources[other]
        if one == other:
            return True
        both = np.frombuffer(self.fine[one] + self.fine[other], np.uint8).reshape(2, -1)
        return bool(np.corrcoef(both)[0, 1] >= SAME)


def collected(samples: Path) -> Pictures:
    """Pictures with all their edits, and the same turned and mirrored, as others than these."""
    found, turned, known = Pictures(), [], set()
    for image in real(samples):
        base, shown = decoded(image, 95), sha256(image.tobytes()).digest()
        # Some files are there twice.
        if shown not in known and found.add(base):
            known.add(shown)
            source = len(found.looks) - 1
            for name, (edit, quality) in EDITS.items():
                found.add(decoded(edit(base.convert("RGB")), quality), name, source)
            if max(base.size) <= max(TILES):
                turned += [base.transpose(way) for way in Image.Transpose]
    written = [*pages(samples)]
    turned += [page.transpose(Image.Transpose.ROTATE_90) for page in written]
    for image in (*written, *random.Random(0).sample(turned, len(turned))):
        if len(found.looks) < COUNT:
            found.add(image)
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


def alike(known: Pictures) -> set[tuple[int, int]]:
    """The pairs that the search by thumbnails finds."""
    column = pa.array([each.thumbnail for each in known.looks], pa.binary())
    hashes, orders, owners = thumbnails.bands(column, np.arange(len(column), dtype=np.uint64))
    low, high = pair_up(hashes, orders, owners, all_pairs=ALL_PAIRS)
    found = thumbnails.likenesses(column.take(pa.array(low)), column.take(pa.array(high)))
    print(len(low), "candidates of", len(column), "pictures")
    near = found >= SETTINGS.likeness
    return set(zip(low[near].tolist(), high[near].tolist(), strict=True))


@pytest.fixture(scope="module")
def known(samples: Path) -> Pictures:
    return collected(samples)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_edits_are_found_among_many_pictures(known: Pictures) -> None:
    found = alike(known)
    places = [place for place, edit in enumerate(known.edits) if edit]
    right = defaultdict(list)
    for place in places:
        right[known.edits[place]].append((known.sources[place], place) in found)
    for name, each in right.items():
        print(name, len(each), round(float(np.mean(each)), 4))
    wrong = [pair for pair in found if not known.same(*pair)]
    precision = 1 - len(wrong) / len(found)
    print(len(known.looks), "pictures", len(found), "pairs, precision", round(precision, 4))
    assert precision >= 0.99 and len(known.looks) == COUNT
    rates = {name: float(np.mean(each)) for name, each in right.items()}
    # Cut on two sides alone, what is left moves by as much again.
    assert rates.pop("crop of one corner") >= 0.97
    assert min(rates.values()) >= 0.98


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_hashes_within_the_distance_are_all_found(known: Pictures) -> None:
    values = [int(each.perceptual, 16) for each in known.looks]
    for name in EDITS:
        places = [place for place, edit in enumerate(known.edits) if edit == name]
        bits = [(values[place] ^ values[known.sources[place]]).bit_count() for place in places]
        print(name, {limit: round(float(np.mean(np.array(bits) <= limit)), 3) for limit in (4, 12)})
    found = banded(values, DISTANCE)
    wrong = sum(not known.same(*pair) for pair in found)
    print("precision by hash", round(1 - wrong / len(found), 4))
    assert found == brute(values, DISTANCE) and len(found) > COUNT // 4
