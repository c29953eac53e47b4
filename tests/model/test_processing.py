"""What other programs make of the files that we write."""

import json
from pathlib import Path

import pytest
import torch
from PIL import Image
from transformers import AutoTokenizer, DeepseekVLHybridProcessor
from transformers.models.deepseek_vl_hybrid.image_processing_pil_deepseek_vl_hybrid import (
    DeepseekVLHybridImageProcessorPil,
)

from model import processing, tokenizer
from model.material import draw
from model.preprocess import prepare
from model.prompt import chat, encode
from model.sizes import SIZES
from sources.sample import Segment


@pytest.fixture(scope="module")
def processor(folder: Path) -> DeepseekVLHybridProcessor:
    """Without torchvision the port's Pillow class is the one to name."""
    images = DeepseekVLHybridImageProcessorPil.from_pretrained(folder)
    words = AutoTokenizer.from_pretrained(folder)
    template = (folder / "chat_template.jinja").read_text()
    return DeepseekVLHybridProcessor(images, words, template, num_image_tokens=64)


def test_the_port_tokenises_chats_as_we_do(
    processor: DeepseekVLHybridProcessor, folder: Path
) -> None:
    image = draw("scene", 1).image.resize((256, 256))
    content = [{"type": "image"}, {"type": "text", "text": "a red star?"}]
    messages = [
        {"role": "user", "content": content},
        {"role": "assistant", "content": "a blue circle"},
    ]
    text = processor.apply_chat_template(messages).removeprefix(processor.tokenizer.bos_token)
    ids = processor(text=text, images=[image])["input_ids"][0].tolist()
    segments = (
        Segment(image=b"", role="user"),
        Segment(text="a red star?", role="user"),
        Segment(text="a blue circle", role="assistant"),
    )
    assert ids == encode(chat(segments), tokenizer.load(folder), 64).ids


@pytest.mark.parametrize("width", [256, 200, 90])
def test_the_port_prepares_images_nearly_as_we_do(
    width: int, processor: DeepseekVLHybridProcessor
) -> None:
    """Exactly so where no rounding of sizes comes in, but for its 8-bit low-resolution image."""
    image = Image.linear_gradient("L").convert("RGB").resize((256, width))
    theirs = processor.image_processor([image], return_tensors="pt")
    ours = prepare(image, SIZES["tiny"])
    assert ours.high is not None
    assert torch.allclose(ours.high, theirs["high_res_pixel_values"], atol=1e-5)
    assert (ours.low - theirs["pixel_values"]).abs().max() < 1.01 / 127.5


def test_files_of_the_original_say_what_it_expects(tmp_path: Path) -> None:
    processing.write(tmp_path, SIZES["7b"], "original")
    images, prompts, words = (
        json.loads((tmp_path / f"{name}_config.json").read_text())
        for name in ("preprocessor", "processor", "tokenizer")
    )
    assert (images["image_size"], images["do_normalize"]) == (1024, False)
    assert images["background_color"] == [122, 116, 104]
    assert (prompts["num_image_tokens"], prompts["sft_format"]) == (576, "deepseek")
    assert words["eos_token"] == "<｜end▁of▁sentence｜>"
