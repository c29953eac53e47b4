"""The recipe: what to build, as the other parts see it. `recipe_reader` reads and checks it."""

from dataclasses import dataclass, field
from typing import Any

from pipelines.leakage.settings import Leakage
from pipelines.mixing.remix import Remix
from pipelines.mixing.settings import Mixing
from pipelines.near.repeats import Repeats
from pipelines.scoring.settings import Scoring
from pipelines.second_opinion import SecondOpinion


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a row and the opening of a piece may cost, how many rows may fail; sizes in bytes."""

    seconds: float = 60
    opening: float = 1800
    memory: int = 4 * 10**9
    image_bytes: int = 50 * 10**6
    image_pixels: int = 100_000_000
    rejects: float = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Stanza:
    """One entry of `sources`.

    Attributes:
        name: unique in the recipe.
        source: full name of the source, such as `web_code/notebooks`.
        path: patterns of its raw files, absolute or URLs.
        root: folder that all its files lie below.
        images: folder below the root where image paths start; empty for that of a row's file.
        licence: of rows that state none; empty for the source's own.
        language: of rows that state none.
        orient: whether images are turned upright.
        redact: kinds of personal data that are put out of sight, the same for all stanzas.
        safety: scorers of images, the same for all stanzas.
        options: arguments of the source's `parse`.
        fetched: folder or URL of the finished fetch that holds images known by URL; empty for none.
        fetch: what that fetch brought, as a hash, so that another fetch is another entry.
        drop_missing: whether images that are not there are left out rather than break their row.
        tokenizer: by which texts are counted in tokens, the same for all stanzas; empty for none.
        vocabulary: what that tokenizer is, as a hash, so that another one is another entry.
        second_opinion: how the model is asked for use cases too; None for not at all.
    """

    name: str
    source: str
    path: tuple[str, ...]
    root: str
    images: str = ""
    licence: str = ""
    language: str = ""
    orient: bool = False
    redact: tuple[str, ...] = ()
    safety: tuple[str, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)
    fetched: str = ""
    fetch: str = ""
    drop_missing: bool = False
    tokenizer: str = ""
    vocabulary: str = ""
    second_opinion: SecondOpinion | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """A condition on one fact; None leaves a side open."""

    fact: str
    min: float | None = None
    max: float | None = None
    allowed: tuple[Any, ...] | None = None
    refused: tuple[Any, ...] = ()
    category: str | None = None
    stanza: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NearTexts:
    """Which samples go because another says nearly the same.

    Attributes:
        threshold: Jaccard index of two texts' shingles from which on they are alike.
        verify: how pairs that share a band are compared before they count: `exact`, by their
            texts; `estimate`, by their signatures; `none`, not at all.
        categories: whose samples are looked at; none for all samples without images.
    """

    threshold: float = 0.8
    verify: str = "exact"
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NearImages:
    """Which samples go because another shows nearly the same.

    Attributes:
        by: what pictures are compared by: `thumbnail`, which finds crops and logos too, or `hash`.
        likeness: of two thumbnails from which on they are alike.
        distance: bits of 64 in which perceptual hashes may differ, if they are what is compared.
        least_entropy: samples with an image of less, in bits, are left alone.
        categories: whose samples are looked at.
    """

    by: str = "thumbnail"
    likeness: float = 0.9
    distance: int = 4
    least_entropy: float = 3.0
    categories: tuple[str, ...] = ("pretrain/caption",)


@dataclass(frozen=True, slots=True, kw_only=True)
class NearQuestions:
    """Which samples go because another asks nearly the same of the same images.

    Attributes:
        threshold: Jaccard index of two questions' runs of characters from which on they are alike.
    """

    threshold: float = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Dedup:
    """Which duplicates are removed.

    Attributes:
        exact: samples of equal content.
        quality: fact or score of which the larger stays, in entries of one place; empty for none.
        text: near-duplicates of text, or None to keep them.
        images: near-duplicates of images, or None to keep them.
        questions: questions asked twice of the same images, or None to keep them.
        most_captions: samples that may share a caption, or 0 for any number.
        edges_in_memory: pairs that one process joins; more are joined by rounds of pipelines.
        repeats: rules for images that repeat in documents, or None to keep them.
        before: folders of the signatures of earlier corpora, which all samples are compared with.
    """

    exact: bool = True
    quality: str = ""
    text: NearTexts | None = None
    images: NearImages | None = None
    questions: NearQuestions | None = None
    most_captions: int = 0
    edges_in_memory: int = 20_000_000
    repeats: Repeats | None = None
    before: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """An evaluation set that is kept out of the corpus: its folder and its digest."""

    folder: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What to build. Sizes in bytes.

    Attributes:
        raw: the recipe as it was written, with relative paths; the manifest keeps it.
    """

    name: str
    raw: dict[str, Any]
    stanzas: tuple[Stanza, ...]
    seed: int = 0
    shard_size: int = 10**9
    unit_size: int = 64 * 10**6
    limits: Limits = field(default_factory=Limits)
    dedup: Dedup = field(default_factory=Dedup)
    filters: tuple[Filter, ...] = ()
    mixing: Mixing | None = None
    scoring: Scoring | None = None
    remix: Remix | None = None
    leakage: Leakage | None = None
    evaluation: tuple[Evaluation, ...] = ()
