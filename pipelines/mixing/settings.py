"""What a recipe says of its mixture: a preset, budgets of its own, or a preset with changes."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from taxonomy.categories import categories
from taxonomy.mixtures import Mixture
from taxonomy.presets import presets
from taxonomy.use_cases import use_cases

EVEN = "even"
# Classes that a mixture may be over: those of Tables 1 and 2, or those of Table 3 by depth.
DEPTHS = {"category": 0, "main": 1, "secondary": 2, "tertiary": 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mixing:
    """A mixture as a recipe asks for it.

    Attributes:
        over: which classes have weights, one of DEPTHS.
        even: whether all classes that there are weigh the same, in place of `weights`.
        fields: of the mixture.
    """

    over: str
    even: bool
    fields: Mapping[str, Any]

    @property
    def unit(self) -> str:
        """What amounts are in."""
        unit: str = self.fields.get("unit", "samples")
        return unit

    def mixture(self, classes: Iterable[str]) -> Mixture:
        """Returns the mixture where there are samples of these classes.

        Raises:
            ValueError: its fields do not go together.
        """
        if not self.even:
            return Mixture(**self.fields)
        return Mixture(**{**self.fields, "weights": dict.fromkeys(sorted(classes), 1.0)})


def read_mixing(raw: str | Mapping[str, Any]) -> Mixing:
    """Returns the mixture of a recipe.

    Raises:
        ValueError: its fields do not go together, or there is no such preset.
    """
    told = {"preset": raw} if isinstance(raw, str) else dict(raw)
    preset = told.pop("preset", None)
    fields = {} if preset is None else _fields(preset)
    over = told.pop("over", "category")
    even = told.get("weights") == EVEN
    fields |= {name: value for name, value in told.items() if value != EVEN}
    mixing = Mixing(over=over, even=even, fields=fields)
    mixing.mixture(classes(over))
    return mixing


def classes(over: str) -> tuple[str, ...]:
    """Returns the classes that a mixture may name."""
    return use_cases().at(DEPTHS[over]) if DEPTHS[over] else tuple(categories())


def mixing_faults(raw: str | Mapping[str, Any], entries: Iterable[str]) -> Iterator[str]:
    """Yields what is wrong with a recipe's mixture.

    Args:
        raw: as it is written, after it met the schema.
        entries: names of the recipe's entries.
    """
    try:
        mixing = read_mixing(raw)
    except ValueError as error:
        yield str(error)
        return
    known = classes(mixing.over)
    named = mixing.fields.get("weights", {})
    for name in named:
        if name not in known:
            yield f"unknown class {name!r}; over {mixing.over} there are: {', '.join(known)}"
    sources = [name for own in mixing.fields.get("sources", {}).values() for name in own]
    for name in (*sources, *mixing.fields.get("caps", {})):
        if name not in entries:
            yield f"no entry of `sources` is named {name!r}"


def _fields(preset: str) -> dict[str, Any]:
    if preset not in presets():
        raise ValueError(f"unknown preset {preset!r}; there are: {', '.join(presets())}")
    found = presets()[preset]
    return {name: getattr(found, name) for name in Mixture.__dataclass_fields__}
