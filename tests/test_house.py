"""The house style that no linter checks: which way imports go, and how big things are."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines import cli
from tests.conftest import ROOT

PACKAGES = ("taxonomy", "sources", "pipelines", "model")
# What the modules of a package may import of the others; `model` knows one module of `sources`.
ALLOWED = {
    "taxonomy": {"taxonomy"},
    "sources": {"sources", "taxonomy"},
    "pipelines": {"pipelines", "sources", "taxonomy", "model"},
    "model": {"model", "sources.sample"},
}
# Heavy libraries and the one package that may import them.
HOMES = {"apache_beam": "pipelines", "torch": "model", "transformers": "model"}


def modules() -> list[Path]:
    return sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_one_way(path: Path) -> None:
    package = path.relative_to(ROOT).parts[0]
    for name in imports(ast.parse(path.read_text(encoding="utf-8"))):
        top = name.split(".")[0]
        assert HOMES.get(top, package) == package, f"{top} is for {HOMES[top]} alone"
        if top in PACKAGES:
            allowed = ALLOWED[package]
            inside = any(name == each or name.startswith(f"{each}.") for each in allowed)
            parent = any(each.startswith(f"{name}.") or each == name for each in allowed)
            assert inside or parent, f"{package} may not import {name}"


def test_files_and_functions_are_small() -> None:
    lengths = []
    for path in [*modules(), *(ROOT / "tests").rglob("*.py")]:
        text = path.read_text(encoding="utf-8")
        assert len(text.splitlines()) <= 400, f"{path}: split it"
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or 0) - node.lineno + 1
                assert length <= 60, f"{path}:{node.lineno} {node.name} has {length} lines"
                lengths.append(length)
    lengths.sort()
    assert lengths[len(lengths) // 2] <= 12
    assert lengths[len(lengths) * 9 // 10] <= 40


def test_no_place_for_odds_and_ends() -> None:
    names = {path.stem for path in modules()}
    assert not names & {"utils", "util", "common", "helpers", "misc"}


def test_the_top_level_is_the_agreed_one() -> None:
    agreed = {
        "pipelines", "sources", "taxonomy", "model", "tests", "docker",
        "setup.cfg", "README.md", "pyproject.toml", "Makefile",
    }  # fmt: skip
    built = {"build", "shardwright.egg-info"}
    found = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")}
    assert found - built == agreed


TORCHLESS = (
    "pipelines.cli",
    "pipelines.convert",
    "pipelines.build",
    *sorted({f"pipelines.{module}" for module in cli.COMMANDS.values()}),
)


@pytest.mark.parametrize(
    ("module", "library"),
    [
        *((module, "torch") for module in TORCHLESS),
        ("pipelines.launch", "apache_beam"),
        ("pipelines.convert", "apache_beam"),
        ("pipelines.corpus.inspect", "apache_beam"),
        ("pipelines.corpus.verify", "apache_beam"),
        ("pipelines.corpus.why", "apache_beam"),
        ("pipelines.fetch.command", "aiohttp"),
        ("pipelines.launch", "pymupdf"),
    ],
)
def test_what_starts_often_does_not_wait_for_what_loads_slowly(module: str, library: str) -> None:
    # Each takes up to seconds, for which every command, converter or worker would wait.
    told = f"import sys, {module}; sys.exit('{library}' in sys.modules)"
    subprocess.run([sys.executable, "-c", told], cwd=ROOT, check=True)
