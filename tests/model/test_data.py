import io
import tarfile
from itertools import islice
from pathlib import Path

import pytest

from model.data import Example, Modality, endless, examples, language_share, read_shard, steps
from model.material import draw
from model.prompt import IGNORE, Encoded
from model.sizes import SIZES
from model.tokenizer import Tokenizer, train
from sources.sample import Sample, Segment, to_members


@pytest.fixture(scope="module")
def words() -> Tokenizer:
    return train([draw("scene", seed).text for seed in range(50)], 500)


def pair(seed: int) -> Sample:
    drawing = draw("scene", seed)
    buffer = io.BytesIO()
    drawing.image.save(buffer, "PNG")
    segments = (Segment(image=buffer.getvalue()), Segment(text=drawing.text))
    return Sample(key=f"scene-{seed:04}", segments=segments)


def write_shard(path: Path, samples: list[Sample]) -> Path:
    with tarfile.open(path, "w") as tar:
        for sample in samples:
            for name, content in to_members(sample):
                info = tarfile.TarInfo(name)
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
    return path


def lengths(*counts: int) -> list[Example]:
    return [Example(Encoded([0] * n, [IGNORE] + [3] * (n - 1)), ()) for n in counts]


def test_shards_give_back_their_samples(tmp_path: Path) -> None:
    two = Segment(image=pair(1).images[0].image), Segment(image=pair(2).images[0].image)
    samples = [pair(1), Sample(key="two", segments=two), Sample(key="t", segments=pair(3).segments)]
    assert list(read_shard(write_shard(tmp_path / "a.tar", samples))) == samples


def test_a_shard_without_an_image_says_so(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar", "w") as tar:
        (name, content), *_ = to_members(pair(1))
        info = tarfile.TarInfo(name)
        info.size = len(content)
        tar.addfile(info, io.BytesIO(content))
    with pytest.raises(ValueError, match="names images that are not there: scene-0001.png"):
        list(read_shard(tmp_path / "a.tar"))


def test_shards_come_in_another_order_each_time(tmp_path: Path) -> None:
    paths = [write_shard(tmp_path / f"{n}.tar", [pair(n)]) for n in range(5)]
    keys = [sample.key for sample in islice(endless(paths, seed=1), 10)]
    assert sorted(keys[:5]) == sorted(keys[5:]) and keys[:5] != keys[5:]
    assert keys == [sample.key for sample in islice(endless(paths[::-1], seed=1), 10)]


def test_shards_without_samples_end_the_reading(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no samples in 1 shards"):
        next(endless([write_shard(tmp_path / "a.tar", [])], seed=0))


def test_examples_are_cut_with_their_images(words: Tokenizer) -> None:
    image = pair(1).images[0].image
    segments = (Segment(text="A red"), *[Segment(image=image)] * 3, Segment(text="end"))
    sample = Sample(segments=segments)
    (example,) = examples([sample], words, SIZES["tiny"], 150)
    assert len(example.images) == 2 and example.prompt.ids.count(2) == 2 * 64
    assert list(examples([Sample(segments=segments[1:])], words, SIZES["tiny"], 150)) == []


def test_steps_are_of_one_modality_and_meet_the_share() -> None:
    streams: dict[Modality, object] = {
        "language": iter(lengths(*[9] * 4000)),
        "multimodal": iter(lengths(*[8] * 4000)),
    }
    taken = list(
        islice(steps(streams, batch=2, length=30, packing=False, warmup=100, seed=5), 600)  # type: ignore[arg-type]
    )
    for step in taken:
        assert {row.blocks for row in step.rows} == {(9,) if step.modality == "language" else (8,)}
    late = [step.modality == "language" for step in taken[100:]]
    assert 0.64 < sum(late) / len(late) < 0.76
    assert sum(step.modality == "language" for step in taken[:20]) >= 17


def test_packing_fills_rows() -> None:
    streams: dict[Modality, object] = {"language": iter(lengths(*[10, 15, 20, 5] * 50))}
    step = next(steps(streams, batch=4, length=40, packing=True, warmup=0))  # type: ignore[arg-type]
    assert sum(len(row.ids) for row in step.rows) >= 4 * 40
    assert all(len(row.ids) <= 40 and sum(row.blocks) == len(row.ids) for row in step.rows)
    assert max(len(row.blocks) for row in step.rows) > 1


def test_the_share_of_language_falls_to_seven_tenths() -> None:
    shares = [language_share(step, 10) for step in range(30)]
    assert shares[0] == 1 and shares == sorted(shares, reverse=True)
    assert shares[-1] == pytest.approx(0.7)
