"""Plots: bars, a line or slices under a title, and the sentence that describes them."""

from collections.abc import Callable
from math import cos, pi, sin
from random import Random

from PIL import Image, ImageDraw

from model.material.drawing import (
    COLOURS,
    COUNTS,
    ORDINALS,
    WORDS,
    Drawing,
    Mark,
    canvas,
    write,
)

_INK = (20, 20, 20, 255)
_COURSES: dict[str, Callable[[float], float]] = {
    "rises": lambda t: 0.12 + 0.76 * t,
    "falls": lambda t: 0.88 - 0.76 * t,
    "stays flat": lambda _: 0.5,
    "peaks in the middle": lambda t: 0.12 + 0.76 * sin(pi * t),
    "dips in the middle": lambda t: 0.88 - 0.76 * sin(pi * t),
}
# Words of marks that only plots have.
SEEN_IN_PLOTS = ("bars", "highest", "line", "pie", *(course.split()[0] for course in _COURSES))


def draw_plot(random: Random) -> Drawing:
    """Draws a plot of one of three forms."""
    image, pen = canvas(random, "white")
    title = random.sample(WORDS, 2)
    marks, _ = write(pen, (36 + random.randint(0, 24), 8), title, 22, _INK)
    body = random.choice((_bars, _line, _slices))
    said, more = body(random, image, pen)
    text = f"A {said[0]} titled {' '.join(title)}, {said[1]}."
    return Drawing(image, text, "What does the plot show?", tuple(marks + more))


def _frame(image: Image.Image, pen: ImageDraw.ImageDraw) -> tuple[float, float, float, float]:
    """Draws the axes and returns the area above and right of them."""
    left, top, right, bottom = 28, 50, image.width - 14, image.height - 20
    pen.line([(left, top), (left, bottom), (right, bottom)], fill=(60, 60, 60), width=2)
    return left, top, right, bottom


def _bars(
    random: Random, image: Image.Image, pen: ImageDraw.ImageDraw
) -> tuple[tuple[str, str], list[Mark]]:
    left, top, right, bottom = _frame(image, pen)
    colour, count = random.choice(tuple(COLOURS)), random.randint(2, 6)
    heights = random.sample([0.15, 0.3, 0.45, 0.6, 0.75, 0.95], count)
    step = (right - left) / count
    marks = []
    for index, height in enumerate(heights):
        x = left + (index + 0.2) * step
        box = (x, bottom - height * (bottom - top), x + 0.6 * step, bottom - 1)
        pen.rectangle(box, fill=COLOURS[colour])
        marks += [Mark("bars", box), Mark(colour, box)]
    highest = heights.index(max(heights))
    marks.append(Mark("highest", marks[2 * highest].box))
    said = f"{COUNTS[count]} {colour} bars, the {ORDINALS[highest]} is the highest"
    return ("bar chart", said), marks


def _line(
    random: Random, image: Image.Image, pen: ImageDraw.ImageDraw
) -> tuple[tuple[str, str], list[Mark]]:
    left, top, right, bottom = area = _frame(image, pen)
    colour, course = random.choice(tuple(COLOURS)), random.choice(tuple(_COURSES))
    points = []
    for index in range(9):
        height = _COURSES[course](index / 8) + random.uniform(-0.04, 0.04)
        points.append((left + (right - left) * index / 8, bottom - height * (bottom - top)))
    pen.line(points, fill=COLOURS[colour], width=4)
    seen = [Mark("line", area), Mark(colour, area), Mark(course.split()[0], area)]
    return ("line plot", f"the {colour} line {course}"), seen


def _slices(
    random: Random, image: Image.Image, pen: ImageDraw.ImageDraw
) -> tuple[tuple[str, str], list[Mark]]:
    colours = random.sample(tuple(COLOURS), random.randint(2, 4))
    shares = random.sample((1, 2, 3, 4, 6), len(colours))
    half = min(image.width, image.height - 50) / 2 - 8
    x, y = image.width / 2, 46 + half
    box = (x - half, y - half, x + half, y + half)
    angle, marks = -90.0, [Mark("pie", box)]
    for colour, share in zip(colours, shares, strict=True):
        sweep = 360 * share / sum(shares)
        pen.pieslice(box, angle, angle + sweep, fill=COLOURS[colour])
        turn = (angle + sweep / 2) / 180 * pi
        cx, cy = x + half / 2 * cos(turn), y + half / 2 * sin(turn)
        marks.append(Mark(colour, (cx - half / 3, cy - half / 3, cx + half / 3, cy + half / 3)))
        angle += sweep
    order = sorted(zip(shares, colours, strict=True), reverse=True)
    listed = " then ".join(colour for _, colour in order)
    return ("pie chart", f"{COUNTS[len(order)]} slices, from large to small {listed}"), marks
