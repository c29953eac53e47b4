"""What is known of an image, and which conditions of prompts it therefore meets."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from taxonomy.document import Entry, read
from taxonomy.use_cases import LANGUAGES


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageFacts:
    """What ingest knows of the image, or images, that a prompt would be about.

    Attributes:
        key: key of the sample.
        images: how many images it has.
        category: its class of Tables 1 and 2.
        source: full name of its source, such as web_code/notebooks.
        ocr_share: share of the area that is text, 0 to 1; None where nobody measured it.
        aspect: width over height of the first image; None where unknown.
        captions: what was said of it.
        known: conditions that hold for other reasons, such as an annotator's word.
    """

    key: str
    images: int = 1
    category: str = ""
    source: str = ""
    ocr_share: float | None = None
    aspect: float | None = None
    captions: tuple[str, ...] = ()
    known: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Something that a prompt asks of an image; `conditions.yaml` explains the fields."""

    name: str
    description: str
    categories: frozenset[str] = frozenset()
    sources: frozenset[str] = frozenset()
    words: re.Pattern[str] | None = None
    images: int | None = None
    ocr_share: float | None = None
    aspect: tuple[float, float] | None = None
    unless: frozenset[str] = frozenset()

    def holds(self, facts: ImageFacts) -> bool:
        """Whether an image meets this condition, as far as is known."""
        if self.name in facts.known or facts.category in self.categories:
            return True
        if facts.source in self.sources:
            return True
        if self.words and any(self.words.search(caption) for caption in facts.captions):
            return True
        return self._measured(facts)

    def _measured(self, facts: ImageFacts) -> bool:
        """Whether there are measures and all of them are met."""
        met = []
        if self.images is not None:
            met.append(facts.images >= self.images)
        if self.ocr_share is not None:
            met.append(facts.ocr_share is not None and facts.ocr_share >= self.ocr_share)
        if self.aspect is not None:
            low, high = self.aspect
            met.append(facts.aspect is not None and low <= facts.aspect <= high)
        return bool(met) and all(met)


def met_by(facts: ImageFacts, known: Mapping[str, Condition] | None = None) -> frozenset[str]:
    """Returns the names of all conditions that an image meets, and `shows:` what it shows.

    What nobody said of an image is taken not to be so: a prompt that does not fit costs an answer.

    >>> sorted(met_by(ImageFacts(key="a", images=2, captions=("dogs, a ball",))))
    ['has_animals', 'has_nature', 'is_scene', 'several_images', 'shows:ball', 'shows:dog']
    """
    known = conditions() if known is None else known
    met = {name for name, condition in known.items() if condition.holds(facts)}
    shown = frozenset[str]().union(*map(things, facts.captions))
    # A page or a chart may speak of anything; what a view of things is said to show is there.
    scenes = {name for name, own in known.items() if own.unless and not own.unless & met}
    met |= {name for name in scenes if shown or known[name].holds(facts)}
    met -= {name for name, own in known.items() if own.unless and own.unless & met}
    named = (f"shows:{stem(word)}" for text in facts.captions for word in _WORD.findall(text))
    kind = frozenset[str]().union(*map(kinds, facts.captions))
    return frozenset(met | shown | kind | set(named))


def things(text: str) -> frozenset[str]:
    """Returns what a prompt or a caption speaks of, as conditions.

    >>> sorted(things("Why is the man feeding two cats?"))
    ['has_people', 'shows:cat', 'shows:man']
    """
    words, names = _objects()
    found = {names[match.lower()] for match in words.findall(text)}
    return frozenset(found | ({"has_people"} if _PERSON.search(text) else set()))


def named(text: str) -> frozenset[str]:
    """Returns what an English prompt takes for granted: words behind `the` that images may lack.

    >>> sorted(named("Judge the finish of the bolts on this photo"))
    ['shows:bolt', 'shows:finish']
    """
    words, names = _objects()
    found = {word.lower() for word in _GRANTED.findall(text)} - _always()
    # What `things` knows has its own condition there, with all the words for it.
    return frozenset(
        f"shows:{stem(word)}" for word in found if not (words.search(word) or _PERSON.search(word))
    )


def kinds(text: str) -> frozenset[str]:
    """Returns which kind of chart, window or part of a body a prompt on a drawing is about.

    >>> sorted(kinds("What share does the largest slice of the pie have?"))
    ['shows:pie', 'shows:slice']
    """
    return frozenset(f"shows:{stem(word)}" for word in _KINDS.findall(text))


def stem(word: str) -> str:
    """Returns a word in small letters, as one of its kind.

    >>> stem("Boxes"), stem("glass"), stem("berries")
    ('box', 'glass', 'berry')
    """
    word = word.lower()
    for end, other in (("ies", "y"), ("xes", "x"), ("ches", "ch"), ("shes", "sh")):
        if word.endswith(end) and len(word) > len(end) + 1:
            return word.removesuffix(end) + other
    plural = word.endswith("s") and not word.endswith(("ss", "us", "is"))
    return word[:-1] if plural and len(word) > 3 else word


