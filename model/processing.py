"""The files beside the weights that say how images and text are prepared, in both layouts.

We read none of them: image arithmetic follows the size. They are written so that the original code
and `transformers` find what they expect.
"""

import json
from pathlib import Path
from typing import Any

from model.names import Layout
from model.preprocess import MIN_SIDE
from model.prompt import IGNORE, SYSTEM
from model.sizes import BOS, EOS, HIGH_MEAN, HIGH_STD, IMAGE_TAG, LOW_MEAN, LOW_STD, Size

_BILINEAR, _BICUBIC = 2, 3  # Pillow's numbers

# A message is a text, or a list of parts of type image or text.
_TEMPLATE = (
    "{{ bos_token }}{% if messages[0].role == 'system' %}"
    "{{ messages[0].content if messages[0].content is string else messages[0].content[0].text }}"
    "{% set turns = messages[1:] %}{% else %}" + SYSTEM + "{% set turns = messages %}{% endif %}"
    "{{ '\\n\\n' }}{% for turn in turns %}"
    "{{ 'User: ' if turn.role == 'user' else 'Assistant: ' }}"
    "{% if turn.content is string %}{{ turn.content | trim }}{% else %}"
    "{% for part in turn.content %}"
    "{{ '" + IMAGE_TAG + "' if part.type == 'image' else part.text }}"
    "{% endfor %}{% endif %}"
    "{{ '\\n\\n' if turn.role == 'user' else eos_token }}"
    "{% endfor %}{% if add_generation_prompt %}{{ 'Assistant:' }}{% endif %}"
)


def write(folder: Path, size: Size, layout: Layout) -> None:
    """Writes the files of a layout; `tokenizer.json` is the tokenizer's own affair."""
    files = _original(size) if layout == "original" else _transformers(size)
    for name, content in (files | {"tokenizer_config.json": _tokenizer(layout)}).items():
        text = json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False)
        (folder / name).write_text(f"{text}\n", encoding="utf-8")
    if layout == "transformers":
        (folder / "chat_template.jinja").write_text(_TEMPLATE, encoding="utf-8")


def _tokenizer(layout: Layout) -> dict[str, Any]:
    kind = "LlamaTokenizerFast" if layout == "original" else "PreTrainedTokenizerFast"
    config = {"add_bos_token": True, "add_eos_token": False, "tokenizer_class": kind}
    names = {"bos_token": BOS, "eos_token": EOS, "pad_token": EOS, "image_token": IMAGE_TAG}
    return config | names


def _original(size: Size) -> dict[str, dict[str, Any]]:
    kind = {"processor_class": "VLChatProcessor"}
    return {
        "preprocessor_config.json": {
            "background_color": list(size.background),
            "do_normalize": False,
            "image_mean": list(HIGH_MEAN if size.high else LOW_MEAN),
            "image_processor_type": "VLMImageProcessor",
            "image_size": size.input_side,
            "image_std": list(HIGH_STD if size.high else LOW_STD),
            "min_size": MIN_SIDE,
            "rescale_factor": 1 / 255,
            **kind,
        },
        "processor_config.json": {
            "add_special_token": False,
            "ignore_id": IGNORE,
            "image_tag": IMAGE_TAG,
            "mask_prompt": True,
            "num_image_tokens": size.image_tokens,
            "sft_format": "deepseek",
            **kind,
        },
    }


def _transformers(size: Size) -> dict[str, dict[str, Any]]:
    """The low-resolution mean and resampling must be said: the port's own defaults are wrong."""
    name = "DeepseekVLHybrid" if size.high else "DeepseekVL"
    image: dict[str, Any] = {
        "image_mean": list(LOW_MEAN),
        "image_processor_type": f"{name}ImageProcessor",
        "image_std": list(LOW_STD),
        "min_size": MIN_SIDE,
        "resample": _BILINEAR if size.high else _BICUBIC,
        "size": _side(size.low.image),
    }
    if size.high:
        image["high_res_image_mean"] = list(HIGH_MEAN)
        image["high_res_image_std"] = list(HIGH_STD)
        image["high_res_resample"] = _BICUBIC
        image["high_res_size"] = _side(size.high.image)
    kind = {"processor_class": f"{name}Processor"}
    return {
        "preprocessor_config.json": image | kind,
        "processor_config.json": {"num_image_tokens": size.image_tokens, **kind},
    }


def _side(side: int) -> dict[str, int]:
    return {"height": side, "width": side}
