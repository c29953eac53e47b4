"""The whole: images become tokens of the language model, which reads them like words.

    bytes -> preprocess -> towers -> adaptor --+
                                               v
    text  -> tokenizer -> ids -> embedding -> merge -> language model -> logits

Letters of shapes: N images, T tokens an image, L tokens of a packed row, D width and V vocabulary
of the language model.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from transformers import Cache

from model.adaptor import adaptor
from model.language import language_model
from model.preprocess import Pixels
from model.sizes import Size
from model.vision import Vision

# By layer, keys and values float[1, h, P, d] of P tokens.
Prefix = tuple[tuple[Tensor, Tensor], ...]


class VLM(nn.Module):
    """The vision-language model of a size."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.size = size
        self.vision = Vision(size)
        self.adaptor = adaptor(size)
        self.language = language_model(size.language)

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.adaptor.out.weight.device

    @property
    def dtype(self) -> torch.dtype:
        """The type of the weights."""
        return self.adaptor.out.weight.dtype

    def encode(self, pixels: Pixels) -> Tensor:
        """Encodes images as tokens of the language model.

        Returns:
            float[N, T, D].
        """
        return self.adaptor(*self.vision(pixels.to(self.device, self.dtype)))

    def embed(self, ids: Tensor, features: Tensor | None) -> Tensor:
        """Looks up the tokens of a row and puts the images' features where they belong.

        Args:
            ids: int[L].
            features: float[N, T, D], in the order of the row's images, or None for no image.

        Returns:
            float[L, D].

        Raises:
            ValueError: the row has room for another number of features than given.
        """
        embedded: Tensor = self.language.model.embed_tokens(ids)
        places = ids == self.size.image_token
        given = 0 if features is None else features.shape[0] * features.shape[1]
        if int(places.sum()) != given:
            raise ValueError(
                f"{int(places.sum())} places for image features in the row, {given} features: "
                f"each image takes {self.size.image_tokens} placeholders"
            )
        if features is None:
            return embedded
        return embedded.masked_scatter(
            places[:, None], features.reshape(given, -1).to(embedded.dtype)
        )

    def hidden(
        self,
        embedded: Tensor,
        blocks: tuple[int, ...] | None = None,
        cache: Cache | None = None,
        prefix: Prefix = (),
    ) -> Tensor:
        """Runs the language model on a packed row.

        Args:
            embedded: float[L, D].
            blocks: lengths of the samples in the row, summing to L; None for a single one.
            cache: keys and values of earlier tokens, for generation; extended in place.
            prefix: what every block begins with; `model.prefix` has the picture.

        Returns:
            float[L, D], what the head reads.
        """
        if blocks and sum(blocks) != len(embedded):
            raise ValueError(f"blocks of {sum(blocks)} tokens for a row of {len(embedded)}")
        output = self.language.model(
            inputs_embeds=embedded[None],
            position_ids=_positions(embedded, blocks, cache) + _length(prefix),
            past_key_values=cache,
            use_cache=cache is not None,
            blocks=blocks,
            prefix=prefix,
        )
        last: Tensor = output.last_hidden_state[0]
        return last

    def logits(self, hidden: Tensor) -> Tensor:
        """float[L, D] -> float[L, V]."""
        scores: Tensor = self.language.lm_head(hidden)
        return scores

    def forward(
        self, ids: Tensor, features: Tensor | None = None, blocks: tuple[int, ...] | None = None
    ) -> Tensor:
        """Returns the logits float[L, V] of a packed row int[L]."""
        return self.logits(self.hidden(self.embed(ids, features), blocks))


def _length(prefix: Prefix) -> int:
    return prefix[0][0].shape[2] if prefix else 0


def _positions(embedded: Tensor, blocks: tuple[int, ...] | None, cache: Cache | None) -> Tensor:
    """int[1, L]: counted from 0 in each block, or on from what the cache holds."""
    device = embedded.device
    if blocks:
        return torch.cat([torch.arange(length, device=device) for length in blocks])[None]
    start = cache.get_seq_length() if cache is not None else 0
    return torch.arange(start, start + len(embedded), device=device)[None]


@contextmanager
def fast_build(dtype: torch.dtype = torch.float32, device: str = "meta") -> Iterator[None]:
    """Builds modules inside it with empty weights of a type, which a checkpoint then fills."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        with torch.device(device):
            yield
    finally:
        torch.set_default_dtype(before)


def build(size: Size, seed: int = 0, alpha: float = 0.0) -> VLM:
    """Builds a model with weights drawn from a seed, without touching the global generator.

    Args:
        size: of the model.
        seed: of the draw.
        alpha: weight of the early high-resolution features; at 0, where training starts it, that
            branch is dead.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = VLM(size)
    if model.vision.high is not None:
        nn.init.constant_(model.vision.high.alpha, alpha)
    return model.eval()
