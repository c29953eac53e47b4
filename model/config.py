"""`config.json` of a checkpoint directory, in both layouts, read to a `Size` and written from one.

The original names its towers and leaves what Llama's defaults say out; `transformers` writes every
number. A size that the original has no name for is written with its numbers beside.
"""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from transformers import DeepseekVLConfig, DeepseekVLHybridConfig

from model.language import llama_config
from model.names import Layout
from model.sizes import (
    HIGH_MEAN,
    HIGH_STD,
    LOW_MEAN,
    LOW_STD,
    SIZES,
    High,
    Language,
    Low,
    Size,
)
from model.vision import sam_config, siglip_config

_LOW_NAME, _HIGH_NAME = "siglip_large_patch16_384", "sam_b_downsample"
# Fields of a Language, and what both layouts call them.
_LANGUAGE = {
    "width": "hidden_size",
    "mlp": "intermediate_size",
    "depth": "num_hidden_layers",
    "heads": "num_attention_heads",
    "kv_heads": "num_key_value_heads",
    "vocab": "vocab_size",
    "context": "max_position_embeddings",
    "eps": "rms_norm_eps",
}
# What a partial Llama section means by what it leaves out.
_LLAMA_DEFAULTS = {
    "hidden_size": 4096,
    "intermediate_size": 11008,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "vocab_size": 32000,
    "max_position_embeddings": 2048,
    "rms_norm_eps": 1e-6,
}


def read(folder: Path) -> tuple[Size, Layout]:
    """Reads the size and the layout of a checkpoint directory.

    Raises:
        ValueError: there is no config.json, or it is of another kind of model.
    """
    path = folder / "config.json"
    if not path.is_file():
        raise ValueError(f"{folder} is no checkpoint directory: it has no config.json")
    try:
        config: dict[str, Any] = json.loads(path.read_bytes())
        kind = config.get("model_type")
        if kind == "multi_modality":
            return _known(_from_original(config)), "original"
        if kind in ("deepseek_vl", "deepseek_vl_hybrid"):
            return _known(_from_transformers(config)), "transformers"
    except (KeyError, TypeError, AttributeError, json.JSONDecodeError) as error:
        raise ValueError(f"{path} cannot be understood: {error!r}") from error
    raise ValueError(
        f"{path}: model_type is {kind!r}, expected multi_modality (the original's layout), "
        "deepseek_vl or deepseek_vl_hybrid"
    )


def _known(size: Size) -> Size:
    """The size of the table that has these numbers, or the given one."""
    for known in SIZES.values():
        parts = [(one.low, one.high, one.language, one.image_token) for one in (known, size)]
        if parts[0] == parts[1]:
            return known
    return replace(size, trained_context=min(size.trained_context, size.language.context))


def _language(section: dict[str, Any]) -> Language:
    section = {**_LLAMA_DEFAULTS, **section}
    section.setdefault("num_key_value_heads", section["num_attention_heads"])
    rope = section.get("rope_parameters") or section
    theta = float(rope.get("rope_theta", 10_000.0))
    return Language(
        **{ours: section[theirs] for ours, theirs in _LANGUAGE.items()}, rope_theta=theta
    )


def _from_original(config: dict[str, Any]) -> Size:
    language = _language(config["language_config"])
    vision = config["vision_config"]
    numbers = config.get("shardwright", {})
    hybrid = vision["cls"] == "HybridVisionTower"
    names = [vision["params"]["model_name"]] if not hybrid else []
    if hybrid:
        names = [vision["params"][part]["model_name"] for part in ("low_res_cfg", "high_res_cfg")]
    if not numbers and names not in ([_LOW_NAME], [_LOW_NAME, _HIGH_NAME]):
        raise ValueError(f"vision towers {names} are unknown; expected {_LOW_NAME}, {_HIGH_NAME}")
    high = dict(numbers.get("high", {}))
    if "global_blocks" in high:
        high["global_blocks"] = tuple(high["global_blocks"])
    return Size(
        name="custom",
        low=Low(**numbers.get("low", {})),
        high=High(**high) if hybrid else None,
        language=language,
        image_token=numbers.get("image_token", 100_015),
    )


