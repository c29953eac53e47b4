"""What is seen of a page: blocks as paragraphs, no scripts, the encoding that it states."""

from pathlib import Path

import pytest

from sources.visible_text import visible_text


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        (b"<p>a</p>\n<p>b  c\n d</p>", "a\n\nb c d"),
        (b"<ul><li>one<li>two</ul>after", "one\n\ntwo\n\nafter"),
        (
            b"<p>a<script>x()</script><style>y{}</style><b hidden>z</b><i style='display: none'>",
            "a",
        ),
        (b"<table><tr><td>1<td>2<tr><td>3<td>4</table>", "1\t2\n3\t4"),
        (b"<pre><code>if x:\n    y  = 1\n</code></pre>", "if x:\n    y  = 1"),
        (b"<p>a &amp; b&nbsp;&lt;c&gt; &#1; d", "a & b\xa0<c> d"),
        (b"<!-- gone --><p>a<textarea>t</textarea>", "a"),
        (b"", ""),
    ],
)
def test_what_is_seen(page: bytes, expected: str) -> None:
    assert visible_text(page)[0] == expected


def test_a_stated_encoding_is_used() -> None:
    page = '<html lang="zh"><meta charset="gb18030"><p>你好'.encode("gb18030")
    assert visible_text(page) == ("你好", "zh")
    assert visible_text("<p>é".encode("utf-16")) == ("é", "")


@pytest.mark.parametrize(
    ("page", "message"),
    [(b"<p>\xff", "utf-8"), (b"<meta charset=klingon><p>a", "unknown encoding, 'klingon'")],
)
def test_a_page_in_another_encoding_is_refused(page: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        visible_text(page)


def test_deep_nesting_is_no_danger() -> None:
    assert visible_text(b"<div>" * 10_000 + b"deep")[0] == "deep"


def test_real_pages_keep_their_paragraphs(samples: Path) -> None:
    words, language = visible_text((samples / "text/udhr/eng.html").read_bytes())
    assert language == "en"
    assert words.startswith("Universal Declaration of Human Rights\n\nPreamble\n\nWhereas")
    assert "<" not in words and words.count("\n\n") > 60
