"""Text whose tokens were set apart, as the Penn Treebank does, put together again."""

import re

# What a tokeniser set apart: its mark -> how it is written.
_TOGETHER = (
    (re.compile(r"(?:``|'')\s*(.*?)\s*''"), r'"\1"'),
    (re.compile(r"-LRB-"), "("),
    (re.compile(r"-RRB-"), ")"),
    (re.compile(r"\s+([,.;:!?%)\]}])(?!\d)"), r"\1"),
    (re.compile(r"([(\[{$\u00a3\u20ac])\s+"), r"\1"),
    (re.compile(r"\s+('(?:s|re|ve|ll|d|m)\b|n't\b|'(?=\s|$))"), r"\1"),
)


def written(tokens: str) -> str:
    """Returns a text whose tokens were set apart as people write it.

    >>> written("in 2020 , the firm 's ( net ) sales did n't reach $ 2.7 billion .")
    "in 2020, the firm's (net) sales didn't reach $2.7 billion."
    """
    for pattern, together in _TOGETHER:
        tokens = pattern.sub(together, tokens)
    return tokens
