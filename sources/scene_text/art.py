"""ArT, text of any shape in scenes (ICDAR 2019): English and Chinese lines with polygons.

`train_images.tar.gz` and `train_labels.json` come from the challenge's site after registration; put
the unpacked folder `train_images` beside the labels, which are one JSON object. A record:

    "gt_1726": [{"transcription": "...", "points": [[141, 199], [255, 192], ...],
                 "language": "Chinese", "illegibility": false}]

Quirks: a polygon has three or more corners, some of them outside the picture. What cannot be read
is `###` or says `illegibility`, or both; `#` inside a text stands for letters that cannot be read,
so such a text is no text. Corners count stored pixels, whatever EXIF says. It includes Total-Text
and SCUT-CTW1500, on which others evaluate. File names are those of LSVT too.
"""

from sources.readers import JsonRecords
from sources.shapes import boxes_with_text
from sources.source import Source

SOURCE = Source(
    title="ArT: scene text of any shape",
    version="1",
    category="pretrain/scene_text",
    licence="https://rrc.cvc.uab.es/?ch=14&com=downloads",  # for research, not commercial
    homepage="https://rrc.cvc.uab.es/?ch=14",
    files=("**/train_labels.json",),
    read=JsonRecords(),
    parse=boxes_with_text(
        image="train_images/{key}.jpg",
        boxes="value",
        text="transcription",
        unreadable="illegibility",
        marks="#",
        level="line",
    ),
    languages=("en", "zh"),
    citation="Chng et al., ICDAR2019 Robust Reading Challenge on Arbitrary-Shaped Text, 2019",
    download="train_images.tar.gz, unpacked beside train_labels.json, from the challenge's site.",
)
