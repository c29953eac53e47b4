"""Decodes and measures pictures, and nothing else: prints how many a second.

    python -m tests.benchmarks.decoding_loop FOLDER

Says `ready` once it has read them, and begins at a line of input, so that several begin together.
"""

import sys
import time
from pathlib import Path

from sources import image

PICTURES, ROUNDS = 400, 4


def main() -> None:
    """Decodes some pictures a few times; of none is the last result at hand."""
    names = sorted(Path(sys.argv[1]).iterdir())[:PICTURES]
    found = [name.read_bytes() for name in names]
    image.read_image(found[0], max_bytes=10**9, max_pixels=10**9)
    print("ready", flush=True)
    sys.stdin.readline()
    began = time.monotonic()
    for _ in range(ROUNDS):
        for each in found:
            image.read_image(each, max_bytes=10**9, max_pixels=10**9)
    print(ROUNDS * len(found) / (time.monotonic() - began), flush=True)


if __name__ == "__main__":
    main()
