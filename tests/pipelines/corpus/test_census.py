"""What a corpus holds, in numbers."""

from typing import Any

import pyarrow as pa

from pipelines.corpus.census import COLUMNS, Census, Sums, take
from pipelines.facts import FIELDS

NOTHING: dict[str, Any] = {
    "category": "pretrain/caption", "parts": "jpg-txt", "source": "caption/pairs", "language": "en",
    "stated_language": "", "code_language": "", "licence": "", "taxonomy": "", "texts": 1,
    "characters": 0, "tokens": None, "images": 0, "image_bytes": 0, "bytes": 10, "widths": [],
    "heights": [], "formats": [], "stanza": "captions",
}  # fmt: skip


def counted(*rows: dict[str, Any], at_once: int = 2) -> Census:
    schema = pa.schema([(name, FIELDS[name]) for name in COLUMNS])
    made = [dict.fromkeys(COLUMNS) | NOTHING | row for row in rows]
    batches = (made[start : start + at_once] for start in range(0, len(made), at_once))
    return take(pa.RecordBatch.from_pylist(batch, schema) for batch in batches)


def test_folders_are_summed_over_batches() -> None:
    census = counted(
        {"texts": 1, "characters": 5, "tokens": 2, "images": 1, "image_bytes": 100, "bytes": 1},
        {"texts": 3, "characters": 7, "tokens": None, "bytes": 2},
        {"parts": "json", "texts": 2, "bytes": 4},
        {"texts": 2, "tokens": 3, "images": 2, "image_bytes": 11, "bytes": 8},
    )
    pairs = Sums(
        samples=3, most_texts=3, images=3, characters=12, tokens=5, image_bytes=111, bytes=11
    )
    assert census.groups == {
        "pretrain/caption/jpg-txt": pairs,
        "pretrain/caption/json": Sums(samples=1, most_texts=2, bytes=4),
    }


def test_what_a_source_states_comes_before_what_was_seen() -> None:
    census = counted(
        {"stated_language": "de", "language": "en"},
        {"language": "fr", "licence": "CC0-1.0"},
        {"language": "", "stated_language": None, "licence": None},
        {"code_language": "python", "language": "en"},
        {"code_language": None, "taxonomy": None},
    )
    assert census.languages == {"de": 1, "fr": 1, "unknown": 1, "en": 1}
    assert census.code_languages == {"python": 1}
    assert census.licences == {"unknown": 4, "CC0-1.0": 1}
    assert census.use_cases == {"": 5}


def test_images_and_texts_are_counted_by_powers_of_two() -> None:
    picture = {"widths": [640, 3], "heights": [480, 1025], "formats": ["jpeg", "png"]}
    census = counted({**picture, "characters": 1}, picture, {"characters": 4095})
    assert census.sides == {512: 2, 1024: 2}
    assert census.formats == {"jpeg": 2, "png": 2}
    assert census.characters == {1: 1, 0: 1, 2048: 1}


def test_a_corpus_of_a_release_that_measured_no_talks_is_counted() -> None:
    columns = [name for name in NOTHING if name != "stanza"]
    schema = pa.schema([(name, FIELDS[name]) for name in columns])
    census = take([pa.RecordBatch.from_pylist([NOTHING], schema)])
    assert census.sources == {"caption/pairs": 1}
    assert census.talks.conversations() == {}
    assert counted({"answers": 1, "characters": 9}).talks.entries["captions"].samples == 1
