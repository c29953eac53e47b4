"""How much of an image its pieces of text cover, where they are known: scene text, OCR."""

from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa
from PIL import Image, ImageDraw

from sources.sample import Box

FIELDS: dict[str, pa.DataType] = {"text_boxes": pa.int32(), "text_area": pa.float32()}

# Boxes are drawn on a grid of so many cells each way, so that what two cover counts once.
_GRID, _PLACES = 250, 1000
# What bounds a piece of text; a paragraph's box holds more ground than letters.
_FINE, _COARSE = ("word", "line", "phrase"), ("paragraph", "block")


def measure(boxes: Sequence[Box]) -> dict[str, Any]:
    """Returns how many pieces of text there are, and the share of the fullest image they cover.

    Both are None for a sample without boxes, whose images nobody looked at for text.
    """
    if not any(box.level in (*_FINE, *_COARSE) for box in boxes):
        return dict.fromkeys(FIELDS)
    shares, count = [], 0
    for number in sorted({box.image for box in boxes}):
        mine = [box for box in boxes if box.image == number]
        fine = [box for box in mine if box.level in _FINE]
        found = fine or [box for box in mine if box.level in _COARSE]
        count += len(found)
        shares.append(_covered(box.normalised for box in found))
    return {"text_boxes": count, "text_area": round(max(shares), 4)}


def _covered(polygons: Iterable[tuple[int, ...]]) -> float:
    """The share of the grid that polygons, told in thousandths, cover together."""
    mask = Image.new("L", (_GRID, _GRID))
    draw = ImageDraw.Draw(mask)
    for numbers in polygons:
        scaled = [number * (_GRID - 1) // (_PLACES - 1) for number in numbers]
        points = list(zip(scaled[::2], scaled[1::2], strict=True))
        if len(points) > 1:
            draw.polygon(points, fill=1, outline=1)
    return mask.histogram()[1] / (_GRID * _GRID)
