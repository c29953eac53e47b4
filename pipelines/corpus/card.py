"""`README.md` of a corpus: a dataset card with the front matter that dataset hubs read."""

from typing import Any

import yaml

import sources
from pipelines.corpus import terminal
from pipelines.corpus.census import Census
from pipelines.corpus.state import Corpus

# Upper ends of the hubs' size categories, with their names.
_SIZES = (
    (10**3, "n<1K"),
    (10**4, "1K<n<10K"),
    (10**5, "10K<n<100K"),
    (10**6, "100K<n<1M"),
    (10**7, "1M<n<10M"),
    (10**8, "10M<n<100M"),
    (10**9, "100M<n<1B"),
    (10**10, "1B<n<10B"),
    (10**11, "10B<n<100B"),
    (10**12, "100B<n<1T"),
)
# SPDX ids of which the hubs know the lower-case form; all others are `other` there.
_LICENCES = frozenset(
    "agpl-3.0 apache-2.0 artistic-2.0 bsd-2-clause bsd-3-clause bsd-3-clause-clear bsl-1.0 cc0-1.0 "
    "cc-by-2.0 cc-by-2.5 cc-by-3.0 cc-by-4.0 cc-by-nc-2.0 cc-by-nc-3.0 cc-by-nc-4.0 "
    "cc-by-nc-nd-3.0 cc-by-nc-nd-4.0 cc-by-nc-sa-2.0 cc-by-nc-sa-3.0 cc-by-nc-sa-4.0 cc-by-nd-4.0 "
    "cc-by-sa-3.0 cc-by-sa-4.0 cdla-permissive-1.0 cdla-permissive-2.0 cdla-sharing-1.0 ecl-2.0 "
    "epl-1.0 epl-2.0 eupl-1.1 eupl-1.2 gfdl gpl-2.0 gpl-3.0 isc lgpl-2.1 lgpl-3.0 mit mpl-2.0 "
    "ms-pl ncsa odbl odc-by ofl-1.1 osl-3.0 pddl postgresql unlicense wtfpl zlib".split()
)
_LISTED = 30


def build(corpus: Corpus, counted: Census) -> bytes:
    """Returns the card of a corpus."""
    front = yaml.safe_dump(_front(corpus, counted), sort_keys=False, allow_unicode=False)
    return f"---\n{front}---\n\n{_body(corpus, counted)}".encode()


def languages(counted: Census) -> list[str]:
    """Returns the languages of a corpus, codes only."""
    return sorted(name for name in counted.languages if name.isalpha() and 2 <= len(name) <= 3)


def licences(counted: Census) -> list[str]:
    """Returns the licences of a corpus."""
    return sorted(counted.licences)


def size_category(samples: int) -> str:
    """Returns the hubs' name for a number of samples.

    >>> size_category(999), size_category(1000), size_category(10**13)
    ('n<1K', '1K<n<10K', 'n>1T')
    """
    return next((name for end, name in _SIZES if samples < end), "n>1T")


def _front(corpus: Corpus, counted: Census) -> dict[str, Any]:
    known = {name.lower() if name.lower() in _LICENCES else "other" for name in counted.licences}
    samples = sum(sums.samples for sums in counted.groups.values())
    front: dict[str, Any] = {
        "pretty_name": corpus.name,
        "license": sorted(known),
        "language": languages(counted),
        "size_categories": [size_category(samples)],
        "task_categories": _tasks(counted),
        "tags": ["webdataset"],
        "configs": [
            {
                "config_name": folder.replace("/", "-"),
                "data_files": [{"split": "train", "path": f"{folder}/*.tar"}],
            }
            for folder in sorted(counted.groups)
        ],
    }
    return {name: value for name, value in front.items() if value}


def _tasks(counted: Census) -> list[str]:
    """Tasks that the shapes of the samples serve."""
    tasks = set()
    for folder, sums in counted.groups.items():
        _, _, parts = folder.split("/")
        if not sums.images:
            tasks.add("text-generation")
        else:
            tasks.add("image-to-text" if parts.endswith("-txt") else "image-text-to-text")
    return sorted(tasks)


def _body(corpus: Corpus, counted: Census) -> str:
    manifest = corpus.manifest or {}
    folders = [
        [f"`{folder}`", f"{sums.samples:,}", f"{sums.images:,}", f"{sums.characters:,}"]
        for folder, sums in sorted(counted.groups.items())
    ]
    funnel = [
        [
            _plain(entry),
            f"`{line['source']}`",
            f"{line['rows']:,}",
            f"{sum(line['skips'].values()):,}",
            f"{line['rejects']:,}",
            f"{line['samples']:,}",
            f"{sum(line['removed'].values()):,}",
            f"{line['written']:,}",
        ]
        for entry, line in corpus.funnel().items()
    ]
    flow = ["entry", "source", "rows", "skipped", "rejected", "samples", "removed", "written"]
    return f"""# {_plain(corpus.name)}

{manifest["samples"]:,} samples in {len(manifest["shards"]):,} WebDataset shards, \
{terminal.size(manifest["bytes"])}. Digest of all shards and indexes: `{manifest["digest"]}`.

## Folders

{_table(["folder", "samples", "images", "characters"], folders)}

Each `.tar` holds samples of one category and one set of parts: `KEY.json` with the parallel lists \
`texts`, `images` and `roles` in reading order, the images, and for pairs the text once more as \
`KEY.txt`. The `.parquet` beside it has a row a sample: facts, and byte offsets for random access.

## Languages

{_table(["language", "samples"], _listed(counted.languages))}

## Licences

A sample's licence is that of its source or of its own row; `unknown` means that nobody said.

{_table(["licence", "samples"], _listed(counted.licences))}

## Sources

{_sources(corpus)}

## From rows to samples

{_table(flow, funnel)}

`report/index.html` shows the reasons, distributions and examples; `rejects/` has the rows that \
broke; `manifest.json` has the recipe, versions and digests.
"""


def _sources(corpus: Corpus) -> str:
    lines = []
    for name in sorted({line["source"] for line in corpus.funnel().values()}):
        source = sources.load(name)
        cited = f" {source.citation}." if source.citation else ""
        lines.append(f"- `{name}`: {source.title}. {source.homepage}.{cited}")
    return "\n".join(lines)


def _listed(counts: dict[str, int]) -> list[list[str]]:
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    rows = [[_plain(name), f"{number:,}"] for name, number in ranked[:_LISTED]]
    if len(ranked) > _LISTED:
        rest = sum(number for _, number in ranked[_LISTED:])
        rows.append([f"{len(ranked) - _LISTED} others", f"{rest:,}"])
    return rows


def _table(head: list[str], rows: list[list[str]]) -> str:
    if not rows:
        return "None."
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _plain(text: str) -> str:
    """Content of strangers as plain words: nothing in it is Markdown, HTML or a new line."""
    words = terminal.one_line(text)
    return "".join(f"\\{sign}" if sign in "\\`*_{}[]<>()#+!|&~" else sign for sign in words)
