"""Cross-validation judges every prompt once, by a labeller that was trained without it."""

from pathlib import Path

from taxonomy.crossval import at_threshold, crossval, folds
from taxonomy.measure import figures
from taxonomy.prompts import Prompt, load, of_use_cases, pools
from taxonomy.use_cases import Taxonomy
from taxonomy.use_cases import load as load_taxonomy


def own(folder: Path) -> tuple[Taxonomy, tuple[Prompt, ...]]:
    cues = "cues: {en: [%s, x, y], zh: [%s, p, q]}"
    (folder / "own.yaml").write_text(
        f"pets: {{name: Pets, zh: z, description: animals at home, {cues % ('dog', 'gou')}}}\n"
        f"cars: {{name: Cars, zh: c, description: things on wheels, {cues % ('car', 'che')}}}\n"
    )
    lines = {
        name: "".join(f"    is the {name} number {n}\n" for n in ("one", "two", "three", "four"))
        for name in ("dog", "car")
    }
    (folder / "pool.yaml").write_text(
        f"pets:\n  en: |\n{lines['dog']}  zh: gou\ncars:\n  en: |\n{lines['car']}  zh: che\n"
    )
    taxonomy = load_taxonomy([folder / "own.yaml"])
    return taxonomy, load([folder / "pool.yaml"], taxonomy.leaves)


def test_every_prompt_is_judged_once(tmp_path: Path) -> None:
    taxonomy, prompts = own(tmp_path)
    pairs = crossval(taxonomy, prompts, 2)
    assert sorted(prompt.text for prompt, _ in pairs) == sorted(prompt.text for prompt in prompts)
    assert figures(at_threshold(pairs, 0.0)).leaf >= 0.8
    assert all(not label.use_case for _, label in at_threshold(pairs, 1.1))


def test_folds_are_even_and_have_every_class() -> None:
    judged = of_use_cases(pools())
    dealt = folds(judged, 5)
    sizes = [len(fold) for fold in dealt]
    assert sum(sizes) == len(judged) and max(sizes) - min(sizes) <= 1
    assert {len({prompt.use_case for prompt in fold}) for fold in dealt} == {89}
