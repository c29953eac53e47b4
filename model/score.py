"""What the model says of samples: how hard their text is, and what their images are worth.

    samples -> prompts and images -> each distinct image encoded once
            -> sequences: as it is | images blanked | with its options
            -> packed rows -> losses of the supervised tokens -> scores

A score does not depend on its neighbours: images are encoded in batches of one fixed size, a packed
row is padded to a fixed multiple, and attention stays within a sample. On one thread two runs agree
bit for bit; figures are rounded all the same, so that threads and machines do not show.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from math import exp, fsum, inf, isfinite
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from model import checkpoint, tokenizer
from model.pack import PADDED, cut, fill, join, next_logits
from model.preprocess import Pixels, blank, decode, prepare, stack
from model.prompt import Encoded, chat, encode, to_pieces
from model.sizes import Size
from model.vlm import VLM
from model.weights import find
from sources.sample import Sample, Segment

DIGITS = 4
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What the model says of a sample. Losses are in nats a token, rounded.

    Attributes:
        key: the sample's.
        valid: it decodes, tokenises, fits the context, and its loss is finite.
        reason: why it is not valid; empty if it is.
        length: tokens of the whole prompt, images included, before truncation.
        truncated: whether only its beginning was scored.
        images: how many images it has.
        tokens: supervised tokens that were scored.
        loss: mean loss of those tokens; None if there are none, or if it is not finite.
        perplexity: exp of it.
        blank_loss: the loss with every image blanked; None for a sample without images.
        image_worth: what the images save, `blank_loss - loss`; negative if they mislead.
        choice_perplexities: of the letter of each option, all options being shown.
        choice: which option the model prefers, counted from 0.
        choice_right: whether that is the answer; None if the answer is not known.
    """

    key: str
    valid: bool
    reason: str = ""
    length: int
    truncated: bool
    images: int
    tokens: int
    loss: float | None = None
    perplexity: float | None = None
    blank_loss: float | None = None
    image_worth: float | None = None
    choice_perplexities: tuple[float, ...] = ()
    choice: int | None = None
    choice_right: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A sample that broke.

    Attributes:
        key: the sample's.
        error: what was wrong with it.
    """

    key: str
    error: str


@dataclass(frozen=True, slots=True)
class _Case:
    """A sample made ready: its prompt, its images by digest, and the prompts of its options.

    Only the first `shown` images are in the prompt, where that was cut to the context.
    """

    sample: Sample
    length: int
    prompt: Encoded
    images: tuple[bytes, ...]
    shown: int
    options: tuple[Encoded, ...]


@dataclass(frozen=True, slots=True)
class _Sequence:
    """One run through the language model: of which case, to what end, with which images.

    Options that differ in nothing but their last token share a run; `options` has their number
    and that token.
    """

    case: int
    use: str
    prompt: Encoded
    images: tuple[bytes, ...]
    options: tuple[tuple[int, int], ...] = ()


def devices() -> list[str]:
    """Returns the devices of this machine, as `Scorer` takes them."""
    found = [f"cuda:{number}" for number in range(torch.cuda.device_count())]
    more = ["mps"] if torch.backends.mps.is_available() else []
    return ["cpu", *(["cuda"] if found else []), *found, *more]


class Scorer:
    """A loaded model that scores samples; one a process."""

    def __init__(
        self,
        model: str | Path = "tiny",
        *,
        dtype: str = "float32",
        device: str = "cpu",
        threads: int | None = 1,
    ) -> None:
        """Loads a model.

        Args:
            model: `tiny` or a checkpoint directory.
            dtype: float32, bfloat16 or float16.
            device: as torch names it, such as cpu or cuda:0.
            threads: of torch in this process; None leaves them as they are. Workers use one each.

        Raises:
            ValueError: there is no such model, type or device.
        """
        if threads is not None:
            torch.set_num_threads(threads)
        folder = find(model)
        self.model: VLM = checkpoint.load(folder, checkpoint.dtype_of(dtype), device)
        self.words = tokenizer.load(folder)
        self.size: Size = self.model.size
        if self.words.image != self.size.image_token:
            raise ValueError(
                f"{folder}: the tokenizer's image token is {self.words.image}, that of config.json "
                f"{self.size.image_token}: one of the files is of another model"
            )
        with torch.inference_mode():
            batch = stack([blank(self.size)] * self.size.image_batch)
            self._blank = self.model.encode(batch)[:1]

    @torch.inference_mode()
    def score(self, samples: Sequence[Sample]) -> list[Score | Failure]:
        """Scores samples, each as if it were alone.

        Returns:
            one result a sample, in their order; a Failure for each that broke, and only for those.
        """
        pixels: dict[bytes, bytes] = {}
        cases: list[_Case | Failure] = [self._case(sample, pixels) for sample in samples]
        broken, features = self._features(pixels)
        cases = [_spoil(case, broken) for case in cases]
        losses: dict[tuple[int, str], tuple[float, ...]] = {}
        for case, use, found in self._losses(list(_sequences(cases)), features):
            losses[case, use] = found
        return [
            case if isinstance(case, Failure) else _score(case, index, losses)
            for index, case in enumerate(cases)
        ]

    def score_apart(self, samples: Sequence[Sample]) -> list[Score | Failure]:
        """Scores samples as `score` does; one that breaks the model itself is a Failure too.

        Raises:
            MemoryError: there is not enough memory, which is no fault of a sample.
        """
        try:
            return self.score(samples)
        except (RuntimeError, IndexError, ArithmeticError) as error:
            if isinstance(error, torch.OutOfMemoryError) or "allocate memory" in str(error):
                raise MemoryError(f"scoring needs more memory: {error}") from error
            if len(samples) == 1:
                told = str(error).strip().split("\n")[0]
                return [Failure(key=samples[0].key, error=f"{type(error).__name__}: {told}")]
        # One of them is to blame: taken singly it will show itself.
        return [result for sample in samples for result in self.score_apart([sample])]

    def _case(self, sample: Sample, images: dict[bytes, bytes]) -> _Case | Failure:
        """Makes a sample ready, and adds its images to those to encode."""
        try:
            whole = encode(to_pieces(sample), self.words, self.size.image_tokens)
            digests = []
            for segment in sample.images:
                if segment.image is None:
                    raise ValueError(f"the image {segment.path!r} has not been read")
                digests.append(blake2b(segment.image, digest_size=16).digest())
                images[digests[-1]] = segment.image
            prompt, shown = cut(whole, self.size.trained_context, self.size)
            options = self._options(sample)
        except ValueError as error:
            return Failure(key=sample.key, error=str(error))
        return _Case(sample, len(whole), prompt, tuple(digests), shown, options)

    def _options(self, sample: Sample) -> tuple[Encoded, ...]:
        """The prompts of a chat's options, none if too long; the last token, a letter, counts."""
        asked = ask(sample)
        found = []
        for letter in _LETTERS[: len(sample.choices)] if asked else "":
            pieces = chat([*asked, Segment(text=letter, role="assistant")])
            option = encode(pieces[:-1], self.words, self.size.image_tokens)
            if len(option) > self.size.trained_context:
                return ()
            found.append(option)
        return tuple(found)

    def _features(self, images: dict[bytes, bytes]) -> tuple[dict[bytes, str], dict[bytes, Tensor]]:
        """Encodes each distinct image, in batches that are always of one size.

        Returns:
            what was wrong with those that do not decode, and float[1, T, D] of the others.
        """
        broken: dict[bytes, str] = {}
        features: dict[bytes, Tensor] = {}
        waiting: list[tuple[bytes, Pixels]] = []
        for digest, data in images.items():
            try:
                waiting.append((digest, prepare(decode(data), self.size)))
            except ValueError as error:
                broken[digest] = str(error)
            if len(waiting) == self.size.image_batch:
                features |= self._encode(waiting)
                waiting = []
        return broken, features | (self._encode(waiting) if waiting else {})

    def _encode(self, images: list[tuple[bytes, Pixels]]) -> dict[bytes, Tensor]:
        missing = self.size.image_batch - len(images)
        batch = [pixels for _, pixels in images] + [images[0][1]] * missing
        encoded = self.model.encode(stack(batch))
        return {digest: encoded[i : i + 1] for i, (digest, _) in enumerate(images)}

    def _losses(
        self, sequences: list[_Sequence], features: dict[bytes, Tensor]
    ) -> Iterator[tuple[int, str, tuple[float, ...]]]:
        """Runs sequences in packed rows; yields case, use and the losses of supervised tokens."""
        for group in fill([len(one.prompt) for one in sequences], self.size.pack):
            members = [sequences[index] for index in group]
            shown = [features.get(image, self._blank) for one in members for image in one.images]
            row = join([one.prompt for one in members], PADDED)
            places, logits = next_logits(self.model, row, torch.cat(shown) if shown else None)
            labels = row.labels.to(logits.device)[places]
            losses = F.cross_entropy(logits, labels, reduction="none").tolist()
            stop = 0
            for one in members:
                start, stop = stop, stop + one.prompt.supervised
                shares = logits[stop - 1].log_softmax(-1) if one.options else logits[:0]
                for number, token in one.options:
                    yield one.case, f"option {number}", (-shares[token].item(),)
                yield one.case, one.use, tuple(losses[start:stop])


