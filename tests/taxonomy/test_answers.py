import pytest

from taxonomy.answers import fault
from taxonomy.prompts import FORMS

COUNTING = "recognition/local-description/counting"


@pytest.mark.parametrize(
    ("form", "good", "bad"),
    [
        ("code", "```python\nprint(1)\n```", "you could plot it"),
        ("csv", "a,b\n1,2", "just words"),
        ("html", "<p class='x'>hi</p>", "a page with a heading"),
        ("json", '```json\n{"a": 1}\n```', "{a: 1}"),
        ("latex", r"\frac{1}{2}", "one half"),
        ("list", "- one\n- two", "There is one. And then another, further away."),
        ("markdown", "# Title\n\ntext", "Title and text"),
        ("number", "about 12", "a dozen"),
        ("sentence", "A dog runs on the beach.", "A dog runs. A cat sleeps."),
        ("svg", "<svg xmlns='http://www.w3.org/2000/svg'><path/></svg>", "<svg><path></svg>"),
        ("table", "| a | b |\n|---|---|\n| 1 | 2 |", "a is 1 and b is 2"),
        ("text", "```\nEXIT\n```", "Here is the text: EXIT"),
        ("word", "outdoors", "The picture was most probably taken somewhere outdoors."),
        ("yes-no", "No, it is not.", "I would rather say maybe."),
    ],
)
def test_each_form_tells_good_from_bad(form: str, good: str, bad: str) -> None:
    assert fault(good, language="en", form=form, use_case=COUNTING) == ""
    expected = f"not_{form.replace('-', '_')}"
    assert fault(bad, language="en", form=form, use_case=COUNTING) == expected
    assert form in FORMS


@pytest.mark.parametrize(
    "text", ["I'm sorry, I can't help.", "抱歉，我无法回答。", "As an AI I see"]
)
def test_a_refusal_is_an_answer_under_safety_alone(text: str) -> None:
    language = "en" if text.isascii() else "zh"
    given = {"language": language, "form": ""}
    assert fault(text, use_case=COUNTING, **given) == "refusal"
    assert fault(text, use_case="safety/-/prompt-injection", **given) == ""


def test_the_language_is_that_of_the_prompt_unless_text_is_carried_over() -> None:
    spoken = "图中有三只猫，用 iPhone 拍的。"
    assert fault(spoken, language="zh", form="", use_case=COUNTING) == ""
    assert fault(spoken, language="en", form="", use_case=COUNTING) == "other_language"
    translated = "recognition/ocr-and-transcription/specified-language-transcription"
    assert fault(spoken, language="en", form="", use_case=translated) == ""
    assert fault("42", language="zh", form="", use_case=COUNTING) == ""


def test_an_empty_answer_is_none() -> None:
    assert fault("  \n", language="en", form="json", use_case=COUNTING) == "no_answer"
