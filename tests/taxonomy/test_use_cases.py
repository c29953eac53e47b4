from pathlib import Path

import pytest

from taxonomy.use_cases import LANGUAGES, Mistake, cut, load, use_cases

LEAF = "{name: %s, zh: x, description: d, cues: {en: [a, b, c], zh: [a, b, c]}}"

# Table 3, so that no name is lost or changed.
TABLE_3 = {
    "Recognition": {
        "Global Description": (
            "Theme Description; Event/Behavior Description; Location/Scene Description; "
            "Emotion/Mood Description; Style Recognition; Food Recognition; Others"
        ),
        "Local Description": (
            "Pointing Description; Position Description; Person Recognition; "
            "Object Attribute Description; Logo Recognition; Counting; Currency Recognition"
        ),
        "OCR and Transcription": (
            "Printed Text Transcription; Handwritten Text Transcription; "
            "Specified Format Transcription; Specified Language Transcription"
        ),
    },
    "Conversion": {
        "Image to Code": (
            "UI to Code; Chart to Code; Photo to SVG/p64 Encoding; Formula to Code; "
            "Flowchart to Code"
        ),
        "Image to Text": (
            "Image to Prompt; Text Summary; Image-based Creation; Text Interpretation"
        ),
    },
    "Analysis": {
        "Data Chart Analysis": "Graph Interpretation; Table Interpretation",
        "Professional Chart Analysis": (
            "Circuit Diagram; Flowchart; Map; Music Score; Financial Chart; Floor Plan; Others"
        ),
        "Professional Image Analysis": (
            "Sensor Image; Biological and Medical Image; Voiceprint Image; Point Cloud Image"
        ),
        "Encyclopedia Knowledge Analysis": (
            "Art and Culture Knowledge; Natural Environment Knowledge; "
            "Food/Clothing/Housing/Transportation Related Knowledge; "
            "Entertainment Related Knowledge; Historical Knowledge"
        ),
    },
    "Commonsense Reasoning": {
        "Relationship Reasoning": (
            "Interpersonal Relationship; Spatial Relationship; Size Relationship; "
            "Species Relationship"
        ),
        "Function Reasoning": "Hardware Function Reasoning; Software Function Reasoning",
        "Environment Reasoning": (
            "Environment State Analysis; Environment-based Behavior Reasoning; "
            "Embodied Intelligence"
        ),
        "Anomaly Reasoning": (
            "Identifying Anomalies in Images; Defect Detection; Accident Judgment"
        ),
        "Humor Reasoning": "",
        "Other Commonsense Reasoning": (
            "State Reasoning; Cause Reasoning; Attribute Comparison; Optical Illusion; "
            "Fun Games; Intention Interpretation; Behavior Prediction"
        ),
    },
    "Logical Reasoning": {
        "Mathematical Reasoning": "Algebra and Operation; Plane Geometry; Solid Geometry",
        "Other Logical Reasoning": "Physics; Chemistry; Biology; Code; IQ Questions",
    },
    "Evaluation": {
        "-": (
            "Reality Evaluation; Similarity Evaluation; Aesthetic Evaluation; "
            "Open-ended Evaluation; Improvement Suggestions"
        ),
    },
    "Multi-graph": {
        "Temporal Sequence Understanding": "Event Prediction; Image Sequencing; Behavior Analysis",
        "Multi-graph Comparison": (
            "Attribute Comparison; Image-Text Matching; Finding Associations; "
            "Spotting Differences; Image Discrimination"
        ),
    },
    "Safety": {"-": "Suggestive Questioning; Counterfactual Questioning; Prompt Injection"},
}


def test_names_are_those_of_table_3() -> None:
    taxonomy = use_cases()
    found: dict[str, dict[str, str]] = {}
    for main in taxonomy.at(1):
        seconds = [taxonomy.cases[id] for id in taxonomy.cases[main].children]
        found[taxonomy.cases[main].name] = {
            case.name: "; ".join(taxonomy.cases[id].name for id in case.children)
            for case in seconds
        }
    assert found == TABLE_3


def test_counts_are_those_of_the_paper() -> None:
    taxonomy = use_cases()
    seconds = [taxonomy.cases[id].name for id in taxonomy.at(2)]
    assert len(taxonomy.at(1)) == 8
    assert (len(seconds), seconds.count("-")) == (21, 2)
    assert sum(case.depth == 3 for case in taxonomy.cases.values()) == 88
    assert len(taxonomy.leaves) == 89  # Humor Reasoning has nothing below it


def test_names_that_occur_twice_have_ids_of_their_own() -> None:
    taxonomy = use_cases()
    for name in ("Attribute Comparison", "Others"):
        assert len([id for id, case in taxonomy.cases.items() if case.name == name]) == 2


def test_every_leaf_has_cues_in_both_languages() -> None:
    taxonomy = use_cases()
    for id in taxonomy.leaves:
        for language in LANGUAGES:
            cues = taxonomy.cases[id].cues[language]
            assert len(set(cues)) >= 3, (id, language)
    chinese = [cue for id in taxonomy.leaves for cue in taxonomy.cases[id].cues["zh"]]
    assert sum(cue.isascii() for cue in chinese) < len(chinese) / 10


def test_names_along_a_path() -> None:
    id = "evaluation/-/reality-evaluation"
    assert use_cases().names(id) == ("Evaluation", "-", "Reality Evaluation")
    assert use_cases().names(id, "zh")[-1] == "真实性评价"
    assert cut(id, 1) == "evaluation"


def test_another_file_adds_and_replaces(tmp_path: Path) -> None:
    first, second = tmp_path / "first.yaml", tmp_path / "second.yaml"
    nested = f"  name: B\n  zh: y\n  description: e\n  classes:\n    c: {LEAF % 'C'}\n"
    first.write_text(f"a: {LEAF % 'A'}\nb:\n{nested}")
    second.write_text(f"a: {{name: Changed}}\nb:\n  classes:\n    d: {LEAF % 'D'}\n")
    taxonomy = load([first, second])
    assert taxonomy.leaves == ("a", "b/c", "b/d")
    assert taxonomy.cases["a"].name == "Changed"
    assert taxonomy.cases["a"].cues["en"] == ("a", "b", "c")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a:\n  name: A\n  zh: x\n", r"own.yaml:2: missing description"),
        ("a:\n  name: A\n  zh: x\n  description: d\n  colour: red\n", r"own.yaml:5: unknown name"),
        ("a:\n  name: A\n  zh: x\n  description: d\n", r"own.yaml:2: 'a' has neither classes"),
        ("a:\n  name: A\n  zh: 7\n  description: d\n", r"own.yaml:3: expected a text, got 7"),
        (f"a: {LEAF % 'A'}\na: {LEAF % 'B'}\n", r"own.yaml:2: 'a' stands here a second time"),
        (f"A b: {LEAF % 'A'}\n", r"own.yaml:1: class key 'A b'"),
        ("a: [1\nb: 2\n", r"own.yaml:2: not YAML"),
        ("", r"own.yaml:1: the file is empty"),
        (
            "a:\n  name: A\n  zh: x\n  description: d\n  cues:\n"
            "    en: [a, b, c]\n    zh: [a, a, b]\n",
            r"own.yaml:7: 'a' has 2 cues in zh, needs 3",
        ),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(text)
    with pytest.raises(Mistake, match=message):
        load([path])
