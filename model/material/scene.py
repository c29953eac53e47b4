"""Scenes: one to three coloured shapes on paper, and the caption that says what is where."""

from math import cos, pi, sin
from random import Random

from PIL import ImageDraw

from model.material.drawing import COLOURS, PAPERS, Box, Drawing, Mark, canvas

PLACES = (
    *("at the top left", "at the top", "at the top right"),
    *("on the left", "in the middle", "on the right"),
    *("at the bottom left", "at the bottom", "at the bottom right"),
)
SHAPES = ("circle", "square", "triangle", "star", "cross", "ring", "diamond", "bar")
SIZES = {"small": 0.5, "large": 0.95}


def draw_scene(random: Random) -> Drawing:
    """Draws a scene."""
    paper = random.choice(tuple(PAPERS))
    image, pen = canvas(random, paper)
    marks: list[Mark] = []
    phrases = []
    for cell in sorted(random.sample(range(9), random.choice((1, 2, 2, 3)))):
        colour, shape = random.choice(tuple(COLOURS)), random.choice(SHAPES)
        size = random.choice(tuple(SIZES))
        box = _inside(cell, image.size, SIZES[size], random)
        _draw(pen, shape, box, COLOURS[colour])
        marks += [Mark(word, box) for word in (size, colour, shape)]
        phrases.append(f"a {size} {colour} {shape} {PLACES[cell]}")
    text = f"{' and '.join(phrases)} on {paper} paper.".capitalize()
    return Drawing(image, text, "What is drawn here?", tuple(marks))


def _inside(cell: int, size: tuple[int, int], share: float, random: Random) -> Box:
    """A box that takes a share of one of nine cells, a little off its centre."""
    wide, high = size[0] / 3, size[1] / 3
    half = min(wide, high) * share / 2
    slack = min(wide, high) / 2 - half
    x = (cell % 3 + 0.5) * wide + random.uniform(-slack, slack)
    y = (cell // 3 + 0.5) * high + random.uniform(-slack, slack)
    return (x - half, y - half, x + half, y + half)


def _draw(pen: ImageDraw.ImageDraw, shape: str, box: Box, colour: tuple[int, int, int]) -> None:
    left, top, right, bottom = box
    x, y, half = (left + right) / 2, (top + bottom) / 2, (right - left) / 2
    thin = half * 0.35
    if shape == "circle":
        pen.ellipse(box, fill=colour)
    elif shape == "ring":
        pen.ellipse(box, outline=colour, width=max(3, int(thin)))
    elif shape == "square":
        pen.rectangle(box, fill=colour)
    elif shape == "bar":
        pen.rectangle((left, y - thin, right, y + thin), fill=colour)
    elif shape == "cross":
        pen.rectangle((left, y - thin, right, y + thin), fill=colour)
        pen.rectangle((x - thin, top, x + thin, bottom), fill=colour)
    else:
        pen.polygon(_corners(shape, x, y, half), fill=colour)


def _corners(shape: str, x: float, y: float, half: float) -> list[tuple[float, float]]:
    """Corners of a triangle, diamond or star, the first one on top."""
    count = {"triangle": 3, "diamond": 4, "star": 10}[shape]
    return [
        (x + radius * sin(2 * pi * i / count), y - radius * cos(2 * pi * i / count))
        for i in range(count)
        for radius in (half * (0.42 if shape == "star" and i % 2 else 1.0),)
    ]
