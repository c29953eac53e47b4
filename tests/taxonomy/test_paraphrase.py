from taxonomy.paraphrase import paraphrases
from taxonomy.prompts import pools


def test_the_same_text_and_seed_give_the_same() -> None:
    first = list(paraphrases("Describe the picture.", "en", 1, 5))
    assert first == list(paraphrases("Describe the picture.", "en", 1, 5))
    assert first != list(paraphrases("Describe the picture.", "en", 2, 5))


def test_most_prompts_come_out_changed() -> None:
    given = pools()
    changed = [next(paraphrases(p.text, p.language, 0, 1)) != p.text for p in given]
    assert sum(changed) > 0.6 * len(given)


def test_braces_of_a_prompt_are_no_places_to_fill() -> None:
    text = 'Return {"a": 1} for the image'
    for said in paraphrases(text, "en", 3, 20):
        assert '"a": 1' in said
