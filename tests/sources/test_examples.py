"""The project's own material holds what its README says."""

import json
from collections import Counter
from pathlib import Path

import pytest

from sources.image import ImageError, ImageFacts, read_image
from sources.source import Row
from sources.web_code.notebooks import parse

EXAMPLES = Path(__file__).parents[2] / "sources" / "examples"
CAPTIONS = EXAMPLES / "captions"


def records(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def facts(path: Path) -> ImageFacts:
    return read_image(path.read_bytes(), max_bytes=10**6, max_pixels=10**6)[1]


def test_it_is_small() -> None:
    assert sum(path.stat().st_size for path in EXAMPLES.rglob("*") if path.is_file()) < 3_000_000


def test_notebooks_show_every_outcome() -> None:
    counts: Counter[str] = Counter()
    for path in sorted((EXAMPLES / "notebooks").iterdir()):
        if path.stem != "broken-on-purpose":
            row = Row(value=path.read_bytes(), file=path.name)
            counts.update(getattr(found, "reason", "samples") for found in parse(row))
    assert counts == {
        "samples": 23, "shown_picture": 2, "few_lines": 1, "several_images": 1, "blank_image": 1,
    }  # fmt: skip
    broken = (EXAMPLES / "notebooks" / "broken-on-purpose.ipynb").read_bytes()
    with pytest.raises(ValueError, match="not a notebook: no JSON"):
        list(parse(Row(value=broken, file="b")))


def test_captions_have_their_pictures() -> None:
    rows = records(CAPTIONS / "captions.jsonl")
    named = {row["image"] for row in rows}
    assert named == {f"images/{path.name}" for path in (CAPTIONS / "images").iterdir()}
    assert {row["language"] for row in rows} == {"en", "zh"}
    sound = [CAPTIONS / name for name in sorted(named) if "on-purpose" not in name]
    assert {facts(path).format for path in sound} == {"jpeg", "png", "webp"}
    with pytest.raises(ImageError, match="truncated"):
        facts(CAPTIONS / "images" / "truncated-on-purpose.jpg")


def test_pictures_in_pairs_have_a_text_each() -> None:
    pictures = [path for path in (CAPTIONS / "pairs").iterdir() if path.suffix != ".txt"]
    assert len(pictures) == 8
    for path in pictures:
        assert facts(path).width > 200
        assert len(path.with_suffix(".txt").read_text(encoding="utf-8")) > 20


def test_texts_hold_two_exact_duplicates() -> None:
    rows = records(EXAMPLES / "text" / "documents.jsonl")
    assert len(rows) == len({row["id"] for row in rows}) == 25
    assert len({row["text"] for row in rows}) == 23
    files = [path for path in (EXAMPLES / "text").iterdir() if path.suffix in (".txt", ".md")]
    assert len(files) == 13 and all(path.read_text(encoding="utf-8").strip() for path in files)
