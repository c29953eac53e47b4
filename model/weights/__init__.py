"""Where the weights of a model lie: those of `tiny` are shipped here, others are a directory."""

import json
from hashlib import blake2b
from pathlib import Path
from typing import Any

SHIPPED = Path(__file__).parent
# What was measured of shipped weights; beside their folders, so that it does not change a digest.
_MEASURED = SHIPPED / "measured.json"


def find(model: str | Path) -> Path:
    """Returns the checkpoint directory of `tiny`, or of a path.

    Raises:
        ValueError: there is no such directory.
    """
    shipped = SHIPPED / model
    folder = shipped if str(model) == "tiny" and shipped.is_dir() else Path(model)
    if not folder.is_dir():
        raise ValueError(
            f"no model {str(model)!r}: give `tiny`, or the path of a checkpoint directory with "
            "config.json, tokenizer.json and safetensors files"
        )
    return folder


def digest(folder: Path) -> str:
    """Returns a hash of what decides a model's scores: its weights, settings and tokenizer."""
    hashed = blake2b(digest_size=16)
    for file in sorted([*folder.glob("*.safetensors"), *folder.glob("*.json")]):
        hashed.update(f"{file.name} {file.stat().st_size}\n".encode())
        with file.open("rb") as opened:
            while block := opened.read(1 << 24):
                hashed.update(block)
    return hashed.hexdigest()


def measured(digest: str) -> dict[str, Any] | None:
    """Returns how well weights tell true pairs from swapped ones; None if nobody measured it.

    Args:
        digest: of the weights.

    Returns:
        `auc` by kind of drawing, `count` of drawings of each, and `source`: how it was measured.
    """
    known: dict[str, dict[str, Any]] = json.loads(_MEASURED.read_text(encoding="utf-8"))
    return next((each for each in known.values() if each["digest"] == digest), None)
