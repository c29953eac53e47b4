"""LSVT, large-scale street view text (ICDAR 2019): lines on Chinese shop fronts, with polygons.

`train_full_images_0.tar.gz`, `train_full_images_1.tar.gz` and `train_full_labels.json` come from
the challenge's site after registration; put both unpacked folders beside the labels, which are one
JSON object. The images with one keyword each (the weak set) are not taken. A record:

    "gt_1234": [{"transcription": "...", "points": [[45, 272], [215, 273], [212, 296], [45, 290]],
                 "illegibility": false}]

Quirks: an image lies in one of two folders, and nothing says in which. What cannot be read is `###`
with `illegibility`; `#` inside a text stands for letters that cannot be read.
"""

from sources.readers import JsonRecords, Located
from sources.shapes import boxes_with_text
from sources.source import Source

SOURCE = Source(
    title="LSVT: Chinese street view text",
    version="1",
    category="pretrain/scene_text",
    licence="https://rrc.cvc.uab.es/?ch=16&com=downloads",  # for research, not commercial
    homepage="https://rrc.cvc.uab.es/?ch=16",
    files=("**/train_full_labels.json",),
    read=Located(
        read=JsonRecords(),
        paths=("train_full_images_0/{key}.jpg", "train_full_images_1/{key}.jpg"),
    ),
    parse=boxes_with_text(
        image="image",
        boxes="value",
        text="transcription",
        unreadable="illegibility",
        marks="#",
        level="line",
    ),
    languages=("zh",),
    citation="Sun et al., ICDAR 2019 Competition on Large-Scale Street View Text, 2019",
    download="train_full_images_{0,1}.tar.gz, unpacked beside train_full_labels.json.",
)
