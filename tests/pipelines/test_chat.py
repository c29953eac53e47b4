"""A checkpoint can be asked a question from the command line."""

from pathlib import Path

from tests.pipelines import corpora


def test_the_shipped_model_answers_the_same_twice(tmp_path: Path) -> None:
    image = tmp_path / "a.png"
    image.write_bytes(corpora.picture(1))
    asked = ("chat", "tiny", image, "What is in the picture?", "--limit", 8)
    answers = {corpora.run(*asked).stdout for _ in range(2)}
    assert len(answers) == 1 and answers.pop().strip()


def test_what_cannot_be_asked_is_said(tmp_path: Path) -> None:
    wrong = corpora.run("chat", tmp_path / "none", "-", "Why?", code=1).stderr
    assert "no model" in wrong and "checkpoint directory" in wrong
    missing = corpora.run("chat", "tiny", tmp_path / "none.png", "Why?", code=1).stderr
    assert "none.png" in missing
