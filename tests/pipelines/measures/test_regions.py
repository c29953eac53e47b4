"""The share of an image that is covered by text, where boxes say so."""

from dataclasses import replace

from pipelines.measures.regions import measure
from sources.sample import Box, placed


def box(x0: int, y0: int, x1: int, y1: int, **more: object) -> Box:
    found = Box(text="a", polygon=(x0, y0, x1, y0, x1, y1, x0, y1))
    return replace(placed(found, 1000, 1000), **more)  # type: ignore[arg-type]


def test_what_two_boxes_cover_counts_once() -> None:
    half = measure([box(0, 0, 500, 1000), box(0, 0, 500, 500)])
    assert half["text_boxes"] == 2 and abs(half["text_area"] - 0.5) < 0.01
    assert abs(measure([box(0, 0, 1000, 1000)])["text_area"] - 1) < 0.01


def test_the_fullest_image_counts() -> None:
    found = measure([box(0, 0, 100, 100), box(0, 0, 1000, 500, image=1)])
    assert abs(found["text_area"] - 0.5) < 0.01


def test_paragraphs_count_only_where_their_lines_are_not_known() -> None:
    whole = box(0, 0, 1000, 1000, level="paragraph")
    assert measure([whole, box(0, 0, 100, 100)])["text_area"] < 0.02
    assert measure([whole])["text_area"] > 0.98


def test_without_places_of_text_nothing_is_known() -> None:
    assert measure([]) == measure([box(0, 0, 9, 9, level="widget")])
    assert measure([])["text_area"] is None
