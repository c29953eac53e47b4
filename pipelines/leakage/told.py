"""What was found of evaluation sets, in words."""

from collections.abc import Iterator
from typing import Any

from pipelines import store
from pipelines.corpus.state import Corpus
from pipelines.leakage.settings import MATCHES

# Items of a sample that are told; the rest is counted.
_TOLD = 5


def sentence(found: dict[str, Any]) -> str:
    """Returns what was found of one item.

    >>> sentence({"set": "gsm8k", "item": "7", "kind": "ngrams", "hits": 5, "of": 30, "place": 0})
    'gsm8k item 7: 5 of its 30 n-grams'
    """
    how = {
        "ngrams": f"{found['hits']:,} of its {found['of']:,} n-grams",
        "question": f"its question, {found['hits']:,} words",
        "image": f"a picture like image {found['place']}, {found['hits']} of {found['of']} bits "
        "apart",
    }
    return f"{found['set']} item {found['item']}: {how[found['kind']]}"


def sentences(found: list[dict[str, Any]]) -> str:
    """Returns what was found in one sample."""
    told = "; ".join(map(sentence, found[:_TOLD]))
    return told + (f"; and {len(found) - _TOLD:,} more" if len(found) > _TOLD else "")


def leaks(corpus: Corpus, unit: str, offset: int) -> str:
    """Returns what was found in the sample that lies there."""
    for line in found_in(corpus):
        if (line["unit"], line["offset"]) == (unit, offset):
            return sentences(line["found"])
    return "what was found is not known any more"


def found_in(corpus: Corpus) -> Iterator[dict[str, Any]]:
    """Streams what was found in the samples of a corpus."""
    folder = corpus.folder("leakage")
    for found in store.below(folder, f"{MATCHES}/*.jsonl") if folder else ():
        yield from store.read_lines(found.path)
