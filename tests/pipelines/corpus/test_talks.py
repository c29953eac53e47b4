"""What conversations are like, and what the opinion of the model is worth."""

from typing import Any

from pipelines import talk
from pipelines.corpus.talks import HEAD, TalkCensus, agreement_note, agreement_rows, rows
from sources.sample import Sample, Segment

ASKED = "What can be seen in this picture, and what else is there?"
GERMAN = "Auf diesem Bild ist ein kleines Haus mit einem roten Dach am See zu sehen."
ENGLISH = "There is a small house with a red roof, and behind it stands a tall old tree."


def facts(question: str, answer: str, **more: Any) -> dict[str, Any]:
    turns = (Segment(text=question, role="user"), Segment(text=answer, role="assistant"))
    sample = Sample(segments=turns, category="sft/multimodal", key="a")
    size = {"characters": len(question) + len(answer), "tokens": None}
    return {"stanza": "talks", **size, **talk.measure(sample), **more}


def taken(*found: dict[str, Any]) -> TalkCensus:
    census = TalkCensus()
    for each in found:
        census.add(each)
    return census


def test_shares_are_of_the_talks_of_each_entry() -> None:
    options = f"{ASKED}\nA. a house\nB. a ship"
    census = taken(
        facts(ASKED, ENGLISH, tokens=30),
        facts(ASKED, GERMAN, tokens=50),
        facts(options, "A"),
        facts(ASKED, "so it goes on and on again, " * 9),
        facts("Why?", "It is.", stanza="short"),
        {"stanza": "captions", "answers": None},
    )
    told = census.conversations()
    assert list(told) == ["short", "talks"]
    of_all = told["talks"]
    assert (of_all["samples"], of_all["turns"], of_all["mean_tokens"]) == (4, 4, 40)
    assert (of_all["multiple_choice"], of_all["repeated"]) == (0.25, 0.25)
    # The letter of an option is of no language.
    assert of_all["other_language"] == 0.3333
    assert (told["short"]["other_language"], told["short"]["mean_tokens"]) == (None, None)


def test_a_line_shows_what_nobody_knows_as_a_dash() -> None:
    (line,) = rows(taken(facts("Why?", "It is.")).conversations())
    assert dict(zip(HEAD, line, strict=True)) == {
        "entry": "talks", "talks": 1, "turns": 1, "multiple choice": "0.0%", "repetitive": "0.0%",
        "repetition": "0.0%", "other language": "-", "cut": "0.0%", "characters": "10",
        "tokens": "-",
    }  # fmt: skip


def opinions(agreed: int, asked: int) -> dict[str, Any]:
    case = {"taxonomy": "recognition/local-description/counting"}
    made = [
        facts("Why?", "It is.", **case, use_cases_agree=place < agreed) for place in range(asked)
    ]
    lost = facts("Why?", "It is.", taxonomy="", use_cases_agree=False)
    told = taken(*made, lost).agreement({"second_opinion": {"classes": 2}})
    assert told is not None
    return told


def test_agreement_is_told_by_main_class_and_against_chance() -> None:
    told = opinions(36, 39)
    assert list(agreement_rows(told)) == [
        ["(no class)", 1, 0, "0%"],
        ["recognition", 39, 36, "92%"],
        ["all", 40, 36, "90%"],
    ]
    assert agreement_note(told) == "the model chooses among 2 classes, so 50% would be chance"
    assert "it does no better than that" in agreement_note(opinions(22, 39))


def test_there_is_no_agreement_where_nobody_was_asked() -> None:
    assert taken(facts("Why?", "It is.")).agreement({}) is None
