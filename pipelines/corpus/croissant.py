"""`croissant.json`: the corpus in the vocabulary of MLCommons Croissant 1.0.

Shards are file objects with their digests. A record set a folder reads the Parquet indexes: a
record is a sample's facts and where its members lie in which shard.
"""

from typing import Any

from pipelines.corpus.card import languages, licences
from pipelines.corpus.census import Census
from pipelines.corpus.state import Corpus

_CONFORMS = "http://mlcommons.org/croissant/1.0"
# The context that the specification asks writers to repeat.
_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
# Columns of the index that records show, with their types and what they mean.
_FIELDS = (
    ("key", "sc:Text", "name of the sample and of its members before the first dot"),
    ("source", "sc:Text", "source of the raw row"),
    ("row", "sc:Text", "identity of the raw row in its source"),
    ("origin", "sc:Text", "address of the raw row, or its path"),
    ("licence", "sc:Text", "SPDX id or URL of the licence, or unknown"),
    ("language", "sc:Text", "language of the text as detected"),
    ("stated_language", "sc:Text", "language of the text as the source states it"),
    ("characters", "sc:Integer", "length of all texts"),
    ("images", "sc:Integer", "number of images"),
    ("content_hash", "sc:Text", "hash of texts and images"),
    ("shard", "sc:Text", "path of the tar without its extension"),
    ("index", "sc:Integer", "place in the tar, in samples"),
    ("offset", "sc:Integer", "place in the tar, in bytes"),
    ("bytes", "sc:Integer", "size in the tar"),
)


def build(corpus: Corpus, counted: Census) -> dict[str, Any]:
    """Returns the description of a corpus."""
    folders = sorted({shard.name.rsplit("/", 1)[0] for shard in corpus.shards()})
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": _CONFORMS,
        "name": corpus.name,
        "description": f"{corpus.name}: image and text samples in WebDataset shards.",
        "license": licences(counted),
        "inLanguage": languages(counted),
        "version": "1.0.0",
        "distribution": [*_files(corpus), *map(_index_set, folders)],
        "recordSet": [_records(folder) for folder in folders],
    }


def _files(corpus: Corpus) -> list[dict[str, Any]]:
    """Every shard, and every index."""
    told = []
    for shard in corpus.shards():
        tar = {"contentSize": f"{shard.bytes} B", "encodingFormat": "application/x-tar"}
        told.append(_file(f"{shard.name}.tar", shard.sha256, tar))
        index = {"encodingFormat": "application/x-parquet"}
        told.append(_file(f"{shard.name}.parquet", shard.index_sha256, index))
    return told


def _file(name: str, sha256: str, more: dict[str, str]) -> dict[str, Any]:
    told = {"@type": "cr:FileObject", "@id": name, "name": name, "contentUrl": name}
    return {**told, "sha256": sha256, **more}


def _index_set(folder: str) -> dict[str, Any]:
    return {
        "@type": "cr:FileSet",
        "@id": f"{folder}/indexes",
        "name": f"{folder}/indexes",
        "encodingFormat": "application/x-parquet",
        "includes": f"{folder}/*.parquet",
    }


def _records(folder: str) -> dict[str, Any]:
    name = folder.replace("/", "-")
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "key": {"@id": f"{name}/key"},
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"{name}/{column}",
                "name": column,
                "description": meaning,
                "dataType": kind,
                "source": {
                    "fileSet": {"@id": f"{folder}/indexes"},
                    "extract": {"column": column},
                },
            }
            for column, kind, meaning in _FIELDS
        ],
    }
