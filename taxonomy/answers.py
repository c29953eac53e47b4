"""Checks answers that came back for chosen prompts: language, form, and that there is one."""

import csv
import io
import json
import re
import xml.etree.ElementTree as tree
from collections.abc import Callable

from taxonomy.use_cases import cut

_REFUSAL = re.compile(
    r"^\W*(?:i'?m (?:sorry|unable|not able)|sorry\b|i (?:can(?:no|')t|am (?:unable|not able)|won't)"
    r"|as an ai\b|unfortunately,? i (?:can|am)"
    r"|抱歉|对不起|很遗憾|我(?:无法|不能|没法)|作为(?:一个)?(?:AI|人工智能))",
    re.IGNORECASE,
)
_HAN = re.compile(r"[\u4e00-\u9fff]")
_LATIN = re.compile(r"[a-z]{2,}", re.IGNORECASE)
_PREFACE = re.compile(
    r"(?:sure|certainly|of course|here(?: is|'s| are)|好的|当然|以下是)", re.IGNORECASE
)
_FENCE = re.compile(r"^```[\w+-]*\n(.*?)\n?```$", re.DOTALL)
_ENDS = re.compile(r"[.!?。！？](?=\s|$|[\u4e00-\u9fff])")
_ITEM = re.compile(r"^\s*(?:[-*+•]|\(?\d+[.)、:]|[A-Z][.)])\s*\S", re.MULTILINE)
# The text of an image, code and translations are in whatever language they are in.
_ANY_LANGUAGE = ("recognition/ocr-and-transcription", "conversion")
_WORDLESS = ("code", "csv", "html", "json", "latex", "number", "svg", "text")
_LONG_WORD = 40  # characters; a longer answer is not "a word"


def fault(answer: str, *, language: str, form: str, use_case: str) -> str:
    """Returns why an answer is not good enough, in snake_case; empty where it is.

    Args:
        answer: what an annotator or a teacher model wrote.
        language: that the prompt is in, en or zh.
        form: that the prompt demands, one of `prompts.FORMS`, or empty.
        use_case: of the prompt; under Safety a refusal is an answer.

    >>> fault("", language="en", form="", use_case="safety/-/prompt-injection")
    'no_answer'
    >>> fault("{'a': 1}", language="en", form="json", use_case="recognition")
    'not_json'
    """
    text = answer.strip()
    if not text:
        return "no_answer"
    refusal = bool(_REFUSAL.match(text))
    if refusal and cut(use_case, 1) != "safety":
        return "refusal"
    if form and not refusal and not _FORMS[form](_unfenced(text, form)):
        return f"not_{form.replace('-', '_')}"
    free = form in _WORDLESS or use_case.startswith(_ANY_LANGUAGE)
    return "" if free or _in(language, text) else "other_language"


def _in(language: str, text: str) -> bool:
    """Whether a text is in a language, names and quotes in the other allowed."""
    han, latin = len(_HAN.findall(text)), len(_LATIN.findall(text))
    if not han and not latin:
        return True
    return han >= latin if language == "zh" else latin >= han


def _unfenced(text: str, form: str) -> str:
    """The text without the code fence that models like to put around it."""
    match = _FENCE.match(text)
    return match[1].strip() if match and form != "code" else text


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _is_svg(text: str) -> bool:
    try:
        return tree.fromstring(text).tag.rsplit("}", 1)[-1] == "svg"
    except tree.ParseError:
        return False


def _is_table(text: str) -> bool:
    rows = [line for line in text.splitlines() if line.count("|") >= 2]
    return len(rows) >= 3 and bool(re.search(r"\|\s*:?-{2,}", text))


def _is_csv(text: str) -> bool:
    widths = {len(row) for row in csv.reader(io.StringIO(text)) if row}
    return len(widths) == 1 and widths != {1}


def _is_list(text: str) -> bool:
    """Marked lines, plain lines, or a row of things with commas between them."""
    plain = [line for line in text.splitlines() if line.strip()]
    row = bool(re.search("[,，、;；]", text)) and _is_sentence(text)
    return bool(_ITEM.search(text)) or len(plain) > 1 or row


def _is_sentence(text: str) -> bool:
    return len(_ENDS.findall(text)) <= 1 and "\n" not in text


def _is_word(text: str) -> bool:
    return len(text) <= _LONG_WORD and "\n" not in text


_FORMS: dict[str, Callable[[str], bool]] = {
    "code": lambda text: "\n" in text or bool(re.search(r"[(){};=<>]", text)),
    "csv": _is_csv,
    "html": lambda text: bool(re.search(r"<([a-z]+)\b[^>]*>.*</\1>", text, re.DOTALL | re.I)),
    "json": _is_json,
    "latex": lambda text: bool(re.search(r"\\[a-zA-Z]+|[_^]", text)),
    "list": _is_list,
    "markdown": lambda text: bool(re.search(r"^#|\*\*|^\s*[-*] |\|", text, re.MULTILINE)),
    "number": lambda text: bool(re.search(r"\d", text)) and len(text) <= _LONG_WORD,
    "sentence": _is_sentence,
    "svg": _is_svg,
    "table": _is_table,
    "text": lambda text: not _PREFACE.match(text),
    "word": _is_word,
    "yes-no": lambda text: bool(re.match(r"\W*(yes|no|是|否|不是|对|不对)(?![a-z])", text, re.I)),
}
