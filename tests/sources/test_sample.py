"""The record survives its way into tar members and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.sample import Box, Sample, Segment, from_members, parts, to_members

PNG, JPG, WEBP = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF....WEBP"

texts = st.text(max_size=40)
roles = st.sampled_from([None, "system", "user", "assistant"])
blobs = st.builds(bytes.__add__, st.sampled_from([PNG, JPG, WEBP]), st.binary(max_size=20))
segments = st.one_of(
    st.builds(Segment, text=texts, role=roles), st.builds(Segment, image=blobs, role=roles)
)
boxes = st.builds(
    Box,
    text=texts,
    polygon=st.tuples(*[st.floats(0, 4000, width=32)] * 8),
    level=st.sampled_from(["word", "line"]),
    image=st.integers(0, 3),
    legible=st.booleans(),
    normalised=st.tuples(*[st.integers(0, 999)] * 8),
)
samples_strategy = st.builds(
    Sample,
    key=st.from_regex(r"[a-z0-9_-]{1,40}", fullmatch=True),
    segments=st.lists(segments, min_size=1, max_size=12).map(tuple),
    source=texts,
    version=texts,
    row=texts,
    category=texts,
    language=texts,
    licence=texts,
    origin=texts,
    taxonomy=texts,
    code_language=texts,
    boxes=st.lists(boxes, max_size=3).map(tuple),
    choices=st.lists(texts, max_size=4).map(tuple),
    answer=st.none() | st.integers(0, 3),
    measures=st.dictionaries(texts, st.floats(0, 1)).map(lambda held: tuple(sorted(held.items()))),
)


@given(samples_strategy)
def test_members_hold_a_sample_without_loss(sample: Sample) -> None:
    members = to_members(sample)
    assert from_members(dict(members)) == sample
    assert len({name for name, _ in members}) == len(members)
    assert all(name.split(".")[0] == sample.key and name == name.lower() for name, _ in members)


def sample(*segments: Segment) -> Sample:
    return Sample(key="s-1", segments=segments)


def boxed(plane: tuple[float, float] | None) -> Sample:
    box = Box(text="a", polygon=(0, 0, 1, 0, 1, 1), plane=plane)
    return Sample(key="s-1", segments=(Segment(image=PNG),), boxes=(box,))


def test_a_pair_has_plain_members() -> None:
    pair = sample(Segment(image=PNG), Segment(text="a cat"))
    assert [name for name, _ in to_members(pair)] == ["s-1.json", "s-1.png", "s-1.txt"]
    assert parts(pair) == "png-txt"


def test_several_images_are_numbered_and_named_in_the_json() -> None:
    page = sample(Segment(image=PNG), Segment(text="and"), Segment(image=JPG))
    assert [name for name, _ in to_members(page)] == ["s-1.json", "s-1.0.png", "s-1.1.jpg"]
    assert b'"images":["s-1.0.png",null,"s-1.1.jpg"]' in to_members(page)[0][1]
    assert parts(page) == "multi"


def test_chat_about_one_image_has_no_text_member() -> None:
    chat = sample(Segment(image=JPG, role="user"), Segment(text="?", role="user"))
    assert [name for name, _ in to_members(chat)] == ["s-1.json", "s-1.jpg"]
    assert parts(chat) == "jpg"
    assert parts(sample(Segment(text="t"))) == "json"


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Segment(), "one of text, image or path; got none"),
        (lambda: Segment(text="a", image=PNG), "got .*text.*image"),
        (lambda: Segment(text="a", role="bot"), "role 'bot' is none of system, user, assistant"),
        (lambda: Sample(segments=()), "at least one segment"),
        (lambda: Sample(segments=(Segment(text="a"),), key="a.b"), "has a dot or a slash"),
        (lambda: to_members(sample(Segment(image=b"GIF89a"))), "not a JPEG, PNG or WebP.*GIF89a"),
        (lambda: to_members(sample(Segment(path="x.png"))), "'x.png' has not been read yet"),
        (lambda: to_members(sample(Segment(text="\ud800"))), "surrogates not allowed"),
        (lambda: to_members(boxed((1, 1))), "a box that is not in pixels yet"),
        (lambda: from_members({"a.txt": b""}), "expected one .json member"),
    ],
)
def test_what_cannot_be_a_sample_is_refused(build, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build()


def test_a_missing_image_is_named() -> None:
    members = dict(to_members(sample(Segment(image=PNG), Segment(text="a"))))
    del members["s-1.png"]
    with pytest.raises(ValueError, match="names images that are not there: s-1.png"):
        from_members(members)
