"""What people write to get pictures and code out of notebooks; run by another tool's Python.

Argument: how, a key of LOOPS; paths come on standard input. Prints the seconds of
processor time that it took, the number of pictures, and that of notebooks that it could not read.
"""

import base64
import sys
import time
from pathlib import Path


def by_nbformat(path):
    """Pictures with their cells: reading and decoding base64, nothing checked."""
    import nbformat

    found = []
    for cell in nbformat.read(path, as_version=4).cells:
        for output in cell.get("outputs", ()):
            for kind in ("image/png", "image/jpeg"):
                if kind in output.get("data", {}):
                    found.append((base64.b64decode(output.data[kind]), cell.source))
    return found


def two_colours(data):
    """Whether a picture, decoded, has more than one colour."""
    import io

    from PIL import Image

    with Image.open(io.BytesIO(data)) as image:
        return any(low != high for low, high in image.convert("RGB").getextrema())


def by_pairs(path):
    """Pairs as a corpus takes them: one image, five lines of code, decoded, of two colours."""
    import nbformat

    found = []
    for cell in nbformat.read(path, as_version=4).cells:
        pictures = [
            output.data[kind]
            for output in cell.get("outputs", ())
            for kind in ("image/png", "image/jpeg")
            if kind in output.get("data", {})
        ]
        lines = [line for line in cell.source.splitlines() if line.strip(" #")]
        if len(pictures) != 1 or len(lines) < 5:
            continue
        data = base64.b64decode(pictures[0])
        if two_colours(data):
            found.append((data, cell.source))
    return found


def by_nbconvert(path):
    """Pictures and code as nbconvert extracts them."""
    import nbformat
    from nbconvert import MarkdownExporter

    text, resources = MarkdownExporter().from_notebook_node(nbformat.read(path, as_version=4))
    return [(data, text) for data in resources["outputs"].values()]


def by_nbconvert_decoded(path):
    """The same, but of pictures that decode and are of two colours, as a corpus wants them."""
    from PIL import UnidentifiedImageError

    found = []
    for data, text in by_nbconvert(path):
        try:
            if two_colours(data):
                found.append((data, text))
        except UnidentifiedImageError:  # a drawing, which would have to be rendered first
            continue
    return found


LOOPS = {
    "nbformat": by_nbformat,
    "pairs": by_pairs,
    "nbconvert": by_nbconvert,
    "nbconvert-decoded": by_nbconvert_decoded,
}

if __name__ == "__main__":
    loop = LOOPS[sys.argv[1]]
    paths = [Path(line) for line in sys.stdin.read().splitlines()]
    loop(paths[0])
    start, pictures, failed = time.process_time(), 0, 0
    for path in paths:
        try:
            pictures += len(loop(path))
        except Exception:
            failed += 1
    print(time.process_time() - start, pictures, failed)
