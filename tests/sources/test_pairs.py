"""Pictures with captions, in every form that people have them in."""

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest

from sources.caption.pairs import SOURCE
from sources.sample import Sample, Skip
from sources.source import Broken, File, Row, complete

JPG, PNG = b"\xff\xd8\xff...", b"\x89PNG\r\n\x1a\n..."


def run(path: Path, root: Path, **options: Any) -> list[Sample | Skip]:
    """All samples and skips of a file, with their keys."""
    file = File(path=str(path), name=str(path.relative_to(root)), size=path.stat().st_size)
    found: list[Sample | Skip] = []
    for piece in SOURCE.read.pieces(file, lambda name: open(name, "rb")):
        for row in SOURCE.read.rows(piece, lambda name: open(name, "rb")):
            assert isinstance(row, Row), row
            parts = SOURCE.parse(row, **options)
            for nth, part in enumerate(parts):
                if isinstance(part, Sample):
                    part = complete(part, name="caption/pairs", source=SOURCE, row=row, nth=nth)
                found.append(part)
    return found


def test_a_picture_has_its_text_beside_it(tmp_path: Path) -> None:
    folder = tmp_path / "cats"
    folder.mkdir()
    (folder / "one.jpg").write_bytes(JPG)
    (folder / "one.txt").write_bytes("\ufeffA cat\n".encode())
    (folder / "two.png").write_bytes(PNG)
    (sample,) = run(folder / "one.jpg", tmp_path, text=["en", "zh"])
    assert isinstance(sample, Sample) and sample.texts == ["A cat\n"]
    assert sample.images[0].path == "one.jpg" and sample.origin == "cats/one.jpg"
    assert run(folder / "two.png", tmp_path) == [Skip(reason="no_text", part="column text")]


def test_img2dataset_tars_give_bytes_and_provenance(tmp_path: Path) -> None:
    stated = {"url": "https://example.org/a.jpg", "caption": "other", "license": "CC0-1.0"}
    members = [
        ("000.jpg", JPG),
        ("000.txt", b"A cat"),
        ("000.json", json.dumps(stated).encode()),
        ("001.webp", b"RIFF....WEBP"),
        ("001.txt", b"A dog"),
        ("002.json", b'{"caption": "lost", "status": "failed_to_download"}'),
    ]
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    cat, dog, lost = run(tmp_path / "a.tar", tmp_path)
    assert isinstance(cat, Sample) and cat.images[0].image == JPG and cat.texts == ["A cat"]
    assert (cat.licence, cat.origin) == ("CC0-1.0", "https://example.org/a.jpg")
    assert isinstance(dog, Sample) and (dog.licence, dog.origin) == ("unknown", "a.tar#sample 001")
    assert lost == Skip(reason="no_image", detail="column image")


def test_parquet_with_bytes_and_csv_with_paths(tmp_path: Path) -> None:
    rows = [{"img": {"bytes": PNG, "path": "a.png"}, "alt": "A cat", "lang": "en"}]
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "a.parquet")
    (tmp_path / "b.csv").write_text('img,alt,lang\nx/a.png,"A, cat",zh-CN\n')
    options = {"image": "img", "text": "alt", "language": "lang"}
    (bytes_,) = run(tmp_path / "a.parquet", tmp_path, **options)
    (path,) = run(tmp_path / "b.csv", tmp_path, **options)
    assert isinstance(bytes_, Sample) and bytes_.images[0].image == PNG and bytes_.language == "en"
    assert isinstance(path, Sample) and path.images[0].path == "x/a.png" and path.language == "zh"


@pytest.mark.parametrize(
    ("name", "count"), [("debian-handbook-figures.jsonl", 147), ("scikit-image-docs.jsonl", 11)]
)
def test_the_real_captions_go_through(samples: Path, name: str, count: int) -> None:
    folder = samples / "captions"
    found = run(folder / name, folder, text=["en", "zh_CN", "zh_TW"])
    pairs = [part for part in found if isinstance(part, Sample)]
    assert len(pairs) == len(found) == len({pair.key for pair in pairs}) == count
    assert all((folder / str(pair.images[0].path)).is_file() for pair in pairs)
    assert {pair.language for pair in pairs} <= {"en", "zh"}


def test_real_photos_without_captions_are_skipped(samples: Path) -> None:
    folder = samples / "photos"
    found = [part for path in sorted(folder.rglob("*.*g")) for part in run(path, folder)]
    assert {part.reason for part in found if isinstance(part, Skip)} == {"no_text"}
    assert len(found) == 17


def test_a_cut_off_table_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"PAR1 and no more")
    file = File(path=str(tmp_path / "a.parquet"), name="a.parquet", size=16)
    (piece,) = SOURCE.read.pieces(file, lambda name: open(name, "rb"))
    (broken,) = SOURCE.read.rows(piece, lambda name: open(name, "rb"))
    assert isinstance(broken, Broken) and broken.file == "a.parquet"
    assert "no whole Parquet file" in broken.error and "fetch the file again" in broken.error
