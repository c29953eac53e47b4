"""Shapes: columns to samples; what is empty is skipped, what is wrong is named."""

import base64
import json
from typing import Any

import pytest

from sources import shapes
from sources.sample import Box, Sample, Segment, Skip
from sources.source import Parse, Row

DEEP = json.loads("[" * 900 + "]" * 900)
PNG = b"\x89PNG\r\n\x1a\n" + b"." * 30


def parse(shape: Parse, value: Any) -> list[Sample | Skip]:
    return list(shape(Row(value=value, file="f")))


def one(shape: Parse, value: Any) -> Sample:
    (found,) = parse(shape, value)
    assert isinstance(found, Sample)
    return found


def shown(sample: Sample) -> list[tuple[str | None, Any]]:
    """Role and content of each segment."""
    return [(part.role, part.text or part.path or part.image) for part in sample.segments]


def reasons(found: list[Sample | Skip]) -> list[str]:
    return [part.reason for part in found if isinstance(part, Skip)]


PAIR = shapes.pair(image="image", text="text")


@pytest.mark.parametrize(
    ("image", "segment"),
    [
        ("a/b.png", Segment(path="a/b.png")),
        ("https://example.org/a.png", Segment(path="https://example.org/a.png")),
        (PNG, Segment(image=PNG)),
        ({"bytes": PNG, "path": "a.png"}, Segment(image=PNG)),
        ({"bytes": None, "path": "a.png"}, Segment(path="a.png")),
        (base64.b64encode(PNG).decode(), Segment(image=PNG)),
        ("data:image/png;base64," + base64.encodebytes(PNG).decode(), Segment(image=PNG)),
        ({"url": "a.png"}, Segment(path="a.png")),
    ],
)
def test_an_image_column_may_hold_many_things(image: Any, segment: Segment) -> None:
    assert one(PAIR, {"image": image, "text": "t"}).segments == (segment, Segment(text="t"))


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"image": None, "text": "t"}, "no_image"),
        ({"image": "", "text": "t"}, "no_image"),
        ({"image": float("nan"), "text": "t"}, "no_image"),
        ({"image": {"bytes": None, "path": None}, "text": "t"}, "no_image"),
        ({"image": [], "text": "t"}, "no_image"),
        ({"image": "a.png", "text": None}, "no_text"),
        ({"image": "a.png", "text": " \n"}, "no_text"),
        ({"image": "a.png", "text": []}, "no_text"),
    ],
)
def test_a_pair_lacks_something(row: dict[str, Any], reason: str) -> None:
    assert reasons(parse(PAIR, row)) == [reason]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"image": 5, "text": "t"}, "field 'image': got int 5, expected an image: path, bytes"),
        ({"image": {"height": 1}, "text": "t"}, "'image': got dict .*, expected an image with"),
        ({"image": "a", "text": {"a": 1}}, "field 'text': got dict {'a': 1}, expected text"),
        ({"image": "a", "text": True}, "field 'text': got bool True, expected text"),
        ({"image": "a", "txt": ""}, "no field 'text'; the row has: image, txt"),
        ({"image": "iVBORw0KGgo=!", "text": "t"}, "field 'image': bad base64"),
        ({"image": "a", "text": b"\xff" * 10**8}, "field 'text': got bytes .*, expected text in"),
        ({"image": {"x": DEEP}, "text": "t"}, "field 'image': got dict"),
        (["a", "t"], "a row with columns was expected, got list"),
    ],
)
def test_a_wrong_type_is_named(row: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse(PAIR, row)


def test_several_columns_of_text_say_their_language() -> None:
    shape = shapes.pair(image="i", text=["en", "zh_CN", "zh_TW"])
    found = parse(shape, {"i": "a", "en": "cat", "zh_CN": "", "zh_TW": "貓"})
    assert [(part.texts, part.language) for part in found if isinstance(part, Sample)] == [
        (["cat"], "en"),
        (["貓"], "zh"),
    ]
    assert reasons(found) == ["no_text"]


def test_provenance_comes_from_columns_nested_or_in_json() -> None:
    shape = shapes.text(text="t", language="m.lang", licence="l", origin="m.url", row="id")
    row = {"t": ["a", "b"], "m": '{"lang": "en-GB", "url": "u"}', "l": None, "id": 7}
    first, second = [part for part in parse(shape, row) if isinstance(part, Sample)]
    assert (first.language, first.licence, first.origin, first.row) == ("en", "", "u", "7")
    assert second.row == "7#1"


def test_a_path_may_be_made_of_columns() -> None:
    shape = shapes.pair(image="{split}/{id}.png", text="t")
    assert one(shape, {"split": "train", "id": 3, "t": "x"}).segments[0].path == "train/3.png"
    assert reasons(parse(shape, {"split": "train", "id": None, "t": "x"})) == ["no_image"]
    with pytest.raises(ValueError, match="field 'id' is missing; the row has: split, t"):
        parse(shape, {"split": "train", "t": "x"})


CHAT = shapes.chat(turns="conversations", image="image")


def human(*words: str) -> list[dict[str, str]]:
    """Turns in alternation."""
    return [
        {"from": ("human", "gpt")[number % 2], "value": word} for number, word in enumerate(words)
    ]


@pytest.mark.parametrize(
    ("image", "words", "expected"),
    [
        ("a", ["<image>\nWhat?", "A cat"], ["a", "What?", "A cat"]),
        ("a", ["What?\n<image>", "A cat"], ["What?", "a", "A cat"]),
        ("a", ["What?", "A cat"], ["a", "What?", "A cat"]),
        (["a", "b"], ["<image> or <image>?", "b"], ["a", "or", "b", "?", "b"]),
        (["a", "b"], ["<image>", "1", "<image>", "2"], ["a", "1", "b", "2"]),
        ("a", ["<image> code?", "<p><image></p>"], ["a", "code?", "<p><image></p>"]),
        (None, ["Hi", "Hello"], ["Hi", "Hello"]),
    ],
)
def test_placeholders_put_images_in_place(
    image: Any, words: list[str], expected: list[str]
) -> None:
    sample = one(CHAT, {"image": image, "conversations": human(*words)})
    assert [content for _, content in shown(sample)] == expected


@pytest.mark.parametrize(
    ("image", "words", "reason"),
    [
        (None, ["<image>\nWhat?", "A cat"], "no_image"),
        ("a", ["<image><image>", "A cat"], "image_count"),
        (["a", "b"], ["<image>", "A cat"], "image_count"),
        ("a", ["What?"], "no_answer"),
        ("a", ["What?", " "], "empty_turn"),
        ("a", [], "no_answer"),
    ],
)
def test_chats_that_are_no_use(image: Any, words: list[str], reason: str) -> None:
    assert reasons(parse(CHAT, {"image": image, "conversations": human(*words)})) == [reason]


def test_without_a_column_of_images_a_placeholder_is_text() -> None:
    sample = one(shapes.chat(turns="t"), {"t": human("What is <image>?", "A tag")})
    assert shown(sample) == [("user", "What is <image>?"), ("assistant", "A tag")]


def test_turns_at_the_ends_that_teach_nothing_are_skipped() -> None:
    turns = [{"from": "gpt", "value": "Hi"}, *human("a", "b", "c")]
    found = parse(shapes.chat(turns="t"), {"t": turns})
    assert reasons(found) == ["answer_without_question", "question_without_answer"]
    assert isinstance(found[-1], Sample) and found[-1].texts == ["a", "b"]


def test_openai_messages_have_parts_and_images() -> None:
    content = [
        {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}},
        {"type": "text", "text": "What is <image>?"},
    ]
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": content},
        {"role": "assistant", "content": "A cat"},
    ]
    assert shown(one(shapes.chat(turns="messages", image="images"), {"messages": messages})) == [
        ("system", "Be brief."),
        ("user", "https://example.org/a.png"),
        ("user", "What is <image>?"),
        ("assistant", "A cat"),
    ]


