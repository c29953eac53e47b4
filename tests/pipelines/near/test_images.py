"""Planted near-duplicates of images come out, and bands miss nothing within the distance."""

import random
from collections import defaultdict
from itertools import combinations
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from PIL import Image, ImageDraw

from pipelines.layout import Layout
from pipelines.near.images import by_parts, likeness, within
from pipelines.near.looks import FindLookPairs
from pipelines.near.nodes import Pool, ends
from pipelines.recipe import NearImages
from tests.pipelines.near import planted

PICTURES = 20


def near_hashes(seed: int, groups: int, images: int) -> list[bytes]:
    """Hashes in groups, each a few bits from the first of its group."""
    noise, found = random.Random(seed), []
    for _ in range(groups):
        base = noise.getrandbits(64 * images)
        for _ in range(6):
            flips = sum(1 << bit for bit in noise.sample(range(64 * images), noise.randint(0, 14)))
            found.append((base ^ flips).to_bytes(8 * images, "big"))
    return found


def apart(one: bytes, other: bytes) -> int:
    numbers = (
        int.from_bytes(one[at : at + 8]) ^ int.from_bytes(other[at : at + 8])
        for at in range(0, len(one), 8)
    )
    return max(number.bit_count() for number in numbers)


@pytest.mark.parametrize("images", [1, 2])
@pytest.mark.parametrize("distance", [0, 1, 2, 3, 4, 5, 8, 11, 12])
def test_parts_find_just_the_pairs_within_the_distance(distance: int, images: int) -> None:
    named = {
        f"{at:04d}".encode(): each for at, each in enumerate(near_hashes(distance, 25, images))
    }
    groups = defaultdict(list)
    for name, hashes in named.items():
        for word, member in by_parts(hashes, name, distance):
            groups[word].append(member)
    found = {ends(edge) for word, group in groups.items() for edge in within(word, group, distance)}
    assert found == {
        (one, other)
        for one, other in combinations(sorted(named), 2)
        if apart(named[one], named[other]) <= distance
    }


def test_samples_of_other_numbers_of_images_never_meet() -> None:
    one, two = bytes(8), bytes(16)
    words = [{word for word, _ in by_parts(each, b"n", 4)} for each in (one, two)]
    assert not words[0] & words[1]


def test_likeness_is_that_of_the_least_alike_image() -> None:
    assert likeness(["0" * 16, "0" * 16], ["0" * 16, "f" + "0" * 15]) == 1 - 4 / 64


def scene(seed: int) -> Image.Image:
    noise = random.Random(seed).randbytes(8 * 6 * 3)
    return Image.frombytes("RGB", (8, 6), noise).resize((160, 120), Image.Resampling.BICUBIC)


def logo(image: Image.Image) -> Image.Image:
    """The picture with a badge of a tenth of its sides in a corner."""
    made = image.copy()
    ImageDraw.Draw(made).rectangle((0, 0, image.width // 10, image.height // 10), fill="red")
    return made


EDITS = {
    "half": lambda image: image.resize((80, 60)),
    "grey": lambda image: image.convert("L"),
    "again": lambda image: image.resize((320, 240)),
}
MORE = {
    "crop": lambda image: image.crop((3, 2, image.width, image.height)),
    "logo": logo,
}


def write_pictures(folder: Path, count: int) -> dict[str, str]:
    """Pairs in files: `count` pictures, every other once more with each edit, and blank ones."""
    folder.mkdir(parents=True)
    groups = {}
    pictures = {f"{seed:03d}-a": scene(seed) for seed in range(count)}
    for seed in range(0, count, 2):
        for name, edit in {**EDITS, **MORE}.items():
            pictures[f"{seed:03d}-{name}"] = edit(scene(seed))
    for number in range(4):
        pictures[f"blank-{number}"] = Image.new("RGB", (50 + number, 50), "white")
    for name, image in pictures.items():
        image.save(folder / f"{name}.jpg", quality=70 + len(name))
        (folder / f"{name}.txt").write_text(f"the caption of {name}")
        groups[name] = name.split("-")[0]
    return groups


def build(folder: Path, **images: Any) -> dict[str, dict[str, Any]]:
    sources = [{"source": "pairs", "path": "raw", "language": "en", "licence": "CC0-1.0"}]
    out = planted.build(folder, {"images": images}, sources=sources)
    return planted.dropped(out)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("images")
    write_pictures(folder / "raw", PICTURES)
    return folder


def edits(gone: dict[str, dict[str, Any]]) -> int:
    """How many went; each has another that stays."""
    assert {line["reason"] for line in gone.values()} == {"near_duplicate_image"}
    assert not {line["kept"] for line in gone.values()} & set(gone)
    return len(gone)


def test_edited_pictures_go_and_others_stay(folder: Path) -> None:
    gone = build(folder)
    assert edits(gone) == PICTURES // 2 * len({**EDITS, **MORE})
    assert all(line["alike"] >= 0.85 for line in gone.values())


def test_hashes_find_what_is_within_the_distance(folder: Path) -> None:
    gone = build(folder, by="hash", distance=6)
    assert PICTURES // 2 * len(EDITS) <= edits(gone) < PICTURES // 2 * len({**EDITS, **MORE})
    assert all(line["alike"] >= 1 - 12 / 64 for line in gone.values())


def test_only_pictures_with_enough_to_see_of_named_categories_are_looked_at() -> None:
    columns = {
        "category": ["pretrain/caption", "sft/multimodal", *["pretrain/caption"] * 3],
        "min_entropy": [5.0, 5.0, 1.0, None, 5.0],
        "thumbnails": [b"0" * 1024] * 4 + [None],
    }
    pool = Pool(layout=Layout(out="out"), removals=(), stanzas=(), quality="")
    search = FindLookPairs(into="", pool=pool, buckets=1, wanted=NearImages())
    facts = pa.RecordBatch.from_pydict(columns)
    assert search.chosen(facts).tolist() == [True, False, False, False, False]
