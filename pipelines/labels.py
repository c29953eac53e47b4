"""Prompts without a use case get one from the labeller, which is loaded for the first of them."""

from collections.abc import Sequence
from dataclasses import replace

from sources.image import ImageFacts
from sources.sample import Sample
from taxonomy import conditions

# Characters of a prompt that are looked at: what is asked stands at its beginning, and some prompts
# bring a whole document.
_MOST = 4000


def labelled(sample: Sample, images: Sequence[ImageFacts]) -> tuple[Sample, float | None]:
    """Returns a sample with its use case, and how sure the labeller is of it, 0 to 1.

    A use case that the source states stays, and nobody is asked: then, and for pretraining, there
    is no confidence. Where the labeller is too unsure, there is a confidence and no use case.
    """
    asked = question(sample)
    if sample.taxonomy or not asked:
        return sample, None
    # Weights and numpy: only builds with prompts pay for them.
    from taxonomy.labeller import labeller

    facts = conditions.ImageFacts(
        key=sample.key,
        images=len(images),
        category=sample.category,
        aspect=round(images[0].width / images[0].height, 4) if images else None,
    )
    label = labeller().label(asked[:_MOST], facts)
    return replace(sample, taxonomy=label.use_case), label.confidence


def question(sample: Sample) -> str:
    """Returns what the user says first in a sample for fine-tuning; empty for any other.

    >>> from sources.sample import Segment
    >>> said = [("system", "Be brief."), ("user", "What is this?"), ("assistant", "A cat.")]
    >>> turns = tuple(Segment(text=text, role=role) for role, text in said)
    >>> question(Sample(segments=turns, category="sft/multimodal"))
    'What is this?'
    """
    if not sample.category.startswith("sft/"):
        return ""
    words: list[str] = []
    for segment in sample.segments:
        if segment.role == "user" and segment.text is not None:
            words.append(segment.text)
        elif segment.role == "assistant":
            break
    return "\n".join(words).strip()
