"""The forecast of a build: what it would read, and about how much it would write."""

import json
import tempfile
import time
from typing import Any

from pipelines import ingest
from pipelines.child import Child
from pipelines.convert import Conversion, Converted
from pipelines.layout import Layout
from pipelines.recipe import Recipe, Stanza
from pipelines.units import Unit, cut, find_files

# How long each entry of the recipe is tried.
_SECONDS = 3.0


def forecast(recipe: Recipe) -> list[dict[str, Any]]:
    """Returns, for each entry of the recipe, what is there and what it would give.

    The first rows are really converted, for a few seconds; the rest is taken to be like them.

    Raises:
        InputError: a pattern finds nothing, or a file cannot be read.
    """
    return [_forecast_stanza(stanza, recipe) for stanza in recipe.stanzas]


def print_forecast(recipe: Recipe, *, as_json: bool) -> None:
    """Prints the forecast as a table or as JSON."""
    lines = forecast(recipe)
    if as_json:
        print(json.dumps(lines))
        return
    print(f"{'entry':<20}{'files':>8}{'bytes':>15}{'units':>7}{'samples':>10}{'shards':>8}")
    for line in lines:
        print(
            f"{line['entry']:<20}{line['files']:>8}{line['raw_bytes']:>15}{line['units']:>7}"
            f"{line['samples']:>10}{line['shards']:>8}"
        )
    print(
        "samples and shards are forecasts from the first rows; filters and duplicates not counted"
    )


def _forecast_stanza(stanza: Stanza, recipe: Recipe) -> dict[str, Any]:
    found = find_files(stanza)
    units = list(cut(stanza, found, recipe))
    raw = sum(hit.size for hit in found)
    samples, size, read = _try(units, stanza, recipe)
    scale = raw / read if read else 0
    return {
        "entry": stanza.name,
        "files": len(found),
        "raw_bytes": raw,
        "units": len(units),
        "samples": round(samples * scale),
        "bytes": round(size * scale),
        "shards": -(-round(size * scale) // recipe.shard_size),
    }


def _try(units: list[Unit], stanza: Stanza, recipe: Recipe) -> tuple[int, int, float]:
    """Converts first rows: samples, their bytes, and the bytes of raw material that gave them."""
    with tempfile.TemporaryDirectory() as folder:
        layout = Layout(out=folder)
        ingest.index_fetch(stanza, layout)
        return _convert_first(units, ingest.conversion(stanza, recipe, layout), recipe)


def _convert_first(
    units: list[Unit], settings: Conversion, recipe: Recipe
) -> tuple[int, int, float]:
    child = Child("pipelines.convert:make", settings, memory=recipe.limits.memory)
    samples = size = 0
    read = 0.0
    deadline = time.monotonic() + _SECONDS
    try:
        for unit in units:
            for piece in unit.pieces:
                one = Unit(id=unit.id, stanza=unit.stanza, pieces=(piece,), changed=(0,))
                for result in ingest.convert_unit(one, child, recipe.limits):
                    good = [made for made in result.made if isinstance(made, Converted)]
                    samples += len(good)
                    size += sum(made.facts["bytes"] for made in good)
                    if time.monotonic() > deadline:
                        # How much of the piece was read is not known; its samples tell about.
                        return samples, size, read + min(piece.size, size)
                read += piece.size
    finally:
        child.close()
    return samples, size, read
