"""Instructions and talk of text alone, as people have them at hand.

JSON and JSON Lines in one of three forms, told by their fields: ShareGPT's `conversations` of
`from` and `value`, the `messages` of `role` and `content`, and Alpaca's `instruction`, `input`,
`output` (with `system` and `history`). A row:

    {"id": "a_0", "conversations": [{"from": "human", "value": "..."},
                                    {"from": "gpt", "value": "..."}]}

Quirks: a first answer without a question and a last question without an answer are left out; two
answers in a row, an empty turn and turns of tools make the row a skip, as do answers that tell of
too many requests. `<image>` in such a text is text. What ShareGPT's pages add is taken out of its
answers: `Copy code` on a line of code, and a count of answers, `1 / 2`, on the first line; those
that still are HTML become the text that a reader sees.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from sources.readers import by_extension
from sources.sample import Sample, Segment, Skip
from sources.shapes import alpaca, chat
from sources.shapes.fields import has
from sources.source import Row, Source
from sources.visible_text import visible_text

_SHAREGPT = chat(turns="conversations", system="system", language="language", licence="license")
_MESSAGES = chat(turns="messages", system="system", language="language", licence="license")
_ALPACA = alpaca(language="language", licence="license")
# What the pages that ShareGPT was cut from add to the words.
_NOISE = re.compile(r"\A\s*\d+ / \d+[ \t]*\n|(?<=[`\w])Copy code$|^Copy code$\n?", re.MULTILINE)
_PAGE = re.compile(r"\s*<div class=\"[^\"]*markdown")
_REFUSED = re.compile(r"^\s*(Too many requests in 1 hour|!Too many requests)", re.IGNORECASE)


def parse(row: Row) -> Iterator[Sample | Skip]:
    """Makes a conversation."""
    shape = _ALPACA
    if has(row, "conversations"):
        shape = _SHAREGPT
    elif has(row, "messages"):
        shape = _MESSAGES
    for made in shape(row):
        if isinstance(made, Skip):
            yield made
        elif any(_REFUSED.match(text) for text in made.texts):
            yield Skip(reason="refused_request")
        else:
            cleaned = _cleaned if shape is _SHAREGPT else lambda segment: segment
            segments = tuple(map(cleaned, made.segments))
            empty = any(not (segment.text or "").strip() for segment in segments)
            yield Skip(reason="empty_turn") if empty else replace(made, segments=segments)


def _cleaned(segment: Segment) -> Segment:
    """An answer without the noise of the page it comes from."""
    if segment.role != "assistant":
        return segment
    said = segment.text or ""
    if _PAGE.match(said):
        said = visible_text(said.encode())[0]
    return replace(segment, text=_NOISE.sub("", said))


SOURCE = Source(
    title="Instructions and talk of text alone",
    version="1",
    category="sft/text",
    licence="unknown",
    homepage="https://github.com/lm-sys/FastChat",
    files=("**/*.json", "**/*.jsonl", "**/*.json.gz", "**/*.jsonl.gz"),
    read=by_extension(),
    parse=parse,
    languages=("en", "zh"),
    citation="Taori et al., Stanford Alpaca, 2023; Chiang et al., Vicuna, 2023",
    download="Any folder of such files.",
)
