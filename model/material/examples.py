"""The drawings of the sample corpus: `python -m model.material.examples sources/examples/drawings`.

They are of the kinds that `tiny` was trained on, and training never saw them, so that the report of
the sample corpus can show what `tiny` makes of true and of swapped pairs. Neither weights nor
figures were chosen by them: their numbers lie apart from all others.
"""

import json
import sys
from pathlib import Path

from PIL import Image

from model.material import draw
from model.material.drawing import Drawing

# Folder of each kind.
FOLDERS = {"scenes": "scene", "plots": "plot", "pages": "page"}
COUNT = 64
# Training's numbers begin at 0, those that `model.weights` tells of at 10,000,000.
FIRST = 20_000_000


def drawings(folder: str) -> list[Drawing]:
    """Returns the drawings of a folder in their order."""
    return [draw(FOLDERS[folder], FIRST + index) for index in range(COUNT)]


def write(target: Path) -> None:
    """Writes the pictures of all kinds, and a JSON Lines file of captions a kind."""
    for name in FOLDERS:
        folder = target / name
        folder.mkdir(parents=True, exist_ok=True)
        lines = []
        for number, drawing in enumerate(drawings(name)):
            path = folder / f"{number:02d}.png"
            _small(drawing.image).save(path, optimize=True)
            told = {"image": f"{name}/{path.name}", "text": drawing.text}
            lines.append(json.dumps({**told, "language": "en", "licence": "CC0-1.0"}))
        (target / f"{name}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _small(image: Image.Image) -> Image.Image:
    """The same pixels with a palette, where so few colours make that possible."""
    small = image.quantize(256)
    return small if small.convert("RGB").tobytes() == image.tobytes() else image


if __name__ == "__main__":
    write(Path(sys.argv[1]))
