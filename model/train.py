"""The three stages of training, with their frozen parts and the figures of the paper's Table 4."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from math import cos, pi
from typing import Literal

import torch
from torch import Tensor, nn

from model import resume
from model.data import Step
from model.pack import token_losses
from model.preprocess import decode, prepare, stack
from model.vlm import VLM

# The paper counts what follows SAM as adaptor: the necks, the convolutions and alpha.
ADAPTOR = (
    "adaptor.",
    "vision.high.sam.neck.",
    "vision.high.neck_hd.",
    "vision.high.downsamples.",
    "vision.high.alpha",
)
LANGUAGE = ("language.",)
SIGLIP = ("vision.low.",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A stage of training.

    Attributes:
        trained: beginnings of the names of weights that learn; all others are frozen.
        rate: highest learning rate.
        schedule: how the rate falls: a cosine to 0, or in steps.
        warmup: steps over which the rate rises.
        steps: how many.
        batch: sequences a step.
        length: tokens a sequence.
        packing: whether sequences are filled with several samples.
        decay: weight decay.
        clip: greatest norm of the gradient.
    """

    trained: tuple[str, ...]
    rate: float
    schedule: Literal["cosine", "step"]
    warmup: int
    steps: int
    batch: int
    length: int
    packing: bool
    decay: float = 0.0
    clip: float = 1.0


def _stages(joint_rate: float, joint_steps: int, joint_batch: int) -> tuple[Stage, ...]:
    """The stages of a size; only the second differs between the two."""
    return (
        Stage(
            trained=ADAPTOR,
            rate=1e-3,
            schedule="cosine",
            warmup=128,
            steps=15_000,
            batch=256,
            length=512,
            packing=False,
        ),
        Stage(
            trained=ADAPTOR + LANGUAGE,
            rate=joint_rate,
            schedule="step",
            warmup=2000,
            steps=joint_steps,
            batch=joint_batch,
            length=4096,
            packing=True,
        ),
        Stage(
            trained=ADAPTOR + LANGUAGE + SIGLIP,
            rate=2e-5,
            schedule="cosine",
            warmup=256,
            steps=10_000,
            batch=256,
            length=4096,
            packing=False,
        ),
    )


STAGES = {"1.3b": _stages(3e-5, 96_000, 1024), "7b": _stages(4.2e-5, 42_000, 2304)}


def learning_rate(stage: Stage, step: int) -> float:
    """Returns the rate of a step.

    Where the steps of the second stage's schedule lie is not published; these are DeepSeek LLM's:
    0.316 of the rate from 80% on and 0.1 from 90% on.
    """
    if step < stage.warmup:
        return stage.rate * (step + 1) / stage.warmup
    if stage.schedule == "step":
        done = step / stage.steps
        return stage.rate * (1.0 if done < 0.8 else 0.316 if done < 0.9 else 0.1)
    done = (step - stage.warmup) / max(1, stage.steps - stage.warmup)
    return stage.rate * 0.5 * (1 + cos(pi * min(1.0, done)))


def freeze(model: VLM, stage: Stage) -> list[nn.Parameter]:
    """Leaves only a stage's weights to learn, and returns them."""
    learning = []
    for name, weight in model.named_parameters():
        weight.requires_grad_(name.startswith(stage.trained))
        if weight.requires_grad:
            learning.append(weight)
    return learning


def optimizer(weights: list[nn.Parameter], rate: float, decay: float) -> torch.optim.AdamW:
    """Returns the optimizer of all stages."""
    return torch.optim.AdamW(weights, lr=rate, betas=(0.9, 0.95), weight_decay=decay)


def features(model: VLM, images: tuple[bytes, ...]) -> Tensor | None:
    """Encodes the images of a row: float[N, T, D]."""
    if not images:
        return None
    return model.encode(stack([prepare(decode(image), model.size) for image in images]))


def train(
    model: VLM,
    stage: Stage,
    data: Iterator[Step],
    *,
    mixed: bool = False,
    keep: resume.Keep | None = None,
) -> Iterator[float]:
    """Trains one stage, and yields the loss of each step, in nats a supervised token.

    Args:
        model: the model, changed in place.
        stage: which weights learn, and how.
        data: its steps from the first on; `model.data.steps` gives them.
        mixed: whether products are computed in bfloat16; weights and their moments stay as they
            are.
        keep: where to keep states, and to go on from the last one there; None for no states.

    Raises:
        ValueError: a step has no images, and only the adaptor learns; or the states that are kept
            are of another stage.
    """
    weights = freeze(model.train(), stage)
    optimiser = optimizer(weights, stage.rate, stage.decay)
    done = resume.restore(keep, model, optimiser, asdict(stage)) if keep else 0
    # Steps are drawn one after another: those that were taken are drawn again and passed over.
    for number, step in enumerate(islice(data, stage.steps)):
        if number < done:
            continue
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(stage, number)
        optimiser.zero_grad()
        total = 0.0
        for row, images in zip(step.rows, step.images, strict=True):
            with torch.autocast(model.device.type, torch.bfloat16, enabled=mixed):
                losses = token_losses(model, row, features(model, images))
            # Each token counts the same, in whichever row it lies.
            loss = losses.float().sum() / step.supervised
            if not loss.requires_grad:
                raise ValueError(
                    f"a {step.modality} step teaches nothing to the parts this stage trains "
                    f"({', '.join(stage.trained)}): give it samples with images"
                )
            torch.autograd.backward(loss)
            total += loss.item()
        nn.utils.clip_grad_norm_(weights, stage.clip)
        optimiser.step()
        if keep and ((number + 1) % keep.every == 0 or number + 1 == stage.steps):
            resume.save(keep, model, optimiser, number + 1, asdict(stage))
        yield total
