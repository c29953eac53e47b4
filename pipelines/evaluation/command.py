"""`evaluation-set`: a balanced evaluation set from the labelled questions of a corpus.

    FOLDER/questions.jsonl   a question a line, with its answer, use case and images
    FOLDER/images/           the images
    FOLDER/manifest.json     written last: what was picked, from what, and apart from what

A recipe that names the folder as `evaluation` trains on nothing of it.
"""

import argparse
import posixpath
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain
from typing import Any

from pipelines import runners, store
from pipelines.corpus import terminal
from pipelines.corpus.lookup import Found
from pipelines.corpus.state import Corpus, CorpusError, open_corpus
from pipelines.evaluation.questions import candidates, question_of, trained_on, words
from pipelines.evaluation.sets import FILE, MANIFEST
from taxonomy.evaluation import SIZE, EvaluationSet, Question, pick
from taxonomy.use_cases import cut, use_cases


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to pick.

    Attributes:
        count: questions.
        depth: of the classes that they cover evenly: 1 main, 2 secondary, 3 tertiary.
        seed: another one picks others.
        training: folders or URLs of the corpora that it must be apart from.
    """

    count: int
    depth: int
    seed: int
    training: tuple[str, ...]


def add(commands: Any) -> None:
    """Adds the command to those of the program."""
    parser = commands.add_parser(
        "evaluation-set",
        help="pick a balanced evaluation set from the questions of a corpus",
        description="Writes questions with answers and images, even over the classes of the "
        "taxonomy, apart from corpora for training by key, image and near-duplicate. Name the "
        "folder as `evaluation` in a recipe, and nothing of it is trained on.",
        epilog="example: shardwright evaluation-set questions --out judged --training corpus",
    )
    parser.add_argument("dir", help="folder or URL of the corpus to pick from")
    parser.add_argument("--out", required=True, help="folder or URL for the evaluation set")
    parser.add_argument("--count", type=int, default=SIZE, help=f"questions (default: {SIZE})")
    parser.add_argument("--depth", type=int, choices=(1, 2, 3), default=3, help="of the classes")
    parser.add_argument("--training", action="append", default=[], metavar="DIR", help="a corpus "
                        "that it must be apart from; may be said again")  # fmt: skip
    parser.add_argument("--seed", type=int, default=0, help="another one picks others")
    parser.set_defaults(run=_run)


def _run(known: argparse.Namespace, _: list[str]) -> int:
    if known.count < 1:
        raise runners.UsageError("--count must be 1 or more")
    wanted = Wanted(
        count=known.count, depth=known.depth, seed=known.seed, training=tuple(known.training)
    )
    return run(known.dir, known.out, wanted)


def run(out: str, folder: str, wanted: Wanted) -> int:
    """Writes an evaluation set; returns the exit code.

    Raises:
        CorpusError: nothing was built there, it has no labelled question that is fit, or the folder
            holds an evaluation set.
    """
    if store.exists(store.join(folder, MANIFEST)):
        raise CorpusError(f"{folder} holds an evaluation set already: name another folder")
    corpus = open_corpus(out)
    classes = use_cases().at(wanted.depth)
    given = {
        each.facts["key"]: each for each in candidates(corpus, classes, wanted.count, wanted.depth)
    }
    others = [open_corpus(name) for name in wanted.training]
    picked = pick(
        [question_of(each) for each in given.values()],
        chain.from_iterable(map(trained_on, others)),
        classes,
        size=wanted.count,
        depth=wanted.depth,
        seed=wanted.seed,
    )
    if not picked.questions:
        told = Counter(picked.left_out.values())
        raise CorpusError(f"{out} has no labelled question that is fit; left out: {dict(told)}")
    chosen = [given[question.key] for question in picked.questions]
    files = _write(folder, chosen, picked.questions)
    store.write_json(store.join(folder, MANIFEST), _manifest(corpus, others, wanted, picked, files))
    terminal.show("\n".join(_told(picked, wanted, folder)))
    return 0


def _write(folder: str, chosen: list[Found], asked: Sequence[Question]) -> dict[str, Any]:
    """Writes images and questions; returns size and digest of each file."""
    files: dict[str, Any] = {}
    rows = []
    for found, question in zip(chosen, asked, strict=True):
        images = []
        for name, content in found.members():
            if not name.endswith((".json", ".txt")):
                images.append(posixpath.join("images", name))
                store.write_bytes(store.join(folder, "images", name), content)
                files[images[-1]] = _sealed(content)
        rows.append(_row(found, question, images))
    content = b"".join(map(store.line, rows))
    store.write_bytes(store.join(folder, FILE), content)
    return {FILE: _sealed(content), **files}


def _row(found: Found, question: Question, images: list[str]) -> dict[str, Any]:
    facts, sample = found.facts, words(found)
    answers = [part.text for part in sample.segments if part.role == "assistant" and part.text]
    language = facts["stated_language"] or facts["language"]
    return {
        "key": question.key,
        "question": question.text,
        # A talk has more answers; the question is the first.
        "answer": answers[0] if answers else "",
        "choices": list(sample.choices),
        "use_case": question.use_case,
        "language": language,
        "images": images,
        "image_hashes": facts["image_hashes"],
        "perceptual_hashes": facts["perceptual_hashes"],
        "licence": facts["licence"],
        "origin": facts["origin"],
    }


def _manifest(
    corpus: Corpus,
    others: list[Corpus],
    wanted: Wanted,
    picked: EvaluationSet,
    files: dict[str, Any],
) -> dict[str, Any]:
    cover = Counter(cut(question.use_case, wanted.depth) for question in picked.questions)
    lines = "".join(f"{name} {each['sha256']}\n" for name, each in sorted(files.items()))
    return {
        "format": 1,
        "kind": "evaluation",
        "digest": sha256(lines.encode()).hexdigest(),
        "questions": len(picked.questions),
        "wanted": wanted.count,
        "depth": wanted.depth,
        "seed": wanted.seed,
        "from": {"name": corpus.name, "digest": (corpus.manifest or {}).get("digest", "")},
        "apart_from": [
            {"name": other.name, "digest": (other.manifest or {}).get("digest", "")}
            for other in others
        ],
        "classes": dict(sorted(cover.items())),
        "short": dict(sorted(picked.short.items())),
        "left_out": dict(sorted(Counter(picked.left_out.values()).items())),
        "files": dict(sorted(files.items())),
    }


def _sealed(content: bytes) -> dict[str, Any]:
    return {"bytes": len(content), "sha256": sha256(content).hexdigest()}


def _told(picked: EvaluationSet, wanted: Wanted, folder: str) -> Iterator[str]:
    """How even the cover is, and what could not be picked."""
    cover = Counter(cut(question.use_case, wanted.depth) for question in picked.questions)
    known = use_cases().at(wanted.depth)
    yield f"{folder}: {len(picked.questions)} questions of {len(cover)} of {len(known)} classes"
    if picked.short:
        missing = sum(picked.short.values())
        yield f"{missing} are missing: {len(picked.short)} classes had too few that are fit"
    for reason, count in sorted(Counter(picked.left_out.values()).items()):
        yield f"{count:,} left out: {reason.replace('_', ' ')}"
