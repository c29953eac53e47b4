"""The port in `transformers`, built with the weights of one of our models."""

import torch
from torch import Tensor
from transformers import (
    DeepseekVLForConditionalGeneration,
    DeepseekVLHybridForConditionalGeneration,
)

from model.config import transformers_config
from model.names import slot
from model.preprocess import Pixels
from model.sizes import Size
from model.vlm import VLM

Port = DeepseekVLForConditionalGeneration | DeepseekVLHybridForConditionalGeneration


def empty_port(size: Size) -> Port:
    kind = (
        DeepseekVLHybridForConditionalGeneration
        if size.high
        else DeepseekVLForConditionalGeneration
    )
    config = transformers_config(size)
    config.text_config._attn_implementation = "sdpa"
    return kind(config).eval()


def port_of(model: VLM) -> Port:
    """The port with the very tensors of a model: both together take the memory of one."""
    with torch.device("meta"):
        port = empty_port(model.size).requires_grad_(False)
    weights = {
        slot(name, "transformers", model.size).name: weight
        for name, weight in model.state_dict().items()
    }
    port.load_state_dict(weights, strict=True, assign=True)
    # What is computed, not stored.
    port.model.language_model.rotary_emb = model.language.model.rotary_emb
    embeddings = port.model.vision_model.embeddings
    embeddings.position_ids = model.vision.low.siglip.embeddings.position_ids
    assert not any(part.is_meta for part in (*port.parameters(), *port.buffers()))
    return port


def port_features(port: Port, pixels: Pixels) -> Tensor:
    images = {"pixel_values": pixels.low}
    if pixels.high is not None:
        images["high_res_pixel_values"] = pixels.high
    with torch.inference_mode():
        features: Tensor = port.model.get_image_features(**images, return_dict=True).pooler_output
    return features


def port_logits(port: Port, ids: Tensor, pixels: Pixels | None) -> Tensor:
    images = {}
    if pixels is not None:
        images = {"pixel_values": pixels.low, "high_res_pixel_values": pixels.high}
        images = {name: image for name, image in images.items() if image is not None}
    with torch.inference_mode():
        logits: Tensor = port(input_ids=ids[None], **images, use_cache=False).logits[0]
    return logits
