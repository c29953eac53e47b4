"""Traps of the interleaved datasets, each as its release sets it."""

import base64
import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from sources.interleaved import _wikitext as wikitext
from sources.sample import Sample, Skip
from tests.pipelines.corpora import picture
from tests.sources import adapters
from tests.sources.adapters import one, shown


def page(name: str, value: object, **options: object) -> list[list[str]]:
    """The samples of a row in short."""
    return [shown(each) for each in one(name, value, **options) if isinstance(each, Sample)]


def skips(name: str, value: object, **options: object) -> list[tuple[str, str]]:
    return [(e.reason, e.part) for e in one(name, value, **options) if isinstance(e, Skip)]


def mmc4(sentences: list[str], stated: list[int], matrix: list[Any], **more: object) -> Any:
    infos = [
        {"image_name": f"{n}.jpg", "raw_url": f"http://x.example/{n}.jpg", "matched_text_index": at}
        | ({"matched_sim": matrix[n][at]} if matrix else {"matched_sim": 0.3})
        for n, at in enumerate(stated)
    ]
    return {"text_list": sentences, "image_info": infos, "similarity_matrix": matrix, **more}


# Version 1.0 assigned both pictures to the last sentence.
WRONG = mmc4(["a", "b", "c"], [2, 2], [[0.1, 0.3, 0.2], [0.4, 0.1, 0.2]])


def test_wrong_places_of_the_first_release_of_mmc4_are_computed_again() -> None:
    urls = [f"<http://x.example/{n}.jpg>" for n in range(2)]
    assert page("mmc4", WRONG) == [[urls[1], "a", urls[0], "b c"]]
    assert page("mmc4", WRONG, recompute=False) == [["a b", *urls, "c"]]
    without = mmc4(["a", "b"], [1], [])
    assert page("mmc4", without) == [["a", urls[0], "b"]]


def test_pictures_beyond_the_sentences_go_where_they_fit_best() -> None:
    row = mmc4(["a", "b"], [0, 0, 0], [[0.9, 0.1], [0.8, 0.1], [0.2, 0.3]])
    # Two pictures get a sentence each; the one left over joins the sentence most like it.
    first, second, third = (f"<http://x.example/{n}.jpg>" for n in range(3))
    assert page("mmc4", row) == [[first, second, "a", third, "b"]]


def test_marks_of_pictures_in_sentences_are_words() -> None:
    row = mmc4(["Write <image> here."], [0], [[0.3]])
    assert page("mmc4", row)[0][-1] == "Write <image> here."


def test_options_of_mmc4_leave_out_what_is_unlike_or_double() -> None:
    assert skips("mmc4", WRONG, similarity=0.35) == [("low_similarity", "image 0")]
    double = WRONG | {"could_have_url_duplicate": 1}
    assert skips("mmc4", double, url_duplicates=False) == [("url_duplicate", "")]
    assert page("mmc4", double)


def test_pictures_of_mmc4_are_found_in_the_folder_of_their_shard() -> None:
    row = mmc4(["a"], [0], [[0.3]])
    name = "docs_no_face_shard_17_v2.jsonl.zip"
    (sample,) = one("mmc4", row, file=name, folder="images/{shard}")
    assert isinstance(sample, Sample) and shown(sample)[0] == "<images/17/0.jpg>"


def test_documents_of_mmc4_come_in_tars_too(tmp_path: Path) -> None:
    row = mmc4(["a"], [0], [[0.3]])
    row["image_info"][0]["image_base64"] = base64.b64encode(picture(1, "JPEG")).decode()
    with tarfile.open(tmp_path / "000000.tar", "w") as tar:
        for number in range(2):
            data = json.dumps(row).encode()
            info = tarfile.TarInfo(f"{number:09d}.json")
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    found = adapters.samples("mmc4", tmp_path)
    assert [each.images[0].image for each in found] == [picture(1, "JPEG")] * 2
    assert {each.row for each in found} == {f"000000.tar#sample {n:09d}" for n in range(2)}


@pytest.mark.parametrize("index", [3, -1, None, "1", True])
def test_sentences_that_are_not_there_are_refused(index: object) -> None:
    row = {"text_list": ["a", "b"], "image_info": [{"raw_url": "u", "matched_text_index": index}]}
    with pytest.raises(ValueError, match="the number of a sentence, below 2"):
        one("mmc4", row)


MARK = "END_OF_DOCUMENT_TOKEN_TO_BE_REPLACED"


