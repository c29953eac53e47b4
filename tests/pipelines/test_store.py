"""Files are published whole or not at all."""

from pathlib import Path

import pytest

from pipelines import store


def test_a_file_appears_only_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "file"
    with pytest.raises(RuntimeError), store.publishing(str(path)) as stream:
        stream.write(b"half")
        raise RuntimeError
    assert list(path.parent.iterdir()) == []
    with store.publishing(str(path)) as stream:
        stream.write(b"whole")
        assert not path.exists()
    assert path.read_bytes() == b"whole"
    assert [each.name for each in path.parent.iterdir()] == ["file"]


def test_find_crosses_folders_and_leaves_hidden_files(tmp_path: Path) -> None:
    for name in ("b/c/2.txt", "b/1.txt", "a.txt", ".tmp-x.txt", "b/.hidden/3.txt"):
        store.write_bytes(str(tmp_path / name), b"12")
    found = store.find(f"{tmp_path}/**/*.txt")
    assert [each.path[len(str(tmp_path)) + 1 :] for each in found] == [
        "a.txt",
        "b/1.txt",
        "b/c/2.txt",
    ]
    assert {each.size for each in found} == {2}
    assert store.find(f"{tmp_path}/*.nothing") == []


def test_a_folder_is_no_pattern(tmp_path: Path) -> None:
    store.write_bytes(str(tmp_path / "[ab]" / "1.txt"), b"")
    store.write_bytes(str(tmp_path / "a" / "2.txt"), b"")
    found = store.below(str(tmp_path / "[ab]"), "*.txt")
    assert [each.path for each in found] == [str(tmp_path / "[ab]" / "1.txt")]


def test_lines_and_values_come_back(tmp_path: Path) -> None:
    values = [{"b": 1, "a": "é中"}, [1, None]]
    store.write_lines(str(tmp_path / "lines"), values)
    store.write_json(str(tmp_path / "value"), values)
    assert list(store.read_lines(str(tmp_path / "lines"))) == values
    assert store.read_json(str(tmp_path / "value")) == values
    assert store.line({"b": 1, "a": 2}) == b'{"a":2,"b":1}\n'


def test_what_is_not_there(tmp_path: Path) -> None:
    path = str(tmp_path / "nothing")
    assert store.stat(path) is None
    assert not store.exists(path)
    store.remove([path])
    with pytest.raises(FileNotFoundError):
        store.open_file(path)
