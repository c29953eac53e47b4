"""`shardwright fingerprint`: an evaluation set becomes a file of hashes."""

import argparse
import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from pipelines import store
from pipelines.corpus import terminal
from pipelines.leakage import benchmarks, stop
from pipelines.leakage.benchmark import Benchmark, Item
from pipelines.leakage.fingerprint import (
    GRAM,
    IMAGE,
    QUESTION,
    FingerprintError,
    Parameters,
    fingerprint,
    write,
)
from pipelines.leakage.grams import Size
from sources.source import Broken, File

DONE, FAILED, USAGE = 0, 1, 2
# Endings that a picture may have which its set names without one.
_ENDINGS = ("", ".jpg", ".png", ".jpeg", ".webp")


def add(commands: Any) -> None:
    """Adds the command to those of the program."""
    parser = commands.add_parser(
        "fingerprint",
        help="make a file of hashes of an evaluation set, for recipes to look for leakage",
        description="Writes the n-grams, questions and pictures of an evaluation set as hashes: a "
        "file that can be passed on without the set. A recipe names such files as `leakage`. "
        "Without arguments, lists the evaluation sets whose files it can read.",
        epilog="example: shardwright fingerprint gsm8k grade-school-math --out gsm8k.parquet",
    )
    parser.add_argument("set", nargs="?", help="which evaluation set")
    parser.add_argument("path", nargs="*", help="its files, or folders with them")
    parser.add_argument("--out", help="file or URL to write")
    parser.add_argument("--name", default="", help="name in reports (default: that of the set)")
    parser.add_argument("--images", default="", metavar="FOLDER", help="where its pictures are")
    parser.add_argument("--words", type=int, default=13, help="words of an n-gram")
    parser.add_argument("--characters", type=int, default=50, help="the same, for Chinese")
    parser.set_defaults(run=run)


def run(known: argparse.Namespace, _: list[str]) -> int:
    """Runs the command and returns its exit code."""
    if known.set is None:
        rows = [[name, benchmarks.load(name).title] for name in benchmarks.names()]
        terminal.show(terminal.table(["set", "what it is"], rows))
        return DONE
    try:
        benchmark = benchmarks.load(known.set)
        size = Size(words=known.words, characters=known.characters)
        if not known.path or not known.out:
            raise ValueError("give the set's files and --out, the file to write")
    except ValueError as error:
        print(f"shardwright fingerprint: {error}", file=sys.stderr)
        return USAGE
    try:
        found = read_items(benchmark, known.path, known.images)
        made = fingerprint(
            known.name or known.set,
            found,
            replace(Parameters(), size=size),
            stop.phrases(stop.shipped()),
            known.set,
        )
    except FingerprintError as error:
        print(f"shardwright fingerprint: {error}", file=sys.stderr)
        return FAILED
    write(known.out, made)
    counts = [sum(mark.kind == kind for mark in made.marks) for kind in (GRAM, QUESTION, IMAGE)]
    told = "{:,} n-grams, {:,} questions, {:,} pictures".format(*counts)
    terminal.show(f"{made.name}: {len(made.items):,} items, {told} in {known.out}")
    for reason, count in made.left.items():
        terminal.show(f"left out: {count:,} {reason}")
    return DONE


def read_items(benchmark: Benchmark, paths: list[str], images: str) -> Iterator[Item]:
    """Yields the items of a set, with the bytes of those pictures that are there.

    Args:
        benchmark: what its files are.
        paths: files, or folders with them.
        images: folder of the pictures; empty for that of the declaration.

    Raises:
        FingerprintError: no file is found, or one is not what was expected.
    """
    for path in _files(benchmark, paths):
        folder = images or os.path.join(os.path.dirname(path) or ".", benchmark.images)
        file = File(path=path, name=path.rsplit("/", 1)[-1], size=os.path.getsize(path))
        try:
            for piece in benchmark.read.pieces(file, store.open_file):
                for row in benchmark.read.rows(piece, store.open_file):
                    if isinstance(row, Broken):
                        raise FingerprintError(f"{path}, {row.place}: {row.error}")
                    for item in benchmark.items(row):
                        yield replace(item, images=tuple(_read(folder, i) for i in item.images))
        except (KeyError, TypeError, AttributeError, ValueError, OSError) as error:
            if isinstance(error, FingerprintError):
                raise
            raise FingerprintError(
                f"{path} is not what {benchmark.title!r} looks like ({type(error).__name__}: "
                f"{error}): see {benchmark.homepage}"
            ) from error


def _files(benchmark: Benchmark, paths: list[str]) -> list[str]:
    found: dict[str, None] = {}
    for path in paths:
        if os.path.isfile(path):
            found[path] = None
            continue
        hits = [hit.path for pattern in benchmark.files for hit in store.below(path, pattern)]
        if not hits:
            raise FingerprintError(
                f"{path} holds no file of the set: expected {', '.join(benchmark.files)}"
            )
        found.update(dict.fromkeys(hits))
    return sorted(found)


def _read(folder: str, image: bytes | str) -> bytes | str:
    """The bytes of a picture, or its path if it is not there."""
    if isinstance(image, bytes):
        return image
    for ending in _ENDINGS:
        path = os.path.join(folder, f"{image}{ending}")
        if os.path.isfile(path):
            with open(path, "rb") as stream:
                return stream.read()
    return image
