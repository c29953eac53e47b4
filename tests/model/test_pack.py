import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from model.pack import fill, join, next_logits, token_losses
from model.prompt import IGNORE, Encoded
from model.vlm import VLM


@given(st.lists(st.integers(1, 50), max_size=40), st.integers(1, 60))
@settings(max_examples=100, deadline=None)
def test_rows_hold_every_sample_once_and_in_order(lengths: list[int], room: int) -> None:
    rows = fill(lengths, room)
    assert [index for row in rows for index in row] == list(range(len(lengths)))
    assert all(len(row) == 1 or sum(lengths[i] for i in row) <= room for row in rows)


def test_padding_is_a_block_of_its_own() -> None:
    row = join([Encoded([0, 5, 6], [IGNORE, 5, 6]), Encoded([0, 7], [IGNORE, 7])], multiple=8)
    assert row.blocks == (3, 2, 3)
    assert row.ids.tolist() == [0, 5, 6, 0, 7, 0, 0, 0]
    assert row.labels.tolist() == [IGNORE, 5, 6, IGNORE, 7, IGNORE, IGNORE, IGNORE]


def test_a_full_row_is_not_padded() -> None:
    assert join([Encoded([0] * 8, [IGNORE] * 8)], multiple=8).blocks == (8,)


def test_losses_are_those_of_the_whole_logits(drawn: VLM) -> None:
    samples = [Encoded([0, 5, 6, 9], [IGNORE, 5, IGNORE, 9]), Encoded([0, 8], [IGNORE, 8])]
    row = join(samples, multiple=4)
    with torch.inference_mode():
        places, _ = next_logits(drawn, row, None)
        losses = token_losses(drawn, row, None)
        shares = drawn(row.ids, None, row.blocks).log_softmax(-1)
    assert places.tolist() == [1, 3, 5]
    expected = [-shares[place - 1, row.ids[place]].item() for place in places]
    assert torch.allclose(losses, torch.tensor(expected), atol=1e-5)
