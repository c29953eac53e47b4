"""Adapters on records as they were published."""

import re
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from sources.sample import Sample, Segment
from tests.conftest import ROOT
from tests.sources import adapters

# folder below the samples, adapter, options, what comes of it
PUBLISHED: list[tuple[str, str, dict[str, Any], dict[str, int]]] = [
    ("records/c4", "c4", {}, {"sample": 6}),
    ("records/dolma", "dolma", {}, {"sample": 19}),
    ("records/redpajama", "redpajama", {}, {"sample": 13}),
    ("web/warc", "wet", {}, {"sample": 1}),
    ("records/laion", "laion", {}, {"sample": 107}),
    ("records/mmc4", "mmc4", {}, {"sample": 1}),
    ("records/wit", "wikipedia_wit", {}, {"other_language": 2}),
    ("records/wit", "wikipedia_wit", {"languages": ["fr", "nl"]}, {"sample": 2}),
    ("records/wit-base", "wikipedia_wit", {}, {"sample": 2, "other_language": 8}),
    (
        "records/wikipedia-dump",
        "wikipedia_dump",
        {},
        {"sample": 82, "redirect": 99, "no_image": 25, "other_namespace": 2},
    ),
    ("records/screenshot-to-code", "screenshot_to_code", {"image": "{name}.jpg"}, {"sample": 3}),
]


@pytest.mark.parametrize(("folder", "name", "options", "expected"), PUBLISHED)
def test_published_records_give_what_they_hold(
    samples: Path, folder: str, name: str, options: dict[str, Any], expected: dict[str, int]
) -> None:
    counts: Counter[str] = Counter()
    for row, found in adapters.run(name, samples / folder, **options):
        assert not isinstance(found, str), f"{row.file} {row.place}: {found}"
        counts.update("sample" if isinstance(each, Sample) else each.reason for each in found)
    assert counts == expected


def test_the_document_that_mmc4_prints_is_in_order(samples: Path) -> None:
    (document,) = adapters.samples("mmc4", samples / "records/mmc4")
    # The first picture of the row belongs to the last sentence.
    names = [(each.path or each.text or "")[-12:] for each in document.segments]
    assert names[1] == "index.91.jpg" and names[3] == "index.90.jpg"
    stated = adapters.samples("mmc4", samples / "records/mmc4", recompute=False)
    assert stated[0].segments == document.segments


def test_captions_of_published_rows_of_wit(samples: Path) -> None:
    french, dutch = adapters.samples("wikipedia_wit", samples / "records/wit", languages=[])
    assert french.texts[-1] == "Daryl Clark, lauréat en 2014."
    assert dutch.texts == [
        "Perigrapha (vlinder)\n\n"
        "Perigrapha is een geslacht van nachtvlinders uit de familie Noctuidae.",
        "Perigrapha i-cinctum",
    ]
    held, _ = adapters.samples("wikipedia_wit", samples / "records/wit-base")
    assert held.images[0].image and held.images[0].image.startswith(b"\xff\xd8")
    assert held.texts[-1] == "Teucrium corymbosum, Marysville, Victoria, Australia"


def test_no_markup_and_no_editor_of_a_published_wiki_is_left(samples: Path) -> None:
    found = adapters.samples("wikipedia_dump", samples / "records/wikipedia-dump")
    texts = "\n".join(text for each in found for text in each.texts)
    texts = re.sub(r"\$[^$\n]*\$", "", texts)  # formulas have double braces of their own
    for mark in ("[[", "]]", "{{", "}}", "<ref", "'''", "|thumb", "&nbsp;", "== "):
        assert mark not in texts, texts[max(0, texts.find(mark) - 200) :][:400]
    assert "85.193.216" not in texts and "Paine Ellsworth" not in texts
    addresses = [each.path for page in found for each in page.images]
    assert len(addresses) > 600 and all(str(each).startswith("https://") for each in addresses)
    assert {page.language for page in found} == {"en", "bg"}


def test_alternative_texts_of_published_rows_are_plain(samples: Path) -> None:
    found = adapters.samples("laion", samples / "records/laion")
    texts = [each.texts[0] for each in found]
    assert not [text for text in texts if "&quot;" in text or "<a " in text or "&copy;" in text]
    assert '"Keep Calm" - Blue Canvas' in texts


def test_code_of_published_pairs_is_whole(samples: Path) -> None:
    root = samples / "records/screenshot-to-code"
    found = adapters.samples("screenshot_to_code", root, image="{name}.jpg", languages=[])
    for sample in found:
        picture, code = sample.segments
        assert isinstance(picture, Segment) and (root / "HTML/images" / str(picture.path)).exists()
        assert str(code.text).startswith("<!DOCTYPE html>") and str(code.text).endswith("</html>")
        assert "\r" not in str(code.text)


def test_published_formulas_keep_their_pictures(samples: Path, tmp_path: Path) -> None:
    root = samples / "records/im2latex"
    shutil.copy(root / "formulas.lst", tmp_path / "math.txt")
    lines = [line.split() for line in (root / "train.lst").read_text().splitlines()]
    (tmp_path / "images").mkdir()
    for number, stem, _ in lines:
        path = tmp_path / "images" / f"{int(number):07d}.png"
        shutil.copy(root / "images" / f"{stem}.png", path)
    found = adapters.samples("latex_ocr", tmp_path)
    assert [each.segments[0].path for each in found] == [
        f"images/{int(number):07d}.png" for number, _, _ in sorted(lines, key=lambda x: int(x[0]))
    ]
    formulas = (root / "formulas.lst").read_text().split("\n")
    for each in found:
        number = int(str(each.segments[0].path)[7:-4])
        assert "\\label" not in each.texts[0]
        assert each.texts[0][1:12].strip() in formulas[number]


def test_line_breaks_of_published_code_survive(samples: Path) -> None:
    found = adapters.samples("redpajama", samples / "records/redpajama")
    assert any("\n  Texto que quiero copiar\n" in each.texts[0] for each in found)


def test_no_folder_of_published_records_is_passed_over(samples: Path) -> None:
    tests = "\n".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    named = set(re.findall(r'records(?:/|" / ")([\w-]+)', tests))
    folders = {path.name for path in (samples / "records").iterdir() if path.is_dir()}
    assert folders - named == {"LICENSES"}
