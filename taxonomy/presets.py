"""The mixtures of the three stages, read from `mixtures.yaml`, and those of a user's own file."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path

from taxonomy.categories import categories
from taxonomy.document import Entry, read
from taxonomy.mixtures import Mixture

_FIELDS = (
    "weights",
    "parts",
    "total",
    "sources",
    "languages",
    "caps",
    "epochs",
    "repeat_up_to",
)


@cache
def presets() -> Mapping[str, Mixture]:
    """Returns the mixtures of the paper by name: stage1, stage2, stage3."""
    return load(Path(str(files(__package__).joinpath("mixtures.yaml"))))


def load(path: Path) -> Mapping[str, Mixture]:
    """Reads mixtures from a file.

    Raises:
        Mistake: what is wrong, with file and line.
    """
    return {name: _mixture(entry) for name, entry in read(path).fields().items()}


def even(classes: tuple[str, ...], total: float | None = None, shortfall: str = "scale") -> Mixture:
    """Returns the mixture that takes as much of each class, such as of each use case."""
    return Mixture(weights=dict.fromkeys(classes, 1.0), total=total, shortfall=shortfall)


def table_weights(table: int) -> dict[str, float]:
    """Returns the weights of Table 1 or 2 by category.

    >>> table_weights(1)["pretrain/text"]
    70.0
    """
    found = {id: entry.share for id, entry in categories().items() if entry.table == table}
    if not found:
        raise ValueError(f"table {table} is none of 1 (pretraining), 2 (fine-tuning)")
    return found


def _mixture(entry: Entry) -> Mixture:
    fields = entry.fields(("description", "unit", "shortfall"), _FIELDS)
    weights = _numbers(fields["weights"]) if "weights" in fields else {}
    if "parts" in fields:
        weights = _with_parts(weights, fields["parts"])
    sources = fields["sources"].fields() if "sources" in fields else {}
    try:
        return Mixture(
            weights=weights,
            unit=fields["unit"].text(),
            shortfall=fields["shortfall"].text(),
            total=fields["total"].number() if "total" in fields else None,
            sources={name: _numbers(own) for name, own in sources.items()},
            repeat_up_to=fields["repeat_up_to"].number() if "repeat_up_to" in fields else 1.0,
            **{
                name: _numbers(fields[name])
                for name in ("languages", "caps", "epochs")
                if name in fields
            },
        )
    except ValueError as error:
        raise entry.mistake(str(error)) from error


def _with_parts(weights: Mapping[str, float], entry: Entry) -> dict[str, float]:
    """Adds the classes of whole tables, each table with a weight to share out."""
    found = dict(weights)
    for part in entry.value if isinstance(entry.value, list) else [entry]:
        fields = part.fields(("table", "weight"), ())
        try:
            shares = table_weights(int(fields["table"].number()))
        except ValueError as error:
            raise fields["table"].mistake(str(error)) from error
        for id, share in shares.items():
            more = share * fields["weight"].number() / sum(shares.values())
            found[id] = found.get(id, 0.0) + more
    return found


def _numbers(entry: Entry) -> dict[str, float]:
    return {name: own.number() for name, own in entry.fields().items()}
