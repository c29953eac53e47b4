"""The facts of a sample: the small row that dedup and plan see in place of its bytes."""

import unicodedata
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any

import pyarrow as pa

from pipelines import second_opinion, talk, tar
from pipelines.language import language
from pipelines.measures import pairs, people, regions
from pipelines.measures import text as text_measures
from pipelines.measures.words import words
from pipelines.near import minhash, thumbnails
from pipelines.near.shingles import shingles
from pipelines.scoring import fields as scores
from sources.image import ImageFacts
from sources.sample import Sample, parts

# What ingest measures, in the order of the columns of facts files and of corpus indexes.
FIELDS: dict[str, pa.DataType] = {
    "key": pa.string(),
    "source": pa.string(),
    "stanza": pa.string(),
    "version": pa.string(),
    "row": pa.string(),
    "category": pa.string(),
    "parts": pa.string(),
    "language": pa.string(),
    "language_confidence": pa.float32(),
    "stated_language": pa.string(),
    "code_language": pa.string(),
    "licence": pa.string(),
    "origin": pa.string(),
    "taxonomy": pa.string(),
    "taxonomy_confidence": pa.float32(),
    **second_opinion.FIELDS,
    "texts": pa.int32(),
    "characters": pa.int64(),
    "tokens": pa.int64(),
    "lines": pa.int32(),
    **text_measures.FIELDS,
    **people.FIELDS,
    **pairs.FIELDS,
    **regions.FIELDS,
    **talk.FIELDS,
    "images": pa.int32(),
    "image_bytes": pa.int64(),
    "min_side": pa.int32(),
    "max_side": pa.int32(),
    "min_area": pa.int64(),
    "widths": pa.list_(pa.int32()),
    "heights": pa.list_(pa.int32()),
    "formats": pa.list_(pa.string()),
    "orientations": pa.list_(pa.int32()),
    "reencoded": pa.list_(pa.bool_()),
    "image_hashes": pa.list_(pa.string()),
    "perceptual_hashes": pa.list_(pa.string()),
    "one_colour_images": pa.int32(),
    "min_entropy": pa.float32(),
    "min_sharpness": pa.float32(),
    "min_jpeg_quality": pa.int32(),
    "max_aspect": pa.float32(),
    "measures": pa.map_(pa.string(), pa.float64()),
    "content_hash": pa.string(),
    "bytes": pa.int64(),
    "member_names": pa.list_(pa.string()),
    "member_offsets": pa.list_(pa.int64()),
    "member_sizes": pa.list_(pa.int64()),
}
SCALARS = tuple(name for name, kind in FIELDS.items() if not pa.types.is_nested(kind))

# What an adapter measured is a fact too, under this name and its own: `measures.quality`.
MEASURES = "measures."

NUMBERS = tuple(
    name for name, kind in FIELDS.items() if pa.types.is_integer(kind) or pa.types.is_floating(kind)
)
# What only dedup sees: it lies in the facts files of units and in nothing that is published.
SIGNATURES: dict[str, pa.DataType] = {
    "minhash": pa.binary(minhash.BYTES),
    "thumbnails": pa.binary(),
    **pairs.SIGNATURES,
    **talk.SIGNATURES,
}

# Where a staged sample lies: in the tar of its unit, with its facts once more right behind it.
STAGED = pa.schema(
    [*FIELDS.items(), *SIGNATURES.items(), ("offset", pa.int64()), ("facts_bytes", pa.int32())]
)


