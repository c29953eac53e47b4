"""`prompts`: representative prompts for images of a corpus, for somebody to answer.

    FOLDER/prompts.jsonl     a prompt a line; somebody, or a teacher model, fills in its `answer`
    FOLDER/images/           the images that the lines name

The answered file comes back by the source `sft/taxonomy_sft`.
"""

import argparse
import posixpath
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from pipelines import runners, store
from pipelines.corpus import terminal
from pipelines.corpus.lookup import Found
from pipelines.corpus.publish import by_folder
from pipelines.corpus.state import Corpus, CorpusError, open_corpus
from pipelines.shard import ShardReceipt
from sources.sample import Sample, from_members
from taxonomy.choose import Chooser, even_weights, signatures
from taxonomy.conditions import ImageFacts
from taxonomy.prompts import of_use_cases, pools
from taxonomy.use_cases import LANGUAGES, cut, use_cases

FILE = "prompts.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to choose.

    Attributes:
        images: samples with images to choose prompts for, shared out over the folders of shards.
        count: prompts for each, every one of another use case.
        languages: of the prompts.
        seed: another one chooses others.
    """

    images: int
    count: int
    languages: tuple[str, ...]
    seed: int


def add(commands: Any) -> None:
    """Adds the command to those of the program."""
    parser = commands.add_parser(
        "prompts",
        help="choose prompts for images of a corpus, for somebody to answer",
        description="Writes prompts of the taxonomy that suit the images, with even cover of its "
        "classes, and the images. Fill in `answer` and build with the source taxonomy_sft.",
        epilog="example: shardwright prompts corpus --out asked --images 500 --count 2",
    )
    parser.add_argument("dir", help="folder or URL of the corpus")
    parser.add_argument("--out", required=True, help="folder or URL for prompts and images")
    parser.add_argument("--images", type=int, default=1000, help="how many samples to ask about")
    parser.add_argument("--count", type=int, default=1, help="prompts for each")
    parser.add_argument("--language", choices=["en", "zh"], help="only prompts in it")
    parser.add_argument("--seed", type=int, default=0, help="another one chooses others")
    parser.set_defaults(run=_run)


def _run(known: argparse.Namespace, _: list[str]) -> int:
    if min(known.images, known.count) < 1:
        raise runners.UsageError("--images and --count must be 1 or more")
    wanted = Wanted(
        images=known.images,
        count=known.count,
        languages=(known.language,) if known.language else LANGUAGES,
        seed=known.seed,
    )
    return run(known.dir, known.out, wanted)


def run(out: str, folder: str, wanted: Wanted) -> int:
    """Writes prompts and images to a folder; returns the exit code.

    Raises:
        CorpusError: nothing was built there, it has no images, or the folder is in use.
    """
    path = store.join(folder, FILE)
    if store.exists(path):
        raise CorpusError(f"{path} is there already, perhaps with answers: name another folder")
    found = {each.facts["key"]: each for each in _samples(open_corpus(out), wanted.images)}
    if not found:
        raise CorpusError(f"{out} holds no images of pretraining to ask about")
    seen = {key: _facts(key, each) for key, each in found.items()}
    prompts = of_use_cases(pools())
    weights = even_weights(signatures(seen.values(), prompts), prompts, wanted.languages)
    chooser = Chooser(
        prompts=prompts,
        weights=weights,
        count=wanted.count,
        seed=wanted.seed,
        languages=wanted.languages,
    )
    rows = [
        {**chosen.row(), **_provenance(found[key])}
        for key, facts in sorted(seen.items())
        for chosen in chooser.choose(facts)
    ]
    for key in sorted({row["key"] for row in rows}):
        for name, content in _images(found[key]):
            store.write_bytes(store.join(folder, "images", name), content)
    store.write_lines(path, rows)
    terminal.show("\n".join(_told(rows, len(found), path)))
    return 0


def _samples(corpus: Corpus, most: int) -> Iterator[Found]:
    """Samples of pretraining with images, as many of each folder; the first are as good as any."""
    folders = [
        shards
        for name, shards in by_folder(corpus.shards())
        if name.startswith("pretrain/") and not name.endswith("/json")
    ]
    for number, shards in enumerate(folders):
        share = most * (number + 1) // len(folders) - most * number // len(folders)
        yield from islice(_found(corpus, shards), share)


def _found(corpus: Corpus, shards: list[ShardReceipt]) -> Iterator[Found]:
    for shard in shards:
        for batch in corpus.index(shard.name):
            for row in batch.to_pylist():
                yield Found(tar=corpus.layout.corpus(f"{shard.name}.tar"), start=0, facts=row)


def _facts(key: str, found: Found) -> ImageFacts:
    """What is known of the images of a sample; only captions are taken for what they show."""
    facts = found.facts
    captions: tuple[str, ...] = ()
    if facts["category"] == "pretrain/caption":
        captions = tuple(_read(found).texts)
    return ImageFacts(
        key=key,
        images=facts["images"],
        category=facts["category"],
        source=facts["source"],
        aspect=round(facts["widths"][0] / facts["heights"][0], 4),
        captions=captions,
    )


def _read(found: Found) -> Sample:
    return from_members(dict(found.members()))


def _provenance(found: Found) -> dict[str, Any]:
    """Where the images lie beside the prompts, and whose they are."""
    names = [posixpath.join("images", name) for name in _image_names(found)]
    return {"images": names, **{name: found.facts[name] for name in ("licence", "origin")}}


def _images(found: Found) -> Iterator[tuple[str, bytes]]:
    names = set(_image_names(found))
    return ((name, content) for name, content in found.members() if name in names)


def _image_names(found: Found) -> list[str]:
    names: list[str] = found.facts["member_names"]
    return [name for name in names if not name.endswith((".json", ".txt"))]


def _told(rows: list[dict[str, Any]], images: int, path: str) -> Iterator[str]:
    """How even the prompts are over the main classes, and over how many classes they spread."""
    counts = Counter(cut(row["use_case"], 1) for row in rows)
    yield from (f"{count:>7,}  {name}" for name, count in sorted(counts.items()))
    classes, leaves = len({row["use_case"] for row in rows}), len(use_cases().leaves)
    yield f"{path}: {len(rows):,} prompts of {classes} of {leaves} classes for {images:,} samples"
