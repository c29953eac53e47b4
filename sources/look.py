"""What a decoded picture looks like, in a few numbers: measured once, when it is read."""

from dataclasses import dataclass
from functools import cache

import imagehash
import numpy as np
from PIL import Image

# Longer sides are brought below this first: sharpness is comparable, and big photos cost little.
_SIDE = 256
# Sides of a thumbnail.
THUMBNAIL = 32
# Table of luminance of the JPEG standard (Annex K.1), which quality settings scale.
_LUMINANCE = (
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55,
    14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62,
    18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92,
    49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What was measured of a picture.

    Attributes:
        perceptual: ImageHash's `phash`, 64 bits in hex: near for pictures that look alike.
        entropy: of its grey values, in bits, 0 to 8; below 1 there is hardly anything to see.
        sharpness: variance of the Laplacian of its grey values; a blurred picture has little.
        jpeg_quality: 1 to 100 as libjpeg counts, from its tables; None for other formats.
        thumbnail: its grey values, squeezed into a square of `THUMBNAIL` pixels a side.
    """

    perceptual: str = ""
    entropy: float = 0.0
    sharpness: float = 0.0
    jpeg_quality: int | None = None
    thumbnail: bytes = b""


def look(image: Image.Image) -> Look:
    """Measures a picture, upright or not, the first frame of an animation."""
    grey = _grey(image)
    factor = max(grey.size) // _SIDE
    if factor > 1:
        grey = grey.reduce(factor)
    tables: dict[int, list[int]] = getattr(image, "quantization", None) or {}
    return Look(
        perceptual=str(imagehash.phash(grey)),
        entropy=round(grey.entropy(), 3),
        sharpness=round(_sharpness(grey), 1),
        jpeg_quality=jpeg_quality(tables[0]) if 0 in tables else None,
        thumbnail=grey.resize((THUMBNAIL, THUMBNAIL), Image.Resampling.BOX).tobytes(),
    )


def jpeg_quality(table: list[int]) -> int:
    """Returns the quality setting whose table of luminance is nearest in sum.

    >>> jpeg_quality(list(_LUMINANCE)), jpeg_quality([1] * 64)
    (50, 100)
    """
    total = sum(table)
    return min(_sums(), key=lambda pair: (abs(pair[1] - total), pair[0]))[0]


def _grey(image: Image.Image) -> Image.Image:
    """The picture in 8 bits of grey, on white where it is transparent."""
    if image.mode.startswith(("I", "F")):
        # 16 bits have no meaning of their own: the range that is used becomes the range of grey.
        values = np.asarray(image, dtype=np.float64)
        low, high = float(values.min()), float(values.max())
        scale = 255 / (high - low) if high > low else 0.0
        return Image.fromarray(((values - low) * scale).astype(np.uint8))
    if not image.has_transparency_data:
        return image.convert("L")
    seen = image if image.mode in ("LA", "RGBA") else image.convert("RGBA")
    grey, alpha = seen.convert("L"), seen.getchannel("A")
    if alpha.getextrema() == (255, 255):
        return grey
    # One band in place of four: all but the rounding of half transparent pixels is the same.
    white = Image.new("L", seen.size, 255)
    white.paste(grey, mask=alpha)
    return white


def _sharpness(grey: Image.Image) -> float:
    values = np.asarray(grey, dtype=np.int16)
    if min(values.shape) < 3:
        return 0.0
    edges = values[:-2, 1:-1] + values[2:, 1:-1]
    edges += values[1:-1, :-2]
    edges += values[1:-1, 2:]
    edges -= 4 * values[1:-1, 1:-1]
    # Whole numbers all along, so the sums are exact; einsum makes no copy of the squares.
    flat = edges.ravel().astype(np.float32)
    total = int(edges.sum(dtype=np.int64))
    squares = float(np.einsum("i,i->", flat, flat, dtype=np.float64))
    return (squares - total * total / flat.size) / flat.size


@cache
def _sums() -> tuple[tuple[int, int], ...]:
    """For each quality, the sum of its table."""
    sums = []
    for quality in range(1, 101):
        scale = 5000 // quality if quality < 50 else 200 - 2 * quality
        values = (min(255, max(1, (value * scale + 50) // 100)) for value in _LUMINANCE)
        sums.append((quality, sum(values)))
    return tuple(sums)
