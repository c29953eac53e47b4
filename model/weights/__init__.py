"""Where the weights of a model lie: those of `tiny` are shipped here, others are a directory."""

from hashlib import blake2b
from pathlib import Path

SHIPPED = Path(__file__).parent


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
