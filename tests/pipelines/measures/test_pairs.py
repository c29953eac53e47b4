"""Captions that say nothing of their picture are told from those that do."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipelines.measures import pairs
from pipelines.measures.words import words
from tests.pipelines import corpora

NAMES = ["photos/red-car_2.jpg", "https://mail.test/a/Big%20Ben.png?size=2"]


@pytest.mark.parametrize(
    "caption",
    ["Red car 2", "red-car_2.jpg", "Big Ben", "IMG_20210304_101112", "DSC00412.JPG", "图片 0123"],
)
def test_names_of_files_are_no_captions(caption: str) -> None:
    assert pairs.is_file_name(caption, NAMES)


@pytest.mark.parametrize(
    "caption",
    [
        "A red car",
        "Big Ben at night",
        "Photo 51, taken in 1952",
        "三只猫",
        "",
        "Figure 3.2. See a.png",
    ],
)
def test_what_says_something_is_no_name(caption: str) -> None:
    assert not pairs.is_file_name(caption, NAMES)


@pytest.mark.parametrize(
    ("caption", "value"),
    [("Image", 1), ("Click to enlarge.", 1), ("N/A", 1), ("点击查看大图", 1), ("--", 1),
     ("A logo", 0),
     ("The image shows a cat", 0), ("图片里有一只猫", 0)],
)  # fmt: skip
def test_boilerplate_in_place_of_a_caption(caption: str, value: int) -> None:
    assert pairs.measure(caption, words(caption), [])["caption_is_boilerplate"] == value


def test_equal_captions_have_equal_hashes_whatever_their_case() -> None:
    one, same, other = (
        pairs.measure(text, words(text), []) for text in ("A cat.", "a  CAT", "A hat.")
    )
    assert one["caption"] == same["caption"] != other["caption"]
    assert (one["caption_words"], pairs.measure(None, words(""), [])["caption_words"]) == (2, None)


def test_a_build_measures_captions_by_the_names_of_their_pictures(tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    captions = ["my cat", "A cat asleep", "untitled"]
    for number, caption in enumerate(captions):
        (tmp_path / "raw" / f"my-cat{number or ''}.png").write_bytes(corpora.picture(number))
        (tmp_path / "raw" / f"my-cat{number or ''}.txt").write_text(caption)
    recipe = {"name": "cats", "sources": [{"source": "pairs", "path": "raw"}]}
    (tmp_path / "recipe.yaml").write_text(json.dumps(recipe))
    corpora.run("build", tmp_path / "recipe.yaml", "--out", tmp_path / "out", "--workers", 1)
    (index,) = (tmp_path / "out" / "pretrain").rglob("*.parquet")
    rows = pq.read_table(index, columns=list(pairs.FIELDS)).to_pylist()
    found = sorted(tuple(row.values()) for row in rows)
    assert found == [(1, 0, 1), (2, 1, 0), (3, 0, 0)]
