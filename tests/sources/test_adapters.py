"""What every adapter keeps to, tried on a few rows in the layout of its release.

`tests/sources/data/README.md` says what a fixture is and how its golden is written.
"""

import importlib
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

import sources
from sources.image import read_image
from sources.sample import Sample
from sources.source import Row
from taxonomy.categories import categories
from tests.sources import adapters

DATA = Path(__file__).parent / "data"
# Raw material of people's own, in many forms, and sources that run tools: they have own tests.
OWN_TESTS = {
    "caption/pairs", "text/documents", "sft/questions", "web_code/notebooks", "document_ocr/arxiv",
}  # fmt: skip
ADAPTERS = [name for name in sources.names() if name not in OWN_TESTS]


def stanza(name: str) -> dict[str, Any]:
    """The keys of the fixture's entry in a recipe."""
    path = DATA / name / "stanza.yaml"
    return yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else {}


def outcomes(name: str) -> list[tuple[Any, Any]]:
    assert (DATA / name).is_dir(), f"no fixture: write {DATA / name}, see {DATA / 'README.md'}"
    return list(adapters.run(name, DATA / name, **stanza(name).get("options", {})))


def samples(name: str) -> list[tuple[Row, Sample]]:
    return [
        (row, each)
        for row, found in outcomes(name)
        if not isinstance(found, str)
        for each in found
        if isinstance(each, Sample)
    ]


@pytest.mark.parametrize("name", ADAPTERS)
def test_the_golden_holds(name: str) -> None:
    seen = [
        {"row": f"{row.file}#{row.place}" if row.place else row.file}
        | (
            {"reject": found}
            if isinstance(found, str)
            else {"made": [adapters.record(each) for each in found]}
        )
        for row, found in outcomes(name)
    ]
    golden = DATA / name / "golden.json"
    text = json.dumps(seen, ensure_ascii=False, indent=1) + "\n"
    if os.environ.get("GOLDEN") == "write":
        golden.write_text(text, encoding="utf-8")
    assert golden.exists(), f"no {golden}: see {DATA / 'README.md'}"
    assert json.loads(text) == json.loads(golden.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ADAPTERS)
def test_the_declaration_is_complete(name: str) -> None:
    source = sources.load(name)
    for stated in ("title", "version", "licence", "homepage", "citation", "download", "languages"):
        assert getattr(source, stated), f"SOURCE.{stated} is empty"
    assert re.match(r"https?://", source.homepage)
    assert source.category in categories()
    module = importlib.import_module(f"sources.{name.replace('/', '.')}")
    doc = module.__doc__ or ""
    assert re.search(r"\b(row|record|line|page|file):", doc), "the docstring shows no raw row"
    assert "Quirks:" in doc, "the docstring tells no quirks"
    for option, default in source.options().items():
        assert source.parse.__doc__ and f"{option}:" in source.parse.__doc__, option
        assert default is not None


@pytest.mark.parametrize("name", ADAPTERS)
def test_rows_become_the_same_sound_samples_each_time(name: str) -> None:
    found = [sample for _, sample in samples(name)]
    assert found, "the fixture gives no sample"
    assert found == [sample for _, sample in samples(name)]
    keys = [sample.key for sample in found]
    assert len(set(keys)) == len(keys), "two samples have one key"
    for sample in found:
        assert all(text.strip() for text in sample.texts), f"{sample.row}: an empty text"
        assert sample.licence and sample.origin
        assert sample.category in categories()
        if sample.category.startswith("sft/"):
            assert all(segment.role for segment in sample.segments)
        assert sample.answer is None or sample.choices[sample.answer]


@pytest.mark.parametrize("name", ADAPTERS)
def test_images_exist_and_open(name: str) -> None:
    root, images = DATA / name, stanza(name).get("images", "")
    for row, sample in samples(name):
        for segment in sample.images:
            data = adapters.image_bytes(segment, row, root, images)
            if data is None:
                assert re.match(r"https?://[^\s/]+/\S+$", segment.path or ""), segment.path
            else:
                read_image(data, max_bytes=10**7, max_pixels=10**7)


def test_every_fixture_has_its_adapter() -> None:
    folders = {str(path.parent.relative_to(DATA)) for path in DATA.rglob("golden.json")}
    assert folders == set(ADAPTERS)
