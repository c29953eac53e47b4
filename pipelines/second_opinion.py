"""A second opinion on use cases: which class the reference model finds likeliest, among a few.

The model is shown the prompt and its image, asked which class fits, and given the names of the
labeller's likeliest classes as options; the option of the lowest perplexity is its choice. It never
overrules the labeller: what a sample keeps is whether the two agree.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import pyarrow as pa

from model import weights
from pipelines import labels
from sources.sample import Sample, Segment
from taxonomy.conditions import ImageFacts
from taxonomy.use_cases import UNNAMED, use_cases

FIELDS: dict[str, pa.DataType] = {
    "second_use_case": pa.string(),
    "second_perplexity": pa.float64(),
    "use_cases_agree": pa.bool_(),
}
_ASK = {
    "en": "Which kind of request is this?\n\n{prompt}",
    "zh": "\u8fd9\u662f\u54ea\u4e00\u7c7b\u8bf7\u6c42\uff1f\n\n{prompt}",
}
# Address space of a process that has loaded torch, in bytes; most of it is never touched.
ROOM = 40 * 10**9
_MOST = 1000  # characters of a prompt that are shown


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondOpinion:
    """Whether and how the model is asked; what a recipe says under `second_opinion`.

    Attributes:
        model: `tiny` or the folder of a checkpoint.
        classes: how many of the labeller's likeliest classes are options.
        digest: of the model, so that another one makes other facts.
    """

    model: str = "tiny"
    classes: int = 4
    digest: str = ""

    def __post_init__(self) -> None:
        if not 2 <= self.classes <= 26:
            raise ValueError(f"{self.classes} classes to choose from; expected 2 to 26")


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """What the model says of a prompt.

    Attributes:
        key: key of the sample.
        use_case: class that it chose; empty where it could not be asked.
        perplexity: of the name of that class.
        agrees: whether the stated class, or else the labeller's likeliest, is the same; None where
            nobody was asked.
    """

    key: str
    use_case: str = ""
    perplexity: float | None = None
    agrees: bool | None = None

    def facts(self) -> dict[str, Any]:
        """Returns it as facts of the sample."""
        return {
            "second_use_case": self.use_case,
            "second_perplexity": self.perplexity,
            "use_cases_agree": self.agrees,
        }


def settings(raw: Mapping[str, Any], absolute: Callable[[str], str]) -> dict[str, SecondOpinion]:
    """Returns what entries of a recipe are to know of it; nothing where it is not asked for.

    Args:
        raw: the recipe.
        absolute: gives the path of a name in it.

    Raises:
        ValueError: there is no such model, or there are too few classes to choose from.
    """
    if "second_opinion" not in raw:
        return {}
    given = {"model": "tiny", **raw["second_opinion"]}
    if given["model"] != "tiny":
        given["model"] = absolute(given["model"])
    found = weights.digest(weights.find(given["model"]))
    return {"second_opinion": SecondOpinion(**given, digest=found)}


def faults(
    raw: Mapping[str, Any], absolute: Callable[[str], str]
) -> Iterator[tuple[tuple[Any, ...], str]]:
    """Yields a fault if a recipe names a model that is none, with the place where it stands."""
    try:
        settings(raw, absolute)
    except ValueError as error:
        yield ("second_opinion",), f"second_opinion: {error}"


def measure(sample: Sample, setting: SecondOpinion | None) -> dict[str, Any]:
    """Returns the facts of one sample; the model is loaded for the first that has a prompt."""
    if setting is None or not labels.question(sample):
        return Opinion(key=sample.key).facts()
    return opinions([sample], setting, _scorer(setting.model))[0].facts()


@cache
def _scorer(model: str) -> Any:
    # Torch: only builds that ask for a second opinion pay for it.
    from model.score import Scorer

    return Scorer(model)


def opinions(samples: Sequence[Sample], setting: SecondOpinion, scorer: Any) -> list[Opinion]:
    """Returns what a model says of the use cases of samples, one for each.

    Args:
        samples: with their images; those without a prompt are passed over.
        setting: how to ask.
        scorer: a `model.score.Scorer` that is loaded already.
    """
    likely = [(sample, _likeliest(sample, setting.classes)) for sample in samples]
    order = use_cases().leaves.index
    # The labeller's own choice is not told by its place.
    asked = [(sample, ids[0], sorted(ids, key=order)) for sample, ids in likely if ids]
    told = scorer.score([as_question(sample, ids) for sample, _, ids in asked])
    found = {
        sample.key: _opinion(score, first, ids)
        for score, (sample, first, ids) in zip(told, asked, strict=True)
    }
    return [found.get(sample.key, Opinion(key=sample.key)) for sample in samples]


def as_question(sample: Sample, ids: Sequence[str]) -> Sample:
    """Returns the question to the model: the sample's first turn, with names of classes."""
    prompt = labels.question(sample)[:_MOST]
    language = (
        "zh" if sum("\u4e00" <= each <= "\u9fff" for each in prompt) * 4 > len(prompt) else "en"
    )
    names = tuple(name(id, language) for id in ids)
    images = tuple(Segment(image=each.image, role="user") for each in _images(sample))
    text = _ASK[language].format(prompt=prompt)
    answer = Segment(text=names[0], role="assistant")
    return Sample(
        segments=(*images, Segment(text=text, role="user"), answer), key=sample.key, choices=names
    )


def name(id: str, language: str) -> str:
    """Returns the names along the path of a class, as an option.

    >>> name("evaluation/-/aesthetic-evaluation", "en")
    'Evaluation: Aesthetic Evaluation'
    """
    return ": ".join(each for each in use_cases().names(id, language) if each != UNNAMED)


def _likeliest(sample: Sample, count: int) -> list[str]:
    """The likeliest classes, the stated one or the labeller's choice first; none without prompt."""
    prompt = labels.question(sample)
    if not prompt:
        return []
    from taxonomy.labeller import labeller

    facts = ImageFacts(key=sample.key, images=len(sample.images), category=sample.category)
    shares = labeller().probabilities(prompt[:_MOST], facts)
    known = [
        (id != sample.taxonomy, -share, id)
        for id, share in zip(labeller().classes, shares, strict=True)
        if id in use_cases().cases
    ]
    return [id for _, _, id in sorted(known)[:count]]


def _images(sample: Sample) -> list[Segment]:
    """The images of the first turn."""
    shown = []
    for segment in sample.segments:
        if segment.role == "assistant":
            break
        if segment.is_image:
            shown.append(segment)
    return shown


def _opinion(score: Any, first: str, ids: Sequence[str]) -> Opinion:
    """What a score says; one without a choice, or a failure, is no opinion."""
    choice = getattr(score, "choice", None)
    if choice is None:
        return Opinion(key=score.key)
    return Opinion(
        key=score.key,
        use_case=ids[choice],
        perplexity=score.choice_perplexities[choice],
        agrees=ids[choice] == first,
    )