def ask(sample: Sample) -> list[Segment]:
    """Returns the question of a multiple-choice chat with its options listed under letters.

    Empty for a sample that is no such chat. What stands from the last answer on is left out; the
    options are listed unless the question already holds them all.
    """
    if not 2 <= len(sample.choices) <= len(_LETTERS) or sample.segments[0].role is None:
        return []
    asked = list(sample.segments)
    while asked and asked[-1].role == "assistant":
        asked.pop()
    said = "\n".join(part.text or "" for part in asked if part.role == "user")
    if not all(choice in said for choice in sample.choices):
        listed = zip(_LETTERS, sample.choices, strict=False)
        lines = "\n".join(f"{letter}. {choice}" for letter, choice in listed)
        asked.append(Segment(text=lines, role="user"))
    return asked


def _spoil(case: _Case | Failure, broken: dict[bytes, str]) -> _Case | Failure:
    """A case with an image that does not decode has failed."""
    if isinstance(case, Failure):
        return case
    errors = [broken[image] for image in case.images if image in broken]
    return Failure(key=case.sample.key, error=errors[0]) if errors else case


def _sequences(cases: Iterable[_Case | Failure]) -> Iterator[_Sequence]:
    """What must be run for each case."""
    for index, case in enumerate(cases):
        if isinstance(case, Failure):
            continue
        if case.prompt.supervised:
            yield _Sequence(index, "seen", case.prompt, case.images[: case.shown])
            if case.shown:
                yield _Sequence(index, "blank", case.prompt, (b"",) * case.shown)
        shared: dict[tuple[int, ...], list[tuple[int, int]]] = {}
        for number, option in enumerate(case.options):
            shared.setdefault(tuple(option.ids[:-1]), []).append((number, option.ids[-1]))
        for options in shared.values():
            prompt = case.options[options[0][0]]
            yield _Sequence(index, "options", prompt, case.images, tuple(options))


