"""Small raw material made on the spot, and builds of it in every way."""

import io
import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

from PIL import Image

from tests.conftest import ROOT

WORDS = "shard row sample source stage plan corpus reader writer index score facts".split()


def picture(seed: int, kind: str = "PNG", size: tuple[int, int] = (24, 16)) -> bytes:
    """A picture that no other seed gives."""
    noise = random.Random(seed)
    image = Image.frombytes("RGB", size, noise.randbytes(size[0] * size[1] * 3))
    out = io.BytesIO()
    image.save(out, kind)
    return out.getvalue()


def make_raw(folder: Path, documents: int = 60, pairs: int = 30) -> Path:
    """Documents (a few equal, one line broken) and captioned pictures (one cut off, one gone)."""
    noise = random.Random(1)
    (folder / "text").mkdir(parents=True)
    (folder / "pairs").mkdir()
    lines = [
        json.dumps({"text": f"{index % (documents - 4)} " + " ".join(noise.choices(WORDS, k=40))})
        for index in range(documents)
    ]
    # The last four say what the first four say.
    lines[-4:] = lines[:4]
    lines.insert(5, '{"text": "cut')
    (folder / "text" / "part.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    for index in range(pairs):
        kind = ("PNG", "JPEG", "WEBP")[index % 3]
        data = picture(index, kind)
        name = f"pairs/{index:03d}.{kind.lower()}"
        (folder / name).write_bytes(data[: len(data) // 2] if index == 7 else data)
        (folder / "pairs" / f"{index:03d}.txt").write_text(f"picture number {index}")
    return folder


def recipe_text(**more: Any) -> str:
    """A recipe over `make_raw`, small units and shards so that there are several of each."""
    recipe = {
        "name": "tiny",
        "shard_size": "12kB",
        "unit_size": "2kB",
        "limits": {"rejects": 0.2},
        "sources": [
            {"source": "documents", "path": "raw/text", "licence": "CC0-1.0"},
            {"source": "pairs", "path": "raw/pairs", "language": "en"},
        ],
        **more,
    }
    return json.dumps(recipe)


def make_recipe(folder: Path, **more: Any) -> Path:
    """Raw material and a recipe beside it."""
    if not (folder / "raw").exists():
        make_raw(folder / "raw")
    path = folder / "recipe.yaml"
    path.write_text(recipe_text(**more), encoding="utf-8")
    return path


def command(*arguments: object) -> list[str]:
    """The command line of a command of the program."""
    return [sys.executable, "-m", "pipelines.cli", *map(str, arguments)]


def run(*arguments: object, code: int = 0) -> subprocess.CompletedProcess[str]:
    """Runs a command of the program and checks its exit code."""
    done = subprocess.run(
        command(*arguments), cwd=ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    assert done.returncode == code, f"{done.stdout}\n{done.stderr}"
    return done


def manifest(out: Path) -> dict[str, Any]:
    """The manifest of a corpus."""
    value: dict[str, Any] = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    return value


def files(out: Path) -> dict[str, bytes]:
    """Every file of a corpus but those of its workshop."""
    return {
        str(path.relative_to(out)): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file() and path.relative_to(out).parts[0] != "_build"
    }


def alive(pid: int) -> bool:
    """Whether a process runs."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as stream:
            return stream.read().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def descendants(pid: int) -> dict[int, str]:
    """The processes below a process, with their command lines."""
    found: dict[int, str] = {}
    try:
        threads = os.listdir(f"/proc/{pid}/task")
        texts = [Path(f"/proc/{pid}/task/{each}/children").read_text() for each in threads]
        for child in {int(word) for text in texts for word in text.split()}:
            found[child] = Path(f"/proc/{child}/cmdline").read_text().replace("\0", " ")
            found.update(descendants(child))
    except (FileNotFoundError, ProcessLookupError):
        pass
    return found