def test_a_part_may_stand_for_an_image_of_a_column() -> None:
    parts = [{"type": "text", "text": "What?"}, {"type": "image", "text": None}]
    row = {"m": [{"role": "user", "content": parts}, {"role": "assistant", "content": "x"}]}
    sample = one(shapes.chat(turns="m", image="images"), {**row, "images": [{"path": "a"}]})
    assert shown(sample) == [("user", "What?"), ("user", "a"), ("assistant", "x")]
    with pytest.raises(ValueError, match="expected an image in the part, or a column of images"):
        parse(shapes.chat(turns="m"), row)


@pytest.mark.parametrize(
    ("turns", "reason"),
    [
        ([*human("a", "b"), {"from": "observation", "value": {}}], "tool_turns"),
        ([*human("a", "b"), {"from": "gpt", "value": "c"}], "two_answers_in_a_row"),
        ([{"from": "gpt", "value": "c"}], "no_question"),
    ],
)
def test_odd_turns(turns: list[Any], reason: str) -> None:
    assert reasons(parse(shapes.chat(turns="t"), {"t": turns})) == [reason]


def test_an_unknown_speaker_is_named() -> None:
    with pytest.raises(ValueError, match=r"field 't.from': got str 'narrator', expected one of"):
        parse(shapes.chat(turns="t"), {"t": [{"from": "narrator", "value": "x"}]})