def measure(
    sample: Sample,
    images: Sequence[ImageFacts],
    *,
    stanza: str,
    stated: str,
    private: Mapping[str, int] | None = None,
    named: Sequence[str] = (),
) -> dict[str, Any]:
    """Returns the facts of a complete sample, all but its members', tokens and the labeller's.

    Args:
        sample: with its images read.
        images: what was seen of each image, in order.
        stanza: the recipe's name for where the sample came from.
        stated: the language that the source or the recipe states; empty if neither does.
        private: how much personal data was in it before some was redacted; None if none was.
        named: what its images are called: paths, URLs.
    """
    text = "\n".join(sample.texts)
    # What fastText says of program code is noise.
    detected, confidence = ("", None) if sample.code_language else language(text)
    found = words(text)
    sides = [side for image in images for side in (image.width, image.height)]
    caption = text if sample.is_pair and not (sample.boxes or sample.code_language) else None
    names = ("key", "source", "version", "row", "category", "licence", "origin", "taxonomy")
    return {
        **{name: getattr(sample, name) for name in (*names, "code_language")},
        "stanza": stanza,
        "parts": parts(sample),
        "language": detected,
        "language_confidence": confidence,
        "stated_language": stated,
        "texts": len(sample.texts),
        "characters": len(text),
        "lines": sum(bool(line.strip()) for line in text.splitlines()),
        "images": len(images),
        "image_bytes": sum(len(segment.image or b"") for segment in sample.images),
        "min_side": min(sides, default=None),
        "max_side": max(sides, default=None),
        "min_area": min((image.width * image.height for image in images), default=None),
        "widths": [image.width for image in images],
        "heights": [image.height for image in images],
        "formats": [image.format for image in images],
        "orientations": [image.orientation for image in images],
        "reencoded": [image.reencoded for image in images],
        "image_hashes": [image.sha256 for image in images],
        **_looks(images),
        "measures": list(sample.measures),
        "content_hash": content_hash(sample, [image.sha256 for image in images]),
        **text_measures.measure(text, found, detected),
        **(people.count(text) if private is None else private),
        **pairs.measure(caption, found, [*named, sample.origin]),
        **regions.measure(sample.boxes),
        **talk.measure(sample),
        "minhash": minhash.signature(shingles(found)),
        "thumbnails": thumbnails.joined(images),
    }


def _looks(images: Sequence[ImageFacts]) -> dict[str, Any]:
    """The facts about what images look like; the bounds are those of the worst of them."""
    qualities = [each.look.jpeg_quality for each in images if each.look.jpeg_quality is not None]
    aspects = [max(each.width, each.height) / min(each.width, each.height) for each in images]
    return {
        # All pictures of one colour would look alike.
        "perceptual_hashes": [
            "" if image.one_colour else image.look.perceptual for image in images
        ],
        "one_colour_images": sum(image.one_colour for image in images),
        "min_entropy": min((image.look.entropy for image in images), default=None),
        "min_sharpness": min((image.look.sharpness for image in images), default=None),
        "min_jpeg_quality": min(qualities, default=None),
        "max_aspect": max((round(aspect, 3) for aspect in aspects), default=None),
    }


def place(members: Sequence[tuple[str, bytes]]) -> dict[str, Any]:
    """Returns the facts about a sample's tar members: where they lie, counted from its start."""
    found = tar.members_of(members)
    return {
        "bytes": tar.span(found),
        "member_names": [member.name for member in found],
        "member_offsets": [member.offset for member in found],
        "member_sizes": [member.size for member in found],
    }


def value(facts: dict[str, Any], name: str) -> Any:
    """Returns a fact by its name in recipes; None where a sample has none such.

    >>> value({"lines": 3, "measures": [("quality", 0.9)]}, "measures.quality")
    0.9
    """
    if name.startswith(MEASURES):
        return dict(facts["measures"]).get(name.removeprefix(MEASURES))
    if name.startswith(scores.PREFIX):
        return (facts.get(scores.COLUMN) or {}).get(name.removeprefix(scores.PREFIX))
    return facts[name]


def normalised(text: str) -> str:
    r"""Returns a text as exact duplicates are compared: NFKC, runs of white space as one space.

    >>> normalised(" two  words\n")
    'two words'
    """
    return " ".join(unicodedata.normalize("NFKC", text).split())


def content_hash(sample: Sample, image_hashes: Sequence[str]) -> str:
    """Returns 128 bits, in hex, of what a sample says: texts, images and roles in order."""
    digest = blake2b(digest_size=16)
    left = iter(image_hashes)
    for segment in sample.segments:
        word = next(left) if segment.text is None else normalised(segment.text)
        kind = "image" if segment.text is None else "text"
        digest.update(f"{kind}\0{segment.role}\0{word}\0".encode())
    return digest.hexdigest()
