"""Languages of the paragraphs of a text: whether it is mixed, and of what."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from pipelines.language import language

FIELDS: dict[str, pa.DataType] = {
    "other_language_share": pa.float32(),
    "paragraph_languages": pa.list_(pa.string()),
    "paragraph_confidences": pa.list_(pa.float32()),
}

# So many paragraphs, spread over the text, and so much of each: more changes little and costs time.
_PARAGRAPHS, _PARAGRAPH = 8, 300
# Shorter ones are not enough to tell a language by.
_TELLING = 60
_SURE = 0.5


def measure(paragraphs: Sequence[str], spoken: str) -> dict[str, Any]:
    """Returns the languages of the paragraphs that tell, and the share of those in another one.

    Args:
        paragraphs: of a text.
        spoken: language of the whole; empty for code and for none, of which nothing is told.
    """
    telling = [each[:_PARAGRAPH] for each in paragraphs if len(each) >= _TELLING]
    if not spoken or len(telling) < 2:
        return dict.fromkeys(FIELDS)
    count = min(len(telling), _PARAGRAPHS)
    chosen = [telling[place * len(telling) // count] for place in range(count)]
    found = [language(each) for each in chosen]
    other = [
        len(text)
        for text, (name, confidence) in zip(chosen, found, strict=True)
        if name and name != spoken and confidence >= _SURE
    ]
    return {
        "other_language_share": round(sum(other) / sum(map(len, chosen)), 4),
        "paragraph_languages": [name for name, _ in found],
        "paragraph_confidences": [confidence for _, confidence in found],
    }