def test_turns_may_be_parallel_lists() -> None:
    turns = {"from": ["human", "gpt"], "value": ["a", "b"]}
    assert shown(one(shapes.chat(turns="t"), {"t": turns})) == [("user", "a"), ("assistant", "b")]


def test_alpaca_joins_instruction_and_input() -> None:
    row = {"instruction": "Add", "input": "1, 2", "output": "3", "history": [["Hi", "Hello"]]}
    assert shown(one(shapes.alpaca(), row)) == [
        ("user", "Hi"),
        ("assistant", "Hello"),
        ("user", "Add\n\n1, 2"),
        ("assistant", "3"),
    ]
    assert reasons(parse(shapes.alpaca(), {"instruction": "Add", "output": ""})) == ["empty_turn"]


def test_questions_become_turns_or_samples() -> None:
    row = {"i": "a", "q": ["x?", "", "y?"], "a": ["x", "gone", "y"]}
    found = parse(shapes.question_answer(question="q", answer="a", image="i"), row)
    assert reasons(found) == ["no_question"]
    assert isinstance(found[-1], Sample)
    assert [content for _, content in shown(found[-1])] == ["a", "x?", "x", "y?", "y"]
    apart = parse(shapes.question_answer(question="q", answer="a", image="i", apart=True), row)
    assert [content for _, content in shown(apart[-1])] == ["a", "y?", "y"]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"q": "x?", "a": "x"}, ["x?", "x"]),
        ({"q": "x?", "a": ["", "x", "z"]}, ["x?", "x"]),
        ({"q": "x?", "a": 4}, ["x?", "4"]),
    ],
)
def test_one_question_has_one_answer(row: dict[str, Any], expected: list[str]) -> None:
    assert one(shapes.question_answer(question="q", answer="a"), row).texts == expected


def test_questions_may_be_pairs_and_must_be_whole() -> None:
    shape = shapes.question_answer(pairs="p", image="i")
    assert one(shape, {"i": "a", "p": [["x?", "x"]]}).texts == ["x?", "x"]
    assert reasons(parse(shape, {"i": None, "p": [["x?", "x"]]})) == ["no_image"]
    with pytest.raises(ValueError, match="expected pairs of question and answer"):
        parse(shape, {"i": "a", "p": [["x?"]]})
    with pytest.raises(ValueError, match="name the columns question and answer, or"):
        shapes.question_answer(question="q")


CHOICE = shapes.multiple_choice(question="q", choices="c", answer="a")


@pytest.mark.parametrize("answer", [1, "B", "(B)", "B.", "dog", "1"])
@pytest.mark.parametrize(
    "choices",
    [["cat", "dog"], "['cat', 'dog']", '["cat", "dog"]', {"text": ["cat", "dog"], "label": []}],
)
def test_options_are_lettered_and_the_answer_found(answer: Any, choices: Any) -> None:
    sample = one(CHOICE, {"q": "Which?", "c": choices, "a": answer})
    assert shown(sample) == [("user", "Which?\nA. cat\nB. dog"), ("assistant", "B. dog")]
    assert (sample.choices, sample.answer) == (("cat", "dog"), 1)


def test_letters_that_options_have_already_are_not_doubled() -> None:
    sample = one(CHOICE, {"q": "Which?", "c": ["(A)cat", "(B) dog"], "a": ["B"]})
    assert sample.texts == ["Which?\nA. cat\nB. dog", "B. dog"]
    whole = one(CHOICE, {"q": "Blood group?", "c": ["A", "B", "AB"], "a": "AB"})
    assert whole.texts == ["Blood group?\nA. A\nB. B\nC. AB", "C. AB"]


def test_options_may_have_labels_or_columns_of_their_own() -> None:
    row = {"q": "Which?", "c": {"text": ["cat", "dog"], "label": ["1", "2"]}, "a": "2"}
    assert one(CHOICE, row).answer == 1
    shape = shapes.multiple_choice(question="q", choices=["A", "B", "C"], answer="a")
    assert one(shape, {"q": "Which?", "A": "cat", "B": "dog", "C": "", "a": "B"}).answer == 1


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"q": "", "c": ["x", "y"], "a": 0}, "no_question"),
        ({"q": "?", "c": ["x"], "a": 0}, "no_choices"),
        ({"q": "?", "c": ["x", " "], "a": 0}, "no_choices"),
        ({"q": "?", "c": ["x", "y"], "a": None}, "no_answer"),
        ({"q": "?", "c": ["x", "y"], "a": "?"}, "no_answer"),
        ({"q": "?", "c": ["x", "y"], "a": -1}, "no_answer"),
        ({"q": "?", "c": ["x", "y"], "a": []}, "no_answer"),
        ({"q": "?", "c": ["x", "y"], "a": ["A", "B"]}, "several_answers"),
        ({"q": "?", "c": ["x", "y"], "a": "AB"}, "several_answers"),
        ({"q": "?", "c": ["x", "y"], "a": "A, B"}, "several_answers"),
    ],
)
def test_questions_without_use(row: dict[str, Any], reason: str) -> None:
    assert reasons(parse(CHOICE, row)) == [reason]


