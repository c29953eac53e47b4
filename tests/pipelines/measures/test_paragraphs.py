"""The languages of paragraphs, wherever in a text they stand."""

import pytest

from pipelines.language import language
from pipelines.measures.paragraphs import measure

ENGLISH = "The house stood on the hill for many years, and nobody knew who had built it at all."
CHINESE = "这座房子在山上立了很多年，没有人知道是谁建的。镇上的人说它比教堂还要老。" * 2
GERMAN = "Das Haus stand viele Jahre auf dem Berg, und niemand wusste, wer es gebaut hatte."


def test_each_paragraph_has_its_language() -> None:
    found = measure([ENGLISH, CHINESE, GERMAN], "en")
    assert found["paragraph_languages"] == ["en", "zh", "de"]
    assert all(confidence > 0.5 for confidence in found["paragraph_confidences"])
    assert found["other_language_share"] == pytest.approx(
        1 - len(ENGLISH) / len(ENGLISH + CHINESE + GERMAN), abs=1e-3
    )


def test_the_end_of_a_long_text_is_looked_at_too() -> None:
    found = measure([ENGLISH] * 40 + [GERMAN] * 40, "en")
    assert 0.4 < found["other_language_share"] < 0.6
    assert measure([ENGLISH] * 80, language(ENGLISH)[0])["other_language_share"] == 0


def test_short_paragraphs_and_code_tell_nothing() -> None:
    assert measure([ENGLISH, "Ja.", "Nein."], "en")["other_language_share"] is None
    assert set(measure([ENGLISH] * 3, "").values()) == {None}
