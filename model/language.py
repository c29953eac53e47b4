"""The language model: Llama of `transformers`, attending within blocks of a packed row.

A packed row holds several samples one behind the other. Each attends to itself alone, and causally:
the mask is block-diagonal, each block lower-triangular.

    a a . . . .        a row of three samples a, b, c of 2, 3 and 1 tokens;
    . . b b b .        above the diagonal every block is empty too
    . . . . . c

No such mask is built: attention runs block by block, so a block costs what it costs alone, and what
it gives cannot depend on its neighbours in the slightest bit.

Letters of shapes: L tokens of a row, H heads, d features a head.
"""

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import AttentionInterface, LlamaConfig, LlamaForCausalLM
from transformers.masking_utils import AttentionMaskInterface

from model.sizes import Language


def llama_config(language: Language) -> LlamaConfig:
    """Returns `transformers`' settings for the language model, its head not tied."""
    config = LlamaConfig(
        vocab_size=language.vocab,
        hidden_size=language.width,
        intermediate_size=language.mlp,
        num_hidden_layers=language.depth,
        num_attention_heads=language.heads,
        num_key_value_heads=language.kv_heads,
        max_position_embeddings=language.context,
        rms_norm_eps=language.eps,
        rope_parameters={"rope_type": "default", "rope_theta": language.rope_theta},
        tie_word_embeddings=False,
        bos_token_id=None,
        eos_token_id=None,
    )
    config._attn_implementation = "blocks"
    return config


def attend_in_blocks(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    blocks: tuple[int, ...] | None = None,
    prefix: Sequence[tuple[Tensor, Tensor]] = (),
    scaling: float | None = None,
    **_: Any,
) -> tuple[Tensor, None]:
    """Attention of one packed row, or of one sequence with its cache.

    Args:
        module: the layer, as `transformers` hands it in.
        query: float[1, H, L, d].
        key: float[1, h, L, d]; with a cache it holds earlier tokens too.
        value: like `key`.
        attention_mask: always None here.
        blocks: lengths of the blocks, which sum to L; None for one block.
        prefix: by layer, keys and values float[1, h, P, d] that every block begins with.
        scaling: factor on the scores.

    Returns:
        float[1, L, H, d] and no weights.
    """
    groups = query.shape[1] // key.shape[1]
    before: list[Tensor] = []
    if prefix:
        before = list(prefix[int(module.layer_idx)])  # type: ignore[arg-type]
    if groups > 1:
        key, value, *before = (
            part.repeat_interleave(groups, dim=1) for part in (key, value, *before)
        )
    lengths = blocks or (query.shape[2],)
    # With a cache a single new token sees everything; without one, each token what is before it.
    causal = query.shape[2] > 1
    starts = [sum(lengths[:index]) for index in range(len(lengths))]
    parts = []
    for start, length in zip(starts, lengths, strict=True):
        q = query[:, :, start : start + length]
        k, v = ((part[:, :, start : start + length] if blocks else part) for part in (key, value))
        if before:
            parts.append(_behind(q, k, v, before, scaling))
            continue
        parts.append(F.scaled_dot_product_attention(q, k, v, is_causal=causal, scale=scaling))
    return torch.cat(parts, dim=2).transpose(1, 2), None


def _behind(q: Tensor, k: Tensor, v: Tensor, prefix: list[Tensor], scaling: float | None) -> Tensor:
    """Attention of a block behind a beginning, which each of its tokens sees as a whole."""
    keys, values = prefix
    length, before = q.shape[2], keys.shape[2]
    mask = torch.ones(length, before + length, dtype=torch.bool, device=q.device).tril(before)
    k, v = torch.cat([keys, k], dim=2), torch.cat([values, v], dim=2)
    return F.scaled_dot_product_attention(q, k, v, attn_mask=mask, scale=scaling)


def _no_mask(*_: Any, **__: Any) -> None:
    """`transformers` asks for a mask of every kind of attention; ours needs none."""


AttentionInterface.register("blocks", attend_in_blocks)
AttentionMaskInterface.register("blocks", _no_mask)


def language_model(language: Language) -> LlamaForCausalLM:
    """Builds the language model of a size."""
    return LlamaForCausalLM(llama_config(language))
