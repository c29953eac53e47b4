"""Multimodal C4: pages of C4 with each of their pictures assigned to the sentence it fits best.

Shards of any of the four sets, as released or unpacked: `docs_no_face_shard_0_v2.jsonl.zip`,
`.jsonl`, `.jsonl.gz`. Pictures are addresses: fetch them first. If they lie in folders as the
authors' program leaves them (a folder a shard), say `folder: "{shard}"`. Rows that hold their
pictures as `image_base64` are taken too, in files of lines or in tars of one `.json` a document.

A row: `{"text_list": ["When you lock ...", ...], "url": "http://...", "image_info": [{"image_name":
"b9040a0dbb22.jpg", "raw_url": "http://...", "matched_text_index": 2, "matched_sim": 0.27,
"face_detections": null}, ...], "similarity_matrix": [[0.24, 0.31, 0.27], ...],
"could_have_url_duplicate": 0}`

Quirks: v1.0 states wrong sentences in a tenth of its documents, while its matrix is right, so the
assignment is computed again; one sentence may have several pictures; `image_info` is in no order of
reading; a picture stands before its sentence, which need not be the one most like it; sentences may
hold a literal `<image>`, which is text; about 3 % may have come twice; no sentence begins a line.
"""

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from sources.readers import Within, by_extension
from sources.readers.lines import JsonLines
from sources.sample import Sample, Segment, Skip
from sources.shapes.assigned import assign, stated, woven
from sources.shapes.fields import columns, find, image, list_of, take, text_of
from sources.shapes.flow import document
from sources.source import Row, Source


def parse(
    row: Row,
    *,
    recompute: bool = True,
    similarity: float = 0.0,
    url_duplicates: bool = True,
    folder: str = "",
) -> Iterator[Sample | Skip]:
    """Yields the page.

    Args:
        row: a document.
        recompute: whether sentences are assigned by the matrix, or as the row states.
        similarity: pictures less like their sentence are left out.
        url_duplicates: whether pages are kept whose address may have come twice.
        folder: where pictures lie under their `image_name`; it may have `{shard}`. By default they
            are known by address.
    """
    if "json" in columns(row):  # a member of a tar
        row = replace(row, value=row.value["json"])
    if not url_duplicates and find(row, "could_have_url_duplicate"):
        yield Skip(reason="url_duplicate")
        return
    sentences = [
        text_of(item, "text_list") for item in list_of(take(row, "text_list"), "text_list")
    ]
    pictures = list_of(take(row, "image_info"), "image_info")
    matrix = list_of(find(row, "similarity_matrix"), "similarity_matrix")
    if recompute and matrix:
        places = assign(matrix, len(pictures), len(sentences))
    else:
        at = "matched_text_index"
        places = [stated(item, f"image_info.{at}", at, len(sentences)) for item in pictures]
    before: list[list[Segment]] = [[] for _ in sentences]
    for number, (item, place) in enumerate(zip(pictures, places, strict=True)):
        likeness = matrix[number][place] if matrix else item.get("matched_sim", 1.0)
        picture = _picture(item, folder.format(shard=_shard(row.file)))
        if picture is None or likeness < similarity:
            reason = "no_image" if picture is None else "low_similarity"
            yield Skip(reason=reason, part=f"image {number}")
        else:
            before[place].append(picture)
    yield from document(list(woven(sentences, before)), origin=text_of(find(row, "url"), "url"))


def _picture(item: Mapping[str, Any], folder: str) -> Segment | None:
    if item.get("image_base64"):
        return image(item["image_base64"], "image_base64")
    if folder:
        name = text_of(item.get("image_name"), "image_name")
        return Segment(path=posixpath.join(folder, name)) if name else None
    return image(item.get("raw_url"), "raw_url")


def _shard(file: str) -> str:
    """The number of a shard, by the name of its file."""
    found = re.search(r"shard_(\d+)", file)
    return found.group(1) if found else ""


SOURCE = Source(
    title="Multimodal C4",
    version="1",
    category="pretrain/interleaved",
    licence="ODC-By-1.0",
    homepage="https://github.com/allenai/mmc4",
    files=("**/*.jsonl.zip", "**/*.jsonl", "**/*.jsonl.gz", "**/*.tar"),
    read=by_extension(zip=Within(read=JsonLines())),
    parse=parse,
    languages=("en",),
    citation="Zhu et al., Multimodal C4, NeurIPS 2023, arXiv 2304.06939",
    download="Shards of mmc4-ff or mmc4-core-ff; then `shardwright fetch` the pictures.",
)
