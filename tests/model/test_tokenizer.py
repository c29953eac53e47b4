from pathlib import Path

import pytest
import tokenizers
from tokenizers import models

from model.tokenizer import load, train


def test_nothing_is_joined_over_a_border() -> None:
    line = "the cat, 2024年的 cat!?\n\n" * 3
    words = train([line] * 50, 400)
    tokens = [words.decode([token]) for token in words.encode(line).ids]
    assert tokens[:10] == ["the", " cat", ",", " ", "2", "0", "2", "4", "年的", " cat"]
    assert tokens[10:13] == ["!?", "\n", "\n"]


def test_any_text_survives() -> None:
    words = train(["a small text"], 300)
    for text in ("naïve 数学 🙂\t\r\n  x  ", "", " ", "\x00\x7f", "हिन्दी עברית"):
        assert words.decode(words.encode(text).ids) == text


def test_spans_point_at_the_characters() -> None:
    words = train(["one two"] * 9, 300)
    encoding = words.encode("one 二")
    assert [("one 二")[start:stop] for start, stop in encoding.spans][:1] == ["one"]
    assert set(encoding.spans[-2:]) == {(4, 5)}  # bytes of one character share its span


def test_it_is_saved_and_loaded(tmp_path: Path) -> None:
    words = train(["one two three"] * 9, 300)
    words.save(tmp_path)
    again = load(tmp_path)
    assert again.encode("one two").ids == words.encode("one two").ids
    assert (again.bos, again.eos, again.image, len(again)) == (0, 1, 2, len(words))


def test_a_folder_without_a_tokenizer_says_so(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"has no tokenizer.json: copy it"):
        load(tmp_path)


def test_a_tokenizer_of_another_model_is_refused(tmp_path: Path) -> None:
    tokenizers.Tokenizer(models.BPE()).save(str(tmp_path / "tokenizer.json"))
    with pytest.raises(ValueError, match="has no token '<｜begin▁of▁sentence｜>'"):
        load(tmp_path)
