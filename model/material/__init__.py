"""Material of our own that `tiny` is trained on: drawn scenes, plots and pages, with their texts.

Nothing here comes from outside: words from a short list, colours, shapes, and Pillow's own font.
"""

from random import Random

from model.material.drawing import Drawing
from model.material.page import draw_page
from model.material.plot import draw_plot
from model.material.scene import draw_scene

KINDS = {"scene": draw_scene, "plot": draw_plot, "page": draw_page}


def draw(kind: str, seed: int) -> Drawing:
    """Draws the picture of a kind that a seed stands for; the same one every time."""
    return KINDS[kind](Random(f"{kind} {seed}"))
