"""wikiHow articles with a picture a step, as collected for Visual Goal-Step Inference.

The authors' folder: `WikihowText_data.json`, and `wiki_images.zip`, unpacked; set `images` to the
folder that holds `10000798_0_0.png`.

A row: `{"file_id": "10000798", "goal": "How to ...", "goal_description": "...",
"category_hierarchy": [...], "methods": [{"name": "...", "steps": [{"headline": "...",
"description": "...", "img": "https://...", "img_license": "...", "step_id": "10000798_0_0"}]}]}`

Quirks: the `.json` is JSON Lines; a document is made of each method; with just one method its name
may repeat the goal; descriptions may be empty; pictures may be missing, or JPEG under the name
`.png`; copies part them into `train/` and `test/`, which are to be put into one folder.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from sources.readers import JsonLines
from sources.sample import Sample, Segment, Skip
from sources.shapes.fields import find, image, list_of, take, text_of
from sources.shapes.flow import document
from sources.source import Row, Source


def parse(row: Row, *, picture: str = "{step_id}.png") -> Iterator[Sample | Skip]:
    """Yields a document of each method.

    Args:
        row: an article.
        picture: path of a step's picture, by its `{step_id}`; `img` takes the address instead.
    """
    goal = text_of(take(row, "goal"), "goal").strip()
    about = text_of(find(row, "goal_description"), "goal_description").strip()
    methods = list_of(take(row, "methods"), "methods")
    if not methods:
        yield Skip(reason="no_text", detail="no methods")
    for nth, method in enumerate(methods):
        name = text_of(method.get("name"), "methods.name").strip()
        repeats = name.lower() in ("", goal.lower(), goal.lower().removeprefix("how to "))
        head = [goal, about, "" if repeats else name]
        segments = [Segment(text=text) for text in head]
        for number, step in enumerate(list_of(method.get("steps"), "methods.steps"), start=1):
            segments += _step(step, number, picture)
        yield from document(segments, part=f"method {nth}", language="en")


def _step(step: Mapping[str, Any], number: int, picture: str) -> Iterator[Segment]:
    """The words of a step, then its picture."""
    headline = text_of(step.get("headline"), "headline").strip()
    yield Segment(text=f"Step {number}: {headline}")
    yield Segment(text=text_of(step.get("description"), "description"))
    known = text_of(step.get("step_id"), "step_id")
    path = step.get("img") if picture == "img" else known and picture.format(step_id=known)
    found = image(path, "img")
    if found:
        yield found


SOURCE = Source(
    title="wikiHow",
    version="1",
    category="pretrain/interleaved",
    licence="CC-BY-NC-SA-3.0",
    homepage="https://github.com/YueYANG1996/wikiHow-VGSI",
    files=("**/WikihowText_data.json",),
    read=JsonLines(),
    parse=parse,
    languages=("en",),
    citation="Yang et al., Visual Goal-Step Inference using wikiHow, EMNLP 2021",
    download="`WikihowText_data.json` and `wiki_images.zip` of the authors' folder, unpacked.",
)
