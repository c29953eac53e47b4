from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from model.data import Step, endless, examples, steps
from model.resume import Keep
from model.sizes import SIZES
from model.tokenizer import train as train_tokenizer
from model.train import STAGES, Stage, freeze, learning_rate, train
from model.vlm import VLM, build, fast_build
from sources.sample import Sample, Segment
from tests.model.test_data import pair, write_shard

SMALL = {"rate": 2e-3, "warmup": 2, "steps": 6, "batch": 2, "length": 300}


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    write_shard(folder / "scenes.tar", [pair(seed) for seed in range(12)])
    texts = [Sample(key=f"t{i}", segments=(Segment(text=pair(i).texts[0]),)) for i in range(12)]
    write_shard(folder / "texts.tar", texts)
    return folder


def reading(shards: Path, stage: Stage, target: float = 0.3) -> Iterator[Step]:
    words = train_tokenizer([pair(seed).texts[0] for seed in range(12)], 500)
    size = SIZES["tiny"]
    return steps(
        {
            "language": examples(endless([shards / "texts.tar"], 0), words, size, stage.length),
            "multimodal": examples(endless([shards / "scenes.tar"], 0), words, size, stage.length),
        },
        batch=stage.batch,
        length=stage.length,
        packing=stage.packing,
        warmup=0,
        target=target,
        seed=1,
    )


def changed(model: VLM, before: dict[str, torch.Tensor]) -> set[str]:
    return {
        name for name, weight in model.state_dict().items() if not torch.equal(weight, before[name])
    }


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_stage_changes_its_own_parts_alone(number: int, shards: Path) -> None:
    stage = replace(STAGES["7b"][number], **SMALL)
    model = build(SIZES["tiny"], seed=2, alpha=0.1)
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    losses = list(train(model, stage, reading(shards, stage, target=0.3 if number else 0)))
    assert len(losses) == 6
    moved = changed(model, before)
    assert moved and all(name.startswith(stage.trained) for name in moved)
    for part in stage.trained:
        assert any(name.startswith(part) for name in moved), part


def test_joint_training_on_shards_lowers_the_loss(shards: Path) -> None:
    stage = replace(STAGES["7b"][1], **{**SMALL, "steps": 12, "warmup": 3})
    losses = list(train(build(SIZES["tiny"], seed=2), stage, reading(shards, stage)))
    assert losses[0] == pytest.approx(6.95, abs=0.15) and sum(losses[-3:]) / 3 < 5.5


def test_a_run_that_was_stopped_ends_with_the_same_weights(shards: Path, tmp_path: Path) -> None:
    stage = replace(STAGES["7b"][1], **{**SMALL, "steps": 5})
    whole = build(SIZES["tiny"], seed=2, alpha=0.1)
    losses = list(train(whole, stage, reading(shards, stage)))
    keep = Keep(folder=tmp_path / "run", every=2)
    begun = build(SIZES["tiny"], seed=2, alpha=0.1)
    stopped = train(begun, stage, reading(shards, stage), keep=keep)
    assert [next(stopped) for _ in range(3)] == losses[:3]
    assert [each.name for each in keep.folder.iterdir()] == ["step-000002"]
    (keep.folder / "making-000004").mkdir()  # as of a run that was killed while it wrote
    other = build(SIZES["tiny"], seed=9)
    assert list(train(other, stage, reading(shards, stage), keep=keep)) == losses[2:]
    assert not changed(other, whole.state_dict())
    with pytest.raises(ValueError, match="was kept by a stage with other settings"):
        list(train(other, replace(stage, rate=1.0), reading(shards, stage), keep=keep))


def test_mixed_precision_learns_alike(shards: Path) -> None:
    stage = replace(STAGES["7b"][1], **{**SMALL, "steps": 6})
    model = build(SIZES["tiny"], seed=2)
    mixed = list(train(model, stage, reading(shards, stage), mixed=True))
    plain = list(train(build(SIZES["tiny"], seed=2), stage, reading(shards, stage)))
    assert mixed == pytest.approx(plain, rel=0.02) and mixed != plain
    assert {weight.dtype for weight in model.parameters()} == {torch.float32}


def test_text_alone_cannot_teach_the_adaptor(shards: Path) -> None:
    stage = replace(STAGES["7b"][0], **SMALL)
    with pytest.raises(ValueError, match="a language step teaches nothing to the parts"):
        list(train(build(SIZES["tiny"]), stage, reading(shards, stage, target=1)))


def test_packing_does_not_change_what_is_learnt(shards: Path) -> None:
    def gradient(packing: bool) -> torch.Tensor:
        stage = replace(STAGES["7b"][1], **{**SMALL, "steps": 1}, packing=packing, clip=1e9)
        model = build(SIZES["tiny"], seed=2)
        data = reading(shards, replace(stage, packing=True), target=1)
        step = next(data)
        if not packing:
            step = _unpacked(step)
        list(train(model, stage, iter([step])))
        grad = model.language.lm_head.weight.grad
        assert grad is not None
        return grad

    assert torch.allclose(gradient(True), gradient(False), atol=1e-6)


def _unpacked(step: Step) -> Step:
    """The same samples, one a row; only for steps without images."""
    assert step.modality == "language"
    rows = [
        type(row)(ids, labels, (len(ids),))
        for row in step.rows
        for ids, labels in zip(row.ids.split(row.blocks), row.labels.split(row.blocks), strict=True)
    ]
    return Step(step.modality, rows, [()] * len(rows))


def test_stages_have_the_published_figures() -> None:
    joint = STAGES["7b"][1]
    assert joint.steps * joint.batch * joint.length == 396_361_728_000
    assert STAGES["1.3b"][1].steps * 1024 * 4096 == 402_653_184_000
    assert [stage.packing for stage in STAGES["1.3b"]] == [False, True, False]
    assert [stage.rate for stage in STAGES["7b"]] == [1e-3, 4.2e-5, 2e-5]


def test_rates_rise_and_fall() -> None:
    first, joint, _ = STAGES["7b"]
    assert learning_rate(first, 0) == pytest.approx(1e-3 / 128)
    assert learning_rate(first, 128) == pytest.approx(1e-3)
    assert learning_rate(first, 15_000) == pytest.approx(0)
    shares = [learning_rate(joint, int(42_000 * done)) / joint.rate for done in (0.5, 0.85, 0.95)]
    assert shares == pytest.approx([1, 0.316, 0.1])


def test_sam_is_never_trained_and_siglip_last() -> None:
    with fast_build():
        model = VLM(SIZES["7b"])
    counts = [sum(w.numel() for w in freeze(model, stage)) for stage in STAGES["7b"]]
    behind_sam = 2 * 787_456 + 5_898_240 + 1
    assert counts[0] == 20_979_712 + behind_sam
    assert counts[1] == counts[0] + 6_910_365_696
    assert counts[2] == counts[1] + 316_283_904 - 12_595_200
