"""Tars have fixed bytes, and members lie where they are said to lie."""

import io
import tarfile

from hypothesis import given
from hypothesis import strategies as st

from pipelines import tar

contents = st.lists(
    st.tuples(
        st.from_regex(r"[a-z0-9-]{1,60}\.[a-z.]{1,9}", fullmatch=True), st.binary(max_size=1500)
    ),
    max_size=5,
    unique_by=lambda pair: pair[0],
)


@given(contents)
def test_members_are_read_by_others_and_found_by_offset(members: list[tuple[str, bytes]]) -> None:
    out = io.BytesIO()
    for name, content in members:
        tar.write_member(out, name, content)
    found = tar.members_of(members)
    assert out.tell() == tar.span(found)
    out.write(tar.END)
    out.seek(0)
    with tarfile.open(fileobj=out) as read:
        infos = read.getmembers()
        assert [(info.name, info.mode, info.mtime, info.uid) for info in infos] == [
            (name, 0o644, 0, 0) for name, _ in members
        ]
        assert [(info.offset_data, info.size) for info in infos] == [
            (member.offset, member.size) for member in found
        ]
        assert [read.extractfile(info).read() for info in infos] == [data for _, data in members]  # type: ignore[union-attr]


def test_a_range_past_the_end_is_an_error() -> None:
    assert tar.read_range(io.BytesIO(b"abcdef"), 2, 3) == b"cde"
    try:
        tar.read_range(io.BytesIO(b"abcdef"), 4, 3)
    except EOFError as error:
        assert "expected 3 bytes at 4, got 2" in str(error)
    else:
        raise AssertionError("no error")
