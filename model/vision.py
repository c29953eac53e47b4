"""The vision towers: SigLIP for meaning, SAM for detail, both on the same grid of tokens.

    high image -> SAM blocks -------------------> neck ------+-> resize -> conv -> conv -> main
                     | after the first global block          |   (the same three for both)
                     +-----------------------> second neck --+-> resize -> conv -> conv -> extra
                                                                    features = main + alpha * extra

Letters of shapes: N images, S and s their sides, g tokens along a side (24), W the low tower's
width, c channels of the neck, G SAM's own tokens along a side (64), D SAM's width.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import SamVisionConfig, SamVisionModel, SiglipVisionConfig, SiglipVisionModel
from transformers.models.sam.modeling_sam import SamVisionNeck

from model.preprocess import Pixels
from model.sizes import High, Low, Size


def siglip_config(low: Low) -> SiglipVisionConfig:
    """Returns `transformers`' settings for the low tower; the original's GELU is the exact one."""
    config = SiglipVisionConfig(
        hidden_size=low.width,
        intermediate_size=low.mlp,
        num_hidden_layers=low.depth,
        num_attention_heads=low.heads,
        image_size=low.image,
        patch_size=low.patch,
        hidden_act="gelu",
        vision_use_head=False,
    )
    config._attn_implementation = "sdpa"
    return config


def sam_config(high: High) -> SamVisionConfig:
    """Returns `transformers`' settings for the high tower."""
    config = SamVisionConfig(
        hidden_size=high.width,
        mlp_dim=high.mlp,
        num_hidden_layers=high.depth,
        num_attention_heads=high.heads,
        image_size=high.image,
        patch_size=high.patch,
        output_channels=high.out,
        window_size=high.window,
        initializer_range=0.02,  # the default, 1e-10, is for weights that are loaded
        global_attn_indexes=list(high.global_blocks),
    )
    config._attn_implementation = "sdpa"
    return config


class LowTower(nn.Module):
    """SigLIP, every token of its last layer."""

    def __init__(self, low: Low) -> None:
        super().__init__()
        self.siglip = SiglipVisionModel(siglip_config(low))

    def forward(self, image: Tensor) -> Tensor:
        """Encodes images.

        Args:
            image: float[N, 3, s, s].

        Returns:
            float[N, g*g, W].
        """
        features: Tensor = self.siglip(image).last_hidden_state
        return features


class HighTower(nn.Module):
    """SAM with its neck, the second neck, the shared convolutions and alpha."""

    def __init__(self, high: High, grid: int) -> None:
        super().__init__()
        self.side = 4 * grid  # two stride-2 convolutions bring it to the grid
        self.first_global = high.global_blocks[0]
        config = sam_config(high)
        self.sam = SamVisionModel(config).vision_encoder
        self.neck_hd = SamVisionNeck(config)
        self.downsamples = nn.ModuleList(
            nn.Conv2d(high.out * k, high.out * k * 2, 3, stride=2, padding=1, bias=False)
            for k in (1, 2)
        )
        self.alpha = nn.Parameter(torch.zeros(1))

    def forward(self, image: Tensor) -> Tensor:
        """Encodes images.

        Args:
            image: float[N, 3, S, S].

        Returns:
            float[N, g*g, W], tokens in the low tower's order.
        """
        hidden = self.sam.patch_embed(image) + self.sam.pos_embed  # [N, G, G, D]
        early = hidden
        for index, block in enumerate(self.sam.layers):
            hidden = block(hidden)
            if index == self.first_global:
                early = hidden
        features = self._to_grid(self.sam.neck(hidden))
        features = features + self._to_grid(self.neck_hd(early)) * self.alpha
        return features.flatten(2).transpose(1, 2)  # [N, g*g, W]

    def _to_grid(self, feature: Tensor) -> Tensor:
        """[N, c, G, G] -> [N, 4c, g, g], resized in fp32 whatever the working type is."""
        resized = F.interpolate(
            feature.float(), (self.side, self.side), mode="bilinear", align_corners=False
        ).to(feature.dtype)
        for convolution in self.downsamples:
            resized = convolution(resized)
        return resized


class Vision(nn.Module):
    """The towers of a size: both, or SigLIP alone."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.low = LowTower(size.low)
        self.high = HighTower(size.high, size.low.grid) if size.high else None

    def forward(self, pixels: Pixels) -> tuple[Tensor, Tensor | None]:
        """Encodes images.

        Returns:
            (low, high): float[N, g*g, W] each; None for a tower that is not there.
        """
        if (self.high is None) != (pixels.high is None):
            raise ValueError(
                f"the model {'lacks' if self.high is None else 'has'} the high tower, the images "
                "were prepared for one of the other kind: use one size for both"
            )
        low = self.low(pixels.low)
        return low, None if self.high is None else self.high(pixels.high)
