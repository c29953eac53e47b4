"""Pictures with captions as people have them at hand.

Files are taken by their extension, compressed or not:

- a picture (`cat.jpg`) with its caption beside it (`cat.txt`);
- JSON Lines, JSON, CSV, TSV and Parquet with a column of pictures (a path seen from the file, or
  the bytes) and one or more columns of text;
- WebDataset tars as img2dataset writes them: `000.jpg` (or png, webp), `000.txt`, `000.json`. The
  fields of the JSON member are columns too.

A row: `{"image": "figures/boot.png", "en": "First boot", "zh_CN": "..."}`. With the option
`text: [en, zh_CN]` it gives two samples, each of the language that its column is called by.

Quirks: a picture without a text file is skipped (`no_text`), so a folder where JSON Lines name the
pictures is better given by a pattern that finds only the JSON Lines.
"""

from collections.abc import Iterator

from sources.caption._members import PICTURES, with_members
from sources.readers import ImageWithText, by_extension
from sources.sample import Sample, Skip
from sources.shapes import pair
from sources.shapes.plain import Columns
from sources.source import Row, Source

_SUFFIXES = tuple(f".{extension}" for extension in PICTURES)


def parse(
    row: Row,
    *,
    image: str = "image",
    text: Columns = "text",
    language: str = "language",
    licence: str = "license",
    origin: str = "url",
) -> Iterator[Sample | Skip]:
    """Makes a sample of each text about a picture.

    Args:
        row: the raw row.
        image: the column of the picture.
        text: the column of the text, or a list of columns, or column -> language.
        language: the column of the language, if there is one.
        licence: the column of the licence, if there is one.
        origin: the column of the picture's URL, if there is one.
    """
    if row.file.lower().endswith(_SUFFIXES):  # a picture and the text beside it
        image, text = "image", "text"
    row = with_members(row, image)
    about = {"language": language, "licence": licence, "origin": origin}
    return pair(image=image, text=text, **about)(row)


_READ = by_extension(**dict.fromkeys(PICTURES, ImageWithText()))

SOURCE = Source(
    title="Pictures with captions",
    version="1",
    category="pretrain/caption",
    licence="unknown",
    homepage="",
    files=_READ.patterns(),
    read=_READ,
    parse=parse,
    download="Any folder of such files.",
)
