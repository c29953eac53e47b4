"""Text to token ids: the tokenizer of a checkpoint directory, or the small one of `tiny`.

Text of a sample is always read as text: `<image_placeholder>` or an end token written inside it
does not become one. Special ids are put in by `model.prompt` alone.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import tokenizers
from tokenizers import Regex, decoders, models, pre_tokenizers, processors, trainers

from model.sizes import BOS, EOS, IMAGE_TAG

# Scripts that are written without spaces are cut from their neighbours, as in DeepSeek LLM.
_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}"
_RULES = (
    r"[\r\n]",
    rf"\s?[\p{{L}}&&[^{_UNSPACED}]]+",
    r"\s?[\p{P}\p{S}]+",
    r"\s+$",
    rf"[{_UNSPACED}]+",
)


@dataclass(frozen=True, slots=True)
class Encoding:
    """A text as tokens.

    Attributes:
        ids: the tokens.
        spans: of each token, the characters it came from, as (start, stop).
    """

    ids: list[int]
    spans: list[tuple[int, int]]


class Tokenizer:
    """A byte-level BPE with the ids of the three special tokens that prompts need."""

    def __init__(self, core: tokenizers.Tokenizer) -> None:
        self._core = core
        self.bos, self.eos, self.image = (self._id(tag) for tag in (BOS, EOS, IMAGE_TAG))
        core.encode_special_tokens = True
        core.no_truncation()
        core.no_padding()

    def _id(self, tag: str) -> int:
        """The id of a special token, added behind the others where the file lacks it."""
        found = self._core.token_to_id(tag)
        if found is None and tag == IMAGE_TAG:
            self._core.add_special_tokens([tag])
            found = self._core.token_to_id(tag)
        if found is None:
            raise ValueError(f"the tokenizer has no token {tag!r}: is it one of a DeepSeek model?")
        return int(found)

    def __len__(self) -> int:
        return int(self._core.get_vocab_size())

    def encode(self, text: str) -> Encoding:
        """Encodes plain text, special tokens inside it as the characters they are.

        Raises:
            ValueError: the text holds lone surrogates, which UTF-8 cannot.
        """
        text.encode()  # raises UnicodeEncodeError, a ValueError
        encoding = self._core.encode(text, add_special_tokens=False)
        return Encoding(encoding.ids, encoding.offsets)

    def decode(self, ids: Iterable[int]) -> str:
        """Decodes tokens, special ones left out."""
        return str(self._core.decode(list(ids), skip_special_tokens=True))

    def save(self, folder: Path) -> None:
        """Writes `tokenizer.json`."""
        self._core.save(str(folder / "tokenizer.json"))


def load(folder: Path) -> Tokenizer:
    """Reads the tokenizer of a checkpoint directory.

    Raises:
        ValueError: there is none, or it lacks the special tokens.
    """
    path = folder / "tokenizer.json"
    if not path.is_file():
        raise ValueError(f"{folder} has no tokenizer.json: copy it from the original checkpoint")
    return Tokenizer(tokenizers.Tokenizer.from_file(str(path)))


def train(texts: Iterable[str], vocab: int) -> Tokenizer:
    """Trains a small tokenizer with DeepSeek LLM's rules for what may be joined.

    New lines, runs of letters, runs of punctuation and runs of unspaced scripts stay apart, and
    each digit is a token of its own.
    """
    core = tokenizers.Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.Sequence(
        [
            *(pre_tokenizers.Split(Regex(rule), "isolated") for rule in _RULES),
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    core.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab,
        special_tokens=[BOS, EOS, IMAGE_TAG],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    core.train_from_iterator(texts, trainer)
    # For other programs, which expect the beginning to be marked; `model.prompt` does it itself.
    core.post_processor = processors.TemplateProcessing(
        single=f"{BOS} $A", special_tokens=[(BOS, core.token_to_id(BOS))]
    )
    return Tokenizer(core)
