import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from model import checkpoint, config
from model.names import Layout, slot
from model.sizes import SIZES
from model.vlm import VLM, fast_build
from tests.model.ports import empty_port

LAYOUTS: tuple[Layout, ...] = ("original", "transformers")


def same(one: VLM, other: VLM) -> bool:
    ours, theirs = one.state_dict(), other.state_dict()
    return list(ours) == list(theirs) and all(torch.equal(ours[k], theirs[k]) for k in ours)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("shard", [10_000_000_000, 500_000])
def test_what_is_saved_is_loaded(layout: Layout, shard: int, drawn: VLM, tmp_path: Path) -> None:
    checkpoint.save(drawn, tmp_path, layout, shard=shard)
    again = checkpoint.load(tmp_path)
    assert same(again, drawn) and again.size == SIZES["tiny"]
    ids = torch.arange(5, 30)
    with torch.inference_mode():
        assert torch.equal(again(ids), drawn(ids))


def test_from_layout_to_layout_and_back_is_exact(drawn: VLM, tmp_path: Path) -> None:
    checkpoint.save(drawn, tmp_path / "a", "original")
    checkpoint.save(checkpoint.load(tmp_path / "a"), tmp_path / "b", "transformers")
    checkpoint.save(checkpoint.load(tmp_path / "b"), tmp_path / "c", "original")
    first, last = (load_file(tmp_path / name / "model.safetensors") for name in "ac")
    assert sorted(first) == sorted(last)
    assert all(torch.equal(first[name], last[name]) for name in first)


def test_transformers_reads_what_we_write(drawn: VLM, tmp_path: Path) -> None:
    checkpoint.save(drawn, tmp_path, "transformers")
    port, info = type(empty_port(drawn.size)).from_pretrained(tmp_path, output_loading_info=True)
    assert not info["missing_keys"] and not info["unexpected_keys"]
    ids = torch.arange(5, 30)
    with torch.inference_mode():
        assert torch.allclose(port(input_ids=ids[None]).logits[0], drawn(ids), atol=1e-5)


def test_we_read_what_transformers_writes(drawn: VLM, tmp_path: Path) -> None:
    port = empty_port(drawn.size)
    port.save_pretrained(tmp_path)
    weights = checkpoint.load(tmp_path).state_dict()
    for name, weight in port.state_dict().items():
        ours = [ours for ours in weights if slot(ours, "transformers", drawn.size).name == name]
        assert len(ours) == 1 and torch.equal(weights[ours[0]], weight)


@pytest.mark.parametrize("name", ["1.3b", "7b"])
def test_full_size_names_and_shapes_are_those_of_the_port(name: str) -> None:
    with fast_build(torch.bfloat16):
        model, port = VLM(SIZES[name]), empty_port(SIZES[name])
    theirs = {key: tuple(weight.shape) for key, weight in port.state_dict().items()}
    assert checkpoint.stored_shapes(model, "transformers") == theirs


@pytest.mark.parametrize(("name", "total"), [("1.3b", 1_975_235_584), ("7b", 7_343_990_017)])
def test_the_original_layout_has_the_released_total(name: str, total: int) -> None:
    with fast_build(torch.bfloat16):
        shapes = checkpoint.stored_shapes(VLM(SIZES[name]), "original")
    assert sum(torch.Size(shape).numel() for shape in shapes.values()) == total


def test_the_original_layout_has_the_released_names() -> None:
    with fast_build(torch.bfloat16):
        shapes = checkpoint.stored_shapes(VLM(SIZES["7b"]), "original")
        alone = checkpoint.stored_shapes(VLM(SIZES["1.3b"]), "original")
    high, low = (f"vision_model.vision_tower_{part}.vision_tower." for part in ("high", "low"))
    expected = {
        f"{high}pos_embed": (1, 64, 64, 768),
        f"{high}patch_embed.proj.weight": (768, 3, 16, 16),
        f"{high}blocks.2.attn.rel_pos_h": (127, 64),
        f"{high}blocks.3.attn.rel_pos_w": (27, 64),
        f"{high}blocks.11.norm2.bias": (768,),
        f"{high}blocks.0.mlp.lin1.weight": (3072, 768),
        f"{high}neck.0.weight": (256, 768, 1, 1),
        f"{high}neck_hd.3.bias": (256,),
        f"{high}downsamples.1.weight": (1024, 512, 3, 3),
        f"{high}hd_alpha_downsamples": (1,),
        f"{low}pos_embed": (1, 576, 1024),
        f"{low}blocks.23.attn.qkv.weight": (3072, 1024),
        f"{low}blocks.23.attn.proj.bias": (1024,),
        f"{low}blocks.0.mlp.fc2.weight": (1024, 4096),
        f"{low}norm.weight": (1024,),
        f"{low}attn_pool.latent": (1, 1, 1024),
        "vision_model.high_layer_norm.weight": (1024,),
        "aligner.high_up_proj.weight": (2048, 1024),
        "aligner.layers.1.weight": (4096, 4096),
        "language_model.model.layers.29.mlp.up_proj.weight": (11008, 4096),
        "language_model.lm_head.weight": (102_400, 4096),
    }
    assert expected.items() <= shapes.items()
    assert alone["vision_model.vision_tower.blocks.0.attn.qkv.bias"] == (3072,)
    assert alone["aligner.layers.2.weight"] == (2048, 2048)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", ["tiny", "1.3b", "7b"])
