"""Menus and notices are told from what a page is about, in English and Chinese."""

from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser

from pipelines.measures.boilerplate import share


@pytest.mark.parametrize(
    "line",
    ["Skip to main content", "* Read more »", "Home | About us | Contact us | Cats",
     "首页 > 新闻 > 更多",
     "© 2024 Cats Ltd. All rights reserved.", "This site uses cookies.", "版权所有 京ICP备12345号"],
)  # fmt: skip
def test_lines_that_are_about_nothing(line: str) -> None:
    assert share(line) == 1.0


@pytest.mark.parametrize(
    "line",
    ["He went home.", "The menu of the house is short.", "a | b | c", "首页设计得很好看。",
     "Nobody reads a privacy policy, " + "which is a pity, as it tells what becomes of us " * 4],
)  # fmt: skip
def test_lines_that_are_about_something(line: str) -> None:
    assert share(line) == 0.0


def test_the_share_is_that_of_characters() -> None:
    assert share("Home\n\n  Cats sleep.\n") == pytest.approx(4 / 15, abs=1e-4)
    assert share("") == 0.0


def test_real_pages_have_their_menus_seen_and_nothing_else(samples: Path) -> None:
    pages = sorted((samples / "web" / "html").rglob("network-services.html"))
    assert len(pages) >= 2
    for page in pages:
        body = LexborHTMLParser(page.read_text(encoding="utf-8")).body
        assert body is not None
        assert 0 < share(body.text(separator="\n")) < 0.01


def test_licences_have_but_their_lines_of_copyright(samples: Path) -> None:
    for path in sorted((samples / "text" / "licences").iterdir()):
        assert share(path.read_text(encoding="utf-8", errors="replace")) < 0.06, path.name
