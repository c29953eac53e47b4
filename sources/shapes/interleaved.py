"""The shapes of pages: texts and images in turn, in parallel lists or anchored to sentences."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Unpack

from sources.sample import Sample, Segment, Skip
from sources.shapes.assigned import stated
from sources.shapes.fields import About, image, list_of, sample, take, text_of, wrong
from sources.source import Parse, Row


def interleaved(*, texts: str = "texts", images: str = "images", **about: Unpack[About]) -> Parse:
    """Returns a parse for two parallel lists, in each place of which one is null.

    Texts are taken as they are: what looks like a placeholder in them is text.

    Args:
        texts: the column of the texts.
        images: the column of the images.
        about: columns of provenance.
    """

    def parse(row: Row) -> Iterator[Sample | Skip]:
        segments: list[Segment] = []
        both = list_of(take(row, texts), texts), list_of(take(row, images), images)
        if len(both[0]) != len(both[1]):
            wrong(images, both[1], f"as many places as {texts!r} has, {len(both[0])}")
        for number, (words, picture) in enumerate(zip(*both, strict=True)):
            said, seen = text_of(words, texts), image(picture, images)
            if said and seen:
                wrong(texts, words, f"null in place {number}, where {images!r} has an image")
            if seen or said.strip():
                segments.append(seen or Segment(text=said))
        yield from _page(row, segments, about)

    return parse


def anchored(
    *,
    texts: str,
    images: str,
    image: str | Sequence[str],
    at: str,
    before: bool = True,
    **about: Unpack[About],
) -> Parse:
    """Returns a parse for sentences and images that each belong to one of them.

    Args:
        texts: the column of the sentences.
        images: the column of a list of dicts, in any order.
        image: the field of such a dict that holds the image; of several the first that does.
        at: the field with the number of the sentence, from 0.
        before: whether an image stands before its sentence or behind it.
        about: columns of provenance.
    """
    names = [image] if isinstance(image, str) else list(image)

    def parse(row: Row) -> Iterator[Sample | Skip]:
        sentences = [text_of(item, texts) for item in list_of(take(row, texts), texts)]
        placed: list[list[Segment]] = [[] for _ in sentences]
        for number, item in enumerate(list_of(take(row, images), images)):
            found = _pictured(item, images, names)
            if not found:
                yield Skip(reason="no_image", part=f"image {number}")
                continue
            placed[stated(item, f"{images}.{at}", at, len(sentences))].append(found)
        segments: list[Segment] = []
        for said, around in zip(sentences, placed, strict=True):
            spoken = [Segment(text=said)] if said.strip() else []
            segments += [*around, *spoken] if before else [*spoken, *around]
        yield from _page(row, segments, about)

    return parse


def _pictured(item: Any, name: str, fields: list[str]) -> Segment | None:
    """The image of one entry of a list of images."""
    if not isinstance(item, Mapping):
        wrong(name, item, f"a dict with {' or '.join(fields)}")
    values = (image(item.get(field), f"{name}.{field}") for field in fields)
    return next(filter(None, values), None)


def _page(row: Row, segments: list[Segment], about: About) -> Iterator[Sample | Skip]:
    """The sample of a page that has both texts and images."""
    kinds = {segment.is_image for segment in segments}
    if kinds == {True, False}:
        yield sample(row, segments, about)
    else:
        yield Skip(reason="no_text" if True in kinds or not kinds else "no_image")
