"""Pages: a few lines of words, large enough to be read at the size the model sees."""

from random import Random

from model.material.drawing import WORDS, Drawing, canvas, font, write

_INKS = ((20, 20, 20, 255), (30, 30, 110, 255), (110, 20, 20, 255))


def draw_page(random: Random) -> Drawing:
    """Draws a page; its text has the page's line breaks."""
    image, pen = canvas(random, random.choice(("white", "white", "cream", "gray")))
    size = random.choice((24, 26, 28, 30))
    ink = random.choice(_INKS)
    left, top = 10 + random.randint(0, 8), 8 + random.randint(0, 10)
    pitch = round(size * random.choice((1.3, 1.5)))
    lines, marks = [], []
    for row in range(random.randint(2, max(2, (image.height - 16) // pitch - 1))):
        words: list[str] = []
        end: float = left
        while len(words) < 3:
            word = random.choice(WORDS)
            if end + pen.textlength(word, font(size)) > image.width - 4:
                break
            more, end = write(pen, (end, top + row * pitch), [word], size, ink)
            words.append(word)
            marks += more
        lines.append(" ".join(words))
    return Drawing(image, "\n".join(lines), "What is written here?", tuple(marks))
