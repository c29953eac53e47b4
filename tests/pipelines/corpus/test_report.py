"""The report is one page that asks for nothing, runs nothing and believes nothing."""

import base64
import io
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from PIL import Image

from pipelines.corpus.census import Census, of_shards, take
from pipelines.corpus.publish import by_folder
from pipelines.corpus.report import charts, gallery
from pipelines.corpus.report import page as report
from pipelines.corpus.report.markup import Html, tag
from pipelines.corpus.state import open_corpus
from tests.pipelines import corpora

VOID = {"meta", "img"}


class Page(HTMLParser):
    """Collects what a page is made of; balance shows whether every element is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if name in ("src", "href")]
        if tag not in VOID:
            self.open.append(tag)
        assert not [name for name, _ in attrs if name.startswith("on")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@pytest.fixture(scope="session")
def text(built: Path) -> str:
    return (built / "report" / "index.html").read_text(encoding="utf-8")


def test_every_section_has_its_link_and_every_link_its_section(text: str) -> None:
    linked = re.findall(r'href="#([a-z-]+)"', text)
    assert linked == re.findall(r'<h2 id="([a-z-]+)"', text)
    assert {"funnel", "thresholds", "recipe"} <= set(linked)
    assert not {"mixture", "dumps", "use-cases", "conversations"} & set(linked)


def test_the_page_is_whole_and_needs_nothing_else(text: str) -> None:
    page = Page(text)
    assert not page.open
    assert not page.tags & {"script", "link", "iframe", "object", "base", "form"}
    assert all(link.startswith(("#", "data:image/jpeg;base64,")) for link in page.links)
    assert "url(" not in text and "@import" not in text
    assert "default-src 'none'; img-src data:" in text


def test_strangers_words_are_shown_not_obeyed(built: Path) -> None:
    corpus = open_corpus(str(built))
    counted = Census()
    counted.licences["<script>alert(1)</script>\x1b\u202e"] = 3
    words = report.build(corpus, counted).decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;\\x1b\\u202e" in words
    assert tag("a", "&", title='" onclick="x').text == (
        '<a title="&quot; onclick=&quot;x">&amp;</a>'
    )
    assert "\ufffd" not in words and "?" in tag("p", "\ud800").text


def test_the_numbers_are_those_of_the_manifest(text: str, built: Path) -> None:
    manifest, words = corpora.manifest(built), " ".join(Page(text).words)
    assert manifest["digest"] in words
    for entry, line in manifest["funnel"].items():
        assert f"{line['rows']:,} rows of {line['source']} gave {line['samples']:,}" in words
        assert f"{line['written']:,} written" in words and entry in words
    for shard in manifest["shards"]:
        assert f"{shard['name']}.tar" in words
    assert "not an image that can be decoded" in words and "007.jpeg" in words


def test_examples_are_first_samples_with_small_images(text: str, built: Path) -> None:
    corpus = open_corpus(str(built))
    for _, shards in by_folder(corpus.shards()):
        first = next(corpus.index(shards[0].name, ["key"]))["key"][0].as_py()
        assert first in text
    images = re.findall(r"data:image/jpeg;base64,([^\"]+)", text)
    for each in images:
        with Image.open(io.BytesIO(base64.b64decode(each))) as image:
            image.load()
            assert image.width <= 320 and image.height <= 240
    assert len(images) == 6 + 7 + 7 + 12


def test_a_page_of_many_folders_stays_small(built: Path) -> None:
    corpus = open_corpus(str(built))
    folder, shards = by_folder(corpus.shards())[0]
    few = gallery.gallery(corpus, folder, shards, folders=120)
    assert few.text.count('class="sample"') == 2


def test_a_broken_image_does_not_break_the_page(
    built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: bytes) -> bytes:
        raise OSError("image file is truncated <b>")

    monkeypatch.setattr(gallery, "_shrink", refuse)
    corpus = open_corpus(str(built))
    folder, shards = by_folder(corpus.shards())[0]
    told = gallery.gallery(corpus, folder, shards, folders=1).text
    assert "image of 24 x 16: image file is truncated &lt;b&gt;" in told


def test_transparent_and_odd_images_are_shown_on_white() -> None:
    for mode in ("RGBA", "LA", "P", "I;16", "CMYK", "1"):
        out = io.BytesIO()
        Image.new(mode, (900, 4)).save(out, "TIFF" if mode == "CMYK" else "PNG")
        with Image.open(io.BytesIO(gallery._shrink(out.getvalue()))) as image:
            assert image.mode == "RGB" and max(image.size) <= 320
            if mode in ("RGBA", "LA"):
                assert image.getpixel((0, 0)) == (255, 255, 255)


def test_charts_cover_every_value(built: Path) -> None:
    counted = take(of_shards(open_corpus(str(built))))
    assert sum(counted.characters.values()) == corpora.manifest(built)["samples"]
    drawn = charts.histogram("x", {0: 3, 8: 5, 64: 1}).text
    assert drawn.count("<rect") == 5 and "8 to 15: 5" in drawn and "0 to 0: 3" in drawn
    many = charts.bars("x", {f"name {number:02d}": number for number in range(30)}).text
    assert "16 others" in many and charts.histogram("x", {}) == Html("")
