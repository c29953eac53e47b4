"""Containers to rows: each reader streams in bounded memory and tells every row's place."""

from sources.readers.files import ByExtension, ImageWithText, WholeFile
from sources.readers.joined import Beside, Joined, Located, Part
from sources.readers.json_trees import Json, JsonArray, JsonRecords
from sources.readers.lines import Csv, Fields, JsonLines, Lines
from sources.readers.numbered import NumberedLines
from sources.readers.parquet import Parquet
from sources.readers.streams import Damaged
from sources.readers.tars import Tar, TarSamples
from sources.readers.tfrecord import TfRecord
from sources.readers.warc import Warc
from sources.readers.xml_elements import XmlElements
from sources.readers.zips import Within, Zip
from sources.source import Reader

__all__ = [
    "Beside",
    "ByExtension",
    "Csv",
    "Damaged",
    "Fields",
    "ImageWithText",
    "Joined",
    "Json",
    "JsonArray",
    "JsonLines",
    "JsonRecords",
    "Lines",
    "Located",
    "NumberedLines",
    "Parquet",
    "Part",
    "Tar",
    "TarSamples",
    "TfRecord",
    "Warc",
    "WholeFile",
    "Within",
    "XmlElements",
    "Zip",
    "by_extension",
]


def by_extension(**others: Reader) -> ByExtension:
    """Returns a reader that takes any container of records, by the extension of a file.

    Args:
        others: readers for further extensions, or in place of the usual ones, such as `txt=...`.
    """
    usual: dict[str, Reader] = {
        "jsonl": JsonLines(),
        "ndjson": JsonLines(),
        "json": Json(),
        "csv": Csv(),
        "tsv": Csv(delimiter="\t"),
        "parquet": Parquet(),
        "tar": TarSamples(),
    }
    return ByExtension(readers={f".{name}": reader for name, reader in {**usual, **others}.items()})
