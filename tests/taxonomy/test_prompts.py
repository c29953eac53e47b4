from pathlib import Path

import pytest

from taxonomy.near import near_duplicates
from taxonomy.prompts import Mistake, Prompt, counts, load, of_use_cases, pools
from taxonomy.use_cases import LANGUAGES, use_cases

COUNTING = "recognition/local-description/counting"


def by_class(language: str) -> dict[str, list[Prompt]]:
    found: dict[str, list[Prompt]] = {id: [] for id in use_cases().leaves}
    for prompt in of_use_cases(pools()):
        if prompt.language == language:
            found[prompt.use_case].append(prompt)
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_class_has_a_dozen_prompts_of_many_forms(language: str) -> None:
    for id, prompts in by_class(language).items():
        texts = [prompt.text for prompt in prompts]
        questions = [text for text in texts if text.endswith(("?", "？"))]
        lengths = sorted(len(text) for text in texts)
        assert len(set(texts)) >= 12, id
        assert any(prompt.opener for prompt in prompts), id
        assert any(prompt.form for prompt in prompts), id
        assert 1 <= len(questions) < len(texts), id
        assert lengths[-1] >= 1.8 * lengths[0], id


def test_no_two_prompts_say_nearly_the_same() -> None:
    texts = [prompt.text for prompt in pools()]
    pairs = [(texts[one], texts[other]) for one, other, _ in near_duplicates(texts)]
    assert pairs == []


def test_prompts_are_in_their_language() -> None:
    for prompt in pools():
        chinese = sum("\u4e00" <= letter <= "\u9fff" for letter in prompt.text)
        assert (chinese > 0) == (prompt.language == "zh"), prompt.text


def test_prompts_on_several_images_say_so() -> None:
    several = [p for p in pools() if p.use_case.startswith("multi-graph/")]
    assert several and all("several_images" in prompt.needs for prompt in several)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_class_has_prompts_that_name_no_object(language: str) -> None:
    for id, prompts in by_class(language).items():
        free = [p for p in prompts if not any(name.startswith("shows:") for name in p.needs)]
        assert len(free) >= 3, id


def test_prompts_ask_for_what_they_speak_of(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(f"{COUNTING}:\n  en: How many cats does the man feed?\n  zh: \u51e0\u4e2a\n")
    assert load([path])[0].needs == {"shows:cat", "shows:man", "has_people"}


def test_ids_are_stable_and_their_own() -> None:
    assert len({prompt.id for prompt in pools()}) == len(pools())
    other = Prompt(text=" ", pool=COUNTING, use_case=COUNTING, language="en")
    assert other.id == "98ed5588737ca1f1"


def test_pretraining_has_instructions_for_each_kind_of_its_classes() -> None:
    tasks = [p.pool for p in pools() if p.pool.startswith("pretrain/")]
    categories = {"/".join(pool.split("/")[:2]) for pool in tasks}
    assert categories == {
        "pretrain/caption",
        "pretrain/document_ocr",
        "pretrain/scene_text",
        "pretrain/table_chart",
        "pretrain/web_code",
    }
    assert sum(counts(of_use_cases(pools())).values()) < len(pools())


def test_brackets_are_conditions_openers_and_forms(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(
        f"{COUNTING}:\n  needs: [has_food]\n  en: |\n"
        "    [opener has_people] How many? [as:number]\n    Fill in [x, y] please\n"
        "  zh: |\n    \u51e0\u4e2a\n"
    )
    first, second, third = load([path])
    assert (first.text, first.form, first.opener) == ("How many?", "number", True)
    assert first.needs == {"has_people", "has_food"}
    assert second.text == "Fill in [x, y] please"
    assert (third.language, third.needs) == ("zh", {"has_food"})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"{COUNTING}:\n  en: |\n    a\n    [has_wings] b\n  zh: c\n", "own.yaml:4: unknown cond"),
        (f"{COUNTING}:\n  en: |\n    a\n\n    b [as:song]\n  zh: c\n", "own.yaml:5: unknown form"),
        (f"{COUNTING}:\n  en: |\n    a\n", "own.yaml:2: missing zh"),
        ("recognition/taste:\n  en: a\n  zh: b\n", "own.yaml:2: 'recognition/taste' is no use"),
        (f"{COUNTING}:\n  en: [a]\n  zh: b\n", "own.yaml:2: expected a text"),
    ],
)
def test_a_mistake_in_a_pool_is_told_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(text)
    with pytest.raises(Mistake, match=message):
        load([path])
