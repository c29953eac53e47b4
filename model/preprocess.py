"""Image arithmetic, as the original does it: bytes of an image to the input of each tower.

    bytes -> RGB -> long side = S (bicubic) -> centred on a square of the background colour
          -> [0, 1] -> high tower: S x S, its mean and std
                    -> low tower: resized from that square (bilinear), its mean and std

Letters of shapes: N images, S side of the high-resolution input, s side of the low-resolution one.
"""

import struct
import warnings
import zlib
from dataclasses import dataclass
from io import BytesIO

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from model.sizes import HIGH_MEAN, HIGH_STD, LOW_MEAN, LOW_STD, Size

# A side never gets shorter than this, however long and thin the image (the original's `min_size`).
MIN_SIDE = 14

MAX_PIXELS = 100_000_000


@dataclass(frozen=True, slots=True)
class Pixels:
    """Images, normalised, one tensor a tower.

    Attributes:
        low: float[N, 3, s, s].
        high: float[N, 3, S, S]; None for a model without the high tower.
    """

    low: Tensor
    high: Tensor | None

    def __len__(self) -> int:
        return len(self.low)

    def to(self, device: torch.device, dtype: torch.dtype) -> "Pixels":
        """Returns them on a device in a type."""
        high = None if self.high is None else self.high.to(device, dtype)
        return Pixels(self.low.to(device, dtype), high)


def decode(data: bytes) -> Image.Image:
    """Decodes an image of any mode to RGB.

    Raises:
        ValueError: these bytes are no image that can be decoded, or one too large.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(BytesIO(data))
        if image.width * image.height > MAX_PIXELS:
            raise ValueError(f"{image.width} x {image.height} is over {MAX_PIXELS} pixels")
        image.load()
        return to_rgb(image)
    except (
        *(OSError, ValueError, SyntaxError, EOFError, IndexError, struct.error, zlib.error),
        Image.DecompressionBombError,
    ) as error:
        raise ValueError(f"cannot decode an image of {len(data)} bytes: {error}") from error


def to_rgb(image: Image.Image) -> Image.Image:
    """Converts any mode to RGB: transparent pixels over white, deep grey scaled to 8 bits.

    The original leaves this to its caller. Dropping alpha, as a plain conversion does, would turn
    the usual transparent plot into black ink on black.
    """
    if image.mode == "RGB" and "transparency" not in image.info:
        return image
    if image.mode.startswith("I;16"):
        deep = np.asarray(image, dtype=np.float32) / 257
        return Image.fromarray(np.rint(deep).astype(np.uint8)).convert("RGB")
    if image.mode in ("I", "F"):
        return _stretch(image)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, (255, 255, 255, 255))
        return Image.alpha_composite(white, image).convert("RGB")
    return image.convert("RGB")


def _stretch(image: Image.Image) -> Image.Image:
    """32-bit grey has no agreed white: values beyond 8 bits are taken as 16."""
    values = np.nan_to_num(np.asarray(image, dtype=np.float64))
    scale = 257 if values.max(initial=0) > 255 else 1
    return Image.fromarray(np.rint(np.clip(values / scale, 0, 255)).astype(np.uint8)).convert("RGB")


def fit(width: int, height: int, side: int) -> tuple[int, int]:
    """Returns the size that an image is resized to; divides first and truncates.

    >>> fit(640, 427, 1024), fit(5000, 10, 1024), fit(3, 3, 384)
    ((1024, 683), (1024, 14), (384, 384))
    """
    longest = max(width, height)
    return (
        max(int(width / longest * side), MIN_SIDE),
        max(int(height / longest * side), MIN_SIDE),
    )


def square(image: Image.Image, side: int, background: tuple[int, ...]) -> Image.Image:
    """Resizes an RGB image to a long side and centres it on a square of the background colour."""
    resized = image.resize(fit(image.width, image.height, side), Image.Resampling.BICUBIC)
    canvas = Image.new("RGB", (side, side), background)
    canvas.paste(resized, ((side - resized.width) // 2, (side - resized.height) // 2))
    return canvas


def prepare(image: Image.Image, size: Size) -> Pixels:
    """Returns the towers' inputs for one RGB image (N = 1)."""
    array = np.array(square(image, size.input_side, size.background), dtype=np.float32)
    finest = torch.from_numpy(array).permute(2, 0, 1)[None] / 255  # [1, 3, S, S]
    if size.high is None:
        return Pixels(_normalise(finest, LOW_MEAN, LOW_STD), None)
    low = F.interpolate(
        finest, (size.low.image,) * 2, mode="bilinear", align_corners=False, antialias=True
    )
    return Pixels(_normalise(low, LOW_MEAN, LOW_STD), _normalise(finest, HIGH_MEAN, HIGH_STD))


def blank(size: Size) -> Pixels:
    """Returns the inputs for an image of nothing but the background colour."""
    return prepare(Image.new("RGB", (size.input_side,) * 2, size.background), size)


def stack(images: list[Pixels]) -> Pixels:
    """Joins images into one batch."""
    high = [pixels.high for pixels in images if pixels.high is not None]
    return Pixels(torch.cat([pixels.low for pixels in images]), torch.cat(high) if high else None)


def _normalise(image: Tensor, mean: tuple[float, ...], std: tuple[float, ...]) -> Tensor:
    return (image - torch.tensor(mean).view(3, 1, 1)) / torch.tensor(std).view(3, 1, 1)
