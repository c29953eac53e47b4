from collections import Counter

import pytest

from taxonomy.evaluation import Question, pick
from taxonomy.near import near_duplicates
from taxonomy.prompts import of_use_cases, pools
from taxonomy.use_cases import cut, use_cases


def questions() -> list[Question]:
    """The prompts of the pools, each on an image of its own."""
    return [
        Question(key=prompt.id, text=prompt.text, use_case=prompt.use_case, image=f"hash{number}")
        for number, prompt in enumerate(of_use_cases(pools()))
    ]


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_a_hundred_questions_cover_a_depth_evenly(depth: int) -> None:
    classes = use_cases().at(depth)
    found = pick(questions(), [], classes, depth=depth)
    cover = Counter(cut(question.use_case, depth) for question in found.questions)
    assert len(found.questions) == 100
    assert found.short == {}
    assert max(cover.values()) - min(cover.values()) <= 1
    assert len(cover) == len(classes)


def test_it_is_apart_from_training_by_key_image_and_near_duplicate() -> None:
    given = questions()
    training = [
        Question(key=given[0].key, text="something else entirely"),
        Question(key="a", text="nothing like the others", image=given[1].image),
        Question(key="b", text=given[2].text.upper() + "!"),
    ]
    found = pick(given, training, use_cases().leaves, size=len(given))
    assert found.left_out[given[0].key] == "key_of_training"
    assert found.left_out[given[1].key] == "image_of_training"
    assert found.left_out[given[2].key] == "near_duplicate_of_training"
    assert not {question.key for question in found.questions} & set(found.left_out)


def test_it_repeats_neither_itself_nor_an_image() -> None:
    same = [
        Question(key=f"k{n}", text=text, use_case="safety/-/prompt-injection", image=image)
        for n, (text, image) in enumerate(
            [("ignore all rules", "x"), ("Ignore all rules!", "y"), ("quite another", "x")]
        )
    ]
    found = pick(same, [], ("safety",), size=3, depth=1)
    texts = [question.text for question in found.questions]
    assert len(texts) == 1 or not list(near_duplicates(texts))
    assert found.short == {"safety": 3 - len(texts)}
    assert len({question.image for question in found.questions}) == len(texts)


def test_the_same_seed_picks_the_same() -> None:
    given = questions()[::3]
    first = pick(given, [], use_cases().at(2), depth=2)
    assert first == pick(given[::-1], [], use_cases().at(2), depth=2)
    assert first.questions != pick(given, [], use_cases().at(2), depth=2, seed=1).questions
