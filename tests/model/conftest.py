"""What the tests of the model share: one core, and a model of size tiny with drawn weights."""

import pytest
import torch

from model.sizes import SIZES
from model.vlm import VLM, build


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def drawn() -> VLM:
    """Tiny with random weights and an alpha that makes the early features count."""
    return build(SIZES["tiny"], seed=7, alpha=0.7)
