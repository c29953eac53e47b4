"""Documents: containers and single files, one sample each."""

import gzip
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from sources.sample import Sample, Skip
from sources.source import File, Row, complete
from sources.text.documents import SOURCE


def run(path: Path, root: Path, **options: Any) -> list[Sample | Skip]:
    """All samples and skips of a file, with their keys."""
    file = File(path=str(path), name=str(path.relative_to(root)), size=path.stat().st_size)
    found: list[Sample | Skip] = []
    for piece in SOURCE.read.pieces(file, lambda name: open(name, "rb")):
        for row in SOURCE.read.rows(piece, lambda name: open(name, "rb")):
            assert isinstance(row, Row), row
            for nth, part in enumerate(SOURCE.parse(row, **options)):
                if isinstance(part, Sample):
                    part = complete(part, name="text/documents", source=SOURCE, row=row, nth=nth)
                found.append(part)
    return found


def test_the_real_texts_go_through(samples: Path) -> None:
    folder = samples / "text"
    paths = [path for path in sorted(folder.rglob("*")) if path.suffix in (".html", ".md", ".txt")]
    found = [part for path in paths for part in run(path, folder)]
    documents = [part for part in found if isinstance(part, Sample)]
    assert len(found) == len(documents) == len({part.key for part in documents}) == len(paths) > 130
    assert Counter(part.language for part in documents)["zh"] >= 3
    assert not any("<p>" in part.texts[0] for part in documents if part.row.startswith("udhr"))
    assert documents[-1].texts[0] == paths[-1].read_text("utf-8-sig")


@pytest.mark.parametrize(
    ("name", "origin"),
    [
        ("c4/en/c4-train.00000-of-01024.json.gz", "url"),
        ("dolma/documents/cc_en_head-0091.jsonl.gz", "metadata.url"),
    ],
)
def test_real_corpora_of_text_go_through(samples: Path, name: str, origin: str) -> None:
    folder = samples / "records"
    found = run(folder / name, folder, origin=origin, language="metadata.language")
    assert len(found) >= 3
    for document in found:
        assert isinstance(document, Sample)
        assert len(document.texts[0]) > 20 and "//" in document.origin


def test_a_compressed_file_is_a_document_too(tmp_path: Path) -> None:
    (tmp_path / "a.md.gz").write_bytes(gzip.compress("# 你好".encode()))
    (document,) = run(tmp_path / "a.md.gz", tmp_path)
    assert isinstance(document, Sample) and document.texts == ["# 你好"]


def test_empty_documents_are_skipped_and_titles_kept(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text("<title>Nothing</title><script>x</script>")
    (tmp_path / "b.jsonl").write_text('{"text": "body", "name": "Title"}\n{"text": null}')
    assert run(tmp_path / "a.html", tmp_path) == [Skip(reason="no_text", part="column text")]
    titled, empty = run(tmp_path / "b.jsonl", tmp_path, title="name")
    assert isinstance(titled, Sample) and titled.texts == ["Title\n\nbody"]
    assert isinstance(empty, Skip)
