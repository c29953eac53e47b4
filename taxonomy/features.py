"""What the labeller sees of a prompt: its words, its pairs of words, and their parts."""

import re
import unicodedata

_TOKEN = re.compile(r"[a-z]+|[0-9]+|[\u4e00-\u9fff]+|[^\sa-z0-9\u4e00-\u9fff]")
_PLACEHOLDER = re.compile(r"<\W*image\W*\d*\W*>|<image_placeholder>|<\|image\|>", re.IGNORECASE)
# The options of a multiple-choice question, and what datasets say around a question: neither tells
# what is asked.
_OPTIONS = re.compile(
    r"\n\s*(?:options|choices|选项)\s*[:：]|\n\s*\(?[A-H][.):、．][^\n]*"
    r"|answer (?:the question|with the option)[^\n]{0,80}(?:phrase|directly)\.?",
    re.IGNORECASE,
)
_HAN = "\u4e00", "\u9fff"
_LATIN_GRAMS = (3, 4)  # lengths of the parts of a word, its ends marked
_HAN_GRAMS = (1, 2, 3)  # lengths of the parts of a run of Chinese characters
_HEAD, _TAIL = 1000, 500  # of a long prompt only so many characters count


def features(text: str) -> tuple[str, ...]:
    """Returns the features of a prompt, sorted, each once.

    The first letter says what a feature is: `w` one or two words, `^` how the prompt starts, `c` a
    part of a word, `z` a part of a Chinese run. Numbers count as 0, Chinese runs among words as #.

    >>> features("go 12")
    ('^go', '^go 0', 'c<go', 'c<go>', 'cgo>', 'w0', 'wgo', 'wgo 0')
    """
    found: set[str] = set()
    words = []
    for token in _TOKEN.findall(_normal(text)):
        if _HAN[0] <= token[0] <= _HAN[1]:
            found.update("z" + part for part in _parts(token, _HAN_GRAMS))
            words.append("#")
        elif token[0].isdigit():
            words.append("0")
        else:
            words.append(token)
            if token.isalpha():
                found.update("c" + part for part in _parts(f"<{token}>", _LATIN_GRAMS))
    found.update("w" + word for word in words if word != "#")
    found.update(
        f"w{one} {other}"
        for one, other in zip(words, words[1:], strict=False)
        if (one, other) != ("#", "#")
    )
    found.update("^" + " ".join(words[:length]) for length in (1, 2) if len(words) >= length)
    return tuple(sorted(found))


def _normal(text: str) -> str:
    """The text in small letters of half width, without what says nothing of the request."""
    text = _OPTIONS.sub(" ", _PLACEHOLDER.sub(" ", text))
    if len(text) > _HEAD + _TAIL:
        text = f"{text[:_HEAD]} {text[-_TAIL:]}"
    return unicodedata.normalize("NFKC", text).lower()


def _parts(run: str, lengths: tuple[int, ...]) -> list[str]:
    return [run[at : at + size] for size in lengths for at in range(len(run) - size + 1)]
