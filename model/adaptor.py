"""The vision-language adaptor: features of the towers to the language model's space.

Letters of shapes: N images, T tokens an image (576), W width of the towers, D of the language
model.
"""

import torch
from torch import Tensor, nn

from model.sizes import Size


class HybridAdaptor(nn.Module):
    """One layer a tower, joined on the feature axis (high first), then one layer for both."""

    def __init__(self, vision: int, language: int) -> None:
        super().__init__()
        self.high_up_proj = nn.Linear(vision, language // 2)
        self.low_up_proj = nn.Linear(vision, language // 2)
        self.out = nn.Linear(language, language)

    def forward(self, low: Tensor, high: Tensor | None) -> Tensor:
        """float[N, T, W] twice -> float[N, T, D]."""
        if high is None:
            raise ValueError("the hybrid adaptor needs the features of both towers")
        both = torch.cat([self.high_up_proj(high), self.low_up_proj(low)], dim=-1)
        joined: Tensor = self.out(nn.functional.gelu(both))
        return joined


class PlainAdaptor(nn.Module):
    """Two layers on the features of SigLIP alone."""

    def __init__(self, vision: int, language: int) -> None:
        super().__init__()
        self.first = nn.Linear(vision, language)
        self.out = nn.Linear(language, language)

    def forward(self, low: Tensor, high: Tensor | None = None) -> Tensor:
        """float[N, T, W] -> float[N, T, D]."""
        joined: Tensor = self.out(nn.functional.gelu(self.first(low)))
        return joined


def adaptor(size: Size) -> HybridAdaptor | PlainAdaptor:
    """Builds the adaptor of a size."""
    kind = HybridAdaptor if size.high else PlainAdaptor
    return kind(size.low.width, size.language.width)
