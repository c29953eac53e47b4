"""Generation with a cache of keys and values, and a chat with a checkpoint about one image."""

from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor
from transformers import DynamicCache

from model import checkpoint, tokenizer
from model.preprocess import decode, prepare
from model.prompt import encode, question
from model.vlm import VLM
from model.weights import find
from sources.sample import Segment

# Where the model goes on in the user's place, its answer has ended.
_STOP = "User:"


@torch.inference_mode()
def generate(
    model: VLM,
    ids: Tensor,
    features: Tensor | None = None,
    *,
    limit: int = 512,
    temperature: float = 0.0,
    top_p: float = 1.0,
    seed: int = 0,
) -> Iterator[int]:
    """Yields the tokens that follow a prompt, one by one; the caller stops at its end token.

    Args:
        model: the model.
        ids: int[L], the prompt.
        features: float[N, T, D] of its images.
        limit: how many tokens at most; the context limits them too.
        temperature: 0 takes the likeliest token each time.
        top_p: when sampling, only the likeliest tokens that together have this share.
        seed: of the sampling.
    """
    generator = torch.Generator(device=model.device).manual_seed(seed)
    cache = DynamicCache()
    embedded = model.embed(ids.to(model.device), features)
    room = model.size.language.context - len(ids)
    for _ in range(min(limit, room)):
        hidden = model.hidden(embedded, cache=cache)
        token = pick(model.logits(hidden[-1:])[0], temperature, top_p, generator)
        yield int(token)
        # Not `embed`: a model may well say the image token, which then is a token like any other.
        embedded = model.language.model.embed_tokens(token[None])


def pick(logits: Tensor, temperature: float, top_p: float, generator: torch.Generator) -> Tensor:
    """Picks the next token from its logits float[V].

    >>> pick(torch.tensor([0.0, 2.0, 1.0]), 0.0, 1.0, torch.Generator())
    tensor(1)
    """
    if temperature == 0:
        return logits.argmax()
    shares, order = (logits.float() / temperature).softmax(-1).sort(descending=True, stable=True)
    # The token that crosses the line is still in.
    shares = shares.where(shares.cumsum(-1) - shares < top_p, 0)
    return order[torch.multinomial(shares, 1, generator=generator)[0]]


def chat(
    model: str | Path,
    image: Path | None,
    asked: str,
    *,
    dtype: str = "float32",
    device: str = "cpu",
    limit: int = 512,
    temperature: float = 0.0,
    top_p: float = 0.95,
    seed: int = 0,
) -> str:
    """Answers a question about an image: a way to look at a checkpoint.

    Args:
        model: `tiny` or a checkpoint directory.
        image: file with an image, or None for a question alone.
        asked: the question.
        dtype: type of the weights: float32, bfloat16 or float16.
        device: where to run.
        limit: tokens of the answer at most.
        temperature: 0 for the likeliest answer.
        top_p: see `generate`.
        seed: of the sampling.

    Raises:
        ValueError: no such model, or the image does not decode.
        OSError: the image cannot be read.
    """
    data = None if image is None else image.read_bytes()
    folder = find(model)
    loaded, words = (
        checkpoint.load(folder, checkpoint.dtype_of(dtype), device),
        tokenizer.load(folder),
    )
    segments = [Segment(image=data, role="user")] if data is not None else []
    pieces = question([*segments, Segment(text=asked, role="user")])
    prompt = torch.tensor(encode(pieces, words, loaded.size.image_tokens).ids)
    features = None
    if data is not None:
        with torch.inference_mode():
            features = loaded.encode(prepare(decode(data), loaded.size))
    answer: list[int] = []
    for token in generate(
        loaded, prompt, features, limit=limit, temperature=temperature, top_p=top_p, seed=seed
    ):
        answer.append(token)
        if token == words.eos or _STOP in words.decode(answer):
            break
    return words.decode(answer).split(_STOP)[0].strip()
