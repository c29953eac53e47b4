import json
from collections import Counter
from pathlib import Path

import pytest
from safetensors import safe_open

from taxonomy import train
from taxonomy.conditions import ImageFacts
from taxonomy.labeller import Labeller, labeller, load
from taxonomy.measure import confusions, figures, label_all, table
from taxonomy.near import near_duplicates
from taxonomy.prompts import OTHER, Prompt, of_use_cases, pools
from taxonomy.prompts import load as load_prompts
from taxonomy.use_cases import LANGUAGES, cut, use_cases
from taxonomy.use_cases import load as load_taxonomy

WEIGHTS = Path(train.__file__).parent / "labeller.safetensors"
LEAST = {"en": 5, "zh": 3}


@pytest.fixture(scope="module")
def labelled() -> tuple[Prompt, ...]:
    """Prompts that the labeller never saw, and that nothing was chosen on."""
    return load_prompts([Path(__file__).parent / "heldout.yaml"])


@pytest.fixture(scope="module")
def development() -> tuple[Prompt, ...]:
    """Prompts that the labeller never saw; pools were widened after a look at them."""
    return load_prompts([Path(__file__).parent / "labelled.yaml"])


def test_both_labelled_sets_have_every_class(
    labelled: tuple[Prompt, ...], development: tuple[Prompt, ...]
) -> None:
    for given in (labelled, development):
        counts = Counter((prompt.use_case, prompt.language) for prompt in given)
        for id in use_cases().leaves:
            assert all(counts[id, name] >= LEAST[name] for name in LANGUAGES), id


def test_the_labeller_never_saw_the_labelled_sets(
    labelled: tuple[Prompt, ...], development: tuple[Prompt, ...]
) -> None:
    ours = [prompt.text for prompt in labelled + development]
    given = train.examples(use_cases(), pools()) + train.reworded(pools(), train.SEED)
    theirs = [example.text for example in given]
    found = [(ours[one], theirs[other]) for one, other, _ in near_duplicates(ours, theirs)]
    assert found == []


def test_it_is_right_as_often_as_promised(labelled: tuple[Prompt, ...]) -> None:
    found = figures(label_all(labeller(), labelled))
    assert found.abstained <= 0.15
    assert found.main >= 0.9
    assert found.leaf >= 0.7
    assert found.top3 >= 0.85


def test_knowing_the_number_of_images_helps(labelled: tuple[Prompt, ...]) -> None:
    without = figures(label_all(labeller(), labelled))
    known = figures(label_all(labeller(), labelled, with_count=True))
    assert known.main >= without.main
    assert known.abstained <= without.abstained


def test_confusions_add_up(labelled: tuple[Prompt, ...]) -> None:
    pairs = label_all(labeller(), labelled)
    found = figures(pairs)
    told = round(found.prompts * (1 - found.abstained))
    assert sum(count for _, _, count in confusions(pairs)) == told - round(found.leaf * told)
    cells = [int(cell) for line in table(pairs)[1:] for cell in line[22:].split()]
    assert sum(cells) == len(labelled)


def test_facts_of_the_image_tip_the_scale() -> None:
    text = "Which one is brighter?"
    one = labeller().probabilities(text, ImageFacts(key="a"))
    two = labeller().probabilities(text, ImageFacts(key="a", images=2))
    several = [cut(id, 1) == "multi-graph" for id in labeller().classes]
    shares = [sum(p for p, own in zip(x, several, strict=True) if own) for x in (one, two)]
    assert shares[0] < shares[1]
    chart = ImageFacts(key="a", captions=("line chart of prices",))
    place = labeller().classes.index("analysis/data-chart-analysis/graph-interpretation")
    assert labeller().probabilities(text, chart)[place] > one[place]


def test_without_an_image_only_what_needs_none_is_told() -> None:
    none = ImageFacts(key="a", images=0)
    assert labeller().label("How many cats are in the picture?", none).use_case == ""
    assert labeller().label("Solve the equation 3x + 2 = 8 and find x", none).main == (
        "logical-reasoning"
    )


def test_talk_and_errands_without_an_image_are_of_no_use_case() -> None:
    none = ImageFacts(key="a", images=0)
    for text in ("What are the benefits of reading?", "Write a letter to my aunt", "\u4f60\u597d"):
        label = labeller().label(text, none)
        assert (label.use_case, label.main == OTHER) == ("", False), text
        assert OTHER not in dict(label.candidates)
    with_image = labeller().probabilities("Write a letter to my aunt", ImageFacts(key="a"))
    assert with_image[labeller().classes.index(OTHER)] == 0


def test_it_abstains_on_what_says_nothing() -> None:
    label = labeller().label("zzqx")
    assert label.use_case == ""
    assert label.confidence < 0.05
    assert len(label.candidates) == 3
    assert labeller().label("").confidence < 0.05


def test_the_options_of_a_multiple_choice_question_do_not_matter() -> None:
    question = "How many trucks are there?"
    options = "\nA. six\nB. seven\nC. eight"
    assert labeller().label(question) == labeller().label(question + options)
    assert labeller().label(question) == labeller().label(f"<image>\n{question}")


def test_the_weights_were_trained_on_these_pools_and_are_small() -> None:
    given = train.examples(use_cases(), pools()) + train.reworded(pools(), train.SEED)
    with safe_open(WEIGHTS, framework="numpy") as file:
        about = file.metadata()
    remedy = "run `python -m taxonomy.train` after a change of pools, cues or paraphrases"
    assert about["trained_on"] == train.digest(given), remedy
    assert json.loads(about["needs"]).keys() == {*use_cases().leaves, OTHER}
    assert WEIGHTS.stat().st_size <= 5_000_000


def test_shared_needs_are_those_of_every_prompt() -> None:
    found = train.shared_needs(use_cases().leaves, of_use_cases(pools()))
    assert found["analysis/professional-chart-analysis/map"] == ["is_map"]
    assert found["recognition/global-description/theme-description"] == []


def test_a_taxonomy_of_ones_own_can_be_trained(tmp_path: Path) -> None:
    cues = "cues: {en: [%s, x, y], zh: [%s, p, q]}"
    (tmp_path / "own.yaml").write_text(
        f"pets: {{name: Pets, zh: z, description: animals at home, {cues % ('dog', 'gou')}}}\n"
        f"cars: {{name: Cars, zh: c, description: things on wheels, {cues % ('car', 'che')}}}\n"
    )
    (tmp_path / "pool.yaml").write_text(
        "pets: {en: 'is the dog well', zh: 'gou'}\ncars: {en: 'is the car fast', zh: 'che'}\n"
    )
    own = load_taxonomy([tmp_path / "own.yaml"])
    prompts = load_prompts([tmp_path / "pool.yaml"], own.leaves)
    train.train(own, prompts, tmp_path / "own.safetensors")
    trained = load(tmp_path / "own.safetensors")
    assert trained.label("whose dog is it").use_case == "pets"
    assert trained.label("whose car is it").use_case == "cars"
    assert (tmp_path / "own.safetensors").stat().st_mode & 0o044 == 0o044


@pytest.mark.slow
def test_training_again_gives_the_same_labels(tmp_path: Path, labelled: tuple[Prompt, ...]) -> None:
    path = tmp_path / "again.safetensors"
    train.train(use_cases(), pools(), path)
    again: Labeller = load(path)
    same = [again.label(p.text).use_case == labeller().label(p.text).use_case for p in labelled]
    assert sum(same) >= 0.99 * len(labelled)