@pytest.mark.parametrize("answer", [2, "E", "mouse"])
def test_an_answer_that_is_no_option_is_refused(answer: Any) -> None:
    with pytest.raises(ValueError, match="field 'a': got"):
        parse(CHOICE, {"q": "?", "c": ["x", "y"], "a": answer})


def test_parallel_lists_interleave() -> None:
    shape = shapes.interleaved()
    row = {"texts": ["one <image>", None, "two"], "images": [None, {"bytes": PNG}, None]}
    assert shown(one(shape, row)) == [(None, "one <image>"), (None, PNG), (None, "two")]
    assert reasons(parse(shape, {"texts": ["a"], "images": [None]})) == ["no_image"]
    assert reasons(parse(shape, {"texts": [None], "images": ["a"]})) == ["no_text"]
    with pytest.raises(ValueError, match="expected null in place 0, where 'images' has an image"):
        parse(shape, {"texts": ["a"], "images": ["a"]})
    with pytest.raises(ValueError, match="expected as many places as 'texts' has, 2"):
        parse(shape, {"texts": ["a", None], "images": ["a"]})


def test_images_stand_before_their_sentence() -> None:
    shape = shapes.anchored(texts="t", images="i", image=("data", "name"), at="at")
    images = [
        {"name": "late", "at": 1},
        {"name": "early", "at": 0},
        {"name": None, "at": 0},
        {"name": "later", "data": PNG, "at": 1},
    ]
    found = parse(shape, {"t": ["one", "two <image>"], "i": images})
    assert reasons(found) == ["no_image"]
    assert isinstance(found[-1], Sample)
    contents = [content for _, content in shown(found[-1])]
    assert contents == ["early", "one", "late", PNG, "two <image>"]
    with pytest.raises(ValueError, match="'i.at': got int 2, expected the number of a sentence"):
        parse(shape, {"t": ["one"], "i": [{"name": "a", "at": 2}]})


def test_text_may_have_a_title_or_be_the_row() -> None:
    shape = shapes.text(title="h")
    assert one(shape, {"text": "body", "h": "Title"}).texts == ["Title\n\nbody"]
    assert one(shapes.text(), "a whole file").texts == ["a whole file"]
    assert reasons(parse(shapes.text(), " \n")) == ["no_text"]


BOXES = shapes.boxes_with_text(image="i", boxes="b", form="xywh", unreadable="bad")


def test_boxes_are_read_in_order() -> None:
    boxes = [
        {"text": "world", "points": [50, 12, 40, 10], "bad": False},
        {"text": "next", "points": [0, 40, 40, 10], "bad": False},
        {"text": "hello", "points": [0, 10, 40, 12], "bad": False},
        {"text": "blur", "points": [60, 40, 5, 5], "bad": True},
        {"text": "###", "points": [70, 40, 5, 5], "bad": False},
    ]
    sample = one(BOXES, {"i": "a.png", "b": boxes})
    assert sample.texts == ["hello world\nnext"]
    assert [box.text for box in sample.boxes] == ["hello", "world", "next", "", ""]
    assert sample.boxes[0] == Box(text="hello", polygon=(0, 10, 40, 10, 40, 22, 0, 22))
    assert [box.legible for box in sample.boxes] == [True, True, True, False, False]


def test_boxes_may_be_parallel_lists_of_corners() -> None:
    shape = shapes.boxes_with_text(image="i", text="w", points="p")
    row = {"i": "a", "w": ["好", "你"], "p": [[[9, 0], [15, 0], [15, 9]], [0, 0, 8, 0, 8, 9]]}
    assert one(shape, row).texts == ["你好"]
    assert reasons(parse(shape, {"i": "a", "w": [], "p": []})) == ["no_legible_text"]
    with pytest.raises(ValueError, match="expected at least three corners"):
        parse(shape, {"i": "a", "w": ["x"], "p": [[1, 2, 3, 4]]})
