"""Raw material for measurements: real JPEGs with captions, enough of them and made in seconds."""

import json
import random
from pathlib import Path

import numpy as np
from PIL import Image

WORDS = "a the red old small street river child dog table window rain under near two with".split()
CANVAS, PICTURE = 2000, (800, 600)


def canvas() -> Image.Image:
    """A picture with detail of every size, as photos have, so that JPEGs of it weigh the same."""
    noise = np.random.default_rng(0)
    total = np.zeros((CANVAS, CANVAS, 3), np.float32)
    for cells in (8, 32, 128, 512):
        small = noise.random((cells, cells, 3), np.float32)
        for band in range(3):
            layer = Image.fromarray(small[:, :, band]).resize((CANVAS, CANVAS), Image.BICUBIC)
            total[:, :, band] += np.asarray(layer) / cells**0.5
    total -= total.min()
    return Image.fromarray((total * (255 / total.max())).astype(np.uint8))


def make_pictures(folder: Path, samples: int, *, captions: int = 10) -> Path:
    """Makes JPEGs with several captions each, a sample a caption, and returns the list of them."""
    noise, whole = random.Random(0), canvas()
    (folder / "pictures").mkdir(parents=True)
    names = [f"pictures/{number:06d}.jpg" for number in range(samples // captions)]
    for name in names:
        x, y = (noise.randrange(CANVAS - side) for side in PICTURE)
        whole.crop((x, y, x + PICTURE[0], y + PICTURE[1])).save(folder / name, quality=80)
    with (folder / "captions.jsonl").open("w") as out:
        # All pictures once, then all again: one that was just decoded would be remembered.
        for number in range(samples):
            text = f"{number}: {' '.join(noise.choices(WORDS, k=12))}"
            out.write(json.dumps({"image": names[number % len(names)], "text": text}) + "\n")
    return folder / "captions.jsonl"


def make_recipe(folder: Path, samples: int) -> Path:
    """The pictures and a recipe over them: some eighty units, so that workers end together."""
    listed = make_pictures(folder, samples)
    recipe = {
        "name": "engines",
        "unit_size": listed.stat().st_size // 80,
        "shard_size": "100MB",
        "sources": [
            {"source": "pairs", "path": listed.name, "language": "en", "licence": "CC0-1.0"}
        ],
    }
    path = folder / "recipe.yaml"
    path.write_text(json.dumps(recipe), encoding="utf-8")
    return path
