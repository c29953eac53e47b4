"""Traps of the datasets of captions, code, formulas and text, each as its release sets it."""

from pathlib import Path

import pytest

from sources import readers
from sources.sample import Sample, Skip
from sources.source import Row
from sources.web_code._page import page
from tests.sources import adapters
from tests.sources.adapters import one, shown
from tests.sources.test_readers import faults, read, values


def said(name: str, value: object, **options: object) -> list[str]:
    """The last text of each sample, and the reason of each skip."""
    return [
        each.texts[-1] if isinstance(each, Sample) else each.reason
        for each in one(name, value, **options)
    ]


def test_the_misspelt_key_of_capsfusion_is_known() -> None:
    row = {
        "image_url": "http://x.example/",
        "laion_2b": "alt",
        "capsfuion_official": "fused\ntwice",
    }
    assert said("capsfusion", row) == ["fused twice"]
    assert said("capsfusion", row, caption="laion_2b") == ["alt"]


def test_markup_in_captions_of_laion_is_resolved() -> None:
    for text, words in (
        ("&quot;A&quot; &amp; &copy;", '"A" & \xa9'),
        ("(&lt;i&gt;Long ...", "(Long ..."),
        ("<a href='x'>b</a>  c", "b c"),
        ("I <3 it, 1 < 2", "I <3 it, 1 < 2"),
        ("<br>", "no_text"),
        (float("nan"), "no_text"),
    ):
        assert said("laion", {"URL": "http://x.example/", "TEXT": text}) == [words]


def test_rows_of_laion_are_refused_by_their_guess_at_nsfw() -> None:
    row = {"URL": "http://x.example/", "TEXT": "t", "NSFW": "UNSURE", "LICENSE": "?"}
    assert said("laion", row) == ["t"]
    assert said("laion", row, refuse_nsfw=["UNSURE", "NSFW"]) == ["nsfw"]


def test_only_five_asterisks_part_fields_of_taisu() -> None:
    line = 'a&*****尺寸48*3.5 ****"【新】*****生成*****的'
    assert said("taisu", line) == ['尺寸48*3.5 ****"【新】']
    assert said("taisu", line, captions=["generated", "web"]) == ["生成*****的"]
    assert len(said("taisu", line, every=True)) == 2
    (sample,) = one("taisu", line)
    assert isinstance(sample, Sample) and shown(sample)[0] == "<a&.jpg>"


@pytest.mark.parametrize("line", ["a", "a*****b", "*****b*****c"])
def test_broken_lines_of_taisu_are_refused(line: str) -> None:
    with pytest.raises(ValueError, match="expected an id and two captions"):
        one("taisu", line)


def test_captions_that_do_not_exist_are_no_option() -> None:
    with pytest.raises(ValueError, match="are none of web, generated"):
        one("taisu", "a*****b*****c", captions=["webb"])


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("START <html>a</html> END", "<html>a</html>"),
        ("\ufeffSTART <p>START END</p> END\r\n", "<p>START END</p>"),
        ("Here:\n```html\n<html>\n```a```</html>\n```", "<html>"),
        ("Sure. <!DOCTYPE html><html>b</html> Hope it helps.", "<!DOCTYPE html><html>b</html>"),
        ("<p>\r\nc</p>", "<p>\nc</p>"),
        ("  ", ""),
    ],
)
def test_code_is_freed_of_what_stands_around_it(text: str, code: str) -> None:
    assert page(text.removeprefix("\ufeff")) == code


def test_pages_are_read_in_the_encoding_that_they_state() -> None:
    stated = b"<meta charset='iso-8859-1'>caf\xe9"
    assert "caf\xe9" in said("screenshot_to_code", stated)[0]
    for data, fault in ((b"caf\xe9", "no other encoding"), (b"charset=x-odd \xe9", "unknown enc")):
        with pytest.raises(ValueError, match=fault):
            one("screenshot_to_code", data)


def test_attempts_share_a_screenshot_and_pairs_need_no_question() -> None:
    row = Row(value=b"<html>a</html>", file="results/x/my_page_0.html")
    (chat,) = adapters.made("screenshot_to_code", row, attempts=True)
    assert isinstance(chat, Sample) and shown(chat)[0] == "<my_page.png>"
    (pair,) = adapters.made("screenshot_to_code", row, languages=[])
    assert isinstance(pair, Sample) and pair.is_pair and pair.category == "pretrain/web_code"


