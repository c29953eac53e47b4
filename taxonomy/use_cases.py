"""The use cases of Table 3 as a tree of classes, read from `use_cases.yaml` or others."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path

from taxonomy.document import Entry, Mistake, read

LANGUAGES = ("en", "zh")
UNNAMED = "-"  # stands in a path where the paper names no class
_LEVELS = 3
_CUES = 3  # the least number of cues of a class in each language


@dataclass(frozen=True, slots=True, kw_only=True)
class UseCase:
    """One class of the taxonomy.

    Attributes:
        id: its path, such as `recognition/local-description/counting`.
        name: its own name, as in the paper.
        zh: its Chinese name.
        description: what belongs to it.
        cues: by language, words and phrases by which a prompt of it is known; leaves only.
        children: ids of the classes right below it.
    """

    id: str
    name: str
    zh: str
    description: str
    cues: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    children: tuple[str, ...] = ()

    @property
    def depth(self) -> int:
        """1 for a main class, 2 for a secondary, 3 for a tertiary one."""
        return self.id.count("/") + 1


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """All classes by id, a class always before those below it."""

    cases: Mapping[str, UseCase]

    @property
    def leaves(self) -> tuple[str, ...]:
        """Ids of the classes that prompts are labelled with: those with nothing below them."""
        return tuple(id for id, case in self.cases.items() if not case.children)

    def at(self, depth: int) -> tuple[str, ...]:
        """Returns the ids of a depth (1, 2 or 3); leaves that lie higher stand for themselves."""
        if depth not in range(1, _LEVELS + 1):
            raise ValueError(f"depth {depth} is none of 1 (main), 2 (secondary), 3 (tertiary)")
        cases = self.cases.values()
        return tuple(
            c.id for c in cases if c.depth == depth or (c.depth < depth and not c.children)
        )

    def names(self, id: str, language: str = "en") -> tuple[str, ...]:
        """Returns the names along the path of a class, main class first."""
        steps = id.split("/")
        above = [self.cases["/".join(steps[: end + 1])] for end in range(len(steps))]
        return tuple(case.zh if language == "zh" else case.name for case in above)


def cut(id: str, depth: int) -> str:
    """Returns the class of a depth that a class lies in.

    >>> cut("recognition/local-description/counting", 2)
    'recognition/local-description'
    """
    return "/".join(id.split("/")[:depth])


@cache
def use_cases() -> Taxonomy:
    """Returns the taxonomy of the paper."""
    return load([Path(str(files(__package__).joinpath("use_cases.yaml")))])


def load(paths: Iterable[Path]) -> Taxonomy:
    """Reads a taxonomy; classes of a later file are added to those before, or replace them.

    Raises:
        Mistake: what is wrong, with file and line.
    """
    cases: dict[str, UseCase] = {}
    for path in paths:
        _add(cases, read(path), above="")
    if not cases:
        raise ValueError("no taxonomy file was given; expected at least one")
    return Taxonomy(_in_order(cases))


def _add(cases: dict[str, UseCase], entry: Entry, above: str) -> None:
    """Adds the classes of one level and all below them."""
    for key, child in entry.fields().items():
        id = f"{above}/{key}" if above else key
        _check_key(key, child, id)
        case = _case(id, child, cases.get(id))
        cases[id] = case
        if "classes" in child.value:
            _add(cases, child.value["classes"], id)
        if above and id not in cases[above].children:
            parent = cases[above]
            cases[above] = _with_child(parent, id)


def _check_key(key: str, entry: Entry, id: str) -> None:
    """Refuses keys that would not do in a path or a file's name."""
    plain = key.replace("-", "")
    if key != UNNAMED and not (plain.isascii() and plain.isalnum() and key == key.lower()):
        raise entry.mistake(f"class key {key!r} must be of a-z, 0-9 and hyphens, or {UNNAMED!r}")
    if id.count("/") >= _LEVELS:
        raise entry.mistake(f"{id!r} lies {id.count('/') + 1} deep; at most {_LEVELS} levels")


def _case(id: str, entry: Entry, known: UseCase | None) -> UseCase:
    """One class; one that an earlier file has may leave out its names."""
    needed = () if known else ("name", "zh", "description")
    fields = entry.fields(needed, ("name", "zh", "description", "classes", "cues"))
    given = {name: fields[name].text() for name in ("name", "zh", "description") if name in fields}
    if known:
        given = {"name": known.name, "zh": known.zh, "description": known.description} | given
    children = known.children if known else ()
    has_classes = bool(children) or "classes" in fields
    if "cues" in fields and has_classes:
        raise fields["cues"].mistake(f"{id!r} has classes below it, so the cues belong to those")
    if has_classes:
        return UseCase(id=id, children=children, **given)
    return UseCase(id=id, cues=_cues(id, entry, known), **given)


def _cues(id: str, entry: Entry, known: UseCase | None) -> Mapping[str, tuple[str, ...]]:
    if "cues" not in entry.value:
        if known:
            return known.cues
        raise entry.mistake(f"{id!r} has neither classes below it nor cues: add one of them")
    cues = {
        language: texts.texts()
        for language, texts in entry.value["cues"].fields(LANGUAGES, ()).items()
    }
    for language, texts in cues.items():
        if len(set(texts)) < _CUES:
            where = entry.value["cues"].value[language]
            raise where.mistake(f"{id!r} has {len(set(texts))} cues in {language}, needs {_CUES}")
    return cues


def _with_child(parent: UseCase, id: str) -> UseCase:
    return UseCase(
        id=parent.id,
        name=parent.name,
        zh=parent.zh,
        description=parent.description,
        children=(*parent.children, id),
    )


def _in_order(cases: dict[str, UseCase]) -> dict[str, UseCase]:
    """Depth first, so that classes which a later file adds stand beside their kin."""
    ordered: dict[str, UseCase] = {}

    def visit(id: str) -> None:
        ordered[id] = cases[id]
        for child in cases[id].children:
            visit(child)

    for id in [id for id in cases if "/" not in id]:
        visit(id)
    return ordered


__all__ = ["LANGUAGES", "Mistake", "Taxonomy", "UseCase", "cut", "load", "use_cases"]
