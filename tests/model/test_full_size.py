"""The 7b at full size on a CPU, in bf16, with weights drawn at random: it fits, and it runs."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from model import checkpoint
from model.sizes import SIZES, Size
from model.tiny import vocabulary
from model.vlm import VLM

BYTES = 2 * (7_343_990_017 - 12_595_200 - 4_096)

LOAD = """
import json, re, sys
from pathlib import Path
from model import checkpoint
import torch
def memory(what):  # getrusage would count what the parent held when it started us
    found = re.search(what + r":\\s+(\\d+) kB", Path("/proc/self/status").read_text())
    return int(found[1]) * 1024
before = memory("VmRSS")
model = checkpoint.load(Path(sys.argv[1]), torch.bfloat16)
print(json.dumps({"before": before, "after": memory("VmHWM")}))
"""

_SCORE = """
import re, sys
from model.material import draw
from model.score import Scorer
from model.tiny import as_sample
import io
scorer = Scorer(sys.argv[1], dtype="bfloat16", threads=2)
drawing = draw("scene", 1)
buffer = io.BytesIO()
drawing.image.save(buffer, "PNG")
print(scorer.score([as_sample(drawing, buffer.getvalue(), asked=True)]))
peak = re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())
print("peak", int(peak[1]) * 1024)
"""


def run(code: str, folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder)],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"OMP_NUM_THREADS": "2"},
    )
    return done.stdout


def noisy(size: Size) -> VLM:
    """A model in bf16 with drawn weights, made in no more memory than these take."""
    model = checkpoint.empty(size, torch.bfloat16)
    noise = torch.randn(1 << 20, generator=torch.Generator().manual_seed(0)).bfloat16() * 0.02
    with torch.no_grad():
        for weight in model.parameters():
            flat = weight.view(-1)
            for start in range(0, flat.numel(), len(noise)):
                flat[start : start + len(noise)].copy_(noise[: flat.numel() - start])
            if weight.dim() == 1:
                flat.add_(1)
    return model


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_the_7b_loads_and_scores_within_its_memory(tmp_path: Path) -> None:
    size = replace(SIZES["7b"], image_token=2)  # the small tokenizer's
    model = noisy(size)
    checkpoint.save(model, tmp_path, "original")
    vocabulary(100).save(tmp_path)
    del model
    peaks = json.loads(run(LOAD, tmp_path))
    print(f"\nloading {BYTES / 1e9:.2f} GB took {(peaks['after'] - peaks['before']) / 1e9:.2f} GB")
    # The lower bound says that weights were read; pages of libraries come and go meanwhile.
    assert 0.95 * BYTES < peaks["after"] - peaks["before"] < 1.2 * BYTES
    scored = run(_SCORE, tmp_path)
    print(scored)
    assert "valid=True" in scored and "image_worth" in scored
    assert int(scored.split("peak ")[1]) < 1.2 * BYTES
