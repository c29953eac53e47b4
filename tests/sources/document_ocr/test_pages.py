"""Words on their pages: made-up papers in which each word names its place."""

import re
import tempfile
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from sources.document_ocr.latex import numbers, paper, pdf, split, tree
from sources.document_ocr.latex.compile import Compiled, Press, compile_paper
from sources.document_ocr.latex.convert import convert
from sources.document_ocr.latex.flatten import flatten
from sources.document_ocr.latex.preflight import preflight
from sources.document_ocr.latex.synctex import read_synctex
from tests.sources.document_ocr import papers

TOKEN = re.compile(r"z[a-z]{5}x|[\u3400-\u9fff]")
LAYOUTS = {
    "one column": papers.Layout(seed=1),
    "two columns": papers.Layout(seed=2, two_columns=True),
    "chinese": papers.Layout(seed=3, chinese=True, size=8),
}
MORE = {
    **{f"one column, {seed}": papers.Layout(seed=seed) for seed in (11, 12, 13)},
    **{f"two columns, {seed}": papers.Layout(seed=seed, two_columns=True) for seed in (14, 15, 16)},
    **{f"chinese, {seed}": papers.Layout(seed=seed, chinese=True, size=8) for seed in (17, 18)},
}


@dataclass(frozen=True)
class Built:
    paper: papers.Paper
    compiled: Compiled
    ours: list[list[str]]
    truth: list[list[str]]

    def wrong(self, tokens: list[str]) -> list[str]:
        """Tokens that are not on the page, and only the page, where the PDF has them."""
        there = {word: number for number, words in enumerate(self.truth) for word in words}
        here: dict[str, list[int]] = {}
        for number, words in enumerate(self.ours):
            for word in words:
                here.setdefault(word, []).append(number)
        return [word for word in tokens if here.get(word) != [there[word]]]


@cache
def compiled(layout: str) -> tuple[papers.Paper, Compiled]:
    made = papers.paper({**LAYOUTS, **MORE}[layout])
    with tempfile.TemporaryDirectory() as folder:
        press = Press(folder=Path(folder), plan=preflight(made.files))
        return made, compile_paper(made.files, press)


@cache
def built(layout: str, hints: bool = True) -> Built:
    """The pages of a made-up paper: by SyncTeX and the text, or (path B) the text alone."""
    made, result = compiled(layout)
    known = read_synctex(result.synctex)
    source = flatten(
        result.texts,
        result.main,
        page_of=known.page if hints else lambda file, line: None,
    )
    pages = pdf.pages(result.pdf)
    document = tree.read(convert(source)[0])
    found = paper.page_texts(document, numbers.read_aux(result.aux), pages, tables="html")
    return Built(
        made,
        result,
        [TOKEN.findall(page.text) for page in found],
        [TOKEN.findall(text) for text in pdf.plain_pages(result.pdf)],
    )


def share_right(made: Built) -> float:
    tokens = [word for kind in made.paper.tokens.values() for word in kind]
    return 1 - len(made.wrong(tokens)) / len(tokens)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_words_are_on_their_page(layout: str) -> None:
    made = built(layout)
    assert made.compiled.rewrapped
    assert len(made.truth) > 8
    assert share_right(made) >= 0.995


def edges_right(made: Built) -> list[bool]:
    """Whether the first and last words of the flow on each page are those of the PDF."""
    flow = {
        word
        for kind, words in made.paper.tokens.items()
        if kind not in ("float", "cell", "footnote", "title", "author")
        for word in words
    }
    edges = []
    for ours, truth in zip(made.ours, made.truth, strict=True):
        theirs = [word for word in truth if word in flow]
        mine = [word for word in ours if word in flow]
        edges += [mine[:1] == theirs[:1], mine[-1:] == theirs[-1:]]
    return edges


@pytest.mark.parametrize("layout", LAYOUTS)
def test_breaks_are_exact(layout: str) -> None:
    edges = edges_right(built(layout))
    assert sum(edges) >= 0.99 * len(edges)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_other_seeds_do_as_well() -> None:
    edges, tokens, wrong = [], 0, 0
    for layout in MORE:
        made = built(layout)
        edges += edges_right(made)
        words = [word for kind in made.paper.tokens.values() for word in kind]
        tokens, wrong = tokens + len(words), wrong + len(made.wrong(words))
        assert [made.wrong(found) for found in made.paper.floats if made.wrong(found)] == []
    print(f"{tokens - wrong} of {tokens} tokens, {sum(edges)} of {len(edges)} edges")
    assert wrong <= 0.005 * tokens
    assert sum(edges) >= 0.99 * len(edges)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_floats_are_on_their_page(layout: str) -> None:
    made = built(layout)
    assert len(made.paper.floats) >= 3
    assert [made.wrong(tokens) for tokens in made.paper.floats if made.wrong(tokens)] == []


@pytest.mark.parametrize("layout", ["one column", "two columns"])
def test_nothing_is_lost_or_twice(layout: str) -> None:
    made = built(layout)
    ours = Counter(word for words in made.ours for word in words)
    wanted = Counter(word for kind in made.paper.tokens.values() for word in kind)
    assert ours == wanted


def test_synctex_alone_puts_nearly_all_words_right(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(split, "align", lambda left, right: [-1] * len(left))
    made = built.__wrapped__("one column")
    assert share_right(made) >= 0.995


@pytest.mark.parametrize("layout", LAYOUTS)
def test_without_synctex_the_text_alone_is_nearly_as_good(layout: str) -> None:
    assert share_right(built(layout, hints=False)) >= 0.98