def _score(case: _Case, index: int, losses: dict[tuple[int, str], tuple[float, ...]]) -> Score:
    """Puts together what the runs of a case gave."""
    loss = _mean(losses.get((index, "seen"), ()))
    blank_loss = _mean(losses.get((index, "blank"), ()))
    options = [_mean(losses[index, f"option {n}"]) for n in range(len(case.options))]
    perplexities = tuple(_perplexity(loss) for loss in options if loss is not None)
    if len(perplexities) < len(options):
        perplexities = ()
    choice = perplexities.index(min(perplexities)) if perplexities else None
    truncated = len(case.prompt) < case.length
    reason = _reason(case, loss, truncated)
    known = choice is not None and case.sample.answer is not None
    return Score(
        key=case.sample.key,
        valid=not reason,
        reason=reason,
        length=case.length,
        truncated=truncated,
        images=len(case.images),
        tokens=case.prompt.supervised,
        loss=loss,
        perplexity=None if loss is None else _perplexity(loss),
        blank_loss=blank_loss,
        image_worth=_difference(blank_loss, loss),
        choice_perplexities=perplexities,
        choice=choice,
        choice_right=choice == case.sample.answer if known else None,
    )


def _reason(case: _Case, loss: float | None, truncated: bool) -> str:
    if truncated:
        return "longer_than_context"
    if not case.prompt.supervised:
        return "nothing_to_score"
    return "loss_not_finite" if loss is None else ""


def _mean(losses: tuple[float, ...]) -> float | None:
    """The rounded mean; None for no losses or one that is not finite.

    >>> _mean((1.0, 2.00001)), _mean(()), _mean((1.0, float("nan")))
    (1.5, None, None)
    """
    mean = fsum(losses) / len(losses) if losses else inf
    return round(mean, DIGITS) if isfinite(mean) else None


def _difference(blank_loss: float | None, loss: float | None) -> float | None:
    if blank_loss is None or loss is None:
        return None
    return round(blank_loss - loss, DIGITS) + 0.0  # never -0.0


def _perplexity(loss: float) -> float:
    """The exp of a rounded loss; a float holds it for any model with fewer than exp(700) words."""
    return round(exp(min(loss, 700.0)), DIGITS)
