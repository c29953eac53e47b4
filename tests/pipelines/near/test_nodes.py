"""Packed nodes sort by which sample is to stay."""

from hypothesis import given
from hypothesis import strategies as st

from pipelines.near.nodes import Node, ends, pair, unpack

words = st.text("abc0123-", min_size=1, max_size=8)
nodes = st.builds(
    Node,
    priority=st.integers(0, 999),
    quality=st.none() | st.floats(allow_nan=False),
    key=words,
    unit=words,
    attempt=words,
    offset=st.integers(0, 2**60),
)


@given(nodes)
def test_nodes_come_back(node: Node) -> None:
    assert unpack(node.pack()) == node


@given(nodes, nodes)
def test_they_sort_by_entry_then_quality_then_key(one: Node, other: Node) -> None:
    def wish(node: Node) -> tuple[int, bool, float, bytes]:
        worth = node.quality
        return node.priority, worth is None, -(worth or 0.0), node.key.encode() + b"\0"

    if wish(one) != wish(other):
        assert (one.pack() < other.pack()) == (wish(one) < wish(other))


@given(nodes, nodes)
def test_edges_have_the_one_to_keep_first(one: Node, other: Node) -> None:
    packed = one.pack(), other.pack()
    assert ends(pair(*packed)) == (min(packed), max(packed)) == ends(pair(*packed[::-1]))
