"""The shapes without turns: an image with its text, and text alone."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Unpack

from sources.sample import Sample, Segment, Skip
from sources.shapes.fields import (
    About,
    columns,
    find,
    has,
    images,
    language_code,
    sample,
    take,
    text_of,
)
from sources.source import Parse, Row

Columns = str | Sequence[str] | Mapping[str, str]


def pair(*, image: str, text: Columns, **about: Unpack[About]) -> Parse:
    """Returns a parse for rows of an image and a text about it.

    Args:
        image: the column of the image.
        text: the column of the text; a list in it gives a sample each. Several columns, as a list
            or as column -> language, give a sample each, of the language that they say; a column
            called by a code, such as `zh_CN`, says one.
        about: columns of provenance.
    """
    languages = text_languages(text)

    def parse(row: Row) -> Iterator[Sample | Skip]:
        pictures = images(row, image)
        if not pictures:
            yield Skip(reason="no_image", detail=f"column {image}")
            return
        nth = 0
        for name, words in texts(row, languages):
            if not words.strip():
                yield Skip(reason="no_text", part=f"column {name}")
                continue
            more = {"language": languages[name]} if languages[name] else {}
            yield sample(row, [*pictures, Segment(text=words)], about, nth=nth, **more)
            nth += 1

    return parse


def text(*, text: Columns = "text", title: str = "", **about: Unpack[About]) -> Parse:
    """Returns a parse for rows of text: documents.

    Args:
        text: the column of the text, or several as in `pair`; a row that is itself a text is taken
            whole.
        title: the column of a title, which becomes the first paragraph.
        about: columns of provenance.
    """
    languages = text_languages(text)

    def parse(row: Row) -> Iterator[Sample | Skip]:
        if isinstance(row.value, str):
            row = Row(value={name: row.value for name in languages}, file=row.file, place=row.place)
        heading = text_of(find(row, title), title).strip() if title else ""
        nth = 0
        for name, words in texts(row, languages):
            if not words.strip():
                yield Skip(reason="no_text", part=f"column {name}")
                continue
            whole = f"{heading}\n\n{words}" if heading else words
            more = {"language": languages[name]} if languages[name] else {}
            yield sample(row, [Segment(text=whole)], about, nth=nth, **more)
            nth += 1

    return parse


def text_languages(names: Columns) -> dict[str, str]:
    """Returns column -> language of the columns of text; empty for a language unknown.

    >>> text_languages("caption"), text_languages(["en", "zh_CN"]), text_languages({"alt": "de"})
    ({'caption': ''}, {'en': 'en', 'zh_CN': 'zh'}, {'alt': 'de'})
    """
    if isinstance(names, Mapping):
        return {str(name): str(language) for name, language in names.items()}
    listed = [names] if isinstance(names, str) else [str(name) for name in names]
    if not listed:
        raise ValueError("no column of text is named: expected at least one")
    # Two letters alone, as `cap`, `alt` and `txt` are languages too, but seldom meant so.
    return {name: language_code(name) if len(language_code(name)) == 2 else "" for name in listed}


def texts(row: Row, languages: Mapping[str, str]) -> list[tuple[str, str]]:
    """Returns column and text of each text of a row; of several columns some may be missing.

    Raises:
        ValueError: none of the columns is there, or one holds no text.
    """
    there = [name for name in languages if has(row, name)]
    if not there:
        raise ValueError(
            f"no field {' or '.join(map(repr, languages))}; the row has: {', '.join(columns(row))}"
        )
    found: list[tuple[str, str]] = []
    for name in there:
        value = take(row, name)
        items = list(value) or [None] if isinstance(value, list | tuple) else [value]
        found += [(name, text_of(item, name)) for item in items]
    return found
