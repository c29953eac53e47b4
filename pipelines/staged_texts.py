"""The texts of staged samples: read from their JSON members, and never the images between them."""

from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

from pipelines import store, tar
from pipelines.layout import Layout
from pipelines.staging import Receipt, read_facts

# Facts that tell where the JSON of a sample lies.
_PLACE = ("key", "offset", "member_names", "member_offsets", "member_sizes")


def read_texts(
    receipt: Receipt, layout: Layout, columns: Sequence[str] = ()
) -> Iterator[tuple[dict[str, Any], str]]:
    """Yields some facts of each sample of a unit, with its texts as one, as facts measure it.

    Args:
        receipt: of the unit.
        layout: of the build.
        columns: facts to read beside its place.
    """
    seen = sum(facts["image_bytes"] for facts in read_facts(receipt, layout, ["image_bytes"]))
    # Reading on past a few images costs less than asking an object store for each text.
    opened = store.open_file if 4 * seen < receipt.bytes else store.open_ranges
    with opened(receipt.path(layout, "tar")) as stream:
        for facts in read_facts(receipt, layout, sorted({*_PLACE, *columns})):
            yield facts, read_text(stream, facts)


def read_text(stream: BinaryIO, facts: dict[str, Any]) -> str:
    """Returns the texts of a staged sample as one, from the tar of its unit.

    Raises:
        EOFError: the tar was cut.
    """
    members = zip(
        facts["member_names"], facts["member_offsets"], facts["member_sizes"], strict=True
    )
    (start, size), *_ = [(at, size) for name, at, size in members if name.endswith(".json")]
    record = store.parse(tar.read_range(stream, facts["offset"] + start, size))
    return "\n".join(text for text in record["texts"] if text is not None)