def _from_transformers(config: dict[str, Any]) -> Size:
    kind = DeepseekVLHybridConfig if "high_res_vision_config" in config else DeepseekVLConfig
    whole = kind(**{name: value for name, value in config.items() if name != "model_type"})
    vision: Any = whole.vision_config
    text: Any = whole.text_config
    sam: Any = getattr(whole, "high_res_vision_config", None)
    if vision.hidden_act != "gelu":
        raise ValueError(f"SigLIP's activation is {vision.hidden_act!r}; the released one is gelu")
    high = sam and High(
        image=sam.image_size,
        patch=sam.patch_size,
        width=sam.hidden_size,
        depth=sam.num_hidden_layers,
        heads=sam.num_attention_heads,
        mlp=sam.mlp_dim,
        out=sam.output_channels,
        window=sam.window_size,
        global_blocks=tuple(sam.global_attn_indexes),
    )
    return Size(
        name="custom",
        low=Low(
            image=vision.image_size,
            patch=vision.patch_size,
            width=vision.hidden_size,
            depth=vision.num_hidden_layers,
            heads=vision.num_attention_heads,
            mlp=vision.intermediate_size,
        ),
        high=high,
        language=_language(text.to_dict()),
        image_token=whole.image_token_id,
    )


def write(folder: Path, size: Size, layout: Layout, dtype: str) -> None:
    """Writes the config.json of a size.

    Args:
        folder: the checkpoint directory.
        size: of the model.
        layout: which of the two.
        dtype: type of the weights, such as bfloat16.
    """
    config = _original(size, dtype) if layout == "original" else _transformers(size, dtype)
    text = json.dumps(config, indent=2, sort_keys=True)
    (folder / "config.json").write_text(f"{text}\n")


def transformers_config(size: Size) -> DeepseekVLConfig | DeepseekVLHybridConfig:
    """Returns `transformers`' settings for a whole model, its head not tied."""
    parts: dict[str, Any] = {
        "text_config": _plain(llama_config(size.language)),
        "vision_config": _plain(siglip_config(size.low)),
        "image_token_id": size.image_token,
        "tie_word_embeddings": False,
    }
    if size.high is None:
        return DeepseekVLConfig(**parts)
    return DeepseekVLHybridConfig(high_res_vision_config=_plain(sam_config(size.high)), **parts)


def _plain(config: Any) -> dict[str, Any]:
    return {name: value for name, value in config.to_dict().items() if name != "dtype"}


def _transformers(size: Size, dtype: str) -> dict[str, Any]:
    config = transformers_config(size)
    kind = "DeepseekVLHybrid" if size.high else "DeepseekVL"
    return {
        **config.to_dict(),
        "architectures": [f"{kind}ForConditionalGeneration"],
        "dtype": dtype,
    }


def _original(size: Size, dtype: str) -> dict[str, Any]:
    released = size.low == Low() and size.high in (None, High())
    low = _tower(_LOW_NAME, size.low.image, size.low.width, released)
    params: dict[str, Any] = low
    if size.high:
        high = _tower(_HIGH_NAME, size.high.image, size.low.width, released)
        params = {"concat_type": "tuple", "high_res_cfg": high, "low_res_cfg": low}
        params |= {"freeze_high": True, "freeze_low": True}
    aligner = "low_high_hybrid_split_mlp_gelu" if size.high else "mlp_gelu"
    language = {theirs: getattr(size.language, ours) for ours, theirs in _LANGUAGE.items()}
    config: dict[str, Any] = {
        "model_type": "multi_modality",
        "torch_dtype": dtype,
        "vision_config": {
            "cls": "HybridVisionTower" if size.high else "CLIPVisionTower",
            "model_type": "vision",
            "params": params,
        },
        "aligner_config": {
            "cls": "MlpProjector",
            "model_type": "aligner",
            "params": {
                "depth": 2,
                "input_dim": size.low.width,
                "n_embed": size.language.width,
                "projector_type": aligner,
            },
        },
        "language_config": {
            **language,
            "model_type": "llama",
            "rope_theta": size.language.rope_theta,
            "torch_dtype": dtype,
        },
    }
    if not released or size.image_token != 100_015:
        config["shardwright"] = {
            name: value
            for name, value in asdict(size).items()
            if name in ("low", "high", "image_token") and value is not None
        }
    return config


def _tower(name: str, image: int, width: int, released: bool) -> dict[str, Any]:
    mean, std = (HIGH_MEAN, HIGH_STD) if name == _HIGH_NAME else (LOW_MEAN, LOW_STD)
    return {
        "model_name": name if released else f"{name}_resized",
        "image_size": image,
        "output_dim": width,
        "select_feature": "same",
        "select_layer": -1,
        "pixel_mean": list(mean),
        "pixel_std": list(std),
    }
