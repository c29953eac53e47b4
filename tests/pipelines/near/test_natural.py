"""Real texts that are alike by nature: spellings and editions are, translations are not."""

import re
from itertools import combinations
from pathlib import Path

from pipelines.measures.words import words
from pipelines.near.minhash import estimate, signature
from pipelines.near.shingles import shingles


def alike(folder: Path, threshold: float) -> set[tuple[str, str]]:
    """Names of files of which the texts are alike."""
    signatures = {}
    for path in sorted(folder.iterdir()):
        text = re.sub(r"<[^>]+>", " ", path.read_text(encoding="utf-8", errors="replace"))
        packed = signature(shingles(words(text)))
        if packed is not None:
            signatures[path.stem] = packed
    return {
        (one, other)
        for one, other in combinations(signatures, 2)
        if estimate(signatures[one], signatures[other]) >= threshold
    }


def test_of_all_translations_only_spellings_of_one_language_are_alike(samples: Path) -> None:
    assert alike(samples / "text" / "udhr", 0.8) == {
        ("deu_1901", "deu_1996"),
        ("ron_1993", "ron_2006"),
        ("tam", "tam_LK"),
    }


def test_editions_of_a_licence_are_alike_where_little_changed(samples: Path) -> None:
    licences = samples / "text" / "licences"
    assert alike(licences, 0.8) == {("GFDL-1.2", "GFDL-1.3")}
    assert alike(licences, 0.7) == {("GFDL-1.2", "GFDL-1.3"), ("LGPL-2.1", "LGPL-2")}


def test_commits_of_a_manual_page_hang_together(samples: Path) -> None:
    pairs = alike(samples / "text" / "versions", 0.8)
    assert len({name for pair in pairs for name in pair}) >= 8
