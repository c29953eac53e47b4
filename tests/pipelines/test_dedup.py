"""Dedup: of samples that say the same one stays, and which does not depend on order."""

import random

from hypothesis import given
from hypothesis import strategies as st

from pipelines.dedup import Candidate, removals, unpack
from pipelines.facts import content_hash
from sources.sample import Sample, Segment

words = st.text("abcdef0123456789-", min_size=1, max_size=8)
candidates = st.builds(
    Candidate,
    priority=st.integers(0, 999),
    key=words,
    content=words,
    unit=words,
    offset=st.integers(0, 2**60),
)


@given(st.lists(candidates, min_size=2, max_size=9))
def test_packed_candidates_come_back_and_sort_alike(found: list[Candidate]) -> None:
    packed = [each.pack() for each in found]
    assert [unpack(each) for each in packed] == found
    assert unpack(min(packed))[:2] == min(found)[:2]


def test_the_earlier_entry_then_the_smaller_key_stays() -> None:
    group = [
        Candidate(1, "a-0", "c", "u1", 0),
        Candidate(0, "b-2", "c", "u2", 512),
        Candidate(0, "b-1", "c", "u3", 0),
    ]
    for seed in range(6):
        shuffled = [each.pack() for each in group]
        random.Random(seed).shuffle(shuffled)
        gone = sorted(removals(shuffled, "exact_duplicate"))
        assert gone == [
            ("u1", 0, "a-0", "exact_duplicate", "b-1", 1.0),
            ("u2", 512, "b-2", "exact_duplicate", "b-1", 1.0),
        ]


def test_a_key_that_a_unit_holds_twice_is_removed_once() -> None:
    group = [Candidate(0, "k", content, "u", at).pack() for at, content in enumerate("ba")]
    assert [(each.offset, each.reason) for each in removals(group, "duplicate_key")] == [
        (0, "duplicate_key")
    ]


def hashed(*segments: Segment, images: tuple[str, ...] = ()) -> str:
    return content_hash(Sample(segments=segments), images)


def test_equal_content_is_equal_to_the_eye() -> None:
    same = [
        Segment(text=text) for text in ("caf\u00e9  \ufb01ne\n", "cafe\u0301 fine", " café fine")
    ]
    assert len({hashed(segment) for segment in same}) == 1
    assert hashed(Segment(text="Café fine")) != hashed(same[0])


def test_content_is_order_roles_and_images() -> None:
    text, image = Segment(text="a"), Segment(path="x")
    variants = [
        hashed(text, image, images=("1",)),
        hashed(image, text, images=("1",)),
        hashed(image, text, images=("2",)),
        hashed(image, Segment(text="a", role="user"), images=("1",)),
        hashed(Segment(text="ab"), text),
        hashed(Segment(text="a"), Segment(text="ba")),
    ]
    assert len(set(variants)) == len(variants)
