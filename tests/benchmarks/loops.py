"""What people write to get pictures and code out of notebooks; run by another tool's Python.

Argument: how (nbformat or nbconvert); paths come on standard input. Prints the seconds that it
took, the number of pictures, and that of notebooks that it could not read.
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


def by_nbconvert(path):
    """Pictures and code as nbconvert extracts them."""
    import nbformat
    from nbconvert import MarkdownExporter

    text, resources = MarkdownExporter().from_notebook_node(nbformat.read(path, as_version=4))
    return [(data, text) for data in resources["outputs"].values()]


if __name__ == "__main__":
    loop = {"nbformat": by_nbformat, "nbconvert": by_nbconvert}[sys.argv[1]]
    paths = [Path(line) for line in sys.stdin.read().splitlines()]
    loop(paths[0])
    start, pictures, failed = time.perf_counter(), 0, 0
    for path in paths:
        try:
            pictures += len(loop(path))
        except Exception:
            failed += 1
    print(time.perf_counter() - start, pictures, failed)
