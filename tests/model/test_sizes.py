import pytest
import torch

from model.preprocess import Pixels, blank
from model.sizes import SIZES, High, Language, Low, Size
from model.vlm import VLM, fast_build

# What the released files hold and no forward uses: SigLIP's pooling head; two norms of the 7b.
POOL, NORMS = 12_595_200, 4_096
PUBLISHED = {
    "1.3b": {"vision": 316_283_904 - POOL, "adaptor": 6_295_552, "language": 1_652_656_128},
    "7b": {
        "vision": 96_356_609 + 316_283_904 - POOL,
        "adaptor": 20_979_712,
        "language": 6_910_365_696,
    },
}


def counts(model: VLM) -> dict[str, int]:
    return {
        name: sum(weight.numel() for weight in part.parameters())
        for name, part in model.named_children()
    }


@pytest.mark.parametrize("name", PUBLISHED)
def test_parts_have_the_published_parameter_counts(name: str) -> None:
    with fast_build():
        assert counts(VLM(SIZES[name])) == PUBLISHED[name]


def test_totals_are_those_of_the_released_files() -> None:
    assert round((sum(PUBLISHED["7b"].values()) + POOL + NORMS) * 2 / 1e9, 3) == 14.688
    assert round((sum(PUBLISHED["1.3b"].values()) + POOL) * 2 / 1e9, 2) == 3.95


def test_high_tower_parts_have_the_published_counts() -> None:
    with fast_build():
        high = VLM(SIZES["7b"]).vision.high
    assert high is not None
    parts = (high.sam.neck, high.neck_hd, high.downsamples)
    assert [sum(w.numel() for w in part.parameters()) for part in parts] == [
        787_456,
        787_456,
        5_898_240,
    ]
    assert high.alpha.shape == (1,)


def test_tiny_fits_in_fifteen_megabytes() -> None:
    with fast_build():
        assert 4 * sum(counts(VLM(SIZES["tiny"])).values()) < 15e6


def test_towers_that_do_not_meet_are_refused() -> None:
    with pytest.raises(ValueError, match="four times the neck's channels"):
        Size(name="odd", low=Low(width=100), high=High(), language=Language())


def test_pixels_of_another_size_are_refused(drawn: VLM) -> None:
    with pytest.raises(ValueError, match="use one size for both"):
        drawn.encode(Pixels(blank(SIZES["tiny"]).low, None))


def test_placeholders_must_match_the_features(drawn: VLM) -> None:
    with pytest.raises(ValueError, match="3 places for image features in the row, 0 features"):
        drawn(torch.tensor([0, 2, 2, 2, 9]))
