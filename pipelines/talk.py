r"""Facts of questions and answers: what fine-tuning wants to know of a sample.

    multiple_choice         options are listed, in columns of the row or in the question
    answers                 how many turns the assistant has
    answer_language         of all answers together; empty where it cannot be told
    other_language          whether that is another one than the questions'
    answer_repetition       share of characters, of the answer that repeats itself most, in runs of
                            five words that were there before
    cut_answer              whether the last answer breaks off

And for dedup alone, `question`: what the user asks first, with case, punctuation and options left
out. All but the first are None for samples that are no talk.
"""

import re
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from pipelines.language import language
from pipelines.measures.repetition import repetition
from pipelines.measures.words import words
from sources.sample import Sample
from taxonomy.near import plain

FIELDS: dict[str, pa.DataType] = {
    "multiple_choice": pa.bool_(),
    "answers": pa.int32(),
    "answer_language": pa.string(),
    "other_language": pa.bool_(),
    "answer_repetition": pa.float32(),
    "cut_answer": pa.bool_(),
}
SIGNATURES: dict[str, pa.DataType] = {"question": pa.string()}

# Shorter texts do not tell their language, and what tells it less surely does not either.
_TELLING = 24
_SURE = 0.6
# A question is compared by so much of it.
_MOST = 600
# Shorter answers may end anyhow: a word, a number, a list of names.
_LONG = 160
_OPTION = re.compile(r"(?:^|[\n\s])\(?([A-H])[.):\uff09\uff0e\u3001]\s*\S")
_LETTER_ASKED = re.compile(
    r"(?:option'?s? letter|letter of the (?:correct|right)|choose (?:one )?(?:from|of) the "
    r"(?:following|options)|which of the following)|\u9009\u9879|\u4ee5\u4e0b\u54ea",
    re.IGNORECASE,
)
_ENDED = re.compile(
    r"(?:[.!?:;)\]}>\"'`*|=~$\u2026\u3002\uff01\uff1f\uff1b\uff1a\uff09\u3011\u300d\u300f\u300b"
    r"\u201d\u2019]|[^\w\s,\uff0c\u3001-])\s*\Z"
)
# A sentence does not end on these, whatever the length.
_OPEN = re.compile(
    r"(?:[,\uff0c\u3001(\[{\u201c\u300c\u300a\uff08]|\b(?:the|a|an|and|or|of|because|than))\s*\Z"
)
_KANA = re.compile(r"[\u3041-\u30ff]")
_TAGGED = re.compile(r"[#@]\w+\s*\Z")
_ITEM = re.compile(r"\s*(?:[-*+\u2022#|>]|\(?\d+[.)\u3001:])")


def measure(sample: Sample) -> dict[str, Any]:
    """Returns the facts of a sample's questions and answers."""
    questions, answers = _said(sample, "user"), _said(sample, "assistant")
    found: dict[str, Any] = dict.fromkeys({**FIELDS, **SIGNATURES})
    found["multiple_choice"] = bool(sample.choices) or any(map(lists_options, questions))
    if not answers:
        return found
    asked, told = (_language(texts) for texts in (questions, answers))
    return found | {
        "answers": len(answers),
        "answer_language": told,
        "other_language": asked != told if asked and told else None,
        "answer_repetition": max(map(repeated, answers)),
        "cut_answer": is_cut(answers[-1]),
        "question": plain(questions[0])[:_MOST] if questions else None,
    }


def lists_options(question: str) -> bool:
    r"""Whether a question is to be answered by one of the options that it lists.

    >>> lists_options("What is it?\nA. a cat\nB. a dog"), lists_options("Is A. Smith here?")
    (True, False)
    """
    letters = _OPTION.findall(question)
    listed = letters[:2] == ["A", "B"] or "".join(letters).startswith("AB")
    if not listed:
        return False
    at_lines = re.findall(r"^\s*\(?[A-H][.):\uff09\uff0e\u3001]", question, re.MULTILINE)
    return len(at_lines) >= 2 or len(letters) >= 3 or bool(_LETTER_ASKED.search(question))


def repeated(answer: str) -> float:
    """Returns the share of an answer's characters in runs of five words that were there before.

    >>> repeated("one two three four five"), repeated("so it goes on and on " * 9) > 0.8
    (0.0, True)
    """
    found = words(answer)
    if not len(found.hashes):
        return 0.0
    lines = [line for line in answer.splitlines() if line.strip()]
    return round(repetition(found, lines, lines)["gopher_duplicate_5_grams"], 4)


def is_cut(answer: str) -> bool:
    """Whether an answer breaks off: in a fence of code, on a word that goes on, without an end.

    >>> is_cut("Yes"), is_cut("The cat sits on the"), is_cut("It is red.")
    (False, True, False)
    """
    text = answer.strip()
    if text.count("```") % 2 or _OPEN.search(text):
        return True
    last = text.rsplit("\n", 1)[-1]
    # Lines of code, lists and tables end without a full stop.
    ends_anyhow = "```" in text or bool(_ITEM.match(last)) or len(last) < _LONG // 2
    return len(text) >= _LONG and not (ends_anyhow or _ENDED.search(text) or _TAGGED.search(text))


def _said(sample: Sample, role: str) -> list[str]:
    """The texts of each turn of a role, pictures between them left out."""
    turns: list[str] = []
    before = None
    for segment in sample.segments:
        if segment.role == role and segment.text is not None:
            if before == role and turns:
                turns[-1] += f"\n{segment.text}"
            else:
                turns.append(segment.text)
        before = segment.role
    return turns


def _language(texts: Sequence[str]) -> str:
    """The language of some texts; empty where it is not sure."""
    said = "\n".join(re.sub(r"```.*?(?:```|\Z)", " ", text, flags=re.DOTALL) for text in texts)
    if sum(2 if ord(letter) >= 0x2E80 else 1 for letter in said if letter.isalpha()) < _TELLING:
        return ""
    found, sure = language(said)
    # Japanese is hardly ever without kana, but short Chinese is taken for it.
    if found == "ja" and not _KANA.search(said):
        return "zh"
    return found if sure >= _SURE else ""
