"""Measures of text under their published names: Gopher's (Rae et al., 2021), C4's, and a few more.

Shares are from 0 to 1. A measure that means nothing for a text is None, which meets every filter:
the mean length of words where most words are single characters, stop words in another language than
English. Lines and paragraphs without anything but white space do not count.
"""

import re
import zlib
from typing import Any

import pyarrow as pa
from ftfy.badness import badness

from pipelines.measures import boilerplate
from pipelines.measures.paragraphs import FIELDS as PARAGRAPHS
from pipelines.measures.paragraphs import measure as languages
from pipelines.measures.repetition import GOPHER_REPETITION, repetition
from pipelines.measures.words import Words

# More of a text does not change this much, and costs time in proportion.
_COMPRESSED = 65_536
_STOP_WORDS = frozenset("the be to of and that have with".split())
_BULLETS = ("\u2022", "\u2023", "\u25cf", "\u25cb", "\u25e6", "\u30fb", "- ", "* ")
_ELLIPSES = ("...", "\u2026")
_TERMINAL = re.compile(r"[.!?\"'\u201d\u2019\u3002\uff01\uff1f\u2026\u300d\u300f)\uff09]\s*\Z")
_SENTENCES = re.compile(r"[.!?]+(?=\s|\Z)|[\u3002\uff01\uff1f]+")
_POLICY = re.compile(
    r"terms of use|privacy policy|cookie policy|uses cookies|use of cookies|use cookies"
    r"|all rights reserved|\u7248\u6743\u6240\u6709|\u9690\u79c1\u653f\u7b56"
)
_CODE = re.compile(
    r"(?:def|class|import|from|return|if|for|while|public|private|static|void|int|const|let|var"
    r"|function|using|package|func|fn)\b.*[\w)][:({]\s*\Z|import |from \S+ import |#include|#define"
    r"|return\b|</?\w"
)
# Text that was decoded wrongly holds such letters, and to look for them is fast.
_LATIN = re.compile("[\x80-\u04ff]")
_CODE_ENDS = (";", "{", "}")
# Tokens with a letter in them.
_ALPHABETIC = re.compile(r"[^\W\d_]\S*")

FIELDS: dict[str, pa.DataType] = {
    "words": pa.int64(),
    "paragraphs": pa.int32(),
    "digit_share": pa.float32(),
    "cjk_word_share": pa.float32(),
    "compression_ratio": pa.float32(),
    "replacement_characters": pa.int32(),
    "mojibake": pa.int32(),
    "code_lines": pa.float32(),
    **boilerplate.FIELDS,
    **PARAGRAPHS,
    "gopher_mean_word_length": pa.float32(),
    "gopher_symbol_ratio": pa.float32(),
    "gopher_bullet_lines": pa.float32(),
    "gopher_ellipsis_lines": pa.float32(),
    "gopher_alphabetic_words": pa.float32(),
    "gopher_stop_words": pa.int32(),
    **GOPHER_REPETITION,
    "c4_sentences": pa.int32(),
    "c4_terminal_lines": pa.float32(),
    "c4_short_lines": pa.float32(),
    "c4_javascript_lines": pa.float32(),
    "c4_policy_lines": pa.float32(),
    "c4_curly_brackets": pa.int32(),
    "c4_lorem_ipsum": pa.int32(),
}


def measure(text: str, words: Words, spoken: str) -> dict[str, Any]:
    """Returns all measures of a text; all are None for one without words.

    Args:
        text: all texts of a sample.
        words: of the text.
        spoken: language of the text as detected; empty for code and for none.
    """
    if not len(words.hashes):
        return dict.fromkeys(FIELDS)
    lines = [line for line in text.splitlines() if line.strip()]
    paragraphs = [each for each in re.split(r"\n\s*\n", text) if each.strip()]
    found = {
        "words": len(words.hashes),
        "paragraphs": len(paragraphs),
        "digit_share": sum(map(text.count, "0123456789")) / len(text),
        "cjk_word_share": float(words.alone.mean()),
        "compression_ratio": _compression(text),
        "replacement_characters": text.count("\ufffd"),
        "mojibake": badness(text) if _LATIN.search(text) else 0,
        "boilerplate_share": boilerplate.share(text),
        **languages(paragraphs, spoken),
        **_gopher(text, words, lines, spoken),
        **repetition(words, lines, paragraphs),
        **_c4(text, lines),
    }
    # What decides must not hang on the last bit of a sum.
    return {
        name: round(value, 4) if isinstance(value, float) else value
        for name, value in found.items()
    }


def _gopher(text: str, words: Words, lines: list[str], spoken: str) -> dict[str, Any]:
    """The measures of Gopher's quality filter (its Table A1)."""
    spaced = words.lengths[~words.alone]
    tokens = text.split()
    alphabetic = len(_ALPHABETIC.findall(text))
    symbols = text.count("#") + text.count("...") + text.count("\u2026")
    mostly_spaced = 2 * len(spaced) >= len(words.hashes)
    return {
        "gopher_mean_word_length": float(spaced.mean()) if mostly_spaced else None,
        "gopher_symbol_ratio": symbols / len(words.hashes),
        "gopher_bullet_lines": _share(lines, lambda line: line.lstrip().startswith(_BULLETS)),
        "gopher_ellipsis_lines": _share(lines, lambda line: line.rstrip().endswith(_ELLIPSES)),
        "gopher_alphabetic_words": alphabetic / len(tokens) if mostly_spaced else None,
        "gopher_stop_words": len(_STOP_WORDS & set(text.lower().split()))
        if spoken == "en"
        else None,
    }


def _c4(text: str, lines: list[str]) -> dict[str, Any]:
    """What C4's rules look at (Raffel et al., 2020, section 2.2), and whether lines are code."""
    policy = 0.0
    if _POLICY.search(small := text.lower()):
        policy = _share(lines, lambda line: bool(_POLICY.search(line.lower())))
    return {
        "code_lines": _share(lines, _is_code),
        "c4_sentences": sum(1 for _ in _SENTENCES.finditer(text)),
        "c4_terminal_lines": _share(lines, lambda line: bool(_TERMINAL.search(line[-3:]))),
        # In a script without blanks eight characters are about five words.
        "c4_short_lines": _share(
            lines, lambda line: len(line) < 8 if not line.isascii() else len(line.split()) < 5
        ),
        "c4_javascript_lines": _share(lines, lambda line: "javascript" in line.lower()),
        "c4_policy_lines": policy,
        "c4_curly_brackets": text.count("{"),
        "c4_lorem_ipsum": small.count("lorem ipsum"),
    }


def _share(lines: list[str], holds: Any) -> float:
    return sum(map(holds, lines)) / len(lines)


def _is_code(line: str) -> bool:
    line = line.strip()
    return line.endswith(_CODE_ENDS) or bool(_CODE.match(line[:200]))


def _compression(text: str) -> float:
    """How many times smaller zlib makes the text; repetition shows as a large number."""
    data = text[:_COMPRESSED].encode("utf-8", "surrogatepass")
    return len(data) / len(zlib.compress(data, 1))
