"""The categories of a corpus: the classes of the paper's Tables 1 and 2, read from their file."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """One class of Table 1 or 2.

    Attributes:
        id: stage and class, as in `pretrain/caption`; also the folder of its shards.
        title: the class's name in the paper.
        table: 1 for joint pretraining, 2 for supervised fine-tuning.
        share: per cent of its table.
    """

    id: str
    title: str
    table: int
    share: float


@cache
def categories() -> dict[str, Category]:
    """Returns every category by its id, in the order of the paper."""
    text = files(__package__).joinpath("categories.yaml").read_text(encoding="utf-8")
    return {name: Category(id=name, **entry) for name, entry in yaml.safe_load(text).items()}
