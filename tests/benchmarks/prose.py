"""Documents of real English sentences, as many as a measurement needs."""

import random
import re
from pathlib import Path

# What `peer` installs; spaCy, of its extra `multilingual`, is its tokeniser for English.
DATATROVE = ("datatrove[processing,io]==0.10.1", "spacy==3.8.18")
_SENTENCE = re.compile(
    r"(?<=[.!?] )[A-Z][A-Za-z,;'-]*(?: [A-Za-z0-9,;'()-]+){6,40}[.!?](?= )", re.ASCII
)
_KINDS = (".md", ".txt", ".json", ".jsonl", ".tex")


def sentences(samples: Path) -> list[str]:
    """The sentences of the samples, each once: of papers, licences, manuals, questions, chats."""
    found: dict[str, None] = {}
    for path in sorted(samples.rglob("*")):
        if path.suffix in _KINDS:
            text = path.read_text(encoding="utf-8", errors="replace")[:2_000_000]
            plain = " ".join(text.replace("\\n", " ").split())
            found |= dict.fromkeys(_SENTENCE.findall(plain))
    return list(found)


def documents(known: list[str], count: int, words: int, seed: int = 0) -> list[str]:
    """Texts of at least so many words: paragraphs of four sentences, none twice in a text."""
    noise = random.Random(seed)
    made = []
    for _ in range(count):
        chosen: list[str] = []
        length = 0
        for sentence in noise.sample(known, len(known)):
            chosen.append(sentence)
            length += sentence.count(" ") + 1
            if length >= words:
                break
        paragraphs = (" ".join(chosen[at : at + 4]) for at in range(0, len(chosen), 4))
        made.append("\n\n".join(paragraphs))
    return made
