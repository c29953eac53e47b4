"""What a drawing is, and the words and colours that all kinds share."""

from dataclasses import dataclass
from functools import cache
from random import Random

from PIL import Image, ImageDraw, ImageFont

Box = tuple[float, float, float, float]

WORDS = tuple(
    """
    river stone cloud apple bread table chair window garden forest mountain island bridge train
    boat wheel engine paper letter number market school doctor farmer teacher sailor morning
    evening summer winter autumn spring north south east west water fire earth metal glass wood
    silver copper cotton sugar honey coffee salt pepper onion potato tomato lemon cherry grape
    horse tiger eagle whale spider rabbit monkey camel turtle salmon planet comet rocket signal
    magnet battery circuit copy print layer column model theory proof energy motion force weight
    speed sound light shadow color music violin drum guitar piano story poem novel chapter page
    king queen castle army peace trade money price profit city road tower village people family
    brother sister child friend
    """.split()
)
COLOURS = {
    "red": (214, 39, 40),
    "green": (44, 150, 60),
    "blue": (40, 90, 220),
    "yellow": (240, 205, 30),
    "purple": (140, 60, 180),
    "orange": (255, 130, 20),
    "black": (20, 20, 20),
    "pink": (250, 150, 200),
}
PAPERS = {"white": (255, 255, 255), "gray": (205, 205, 205), "cream": (250, 240, 215)}
COUNTS = ("zero", "one", "two", "three", "four", "five", "six")
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth")


@dataclass(frozen=True, slots=True)
class Mark:
    """A word for what can be seen at a place: a written word, a shape, a colour.

    Attributes:
        word: the word.
        box: left, top, right, bottom in pixels of the drawing.
    """

    word: str
    box: Box


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture with what a person would say of it.

    Attributes:
        image: RGB.
        text: its caption, or the text on it.
        question: what one could ask to get `text` as the answer.
        marks: what is where.
    """

    image: Image.Image
    text: str
    question: str
    marks: tuple[Mark, ...]


@cache
def font(size: int) -> ImageFont.FreeTypeFont:
    """Returns Pillow's own font, the same on every machine, in a size in pixels."""
    loaded = ImageFont.load_default(size)
    if not isinstance(loaded, ImageFont.FreeTypeFont):
        raise RuntimeError("Pillow was built without FreeType: install a wheel of it")
    return loaded


def canvas(random: Random, paper: str) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    """Returns a fresh picture of one of some sizes, filled with a paper's colour, and its pen."""
    size = random.choice(((256, 256), (256, 208), (208, 256), (288, 240)))
    image = Image.new("RGB", size, PAPERS[paper])
    return image, ImageDraw.Draw(image)


def write(
    pen: ImageDraw.ImageDraw, place: tuple[float, float], words: list[str], size: int, colour: Box
) -> tuple[list[Mark], float]:
    """Writes words on a line, and returns their marks and where the line ends."""
    left, top = place
    marks = []
    for word in words:
        box = pen.textbbox((left, top), word, font(size))
        pen.text((left, top), word, fill=tuple(int(part) for part in colour), font=font(size))
        marks.append(Mark(word, box))
        left = box[2] + size * 0.3
    return marks, left
