"""Our model against the port in `transformers`, on the same weights drawn at random."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from model.preprocess import Pixels
from model.sizes import SIZES, High, Language, Size
from model.vlm import VLM, build
from tests.model.ports import port_features, port_logits, port_of

PLAIN = replace(SIZES["tiny"], name="tiny alone", high=None)


def noise(size: Size, images: int, seed: int = 3) -> Pixels:
    generator = torch.Generator().manual_seed(seed)

    def draw(side: int) -> Tensor:
        return torch.randn(images, 3, side, side, generator=generator)

    return Pixels(draw(size.low.image), draw(size.high.image) if size.high else None)


def apart(ours: Tensor, theirs: Tensor) -> float:
    """Relative distance, of the whole."""
    return float((ours.float() - theirs.float()).norm() / theirs.float().norm())


def prompt_ids(size: Size, images: int) -> Tensor:
    """Text around images, three tokens before each."""
    text = torch.arange(3, 3 + 3 * (images + 1)).reshape(images + 1, 3)
    block = torch.full((size.image_tokens,), size.image_token)
    parts = [part for row in text for part in (row, block)]
    return torch.cat(parts[:-1])


@pytest.mark.parametrize("size", [SIZES["tiny"], PLAIN], ids=["both towers", "one tower"])
def test_features_and_logits_equal_the_port(size: Size) -> None:
    model = build(size, seed=11, alpha=0.8)
    port, pixels, ids = port_of(model), noise(size, 2), prompt_ids(size, 2)
    with torch.inference_mode():
        features = model.encode(pixels)
        logits = model(ids, features)
    assert apart(features, port_features(port, pixels)) < 1e-5
    assert apart(logits, port_logits(port, ids, pixels)) < 1e-5


def test_the_early_features_count(drawn: VLM) -> None:
    assert drawn.vision.high is not None
    pixels = noise(drawn.size, 1)
    with torch.inference_mode():
        alive = drawn.encode(pixels)
        alpha = drawn.vision.high.alpha.clone()
        drawn.vision.high.alpha.zero_()
        dead = drawn.encode(pixels)
        drawn.vision.high.alpha.copy_(alpha)
    assert apart(alive, dead) > 1e-3


def test_bf16_is_as_near_to_fp32_as_the_port_is(drawn: VLM) -> None:
    pixels, ids = noise(drawn.size, 1), prompt_ids(drawn.size, 1)
    with torch.inference_mode():
        exact = drawn(ids, drawn.encode(pixels))
        half = build(drawn.size, seed=7, alpha=0.7).bfloat16()
        ours = half(ids, half.encode(pixels))
    low = pixels.to(half.device, torch.bfloat16)
    theirs = port_logits(port_of(half), ids, low)
    assert apart(ours, exact) < max(0.03, 1.5 * apart(theirs, exact))


def test_packed_samples_give_what_they_give_alone(drawn: VLM) -> None:
    pixels = noise(drawn.size, 2)
    one, other = prompt_ids(drawn.size, 1), prompt_ids(drawn.size, 1)[:-2] + 0
    with torch.inference_mode():
        features = drawn.encode(pixels)
        packed = drawn(torch.cat([one, other]), features, (len(one), len(other)))
        alone = drawn(other, features[1:])
    assert apart(packed[len(one) :], alone) < 1e-6


def test_blocks_equal_a_dense_block_diagonal_mask(drawn: VLM) -> None:
    ids = torch.arange(3, 40)
    blocks = (5, 20, 12)
    mask = torch.block_diag(*(torch.ones(length, length).tril() for length in blocks)).bool()
    positions = torch.cat([torch.arange(length) for length in blocks])[None]
    port = port_of(drawn)
    with torch.inference_mode():
        dense = port(input_ids=ids[None], attention_mask=mask[None, None], position_ids=positions)
        ours = drawn(ids, None, blocks)
    assert apart(ours, dense.logits[0]) < 1e-5


def full_size(high: High | None) -> Size:
    """The real towers before a small language model: what matters here is the towers."""
    language = Language(width=512, mlp=1024, depth=2, heads=8, kv_heads=8, vocab=102_400)
    return replace(SIZES["7b" if high else "1.3b"], name="real towers", language=language)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("high", [None, High()], ids=["1.3b", "7b"])
def test_real_towers_equal_the_port(high: High | None) -> None:
    size = full_size(high)
    model = build(size, seed=5, alpha=0.6)
    port, pixels, ids = port_of(model), noise(size, 1), prompt_ids(size, 1)
    with torch.inference_mode():
        features = model.encode(pixels)
        assert apart(features, port_features(port, pixels)) < 1e-5
        assert apart(model(ids, features), port_logits(port, ids, pixels)) < 1e-5
