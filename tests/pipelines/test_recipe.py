"""Recipes are checked whole, and every fault says where it is and what would be right."""

from pathlib import Path

import jsonschema
import pytest

from pipelines.recipe import Dedup, NearTexts
from pipelines.recipe_reader import RecipeError, read_recipe, schema, size

GOOD = """\
name: small
seed: 7
shard_size: 2MB
limits: {seconds: 5, memory: 1.5GB, rejects: 0.5}
sources:
  - source: notebooks
    path: raw/**/*.ipynb
    options: {languages: [python, julia]}
  - {source: web_code/notebooks, name: more, path: [other/a.ipynb, other/b.ipynb], licence: MIT}
dedup: {quality: characters, text: {threshold: 0.7, categories: [pretrain/text]}}
filters:
  - {fact: characters, min: 10, entry: more}
  - {fact: licence, not_in: [unknown], category: pretrain/web_code}
  - {preset: seen-images, entry: more}
mixture: {weights: {pretrain/web_code: 2, pretrain/text: 1}, total: 1000, caps: {more: 200}}
"""


def write(folder: Path, text: str) -> str:
    path = folder / "recipe.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_a_recipe_is_read(tmp_path: Path) -> None:
    recipe = read_recipe(write(tmp_path, GOOD))
    assert (recipe.seed, recipe.shard_size, recipe.limits.memory) == (7, 2_000_000, 1_500_000_000)
    first, second = recipe.stanzas
    assert (first.name, first.source) == ("notebooks", "web_code/notebooks")
    assert first.path == (f"{tmp_path}/raw/**/*.ipynb",)
    assert first.root == f"{tmp_path}/raw"
    assert first.options == {"languages": ("python", "julia")}
    assert (second.name, second.root, second.licence) == ("more", f"{tmp_path}/other", "MIT")
    texts = NearTexts(threshold=0.7, categories=("pretrain/text",))
    assert recipe.dedup == Dedup(quality="characters", text=texts)
    facts = [each.fact for each in recipe.filters]
    assert facts[:3] == ["characters", "licence", "min_side"]
    assert {each.stanza for each in recipe.filters[2:]} == {"more"}
    assert recipe.filters[1].refused == ("unknown",)
    assert recipe.mixing is not None and recipe.mixing.fields["caps"] == {"more": 200}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("seed: 7", "sead: 7", r"recipe.yaml:1: the recipe: .*'sead' was unexpected"),
        ("seed: 7", "seed: x", r"recipe.yaml:2: seed: 'x' is not of type 'integer'"),
        ("2MB", "2 megs", r"recipe.yaml:3: shard_size: '2 megs' is not valid"),
        ("source: notebooks", "source: notebook", r":6: unknown source 'notebook'; .*lists them"),
        ("name: more, ", "", r":9: the name 'notebooks' is taken: give this entry a `name`"),
        ("languages:", "kernels:", r":8: unknown option 'kernels' of notebooks; it has: "),
        ("[python, julia]", "3", r":8: option 'languages' is 3; expected .*Sequence"),
        ("fact: characters", "fact: letters", r":12: unknown fact 'letters'; there are: key"),
        ("entry: more", "entry: less", r":12: no entry of `sources` is named 'less'"),
        ("category: pretrain/web_code", "category: code", r":13: unknown category 'code'"),
        ("quality: char", "quality: c", r":10: unknown fact 'cacters'; there are these numbers: "),
        ("[pretrain/text]", "[text]", r":10: unknown category 'text'"),
        ("0.7", "7", r":10: dedup.text.threshold: 7 is greater"),
        ("min: 10, ", "", r":12: filters.0: .*is not valid under any"),
        ("seen-images", "seen", r":14: unknown preset 'seen'; there are: gopher-quality, "),
        ("preset: seen-images", "preset: c4, min: 3", r":14: filters.2: .*is not valid under any"),
        ("pretrain/text: 1", "text: 1", r":15: mixture: unknown class 'text'; over category "),
        ("caps: {more:", "caps: {less:", r":15: mixture: no entry of .* named 'less'"),
        ("total: 1000", "preset: stage9", r":15: mixture: unknown preset 'stage9'; there are: st"),
        ("total: 1000", "shortfall: repeat", r":15: mixture: repeat_up_to 1.0 with shortfall"),
        ("name: small", "name: [", r"is not YAML: .*line"),
    ],
)
def test_faults_say_where_and_what(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in GOOD
    with pytest.raises(RecipeError, match=f"(?s){message}"):
        read_recipe(write(tmp_path, GOOD.replace(old, new)))


def test_a_fetch_that_is_not_finished_is_a_fault(tmp_path: Path) -> None:
    text = GOOD.replace("path: raw/**/*.ipynb", "path: raw/**/*.ipynb\n    fetched: images")
    with pytest.raises(RecipeError, match="recipe.yaml:8: .*/images holds no finished fetch"):
        read_recipe(write(tmp_path, text))
    assert read_recipe(write(tmp_path, text), before_fetch=True).stanzas[0].fetch == ""
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "fetch.json").write_text('{"shards": []}')
    stanza = read_recipe(write(tmp_path, text)).stanzas[0]
    assert stanza.fetched == f"{tmp_path}/images" and len(stanza.fetch) == 16


def test_all_faults_of_the_schema_are_told_at_once(tmp_path: Path) -> None:
    text = GOOD.replace("seed: 7", "seed: x").replace("2MB", "2 megs")
    with pytest.raises(RecipeError) as caught:
        read_recipe(write(tmp_path, text))
    assert len(str(caught.value).splitlines()) == 2


def test_a_missing_recipe_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="nothing.yaml: cannot be read: No such file"):
        read_recipe(str(tmp_path / "nothing.yaml"))


def test_the_root_of_patterns_holds_all_files(tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    for path, root in [
        ("raw", "raw"),
        ("raw/*/x.ipynb", "raw"),
        ("raw/deep/x.ipynb", "raw/deep"),
        ("[raw/ab/x.ipynb, raw/abc/*.ipynb]", "raw"),
        ("s3://bucket/a/*.ipynb", "s3://bucket/a"),
    ]:
        text = f"name: a\nsources: [{{source: notebooks, path: {path}}}]"
        found = read_recipe(write(tmp_path, text)).stanzas[0].root
        assert found == (root if "://" in root else f"{tmp_path}/{root}")


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    assert size("3kB") == 3000
