from taxonomy.features import features


def test_case_width_and_numbers_do_not_matter() -> None:
    assert features("How MANY 12?") == features("how many 7?") == features("ｈow many 3？")


def test_chinese_runs_give_their_parts() -> None:
    found = features("图里有几只猫")
    assert {"z几", "z几只", "z几只猫"} <= set(found)
    assert "w#" not in found
    assert {"w# svg", "wsvg #"} <= set(features("转换成SVG代码"))


def test_features_are_sorted_and_each_once() -> None:
    found = features("the cat and the cat")
    assert list(found) == sorted(set(found))


def test_of_a_long_prompt_start_and_end_count() -> None:
    middle = "filler " * 1000
    found = features(f"solve this {middle} as json")
    assert {"wsolve", "wjson"} <= set(found)
    assert "wsecret" not in features(f"solve {middle} secret {middle} json")


def test_what_datasets_say_around_a_question_is_left_out() -> None:
    plain = features("What is it?")
    assert features("<image>\nWhat is it?\nOptions:\nA. a lens\nB. a spleen") == plain
    assert features("What is it? Answer with the option's letter from those directly.") == plain
