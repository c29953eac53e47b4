"""The pools of prompts: what users ask of images, by use case and by task of pretraining."""

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from taxonomy.conditions import conditions, kinds, named, things
from taxonomy.document import Entry, Mistake, read
from taxonomy.use_cases import LANGUAGES, use_cases

# Forms that a prompt may demand of its answer; `answers` checks them.
FORMS = (
    "code",
    "csv",
    "html",
    "json",
    "latex",
    "list",
    "markdown",
    "number",
    "sentence",
    "svg",
    "table",
    "text",
    "word",
    "yes-no",
)
# Stands in place of a use case in pools of what asks nothing of an image: talk, essays, errands.
OTHER = "other"
_BEFORE = re.compile(r"^\[([a-z_ ]+)\]\s*(?=\S)")
_AFTER = re.compile(r"\s*\[as:([a-z-]+)\]$")

# Views of things. What prompts on drawings, pages and exercises speak of need not be shown: a plan
# has rooms, an exercise a ladder.
_VIEWS = {"is_scene", "is_photo", "is_artwork"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """One prompt of a pool.

    Attributes:
        text: what the user says.
        pool: id of the use case, or category and task of pretraining, that it was written for.
        use_case: id of the use case it belongs to, or OTHER.
        language: en or zh.
        needs: conditions that the image must meet, those by what the text speaks of included.
        form: the form that it demands of the answer, one of FORMS; empty for none.
        opener: whether it opens a longer talk.
    """

    text: str
    pool: str
    use_case: str
    language: str
    needs: frozenset[str] = frozenset()
    form: str = ""
    opener: bool = False

    @property
    def id(self) -> str:
        """Stable name, by what it says and where it stands."""
        digest = hashlib.sha256(f"{self.pool}\n{self.language}\n{self.text}".encode())
        return digest.hexdigest()[:16]


@cache
def pools() -> tuple[Prompt, ...]:
    """Returns every prompt that this package holds, in the order of the files."""
    folder = Path(str(files(__package__).joinpath("pools")))
    return load(sorted(folder.glob("*.yaml")))


def of_use_cases(prompts: Iterable[Prompt]) -> tuple[Prompt, ...]:
    """Returns the prompts to choose from, without those for pretraining and for one image alone."""
    return tuple(prompt for prompt in prompts if prompt.pool == prompt.use_case)


def load(
    paths: Iterable[Path],
    leaves: Collection[str] | None = None,
    known: Collection[str] | None = None,
) -> tuple[Prompt, ...]:
    """Reads pools from files.

    Args:
        paths: the files.
        leaves: ids of the use cases; by default those of the paper.
        known: names of the conditions; by default those of `conditions.yaml`.

    Raises:
        Mistake: what is wrong, with file and line.
    """
    leaves = use_cases().leaves if leaves is None else leaves
    known = conditions() if known is None else known
    found: list[Prompt] = []
    for path in paths:
        for pool, entry in read(path).fields().items():
            found += _pool(pool, entry, leaves, known)
    return tuple(found)


def _pool(
    pool: str, entry: Entry, leaves: Collection[str], known: Collection[str]
) -> Iterable[Prompt]:
    """The prompts of one pool, which is a use case or names the one it is like."""
    fields = entry.fields(LANGUAGES, ("needs", "like"))
    use_case = fields["like"].text() if "like" in fields else pool
    if use_case not in leaves and use_case != OTHER:
        raise entry.mistake(f"{use_case!r} is no use case that prompts can belong to")
    shared = _names(fields["needs"], fields["needs"].texts(), known) if "needs" in fields else set()
    drawn = any(name.startswith("is_") for name in shared - _VIEWS)
    for language in LANGUAGES:
        block = fields[language]
        for further, line in block.lines():
            text, needs, opener = _before(block, further, line, known)
            text, form = _after(block, further, text)
            yield Prompt(
                text=text,
                pool=pool,
                use_case=use_case,
                language=language,
                needs=frozenset(
                    shared | needs | (kinds(text) if drawn else things(text) | named(text))
                ),
                form=form,
                opener=opener,
            )


def _before(
    block: Entry, further: int, line: str, known: Collection[str]
) -> tuple[str, set[str], bool]:
    """Takes the bracket before a prompt off: the text, its conditions, whether it is an opener."""
    match = _BEFORE.match(line)
    words = match[1].split() if match else []
    names = [word for word in words if word != "opener"]
    needs = _names(block, names, known, further)
    return line[match.end() if match else 0 :], needs, len(names) < len(words)


def _after(block: Entry, further: int, line: str) -> tuple[str, str]:
    """Takes the bracket behind a prompt off: the text, and the form it demands."""
    match = _AFTER.search(line)
    if not match:
        return line, ""
    if match[1] not in FORMS:
        raise block.mistake(f"unknown form {match[1]!r}: expected one of {FORMS}", further)
    return line[: match.start()], match[1]


def _names(
    entry: Entry, names: Iterable[str], known: Collection[str], further: int = 0
) -> set[str]:
    """The conditions of those names, all of which must be known."""
    found = set(names)
    unknown = sorted(found - set(known))
    if unknown:
        raise entry.mistake(
            f"unknown condition {', '.join(unknown)}: conditions.yaml lists them", further
        )
    return found


def counts(prompts: Iterable[Prompt]) -> Mapping[str, int]:
    """Returns how many prompts each use case has."""
    found: dict[str, int] = {}
    for prompt in prompts:
        found[prompt.use_case] = found.get(prompt.use_case, 0) + 1
    return found


__all__ = ["FORMS", "OTHER", "Mistake", "Prompt", "counts", "load", "of_use_cases", "pools"]
