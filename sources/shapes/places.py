"""Words about a place in a picture: the place as numbers in the text, and as a box."""

from sources.sample import Box, grid


def place_text(box: Box, width: float = 0, height: float = 0) -> str:
    """Returns the corners of what a box covers, on the grid of 0 to 999, as a text.

    Args:
        box: the box, which tells its plane if it is not measured in pixels.
        width: of the image, for a box in pixels.
        height: likewise.

    >>> place_text(Box(text="", polygon=(0.1, 0.2, 0.5, 0.2, 0.5, 0.4, 0.1, 0.4), plane=(1, 1)))
    '[100, 200, 500, 400]'
    """
    across, down = box.plane or (width, height)
    xs, ys = box.polygon[::2], box.polygon[1::2]
    return str(
        [grid(min(xs), across), grid(min(ys), down), grid(max(xs), across), grid(max(ys), down)]
    )
