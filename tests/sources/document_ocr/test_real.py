"""Real papers: what compiles gives pages that say what they show; what is broken says why."""

from functools import cache
from pathlib import Path

import pytest

from sources.document_ocr import arxiv
from sources.document_ocr.latex import score
from sources.sample import Sample, Skip, extension
from sources.source import Row

SMALL = ("cam16-note", "revtex-apssamp")
LARGE = ("osa-ucs", "signature-imputation", "lomb-scargle", "evidential-regression")


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
        "Video 1. Students explain their initial idea",
        "[1] E. Witten, (2001), hep-th/0106109 and references therein\n\n[2] See the explanation",
    ):
        assert printed in text
    assert "??" not in text
    # A class that sets footnotes among the references: they are not at the foot.
    assert "[^2]: Automatically" not in text


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
