from itertools import islice
from pathlib import Path

import pytest
import torch

from model.generate import chat, generate, pick
from model.material import draw
from model.preprocess import prepare
from model.vlm import VLM


@pytest.fixture(scope="module")
def prompt(drawn: VLM) -> tuple[torch.Tensor, torch.Tensor]:
    with torch.inference_mode():
        features = drawn.encode(prepare(draw("scene", 3).image, drawn.size))
    return torch.tensor([0, 7, *[2] * 64, 9, 11]), features


def test_the_cache_changes_nothing(drawn: VLM, prompt: tuple[torch.Tensor, torch.Tensor]) -> None:
    ids, features = prompt
    cached = list(islice(generate(drawn, ids, features), 12))
    for length in range(12):
        whole = torch.cat([ids, torch.tensor(cached[:length], dtype=torch.long)])
        with torch.inference_mode():
            assert int(drawn(whole, features)[-1].argmax()) == cached[length]


def test_sampling_repeats_with_its_seed(
    drawn: VLM, prompt: tuple[torch.Tensor, torch.Tensor]
) -> None:
    def sample(seed: int) -> list[int]:
        return list(generate(drawn, *prompt, limit=20, temperature=1.0, top_p=0.9, seed=seed))

    assert sample(1) == sample(1) != sample(2)


def test_sampling_stays_in_the_likeliest_share() -> None:
    logits = torch.tensor([0.0, 3.0, 2.9, -1.0])
    generator = torch.Generator().manual_seed(0)
    picked = {int(pick(logits, 1.0, 0.6, generator)) for _ in range(50)}
    assert picked == {1, 2}
    assert {int(pick(logits, 1.0, 0.1, generator)) for _ in range(20)} == {1}


def test_the_context_limits_an_answer(drawn: VLM) -> None:
    ids = torch.full((drawn.size.language.context - 3,), 5)
    assert len(list(generate(drawn, ids))) == 3


def test_chat_answers_about_an_image(folder: Path, tmp_path: Path) -> None:
    draw("scene", 1).image.save(tmp_path / "scene.png")
    answers = [chat(folder, tmp_path / "scene.png", "What is it?", limit=8) for _ in range(2)]
    assert answers[0] == answers[1] and "User:" not in answers[0]
    assert isinstance(chat(folder, None, "And without?", limit=4), str)
