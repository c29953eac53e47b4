"""Talk as text to continue: the same samples without roles, as joint pretraining has them."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from sources.sample import Sample, Segment, Skip
from sources.source import Parse, Row


def bare(parse: Parse) -> Parse:
    """Returns a parse whose samples have no roles; neighbouring texts become lines of one.

    What the system says falls away.

    Args:
        parse: the parse of the same rows as talk; its options are lost.
    """

    def bared(row: Row) -> Iterator[Sample | Skip]:
        for made in parse(row):
            yield replace(made, segments=_bare(made.segments)) if isinstance(made, Sample) else made

    return bared


def _bare(segments: Sequence[Segment]) -> tuple[Segment, ...]:
    """Segments without roles."""
    found: list[Segment] = []
    for segment in segments:
        if segment.role == "system":
            continue
        before = found[-1].text if found else None
        if before is not None and segment.text is not None:
            found[-1] = Segment(text=f"{before}\n{segment.text.strip()}")
        elif segment.text is not None:
            found.append(Segment(text=segment.text.strip()))
        else:
            found.append(replace(segment, role=None))
    return tuple(found)
