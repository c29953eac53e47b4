"""MLT-17, scene text in nine languages (ICDAR 2017): words with quadrilaterals and scripts.

`ch8_training_images_{1..8}.zip` and `ch8_training_localization_transcription_gt_v2.zip` come from
the challenge's site after registration, each unpacked into a folder of its own name, all side by
side. The labels of `img_1.jpg` are `gt_img_1.txt`, a word a line:

    15,20,84,20,84,41,15,41,Latin,Cafe, bar

Quirks: what stands behind the ninth comma is text, commas included; `###` cannot be read; images
are JPEG, PNG and GIF; a file may begin with a mark of UTF-8; corners may cross and count stored
pixels, whatever EXIF says. Word means word in Latin and line in Chinese and Japanese.
"""

from collections.abc import Iterator
from dataclasses import replace

from sources.readers import ImageWithText
from sources.sample import Sample, Skip
from sources.shapes import boxes_with_text
from sources.shapes.quads import quads
from sources.source import Row, Source

_PAGE = boxes_with_text(image="image", boxes="words")


def parse(
    row: Row, *, scripts: tuple[str, ...] = (), crops: bool = False
) -> Iterator[Sample | Skip]:
    """Makes a sample of an image.

    Args:
        row: the raw row.
        scripts: the scripts to take, such as [Latin, Chinese]; by default all. An image with a word
            of another script is skipped.
        crops: whether each word is a sample too.
    """
    if row.value["text"] is None:
        yield Skip(reason="no_labels")
        return
    words = quads(row.value["text"])
    others = {word["tag"] for word in words if "###" not in word["text"]} - set(scripts)
    if scripts and others - {"Symbols", "None"}:
        yield Skip(reason="other_script", detail=", ".join(sorted(others)))
        return
    value = {"image": row.value["image"], "words": words}
    yield from _PAGE(replace(row, value=value), crops=crops)


SOURCE = Source(
    title="MLT-17: scene text in nine languages",
    version="1",
    category="pretrain/scene_text",
    licence="unknown",
    homepage="https://rrc.cvc.uab.es/?ch=8",
    files=tuple(f"**/ch8_training_images_*/*.{kind}" for kind in ("jpg", "png", "gif")),
    read=ImageWithText(
        beside="../ch8_training_localization_transcription_gt_v2/gt_{stem}.txt",
    ),
    parse=parse,
    languages=("ar", "bn", "zh", "en", "fr", "de", "it", "ja", "ko"),
    citation="Nayef et al., ICDAR2017 Robust Reading Challenge on Multi-Lingual Scene Text, 2017",
    download="The training images and labels, each archive unpacked into a folder of its name.",
)
