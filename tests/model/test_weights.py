from pathlib import Path

import pytest

from model.weights import digest, find


def test_a_digest_stands_for_weights_settings_and_tokenizer(folder: Path, tmp_path: Path) -> None:
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    before = digest(folder)
    assert digest(tmp_path) == before
    (tmp_path / "notes.txt").write_text("not part of it")
    assert digest(tmp_path) == before
    for name in ("model.safetensors", "config.json", "tokenizer.json"):
        content = (tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(content[:-1] + b"!")
        assert digest(tmp_path) != before
        (tmp_path / name).write_bytes(content)


def test_a_directory_is_taken_as_it_is(folder: Path) -> None:
    assert find(folder) == find(str(folder)) == folder
    with pytest.raises(ValueError, match="give `tiny`, or the path of a checkpoint"):
        find(folder / "config.json")