def test_configs_are_read_back(name: str, layout: Layout, tmp_path: Path) -> None:
    config.write(tmp_path, SIZES[name], layout, "bfloat16")
    assert config.read(tmp_path) == (SIZES[name], layout)


def test_the_released_config_with_its_gaps_is_the_7b(tmp_path: Path) -> None:
    towers = {
        "high_res_cfg": {"model_name": "sam_b_downsample"},
        "low_res_cfg": {"model_name": "siglip_large_patch16_384"},
    }
    language = {"max_position_embeddings": 16384, "num_hidden_layers": 30, "vocab_size": 102400}
    released = {
        "model_type": "multi_modality",
        "vision_config": {"cls": "HybridVisionTower", "params": towers},
        "language_config": {"model_type": "llama", **language},
    }
    (tmp_path / "config.json").write_text(json.dumps(released))
    assert config.read(tmp_path) == (SIZES["7b"], "original")


def test_a_missing_weight_is_named(drawn: VLM, tmp_path: Path) -> None:
    checkpoint.save(drawn, tmp_path, "original")
    weights = load_file(tmp_path / "model.safetensors")
    del weights["aligner.layers.1.bias"]
    save_file(weights, tmp_path / "model.safetensors")
    with pytest.raises(ValueError, match=r"lacks 1 weights: aligner\.layers\.1\.bias"):
        checkpoint.load(tmp_path)


def test_a_strange_weight_is_named(drawn: VLM, tmp_path: Path) -> None:
    checkpoint.save(drawn, tmp_path, "transformers")
    weights = load_file(tmp_path / "model.safetensors")
    save_file(weights | {"resampler.weight": torch.ones(2)}, tmp_path / "model.safetensors")
    with pytest.raises(ValueError, match="weights of another model: 1 weights: resampler.weight"):
        checkpoint.load(tmp_path)


def test_another_shape_is_named(drawn: VLM, tmp_path: Path) -> None:
    checkpoint.save(drawn, tmp_path, "transformers")
    weights = load_file(tmp_path / "model.safetensors")
    save_file(weights | {"lm_head.weight": torch.ones(2, 3)}, tmp_path / "model.safetensors")
    with pytest.raises(ValueError, match=r"lm_head.weight has shape \[2, 3\], expected"):
        checkpoint.load(tmp_path)


def test_missing_shards_are_named(drawn: VLM, tmp_path: Path) -> None:
    checkpoint.save(drawn, tmp_path, "original", shard=4_000_000)
    files = sorted(tmp_path.glob("*.safetensors"))
    assert len(files) > 2
    files[1].unlink()
    with pytest.raises(ValueError, match=f"lacks {files[1].name}, which model.safetensors.index"):
        checkpoint.load(tmp_path)


def test_a_file_cut_short_is_named(drawn: VLM, tmp_path: Path) -> None:
    checkpoint.save(drawn, tmp_path, "original")
    file = tmp_path / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(ValueError, match="model.safetensors is no whole safetensors file"):
        checkpoint.load(tmp_path)


def test_pickled_weights_are_not_opened(tmp_path: Path) -> None:
    config.write(tmp_path, SIZES["tiny"], "original", "float32")
    (tmp_path / "pytorch_model.bin").write_bytes(b"\x80\x04cos\nsystem\n.")
    with pytest.raises(ValueError, match="pytorch_model.bin is pickled: convert it"):
        checkpoint.load(tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "is no checkpoint directory: it has no config.json"),
        ("{", "cannot be understood"),
        ('{"model_type": "llava"}', "model_type is 'llava', expected multi_modality"),
        ('{"model_type": "multi_modality"}', "cannot be understood: KeyError"),
    ],
)
def test_no_config_of_ours_is_refused(text: str | None, message: str, tmp_path: Path) -> None:
    if text is not None:
        (tmp_path / "config.json").write_text(text)
    with pytest.raises(ValueError, match=message):
        config.read(tmp_path)