def test_questions_are_drawn_and_stay_the_same() -> None:
    rows = [Row(value=b"<p>", file=f"{number}.html") for number in range(40)]
    found = [adapters.made("screenshot_to_code", row) for row in rows]
    asked = {each.texts[0] for (each,) in found if isinstance(each, Sample)}
    assert len(asked) > 10 and {text.isascii() for text in asked} == {True, False}
    assert found == [adapters.made("screenshot_to_code", row) for row in rows]


def test_empty_lines_count_and_pictures_are_looked_for(tmp_path: Path) -> None:
    (tmp_path / "val").mkdir()
    (tmp_path / "val" / "0000002.png").write_bytes(b"")
    (tmp_path / "math.txt").write_bytes(b"\xef\xbb\xbfa\r\n\n$$ x $$\\label{d}\n")
    found = list(adapters.run("latex_ocr", tmp_path))
    assert [row.place for row, _ in found] == ["line 0", "line 1", "line 2"]
    made = [each for _, several in found for each in several]
    assert [each.reason for each in made if isinstance(each, Skip)] == ["no_image", "no_image"]
    assert [shown(each) for each in made if isinstance(each, Sample)] == [
        ["<val/0000002.png>", "$x$"]
    ]


def test_numbered_lines_tell_damage_and_go_on() -> None:
    reader = readers.NumberedLines(largest=5)
    found = read(reader, "math.txt", b"a\n\xff\nlonger than that\nb\n")
    assert [row.value["number"] for row in found if isinstance(row, Row)] == [0, 3]
    assert [place for place, _ in faults(found)] == ["line 1", "line 2"]


def test_pages_in_folders_are_taken_by_their_pictures(tmp_path: Path) -> None:
    (tmp_path / "01.png").write_bytes(b"")
    (tmp_path / "01.mmd").write_text("# A\n", encoding="utf-8")
    reader = adapters.sources.load("nougat_pages").read
    file = adapters.File(path=str(tmp_path / "01.png"), name="01.png", size=0)
    (row,) = reader.rows(next(iter(reader.pieces(file, open))), adapters._opened)
    assert isinstance(row, Row)
    assert [shown(each) for each in adapters.made("nougat_pages", row)] == [["<01.png>", "# A\n"]]


def test_programming_languages_of_redpajama_are_no_languages() -> None:
    row = {"text": "x = 1\n", "meta": {"language": [{"name": "Python"}]}}
    (sample,) = one("redpajama", row)
    assert isinstance(sample, Sample) and sample.language == ""
    (other,) = one("redpajama", {"text": "a", "meta": '{"language": "zh", "url": "http://a"}'})
    assert isinstance(other, Sample) and (other.language, other.origin) == ("zh", "http://a")


def test_only_one_language_is_believed_of_wet() -> None:
    for stated, language in (("eng", "en"), ("eng,deu", ""), ("", ""), ("xxx", "")):
        headers = {"warc-identified-content-language": stated, "warc-target-uri": "<http://a>"}
        (sample,) = one("wet", {"headers": headers, "content": b"a\r\nb\n"})
        assert isinstance(sample, Sample) and sample.language == language
        assert (sample.texts, sample.origin) == (["a\nb"], "http://a")
    assert said("wet", {"headers": {}, "content": b"short"}, min_chars=9) == ["too_short"]


def test_json_gz_of_c4_is_lines_even_of_one_row() -> None:
    found = read(adapters.sources.load("c4").read, "c4.json", b'{"text": "a"}\n{"text": "b"}')
    assert [value["text"] for value in values(found)] == ["a", "b"]


def test_zero_bytes_and_halves_of_letters_are_no_text() -> None:
    text = '"a\\u0000b\\u0010 \\ud83d\\ude00 \\ud83d"'
    lines = f'{{"text": {text}, "url": "http://x.example/"}}\n'.encode()
    (value,) = values(read(adapters.sources.load("c4").read, "c4.json", lines))
    assert said("c4", value) == ["ab \U0001f600 \ufffd"]
    headers = {"warc-target-uri": "http://a"}
    assert said("wet", {"headers": headers, "content": b"a\x00b"}) == ["ab"]
