"""What two texts have in common, marked in both."""

import re
from difflib import SequenceMatcher

from pipelines.corpus.report.markup import Html, escape, tag

# A word, or a character of a script without blanks.
_WORD = re.compile(r"[\u0e00-\u0fff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]|[^\W_]+")
# Shorter runs of words are common to many texts.
_LEAST = 4
# Characters before and behind what is marked, and the most that is shown.
_AROUND, _MOST = 200, 4000

Spans = list[tuple[int, int]]


def mark(one: str, other: str) -> tuple[Html, Html]:
    """Returns the part of each text that holds what both share, with that marked.

    >>> mark("So he said: A, b c d!", "a b C d?")[1].text
    '<mark>a b C d</mark>?'
    """
    ours, theirs = list(_WORD.finditer(one)), list(_WORD.finditer(other))
    plain, base = ([word.group().lower() for word in words] for words in (ours, theirs))
    matcher = SequenceMatcher(None, plain, base, autojunk=False)
    blocks = [block for block in matcher.get_matching_blocks() if block.size >= _LEAST]
    spans = [(ours[b.a].start(), ours[b.a + b.size - 1].end()) for b in blocks]
    others = [(theirs[b.b].start(), theirs[b.b + b.size - 1].end()) for b in blocks]
    return _shown(one, spans), _shown(other, others)


def _shown(text: str, spans: Spans) -> Html:
    first = max(0, spans[0][0] - _AROUND) if spans else 0
    last = min(len(text), spans[-1][1] + _AROUND, first + _MOST) if spans else _MOST
    parts, at = ["..." if first else ""], first
    for start, stop in spans:
        if start >= last:
            break
        parts += [escape(text[at:start]), tag("mark", text[start:stop]).text]
        at = stop
    parts += [escape(text[at:last]) if at < last else "", "..." if last < len(text) else ""]
    return Html("".join(parts))
