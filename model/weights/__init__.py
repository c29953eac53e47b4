"""Where the weights of a model lie: those of `tiny` are shipped here, others are a directory."""

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
