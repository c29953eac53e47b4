"""What the tests of the model share: one core, and a model of size tiny with drawn weights."""

from pathlib import Path

import pytest
import torch

from model import checkpoint
from model.sizes import SIZES
from model.tokenizer import train
from model.vlm import VLM, build


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def drawn() -> VLM:
    """Tiny with random weights and an alpha that makes the early features count."""
    return build(SIZES["tiny"], seed=7, alpha=0.7)


@pytest.fixture(scope="session")
def folder(drawn: VLM, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint directory of the drawn weights, with a tokenizer."""
    made = tmp_path_factory.mktemp("checkpoint")
    checkpoint.save(drawn, made, "transformers")
    train(["a red circle and a blue star on white paper"] * 9, 400).save(made)
    return made
