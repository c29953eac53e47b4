"""Real papers: what compiles gives pages that say what they show; what is broken says why."""

import random
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from sources.document_ocr import arxiv
from sources.document_ocr.latex import make, score
from sources.document_ocr.latex.blocks import Block
from sources.document_ocr.latex.paper import PageText
from sources.sample import Sample, Skip, extension
from sources.source import Row

SMALL = ("cam16-note", "revtex-apssamp")
LARGE = ("osa-ucs", "signature-imputation", "lomb-scargle", "evidential-regression")
# The threshold that a recipe should start from.
GATE = 0.94


@cache
def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@cache
def parsed(folder: Path) -> list[Sample | Skip]:
    return list(arxiv.parse(Row(value=files(folder), file=folder.name)))


def pages(folder: Path) -> list[Sample]:
    return [sample for sample in parsed(folder) if isinstance(sample, Sample)]


def share_good(found: list[Sample]) -> float:
    return sum(score.f1(dict(sample.measures)) >= 0.9 for sample in found) / len(found)


@pytest.mark.parametrize("name", SMALL)
def test_clean_papers_give_their_pages(samples: Path, name: str) -> None:
    assert share_good(pages(samples / "latex" / name)) >= 0.9


@pytest.mark.slow
@pytest.mark.parametrize("name", LARGE)
def test_long_clean_papers_give_their_pages(samples: Path, name: str) -> None:
    assert share_good(pages(samples / "latex" / name)) >= 0.9


def test_numbers_are_those_of_the_page(samples: Path) -> None:
    text = "\n".join(page.texts[0] for page in pages(samples / "latex" / "revtex-apssamp"))
    for printed in (
        "## I. First-level heading",
        "TABLE I. A table that fits into a single column",
        "## Appendix B: A little more on appendixes",
        "\\tag{B2c}",
        "Eqs. (B2a), (B2b), and (B2c)",
        "[^1]: A footnote to the article title",
    ):
        assert printed in text
    assert "??" not in text


def test_a_page_is_an_image_and_a_text(samples: Path) -> None:
    page = pages(samples / "latex" / "cam16-note")[0]
    assert page.is_pair
    assert extension(page.images[0].image or b"") == "png"
    assert page.texts[0].startswith("# Algorithmic improvements for the CIECAM02 and CAM16")
    assert dict(page.measures)["exact"] == 1


def test_a_missing_file_is_named(samples: Path) -> None:
    (skip,) = parsed(samples / "latex" / "sympy")
    assert isinstance(skip, Skip)
    assert (skip.reason, "authors.tex" in skip.detail) == ("missing_file", True)


@pytest.mark.slow
def test_a_page_without_its_figure_is_left_out(samples: Path) -> None:
    found = parsed(samples / "latex" / "minimap2")
    skips = [(skip.reason, skip.part) for skip in found if isinstance(skip, Skip)]
    assert skips == [("missing_figure", "page 4")]
    assert len(found) == 6


@pytest.mark.slow
def test_undefined_macros_are_counted_on_their_page(samples: Path) -> None:
    found = pages(samples / "latex" / "celerite")
    assert share_good(found) >= 0.9
    assert 0 < sum(dict(page.measures)["leftovers"] > 0 for page in found) < 5


def test_the_same_paper_gives_the_same_bytes(samples: Path) -> None:
    folder = samples / "latex" / "cam16-note"
    again = list(arxiv.parse(Row(value=files(folder), file=folder.name)))
    assert again == parsed(folder)


def measured(folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[PageText]:
    """The pages of a paper as they are measured, before they are drawn."""
    kept: list[PageText] = []
    monkeypatch.setattr(make, "_drawn", lambda data, texts, *_, **__: kept.extend(texts) or ())
    list(make.make_pages(files(folder), make.Settings()))
    return kept


def corrupted(found: list[PageText], dice: random.Random) -> Iterator[float]:
    """The qualities of pages with a paragraph more, one less, or a strange float."""
    for index, page in enumerate(found):
        long = [b for b in page.blocks if b.kind == "para" and len(b.atoms) >= 25]
        after = found[index + 1].blocks if index + 1 < len(found) else ()
        added = [b for b in after if b.kind == "para" and len(b.atoms) >= 25]
        captions = [b for b in page.blocks if b.kind == "caption"]
        strange = [b for other in found if other is not page for b in other.blocks]
        strange = [b for b in strange if b.kind == "caption"]
        if added:
            yield again(page, [*page.blocks, added[0]])
        if long:
            gone = dice.choice(long)
            yield again(page, [b for b in page.blocks if b is not gone])
        if captions and strange:
            other = dice.choice(strange)
            yield again(page, [other if b is captions[0] else b for b in page.blocks])


def again(page: PageText, blocks: list[Block]) -> float:
    return score.measures([replace(block) for block in blocks], page.page)["quality"]


def auc(true: list[float], false: list[float]) -> float:
    """How often a true page has the higher quality."""
    wins = sum((good > bad) + (good == bad) / 2 for good in true for bad in false)
    return wins / len(true) / len(false)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_corrupted_pages_are_told_from_true_ones(
    samples: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    true, false = [], []
    for name in (*SMALL, *LARGE):
        found = measured(samples / "latex" / name, monkeypatch)
        true += [page.measures["quality"] for page in found]
        false += list(corrupted(found, random.Random(name)))
    assert len(true) > 100 < len(false)
    assert auc(true, false) >= 0.98
    kept = sum(value >= GATE for value in true) / len(true)
    wrong = sum(value >= GATE for value in false) / len(false)
    assert kept / (kept + wrong) >= 0.99
    assert kept > 0.8
