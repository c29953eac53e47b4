"""What the talks of an entry are like, and how often model and labeller agree, summed up."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipelines.second_opinion import SecondOpinion
from taxonomy.use_cases import cut

COLUMNS = [
    "stanza",
    "multiple_choice",
    "answers",
    "other_language",
    "answer_repetition",
    "cut_answer",
    "use_cases_agree",
]
# An answer with more of it in runs of five words that were there before repeats itself.
REPEATED = 0.15
NO_CLASS = "(no class)"
HEAD = (
    "entry",
    "talks",
    "turns",
    "multiple choice",
    "repetitive",
    "repetition",
    "other language",
    "cut",
    "characters",
    "tokens",
)
NOTE = (
    f"repetitive: with an answer of which over {REPEATED:.0%} was said before, in runs of five "
    "words; repetition: the mean of that; other language: of talks that tell both; characters and "
    "tokens: means"
)
AGREEMENT_HEAD = ("main class", "asked", "agree", "share")


@dataclass(slots=True, kw_only=True)
class Talks:
    """Totals of the talks of one entry.

    Attributes:
        samples: talks.
        answers: turns of the assistant.
        multiple_choice: talks that ask to choose among options.
        repeated: talks with an answer of which more than REPEATED was said before.
        repetition: the sum of what is repeated of each talk's worst answer.
        told: talks whose questions and answers both tell their language.
        other_language: those of them that answer in another one.
        cut: talks whose last answer breaks off.
        characters: of all texts.
        tokens: of all texts, as far as they were counted.
        counted: talks whose tokens were counted.
    """

    samples: int = 0
    answers: int = 0
    multiple_choice: int = 0
    repeated: int = 0
    repetition: float = 0.0
    told: int = 0
    other_language: int = 0
    cut: int = 0
    characters: int = 0
    tokens: int = 0
    counted: int = 0

    def add(self, row: Mapping[str, Any]) -> None:
        """Counts a talk by its facts."""
        self.samples += 1
        self.answers += row["answers"]
        self.multiple_choice += bool(row["multiple_choice"])
        self.repetition += row["answer_repetition"] or 0.0
        self.repeated += (row["answer_repetition"] or 0.0) > REPEATED
        self.told += row["other_language"] is not None
        self.other_language += bool(row["other_language"])
        self.cut += bool(row["cut_answer"])
        self.characters += row["characters"]
        self.tokens += row["tokens"] or 0
        self.counted += row["tokens"] is not None

    def shares(self) -> dict[str, float | int | None]:
        """Returns counts, shares and means; None where nothing can be told."""
        return {
            "samples": self.samples,
            "turns": self.answers,
            "multiple_choice": _share(self.multiple_choice, self.samples),
            "repeated": _share(self.repeated, self.samples),
            "mean_repetition": _share(self.repetition, self.samples),
            "other_language": _share(self.other_language, self.told),
            "cut": _share(self.cut, self.samples),
            "mean_characters": _share(self.characters, self.samples),
            "mean_tokens": _share(self.tokens, self.counted),
        }


@dataclass(slots=True, kw_only=True)
class TalkCensus:
    """Talks by entry; by main class, for how many the model was asked and agreed."""

    entries: dict[str, Talks] = field(default_factory=dict)
    asked: dict[str, tuple[int, int]] = field(default_factory=dict)

    def add(self, row: Mapping[str, Any]) -> None:
        """Counts a sample, if it is a talk; corpora of earlier releases do not tell."""
        if row.get("answers") is not None:
            self.entries.setdefault(row["stanza"], Talks()).add(row)
        if row.get("use_cases_agree") is not None:
            name = cut(row["taxonomy"] or NO_CLASS, 1)
            agreed, asked = self.asked.get(name, (0, 0))
            self.asked[name] = (agreed + row["use_cases_agree"], asked + 1)

    def conversations(self) -> dict[str, dict[str, float | int | None]]:
        """Returns what the talks of each entry are like."""
        return {entry: self.entries[entry].shares() for entry in sorted(self.entries)}

    def agreement(self, recipe: Mapping[str, Any]) -> dict[str, Any] | None:
        """Returns how often model and labeller agree; None where the model was not asked."""
        if not self.asked:
            return None
        options = recipe.get("second_opinion", {}).get("classes", SecondOpinion().classes)
        agreed, asked = map(sum, zip(*self.asked.values(), strict=True))
        chance = 1 / options
        # Two standard errors of what a coin of that chance would give.
        better = agreed / asked > chance + 2 * math.sqrt(chance * (1 - chance) / asked)
        return {
            "asked": asked,
            "agree": agreed,
            "options": options,
            "better_than_chance": better,
            "classes": {
                name: {"asked": each[1], "agree": each[0]}
                for name, each in sorted(self.asked.items())
            },
        }


def rows(told: Mapping[str, Mapping[str, Any]]) -> Iterator[list[str | int]]:
    """Yields a line under HEAD for each entry; lengths are means, `-` what nobody knows."""
    for entry, each in told.items():
        names = ("multiple_choice", "repeated", "mean_repetition", "other_language", "cut")
        shares = ["-" if each[name] is None else f"{each[name]:.1%}" for name in names]
        means = [
            "-" if each[name] is None else f"{each[name]:,.0f}"
            for name in ("mean_characters", "mean_tokens")
        ]
        yield [entry, each["samples"], each["turns"], *shares, *means]


def agreement_rows(told: Mapping[str, Any]) -> Iterator[list[str | int]]:
    """Yields a line for each main class, and one for all, under AGREEMENT_HEAD."""
    every = {**told["classes"], "all": told}
    for name, each in every.items():
        yield [name, each["asked"], each["agree"], f"{each['agree'] / each['asked']:.0%}"]


def agreement_note(told: Mapping[str, Any]) -> str:
    """Returns a sentence on what the agreement is worth."""
    chance = f"{1 / told['options']:.0%} would be chance"
    if told["better_than_chance"]:
        return f"the model chooses among {told['options']} classes, so {chance}"
    return (
        f"the model chooses among {told['options']} classes, so {chance}, and it does no better "
        "than that here"
    )


def _share(part: float, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