def test_obelics_is_split_where_a_document_ends() -> None:
    row = {
        "images": ["http://x.example/a", None, "http://x.example/b", None],
        "texts": [None, f"one {MARK} two", None, f"{MARK}{MARK} three"],
        "general_metadata": '{"url": "http://x.example/"}',
    }
    assert page("obelics", row) == [
        ["<http://x.example/a>", "one"],
        ["two", "<http://x.example/b>"],
    ]
    assert skips("obelics", row) == [("no_text", "document 2"), ("no_image", "document 3")]
    keys = {each.key for each in one("obelics", row) if isinstance(each, Sample)}
    assert len(keys) == 2


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ({"images": ["u"], "texts": []}, "as many places as 'texts' has, 0"),
        ({"images": ["u"], "texts": ["t"]}, "null in place 0"),
    ],
)
def test_broken_places_of_obelics_are_refused(row: dict, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        one("obelics", row)


def test_neighbouring_texts_become_one_once_their_picture_is_null() -> None:
    row = {"images": ["u", None, "", None], "texts": [None, "a", "", "b"]}
    assert page("obelics", row) == [["<u>", "a\n\nb"]]


def test_lists_of_pictures_of_wikiweb2m_stay_with_their_sections() -> None:
    row = {
        "context": {"page_title": [b"P"], "page_url": [b"http://x.example/"]},
        "lists": {
            "section_title": [[b"P"], [], [b"Late"], [b"Early"]],
            "section_text": [[b"intro"], [], [b"l"], []],
            "section_index": [[0], [3], [2], [1]],
            "section_heading_level": [[1], [], [3], [2]],
            "section_image_url": [[], [], [b"u1", b"u2"], [b"u3"]],
            "section_image_clean_ref_desc": [[], [], [b"", b"two"], []],
        },
    }
    expected = ["P\n\nintro\n\n## Early", "<u3>", "### Late", "<u1>", "<u2>", "two\n\nl"]
    assert page("wikipedia_wikiweb2m", row) == [expected]


REFERENCE, ALT, CREDIT = (
    f"caption_{name}_description" for name in ("reference", "alt_text", "attribution")
)
WIT = {"language": "en", "image_url": "u", "page_title": "T", "page_url": "http://x.example/"}


@pytest.mark.parametrize(
    ("row", "caption"),
    [
        ({REFERENCE: "r", ALT: "a"}, "r"),
        ({REFERENCE: " ", ALT: "a"}, "a"),
        ({CREDIT: "English: here Deutsch: hier"}, "here"),
        ({CREDIT: "Deutsch: hier English: here", "language": "de"}, "hier"),
        ({CREDIT: "Deutsch: nur hier"}, None),
        ({ALT: "IMG_1.JPG", CREDIT: "x"}, "x"),
    ],
)
def test_the_best_caption_of_wit_is_taken(row: dict, caption: str | None) -> None:
    found = page("wikipedia_wit", WIT | row, languages=[])
    assert found == ([["T", "<u>", caption]] if caption else [])


def test_codes_of_wit_are_todays() -> None:
    for code, language in (("iw", "he"), ("zh-TW", "zh")):
        row = WIT | {"language": code, REFERENCE: "r"}
        (sample,) = one("wikipedia_wit", row, languages=[language], context=False)
        assert isinstance(sample, Sample) and sample.language == language
        assert shown(sample) == ["<u>", "r"]


def test_steps_of_wikihow_without_picture_or_words_are_kept() -> None:
    steps = [
        {"headline": "A", "description": None, "step_id": "1_0_0", "img": "http://x.example/a.jpg"},
        {"headline": "B", "description": "b", "step_id": None, "img": ""},
    ]
    row = {"goal": "How to Do", "goal_description": "", "methods": [{"name": "Do", "steps": steps}]}
    text = "How to Do\n\nStep 1: A"
    assert page("wikihow", row) == [[text, "<1_0_0.png>", "Step 2: B\n\nb"]]
    assert page("wikihow", row, picture="img")[0][1] == "<http://x.example/a.jpg>"


@pytest.mark.parametrize(
    ("markup", "words"),
    [
        ("[[File:a b.jpg|thumb|x100px|alt=c|The [[A|b]] ''d''|right]]", ["<A_b.jpg>", "The b d"]),
        ("[[檔案:a.png|縮圖|右|200像素|说明]]字", ["<A.png>", "说明\n\n字"]),
        ("[[File:a.ogg|thumb|Sound]]x", ["x"]),
        ("[[File:a.jpg]]", ["<A.jpg>"]),
        ("[[:Category:A|a]] [[Category:B]][[fr:C]] [[d]]s", ["a ds"]),
        ("a{{cite|x}} (<ref>r</ref>) b &amp; <!-- c --><math>x^2</math>", ["a b & $x^2$"]),
        ("''a'' '''b'''<ref>''c</ref> <math>f''\n(x)</math>", ["a b $f'' (x)$"]),
        ("{|\n| a [[b]]\n\n| c\n\nd", ["d"]),
        ("== A ==\n== B ==\nb\n=== References ===\nr\n== C ==\nc", ["## B\n\nb\n\n## C\n\nc"]),
        ("{|\n| [[File:a.jpg]]\n|}\nx", ["x"]),
        ("A (b, {{IPA|x}}; {{x}}) c (''d''; {{x}}) e, {{x}}; f (g;)", ["A (b) c (d) e; f (g;)"]),
        ("{{lang|ar|a}} {{transl|ar|b}} {{transl|ar|ALA|c}} {{nowrap|d e}}", ["a b c d e"]),
        ("-{H|zh-cn:a;zh-tw:b}--{zh-cn:软;zh-tw:軟}-件", ["软件"]),
    ],
)
def test_markup_of_wikis_becomes_words_and_pictures(markup: str, words: list[str]) -> None:
    found = [each.text or _name(each.path or "") for each in wikitext.segments(markup)]
    assert found == words


def test_pictures_in_headings_and_links_are_passed_over() -> None:
    markup = "== [[File:flag.svg|20px]] A ==\nb [[c|[[File:d.png]]e]]\n\n[[File:f.png|thumb|g]]"
    kinds = [each.is_image for each in wikitext.segments(markup)]
    assert kinds == [False, True, False]
    (words,) = wikitext.segments(markup, images=False)
    assert words.text and "g" not in words.text and words.text.startswith("## A")


def test_chinese_is_given_in_the_script_that_is_wanted() -> None:
    for script, word in (("zh-hans", "软件"), ("zh-hant", "軟體")):
        (segment,) = wikitext.segments("-{zh-hans:软件;zh-hant:軟體}-", script)
        assert segment.text == word


def _name(path: str) -> str:
    return f"<{path.rsplit('/', 1)[-1]}>"
