"""Stage 2, annotate: the place where models say what they think of staged samples.

No scorer ships yet, so the stage has nothing to run: `scorers` is empty for every recipe, and plan
finds no scores beside the facts.
"""

from pipelines.recipe import Recipe


def scorers(recipe: Recipe) -> tuple[str, ...]:
    """Returns the scorers that a recipe asks for."""
    return ()
