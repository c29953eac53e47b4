"""The traps of released sets of scenes, charts, screens and talk, each by its name."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sources.sample import Sample, Skip
from tests.sources import adapters
from tests.sources.adapters import one

QUAD = [[0, 0], [40, 0], [40, 10], [0, 10]]
FLAT = [0, 0, 40, 0, 40, 10, 0, 10]


def sample(name: str, value: Any, **more: Any) -> Sample:
    (made,) = one(name, value, **more)
    assert isinstance(made, Sample), made
    return made


def reason(name: str, value: Any, **more: Any) -> str:
    (made,) = one(name, value, **more)
    assert isinstance(made, Skip), made
    return made.reason


def talk(*said: str | None, **more: Any) -> dict[str, Any]:
    turns = [{"from": ("human", "gpt")[n % 2], "value": text} for n, text in enumerate(said)]
    return {"conversations": turns, **more}


def art(text: str, **more: Any) -> dict[str, Any]:
    words = {"transcription": text, "points": QUAD, "illegibility": False, **more}
    good = {"transcription": "sign", "points": QUAD, "illegibility": False}
    return {"key": "gt_1", "value": [good, words]}


@pytest.mark.parametrize(
    "bad", [{"text": "###"}, {"text": "b#r"}, {"text": "bar", "illegibility": True}]
)
def test_marks_of_the_illegible_never_become_text(bad: dict[str, Any]) -> None:
    for name in ("scene_text/art", "scene_text/lsvt"):
        made = sample(name, {**art(**bad), "image": "a.jpg"})
        assert made.texts == ["sign"]
        assert sorted(box.legible for box in made.boxes) == [False, True]


def coco(**word: Any) -> dict[str, Any]:
    words = [{"utf8_string": "a", "mask": FLAT, "legibility": "legible", **word}]
    return {"id": 1, "set": "train", "file_name": "x.jpg", "words": words}


def test_cocotext_is_unescaped_and_its_marks_are_dropped() -> None:
    assert sample("scene_text/cocotext", coco(utf8_string="R&amp;D")).texts == ["R&D"]
    assert sample("scene_text/cocotext", coco(utf8_string="No#1")).texts == ["No#1"]
    for text in ("stre**", "#ab", ""):
        assert reason("scene_text/cocotext", coco(utf8_string=text)) == "no_legible_text"
    assert reason("scene_text/cocotext", coco(legibility="illegible")) == "no_legible_text"
    assert reason("scene_text/cocotext", {**coco(), "set": "val"}) == "other_split"


def test_textocr_drops_its_dot_and_its_folder() -> None:
    word = {"utf8_string": "No.", "points": FLAT}
    row = {"id": "a", "set": "train", "file_name": "train/a.jpg", "words": [word]}
    made = sample("scene_text/textocr", row)
    assert (made.texts, made.images[0].path) == (["No."], "train_images/a.jpg")
    row["words"] = [{**word, "utf8_string": "."}]
    assert reason("scene_text/textocr", row) == "no_legible_text"


def test_what_stands_behind_the_ninth_comma_is_text() -> None:
    row = {"image": "a.jpg", "text": '0,0,9,0,9,5,0,5,0,"a, "b", c"\r\n'}
    assert sample("scene_text/rctw17", row).texts == ['a, "b", c']
    row = {"image": "a.jpg", "text": "0,0,9,0,9,5,0,5,Latin,a, b\n0,9,9,9,9,15,0,15,Arabic,###\n"}
    assert sample("scene_text/mlt17", row, scripts=("Latin",)).texts == ["a, b"]
    assert reason("scene_text/mlt17", row, scripts=("Chinese",)) == "other_script"
    with pytest.raises(ValueError, match="a line of labels is '0,0,9'; expected eight numbers"):
        one("scene_text/mlt17", {"image": "a.jpg", "text": "0,0,9"})


def test_text_that_is_hard_to_read_is_no_text() -> None:
    row = {"image": "a.jpg", "text": '0,0,9,0,9,5,0,5,1,"hard"\n'}
    assert reason("scene_text/rctw17", row) == "no_legible_text"
    line = {"ignore": 1, "transcription": "x", "points": FLAT}
    assert reason("scene_text/rects", {"lines": [line], "chars": []}) == "no_legible_text"


@pytest.mark.parametrize("name", ["sft/sharegpt4v", "sft/lvis_instruct4v", "sft/llava_gpt4v"])
def test_rows_without_an_image_are_text_unless_they_have_a_place_for_one(name: str) -> None:
    assert sample(name, talk("2 + 2?", "4")).images == []
    assert reason(name, talk("<image>\nWhat?", "A cat.", image=None)) == "no_image"
    after = sample(name, talk("What?\n<image>", "A cat.", image="a.jpg"))
    assert [segment.is_image for segment in after.segments] == [False, True, False]
    told = sample(name, talk("<image>\nWhat?", "The tag <image>.", image="a.jpg"))
    assert told.texts == ["What?", "The tag <image>."] and len(told.images) == 1


def test_a_placeholder_in_text_alone_is_text() -> None:
    assert sample("sft/text_sft", talk("Use <image>.", "Done <image>.")).texts == [
        "Use <image>.", "Done <image>.",
    ]  # fmt: skip


@pytest.mark.parametrize("answer", [None, "", "None"])
def test_answers_that_are_none_are_skipped(answer: str | None) -> None:
    for name in ("sft/ureader", "table_chart/ureader"):
        assert reason(name, talk("<image>Who?", answer, image=["a.png"])) == "no_answer"


def test_pages_of_a_file_are_told_from_files() -> None:
    row = talk("<image>Who?", "Me", image=["x/b.tiff.1"])
    assert reason("sft/ureader", row) == "later_page"
    row = talk("<image>Who?", "Me", image=["x/b.tiff.0"])
    assert sample("sft/ureader", row).images[0].path == "../ureader_images/x/b.tiff"


def test_answers_may_be_a_list_of_texts_or_of_records() -> None:
    row = {"image_id": 3, "question": "How many?", "ground_truth": ["12", "twelve", "<no answer>"]}
    assert sample("sft/screenqa", row).texts == ["How many?", "12"]
    row["ground_truth"] = ["<no answer>", "12"]
    assert reason("sft/screenqa", row) == "no_answer"


def test_a_question_whose_options_are_pictures_is_not_one_of_text() -> None:
    row = {
        "key": "1", "split": "train", "question": "Which?", "choices": ["a", "b"], "answer": 1,
        "hint": "", "image": None, "lecture": "", "solution": "Because.", "drawn": None,
    }  # fmt: skip
    assert sample("sft/scienceqa", row, rationale=True).texts[-1] == "B. b\nBecause."
    assert reason("table_chart/scienceqa", row) == "no_image"
    assert (
        reason("sft/scienceqa", {**row, "drawn": "images/train/1/choice_0.png"})
        == "picture_choices"
    )
    assert reason("sft/scienceqa", {**row, "split": "test"}) == "other_split"


def test_evaluation_figures_are_left_out() -> None:
    row = talk("<image>\nDescribe.", "A triangle.", image="test/0.png")
    assert reason("table_chart/geo170k", row) == reason("sft/geo170k", row) == "other_split"


def test_an_answer_that_stands_as_a_question_ends_the_talk_only() -> None:
    row = talk("<image>\nWhat?", "A graph.", "* The perfo", "?", image_file="a.png", caption="Fig.")
    caption, skip = one("table_chart/scigraphqa", row)
    assert isinstance(caption, Sample) and caption.texts == ["Fig."]
    assert isinstance(skip, Skip) and skip.reason == "answer_as_question"


def test_tags_of_tasks_are_no_text() -> None:
    row = {"imgname": "a.png", "query": "<chartqa> How many? <s_answer>", "label": "3"}
    assert sample("table_chart/unichart", row).texts == ["How many?\n3"]
    row["query"] = "<summarize_chart> <s_answer>"
    assert sample("table_chart/unichart", row).texts == ["3"]
    with pytest.raises(ValueError, match="expected a tag such as"):
        one("table_chart/unichart", {**row, "query": "How many?"})


def test_a_table_as_latex_is_no_image() -> None:
    row = talk("Describe \\begin{tabular}", "A table.", image=[], task_type="tablelatex_cap")
    assert reason("table_chart/mpaper", row) == "no_image"


def test_links_without_an_image_column_of_use_are_taken_as_links() -> None:
    row = {"link": "https://example.org/a.png", "caption": "A field.", "image": None}
    made = sample("sft/laion_gptv", row)
    assert [segment.role for segment in made.segments] == ["user", "user", "assistant"]
    assert made.images[0].path == made.origin == "https://example.org/a.png"


def test_an_outline_may_be_flat_or_missing() -> None:
    about = {"transcription": "hi", "legible": True, "language": "english"}
    for outline in (FLAT, [FLAT], [], None):
        word = {"bbox": [0, 0, 40, 10], "segmentation": outline, "attributes": about}
        made = sample("scene_text/openvino", {"id": 1, "file_name": "a.jpg", "words": [word]})
        assert made.texts == ["hi"] and sorted(made.boxes[0].polygon) == sorted(map(float, FLAT))


@pytest.mark.parametrize(
    ("name", "picture", "labels"),
    [
        (
            "scene_text/mlt17",
            "ch8_training_images_1/img_1.gif",
            "ch8_training_localization_transcription_gt_v2/gt_img_1.txt",
        ),
        ("scene_text/rctw17", "train_images/image_1.jpg", "train_gts/image_1.txt"),
    ],
)
def test_label_files_may_begin_with_a_mark(
    name: str, picture: str, labels: str, tmp_path: Path
) -> None:
    for path, text in ((picture, ""), (labels, "\ufeff0,0,9,0,9,5,0,5,0,a\r\n")):
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    assert [made.texts for made in adapters.samples(name, tmp_path)] == [["a"]]


def test_answers_that_are_still_html_become_text() -> None:
    page = '<div class="markdown prose"><p>Hello <b>you</b></p><button>Copy code</button></div>'
    assert sample("sft/text_sft", talk("Hi", page)).texts == ["Hi", "Hello you"]
    # An answer that is about HTML stays as it was given.
    code = "<div><p>Hello</p></div>"
    assert sample("sft/text_sft", talk("Hi", code)).texts == ["Hi", code]


def test_a_column_of_the_null_type_is_read_past(tmp_path: Path) -> None:
    row = {"link": "https://example.org/a.png", "caption": "A field.", "image": None}
    (tmp_path / "data").mkdir()
    table = pa.Table.from_pylist([row, row])
    assert table.schema.field("image").type == pa.null()
    pq.write_table(table, tmp_path / "data" / "train-00000-of-00001.parquet")
    found = adapters.samples("sft/laion_gptv", tmp_path)
    assert [made.images[0].path for made in found] == [row["link"]] * 2
    assert len({made.key for made in found}) == 2


@pytest.mark.parametrize("name", ["lvis_instruct4v_220k.json", "lvis_instruct4v_222k.json"])
def test_rows_that_share_an_image_are_samples_each(name: str, tmp_path: Path) -> None:
    image = "coco/train2017/000000000009.jpg"
    rows = [talk("<image>\nWhat?", answer, image=image) for answer in ("Food.", "A box.")]
    (tmp_path / name).write_text(json.dumps(rows))
    found = adapters.samples("sft/lvis_instruct4v", tmp_path)
    assert [made.images[0].path for made in found] == [image] * 2
    assert len({made.key for made in found}) == 2
