"""`sources` and `schema` tell what a recipe can say; what they print can be built."""

from pathlib import Path

import pytest

import sources
from pipelines import cli
from pipelines.recipe_reader import read_recipe
from tests.pipelines.corpus.conftest import Ask


def test_every_source_is_listed(ask: Ask) -> None:
    told = ask("sources", "--json")
    assert sorted(each["name"] for each in told) == sorted(sources.names())
    lines = ask("sources").splitlines()
    assert lines[0].split()[:2] == ["category", "source"] and len(lines) == len(told) + 1


@pytest.mark.parametrize("name", sources.names())
def test_the_printed_entry_is_a_recipe(ask: Ask, tmp_path: Path, name: str) -> None:
    text = ask("sources", name)
    assert sources.load(name).homepage in text
    stanza = text.split("an entry for a recipe:")[1]
    path = tmp_path / "recipe.yaml"
    path.write_text(f"name: try\n{stanza.replace('FOLDER', str(tmp_path))}")
    (entry,) = read_recipe(str(path)).stanzas
    assert entry.source == name
    defaults = sources.load(name).options()
    assert entry.options == {option: defaults[option] for option in entry.options}


def test_the_entry_holds_the_filters_of_its_source(ask: Ask, tmp_path: Path) -> None:
    stanza = ask("sources", "arxiv").split("an entry for a recipe:")[1]
    path = tmp_path / "recipe.yaml"
    path.write_text(f"name: try\n{stanza.replace('FOLDER', str(tmp_path))}")
    (gate,) = read_recipe(str(path)).filters
    assert (gate.fact, gate.min, gate.category) == (
        "measures.quality",
        0.95,
        "pretrain/document_ocr",
    )


def test_unknown_sources_are_wrong_usage(ask: Ask) -> None:
    assert "unknown source 'cats'" in ask("sources", "cats", code=2)


def test_the_schema_is_that_of_recipes(ask: Ask) -> None:
    assert '"notebooks"' in ask("schema")


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_help_has_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        cli.main([command, "--help"])
    assert end.value.code == 0
    assert f"shardwright {command}" in capsys.readouterr().out.split("example")[1]
