"""Training that goes on where it was stopped: weights, the optimizer's state, and how far it was.

    FOLDER/step-000250/model.safetensors config.json ...   the model, as any checkpoint
    FOLDER/step-000250/optimizer.safetensors               two moments and a count for each weight
    FOLDER/step-000250/progress.json                       steps done, and of which stage

A folder takes its name when it is whole; the one before it goes then. Nothing is unpickled.
"""

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from model import checkpoint
from model.vlm import VLM

_OPTIMIZER, _PROGRESS = "optimizer.safetensors", "progress.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """Where a run keeps its state, and how often.

    Attributes:
        folder: of the run; empty at its beginning.
        every: steps between two states; the last step is always kept.
    """

    folder: Path
    every: int = 500


def save(
    keep: Keep, model: VLM, optimiser: torch.optim.Optimizer, done: int, stage: dict[str, Any]
) -> None:
    """Keeps the state after a step, in place of the one before.

    Args:
        keep: where.
        model: its weights are written as they are.
        optimiser: of the weights that learn.
        done: steps done, which is also how many steps of data were taken.
        stage: the settings of the stage, so that no other one goes on from here.
    """
    target, making = keep.folder / f"step-{done:06d}", keep.folder / f"making-{done:06d}"
    shutil.rmtree(making, ignore_errors=True)
    checkpoint.save(model, making, "transformers")
    save_file(_moments(model, optimiser), making / _OPTIMIZER)
    progress = json.dumps({"done": done, "stage": stage}, sort_keys=True)
    (making / _PROGRESS).write_text(f"{progress}\n", encoding="utf-8")
    shutil.rmtree(target, ignore_errors=True)
    os.replace(making, target)
    for other in sorted(keep.folder.glob("step-*")):
        if other != target:
            shutil.rmtree(other)


def restore(keep: Keep, model: VLM, optimiser: torch.optim.Optimizer, stage: dict[str, Any]) -> int:
    """Brings a model and its optimizer to where a run was stopped.

    Returns:
        steps done; 0 for a run that has not begun.

    Raises:
        ValueError: what is kept is of a stage with other settings.
    """
    kept = sorted(keep.folder.glob("step-*"))
    if not kept:
        return 0
    progress = json.loads((kept[-1] / _PROGRESS).read_text(encoding="utf-8"))
    if progress["stage"] != json.loads(json.dumps(stage)):
        raise ValueError(
            f"{kept[-1]} was kept by a stage with other settings: give this one its own folder"
        )
    model.load_state_dict(checkpoint.load(kept[-1], model.dtype).state_dict())
    moments = load_file(kept[-1] / _OPTIMIZER)
    for name, weight in model.named_parameters():
        if f"{name} step" in moments:
            optimiser.state[weight] = {
                kind: moments[f"{name} {kind}"].to("cpu" if kind == "step" else weight.device)
                for kind in ("step", "exp_avg", "exp_avg_sq")
            }
    return int(progress["done"])


def _moments(model: VLM, optimiser: torch.optim.Optimizer) -> dict[str, Tensor]:
    """The optimizer's state by the names of the weights."""
    return {
        f"{name} {kind}": torch.as_tensor(value).detach().cpu().contiguous()
        for name, weight in model.named_parameters()
        for kind, value in optimiser.state.get(weight, {}).items()
    }
