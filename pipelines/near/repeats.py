"""Rules for images that repeat in documents: which go, and what becomes of the document.

An image may stand more than once in a document, or in so many documents that it is an icon, a
banner or a photo of the house style. It goes; the document stays, as long as it has images left.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

# Why a document is removed that has too few images left.
REASON = "lost_images"


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeats:
    """Which images go from documents of several.

    Attributes:
        within: whether an image that stands in a document again goes from there.
        more_than: an image that stands in more documents goes from all; None for no limit.
        by: what makes two images one: equal `bytes`, or equal `look`, the perceptual hash.
        least_images: a document that lost images and has fewer left is removed.
        categories: whose documents are looked at.
    """

    within: bool = True
    more_than: int | None = 10
    by: str = "bytes"
    least_images: int = 1
    categories: tuple[str, ...] = ("pretrain/interleaved",)

    def names(self, facts: Mapping[str, Sequence[str]]) -> list[str]:
        """What each image of a document is known by.

        Pictures of one colour have no look of their own: their bytes stand for it.
        """
        hashes = facts["image_hashes"]
        if self.by == "bytes":
            return list(hashes)
        looks = facts["perceptual_hashes"]
        return [look or each for look, each in zip(looks, hashes, strict=True)]


def going(names: Sequence[str], frequent: Mapping[str, int], settings: Repeats) -> dict[int, str]:
    """Returns the places of the images that go from a document, each with why.

    Args:
        names: what its images are known by.
        frequent: images that stand in too many documents, with how many.
        settings: the rules.

    >>> going(["a", "b", "a", "c"], {"c": 12}, Repeats())
    {2: 'again', 3: 'in 12 documents'}
    """
    seen: set[str] = set()
    found = {}
    for place, name in enumerate(names):
        if name in frequent:
            found[place] = f"in {frequent[name]} documents"
        elif settings.within and name in seen:
            found[place] = "again"
        seen.add(name)
    return found
