"""`why` tells the story of everything that was read, whatever became of it."""

import shutil
from pathlib import Path
from typing import Any

from tests.pipelines.corpus.conftest import Ask


def steps(match: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(step["stage"], step["outcome"], step.get("reason", "")) for step in match["steps"]]


def test_a_written_sample_has_its_shard(ask: Ask, built: Path) -> None:
    (match,) = ask("why", built, "010.jpeg", "--json")["matches"]
    assert steps(match) == [("ingest", "made", ""), ("write", "written", "")]
    place = ask("inspect", built, match["key"], "--json")["place"]
    step = match["steps"][1]
    assert (step["shard"], step["offset"]) == (place["shard"], place["offset"])


def test_a_duplicate_names_what_was_kept_and_that_names_it(ask: Ask, built: Path) -> None:
    matches = ask("why", built, "documents-", "--json")["matches"]
    stories = {match["key"]: match for match in matches}
    gone = [each for each in matches if ("dedup", "removed", "exact_duplicate") in steps(each)]
    assert gone
    for each in gone:
        key = each["steps"][1]["kept"]
        (kept,) = [stories[key]] if key in stories else ask("why", built, key, "--json")["matches"]
        assert ("dedup", "kept", "exact_duplicate") in steps(kept)
        assert steps(kept)[-1][:2] == ("write", "written")


def test_a_filter_says_what_it_saw_and_wanted(ask: Ask, built: Path) -> None:
    (match,) = ask("why", built, "000.png", "--json")["matches"]
    assert steps(match)[-1] == ("plan", "removed", "filter_characters")
    detail = "characters is 16; the recipe asks for at least 17, in entry pairs"
    assert match["steps"][-1]["detail"] == detail
    assert detail in ask("why", built, match["key"])


def test_rejects_and_skips_are_found_by_their_file(ask: Ask, built: Path) -> None:
    (broken,) = ask("why", built, "007.jpeg", "--json")["matches"]
    assert broken["kind"] == "reject" and "decoded" in broken["steps"][0]["detail"]
    matches = ask("why", built, "left-out-en.ipynb", "--json")["matches"]
    reasons = {match["steps"][0].get("reason") for match in matches if match["kind"] == "skip"}
    assert {"few_lines", "several_images"} <= reasons


def test_what_is_staged_waits_for_the_rest_of_the_build(ask: Ask, begun: Path) -> None:
    (match,) = ask("why", begun, "010.jpeg", "--json")["matches"]
    assert steps(match) == [("ingest", "made", ""), ("plan", "waits", "")]


def test_without_the_workshop_the_indexes_tell(ask: Ask, damaged: Path) -> None:
    shutil.rmtree(damaged / "_build")
    (match,) = ask("why", damaged, "010.jpeg", "--json")["matches"]
    assert steps(match) == [("write", "written", "")]
    assert "nothing matches" in ask("why", damaged, "007.jpeg", code=1)


def test_many_matches_are_counted_not_listed(ask: Ask, built: Path) -> None:
    told = ask("why", built, "part.jsonl", "--json")
    assert len(told["matches"]) + told["more"] == 61
    assert f"and {told['more']} more" in ask("why", built, "part.jsonl")