@cache
def _always() -> frozenset[str]:
    """Words for what every image has: `always.yaml`."""
    (entry,) = read(Path(str(files(__package__).joinpath("always.yaml")))).fields(("en",)).values()
    return frozenset(entry.text().split())


@cache
def _objects() -> tuple[re.Pattern[str], Mapping[str, str]]:
    """A pattern for all words of `objects.yaml`, and the condition that each word stands for."""
    names: dict[str, str] = {}
    entries = read(Path(str(files(__package__).joinpath("objects.yaml")))).fields()
    for key, entry in entries.items():
        english = [form for word in key.split("|") for form in (word, f"{word}s", f"{word}es")]
        condition = f"shows:{key.split('|')[0].replace(' ', '_')}"
        if key.startswith("has_"):
            condition = key
        for word in (*english, *entry.text().lower().split("|")):
            names.setdefault(word, condition)
    longest = sorted(names, key=len, reverse=True)
    english = [re.escape(word) for word in longest if word.isascii()]
    chinese = [re.escape(word) for word in longest if not word.isascii()]
    pattern = rf"\b(?:{'|'.join(english)})\b|{'|'.join(chinese)}"
    return re.compile(pattern, re.IGNORECASE), names


_KINDS = re.compile(
    r"\b(?:pie|donut|slices?|scatter|histogram|heat ?map|box ?plot|bars?|radar|treemap|dashboard"
    r"|error bars|unemployment|exports|x-ray|microscope|cells"
    r"|wrist|knee|chest|lungs?|brain|heart|spine|teeth|tooth|skin|retina|fetus|rash"
    r"|years?|months?|countr(?:y|ies)|prices?|sales|temperature|population"
    r"|wireframe|mockup|spreadsheets?|settings|notifications?|toolbars?|icons?|errors?|lines?|dots|hero"
    r"|(?:19|20)\d\d)\b"
    r"|哪一?年|年份|月份|国家|价格|销量|气温|人口|线框图|电子表格|设置页|通知|报错|图标|工具栏|保存",
    re.IGNORECASE,
)
_WORD = re.compile(r"[A-Za-z]{3,}")
_GRANTED = re.compile(
    r"\b(?:the|this|that|these|those|my|his|her|their|your|its|our)\s+"
    r"(?:(?:two|three|four|five|first|second|last|left|right|main|whole|same|small|big|red|blue|yellow"
    r"|green|old|young|little|other|most|entire|same)\s+)*([a-z]{3,})",
    re.IGNORECASE,
)
_PERSON = re.compile(
    r"\b(?:m[ae]n|wom[ae]n|boys?|girls?|child(?:ren)?|kids?|people|persons?|lady|guys?|he|she|him|his"
    r"|her|grandfather|grandmother|couple|baby|toddler|twins?|father|mother)\b"
    r"|男人|女人|女士|男孩|女孩|孩子|小孩|老人|人物|宝宝|他|她|的人|个人|些人|行人|爸爸|妈妈|双胞胎",
    re.IGNORECASE,
)


@cache
def conditions() -> Mapping[str, Condition]:
    """Returns the conditions of `conditions.yaml` by name."""
    return load(Path(str(files(__package__).joinpath("conditions.yaml"))))


def load(path: Path) -> Mapping[str, Condition]:
    """Reads conditions from a file.

    Raises:
        Mistake: what is wrong, with file and line.
    """
    return {name: _condition(name, entry) for name, entry in read(path).fields().items()}


def _condition(name: str, entry: Entry) -> Condition:
    fields = entry.fields(
        ("description",), ("categories", "sources", "words", "measures", "unless")
    )
    measures = (
        fields["measures"].fields((), ("images", "ocr_share", "aspect"))
        if ("measures" in fields)
        else {}
    )
    return Condition(
        name=name,
        description=fields["description"].text(),
        categories=frozenset(fields["categories"].texts() if "categories" in fields else ()),
        sources=frozenset(fields["sources"].texts() if "sources" in fields else ()),
        words=_pattern(fields["words"]) if "words" in fields else None,
        images=int(measures["images"].number()) if "images" in measures else None,
        ocr_share=measures["ocr_share"].number() if "ocr_share" in measures else None,
        unless=frozenset(fields["unless"].texts() if "unless" in fields else ()),
        aspect=_range(measures["aspect"]) if "aspect" in measures else None,
    )


def _pattern(entry: Entry) -> re.Pattern[str]:
    """English words stand alone, a plural s allowed; Chinese ones anywhere."""
    lists = {language: texts.texts() for language, texts in entry.fields((), LANGUAGES).items()}
    english = "|".join(re.escape(word) for word in lists.get("en", ()))
    parts = [rf"\b(?:{english})s?\b"] if english else []
    parts += [re.escape(word) for word in lists.get("zh", ())]
    return re.compile("|".join(parts), re.IGNORECASE)


def _range(entry: Entry) -> tuple[float, float]:
    ends = entry.value if isinstance(entry.value, list) else []
    if len(ends) != 2 or ends[0].number() > ends[1].number():
        raise entry.mistake("expected two numbers, the smaller one first")
    return ends[0].number(), ends[1].number()
