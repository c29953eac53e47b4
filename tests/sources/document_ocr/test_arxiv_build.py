"""Papers through the pipeline: the same corpus on one worker and two, and every loss counted."""

import gzip
import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from tests.pipelines import corpora

BODY = (
    "\\section{{{title}}}\n{words}\n\\begin{{tabular}}{{ll}} one & two \\end{{tabular}}\n"
    "\\newpage\n{words} again, on a second page.\n"
)
HEAD = "\\documentclass{article}\\begin{document}\n"
MANIFEST = "<?xml version='1.0'?><arXivSRC><file><filename>src/x.tar</filename></file></arXivSRC>"
CC_BY = "http://creativecommons.org/licenses/by/4.0/"


def paper(title: str) -> bytes:
    words = f"{title} speaks in plain words of nothing that anyone would miss. " * 6
    return (HEAD + BODY.format(title=title, words=words) + "\\end{document}").encode()


def chunk(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


# A page whose picture says far more than its source: the gate is there for such ones.
STRANGE = HEAD + "\\makeatletter\n\\def\\x{alpha beta gamma delta epsilon zeta eta theta }\n"


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("arxiv")
    strange = STRANGE + "\\csname x\\endcsname " * 30 + "Only these words are plain.\\end{document}"
    members = {
        "2001/2001.00001.gz": gzip.compress(paper("Apples"), mtime=0),
        "2001/2001.00002.gz": gzip.compress(chunk({"ms.tex": paper("Pears")}), mtime=0),
        "2001/2001.00003.pdf": b"%PDF-1.4",
        "2001/2001.00004.gz": gzip.compress(paper("Plums").replace(b"article", b"nosuch"), mtime=0),
        "2001/2001.00005.gz": gzip.compress(strange.encode(), mtime=0),
        "2001/2001.00006.gz": gzip.compress(b"\\documentclass{article}")[:-9],
        "2001/2001.00007.gz": gzip.compress(paper("Quinces"), mtime=0),
    }
    (folder / "arXiv_src_2001_001.tar").write_bytes(chunk(members))
    (folder / "arXiv_src_manifest.xml").write_text(MANIFEST)
    known = [
        {
            "id": f"2001.0000{n}",
            "license": CC_BY if n < 7 else None,
            "versions": [{"version": "v2"}],
        }
        for n in range(1, 8)
    ]
    (folder / "metadata.jsonl").write_text("".join(json.dumps(entry) + "\n" for entry in known))
    return folder


def build(raw: Path, out: Path, workers: int) -> dict[str, Any]:
    recipe = {
        "name": "papers",
        "limits": {"rejects": 0.5},
        "sources": [
            {
                "source": "arxiv",
                "path": str(raw / "*.tar"),
                "options": {"metadata": str(raw / "metadata.jsonl"), "licences": ["by/4.0"]},
            }
        ],
        "filters": [{"preset": "page-text"}],
        "unit_size": "1kB",
    }
    path = out.with_suffix(".yaml")
    path.write_text(json.dumps(recipe), encoding="utf-8")
    corpora.run("build", path, "--out", out, "--workers", workers)
    return corpora.manifest(out)


@pytest.mark.timeout(600)
def test_two_builds_agree_and_count_every_loss(raw: Path, tmp_path: Path) -> None:
    one = build(raw, tmp_path / "one", 1)
    two = build(raw, tmp_path / "two", 2)
    assert one["digest"] == two["digest"]
    assert corpora.files(tmp_path / "one") == corpora.files(tmp_path / "two")
    (funnel,) = one["funnel"].values()
    assert funnel["skips"] == {"pdf_only": 1, "missing_package": 1, "licence": 1}
    assert funnel["rejects"] == 1
    assert funnel["removed"] == {"filter_measures.quality": 1}
    assert one["samples"] == 4
