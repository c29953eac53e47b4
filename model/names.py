"""What each weight is called: here, in the original's files, and in `transformers`'.

A rule renames by its beginning; a name in the original may hold three of ours (a fused attention
projection), and some of the original's weights are used by nothing.
"""

import re
from dataclasses import dataclass
from typing import Literal

from model.sizes import Size

Layout = Literal["original", "transformers"]


@dataclass(frozen=True, slots=True)
class Slot:
    """Where one of our weights lies in a file.

    Attributes:
        name: of the tensor in the file.
        third: which third of its first axis, or None for all of it.
    """

    name: str
    third: int | None = None


_NECK = (("conv1.", "0."), ("layer_norm1.", "1."), ("conv2.", "2."), ("layer_norm2.", "3."))
_HIGH = "vision_model.vision_tower_high.vision_tower."
_LOW = "vision_model.vision_tower_low.vision_tower."
_ALONE = "vision_model.vision_tower."

# Ours -> theirs, the first beginning that fits.
_ORIGINAL = (
    *((f"vision.high.sam.neck.{ours}", f"{_HIGH}neck.{theirs}") for ours, theirs in _NECK),
    *((f"vision.high.neck_hd.{ours}", f"{_HIGH}neck_hd.{theirs}") for ours, theirs in _NECK),
    ("vision.high.downsamples.", f"{_HIGH}downsamples."),
    ("vision.high.alpha", f"{_HIGH}hd_alpha_downsamples"),
    ("vision.high.sam.layers.", f"{_HIGH}blocks."),
    ("vision.high.sam.patch_embed.projection.", f"{_HIGH}patch_embed.proj."),
    ("vision.high.sam.", _HIGH),
    ("vision.low.siglip.embeddings.patch_embedding.", f"{_LOW}patch_embed.proj."),
    ("vision.low.siglip.embeddings.position_embedding.weight", f"{_LOW}pos_embed"),
    ("vision.low.siglip.post_layernorm.", f"{_LOW}norm."),
    ("vision.low.siglip.encoder.layers.", f"{_LOW}blocks."),
    ("adaptor.high_up_proj.", "aligner.high_up_proj."),
    ("adaptor.low_up_proj.", "aligner.low_up_proj."),
    ("adaptor.first.", "aligner.layers.0."),
    ("adaptor.out.", "aligner.layers.{last}."),
    ("language.", "language_model."),
)
_TRANSFORMERS = (
    ("vision.high.sam.", "model.high_res_vision_model.vision_encoder."),
    ("vision.high.neck_hd.", "model.high_res_vision_neck."),
    ("vision.high.downsamples.0.", "model.high_res_vision_proj.conv1."),
    ("vision.high.downsamples.1.", "model.high_res_vision_proj.conv2."),
    ("vision.high.alpha", "model.high_res_vision_alpha"),
    ("vision.low.siglip.", "model.vision_model."),
    ("adaptor.high_up_proj.", "model.aligner.high_res_vision_proj."),
    ("adaptor.low_up_proj.", "model.aligner.vision_proj."),
    ("adaptor.first.", "model.aligner.linear1."),
    ("adaptor.out.", "model.aligner.{out}."),
    ("language.lm_head.", "lm_head."),
    ("language.model.", "model.language_model."),
)
_THIRDS = {"q_proj": 0, "k_proj": 1, "v_proj": 2}

# In files of the original and of older `transformers`, but in no forward.
_UNUSED = re.compile(
    r"vision_model\.(high|low)_layer_norm\.(weight|bias)"
    r"|vision_model\.(vision_tower_low\.)?vision_tower\.attn_pool\..*"
    r"|model\.vision_model\.(vision_model\.)?head\..*"
    r"|.*\.rotary_emb\.inv_freq"
    r"|.*\.position_ids"
)


def slot(name: str, layout: Layout, size: Size) -> Slot:
    """Returns where one of our weights lies in the files of a layout."""
    table = _ORIGINAL if layout == "original" else _TRANSFORMERS
    for ours, theirs in table:
        if name.startswith(ours):
            found = theirs.format(
                last=1 if size.high else 2, out="proj" if size.high else "linear2"
            ) + name.removeprefix(ours)
            return _of_block(found, size) if layout == "original" else Slot(found)
    raise KeyError(f"no rule for the weight {name}")


def _of_block(name: str, size: Size) -> Slot:
    """What changes inside a name of the original: blocks of both towers, a tower that is alone."""
    if not name.startswith("vision_model."):
        return Slot(name)
    name = re.sub(r"\.layer_norm([12])\.", r".norm\1.", name)
    third = None
    if fused := re.search(r"\.self_attn\.([qkv]_proj)\.", name):
        third = _THIRDS[fused[1]]
        name = name.replace(fused[0], ".attn.qkv.")
    name = name.replace(".self_attn.out_proj.", ".attn.proj.")
    return Slot(name if size.high else name.replace(_LOW, _ALONE), third)


def is_unused(name: str) -> bool:
    """Whether a tensor of a file is left out on purpose.

    >>> is_unused("vision_model.high_layer_norm.bias"), is_unused("aligner.layers.0.weight")
    (True, False)
    """
    return _UNUSED.fullmatch(name) is not None


def tidy(name: str) -> str:
    """Returns a file's name for a tensor without the level that older `transformers` wrote twice.

    >>> tidy("model.vision_model.vision_model.post_layernorm.bias")
    'model.vision_model.post_layernorm.bias'
    """
    return name.replace("model.vision_model.vision_model.", "model.vision_model.")


def unused_shapes(size: Size) -> dict[str, tuple[int, ...]]:
    """Returns the tensors of the original's files that no forward uses, with their shapes."""
    width, mlp = size.low.width, size.low.mlp
    pool = f"{_LOW if size.high else _ALONE}attn_pool."
    layers = {"q": (width, width), "kv": (2 * width, width), "proj": (width, width)}
    layers |= {"mlp.fc1": (mlp, width), "mlp.fc2": (width, mlp)}
    shapes: dict[str, tuple[int, ...]] = {f"{pool}latent": (1, 1, width)}
    for name, shape in layers.items():
        shapes |= {f"{pool}{name}.weight": shape, f"{pool}{name}.bias": shape[:1]}
    norms = [f"{pool}norm"]
    if size.high:
        norms += ["vision_model.high_layer_norm", "vision_model.low_layer_norm"]
    for norm in norms:
        shapes |= {f"{norm}.weight": (width,), f"{norm}.bias": (width,)}
    return shapes
