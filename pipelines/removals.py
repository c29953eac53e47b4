"""Stage 3 joined: what leaks, duplicates, near-duplicates, repeated images, what is held out.

Each finds what to remove among what those before it left, and lists it in a folder of its own.
"""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from pipelines import earlier, store
from pipelines.dedup import FindDuplicates
from pipelines.evaluation.apart import LeaveOut
from pipelines.layout import Layout, digest
from pipelines.leakage import index
from pipelines.leakage.stage import FindLeaks
from pipelines.near.components import Stage
from pipelines.near.edits import CountImages, EditDocuments
from pipelines.near.search import searches
from pipelines.recipe import Recipe
from pipelines.stages import Stages


@dataclass(frozen=True, slots=True, kw_only=True)
class Removals:
    """What leaves a corpus.

    Attributes:
        folders: of the lists of removals, in the order in which they count.
        edits: folder of documents that lost images; empty for none.
    """

    folders: tuple[str, ...]
    edits: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finder:
    """Finds what is to be removed.

    Attributes:
        recipe: what to build.
        layout: of the build.
        stages: runs them.
        receipts: paths of the lists of the units' receipts.
        state: names what these hold.
        buckets: of units.
        scores: key of the scores; empty for a build without.
    """

    recipe: Recipe
    layout: Layout
    stages: Stages
    receipts: list[str]
    state: str
    buckets: int
    scores: str = ""

    def find(self) -> Removals:
        """Runs whatever the recipe asks for."""
        leaks = tuple(self._leakage())
        lists = [*self.receipts, *earlier.files(self.recipe.dedup.before)]
        gone = (*leaks, self._equal(leaks, lists))
        gone = (*gone, *self._near(gone, lists))
        edits = self._repeats(gone)
        found = (*gone, *([edits] if edits else ()), *self._held_out())
        self.stages.note_folders("removals", found)
        return Removals(folders=found, edits=edits)

    def _leakage(self) -> Iterator[str]:
        """Finds what leaks from evaluation sets; yields the folder of what is to be removed."""
        settings = self.recipe.leakage
        if settings is None:
            return
        files = index.identity(settings)
        known = self.layout.build("leakage", "index", digest(files))
        index.build(settings, known)
        depends = [self.state, files, {**asdict(settings), "fingerprints": None}]
        folder = self.layout.build("leakage", digest(depends))
        stage = FindLeaks(layout=self.layout, into=folder, index=known, settings=settings)
        self.stages.run("Leakage", folder, self.receipts, stage)
        self.stages.note("leakage_index", known.rsplit("/", 1)[-1])
        if settings.remove:
            yield folder

    def _equal(self, removals: tuple[str, ...], lists: list[str]) -> str:
        """Finds samples of equal content; returns the folder of the removals."""
        dedup, names = self.recipe.dedup, tuple(stanza.name for stanza in self.recipe.stanzas)
        depends = [self.state, names, dedup.exact, _names(removals), earlier.identity(dedup.before)]
        folder = self.layout.build("dedup", digest(depends))
        stage = FindDuplicates(
            layout=self.layout,
            into=folder,
            removals=removals,
            stanzas=names,
            buckets=self.buckets,
            exact=dedup.exact,
        )
        self.stages.run("Dedup", folder, lists, stage, workers=1)
        return folder

    def _near(self, removals: tuple[str, ...], lists: list[str]) -> Iterator[str]:
        """Finds near-duplicates among what is not removed yet; yields the folders of removals."""
        for search in searches(self.recipe, self.layout, self.scores):
            folder = self.layout.build("near", digest([*_names(removals[-1:]), search.settings]))

            def run(
                name: str, inputs: list[str], make: Callable[[str], Stage], folder: str = folder
            ) -> list[str]:
                into = store.join(folder, name) if name else folder
                return self.stages.run_part(name or "near", into, inputs, make(into))

            search.write(folder, removals, lists, run, self.buckets)
            yield folder

    def _repeats(self, removals: tuple[str, ...]) -> str:
        """Takes images that repeat out of documents; returns the folder of these, or nothing."""
        settings = self.recipe.dedup.repeats
        if settings is None:
            return ""
        folder = self.layout.build("repeats", digest([_names(removals), asdict(settings)]))
        frequent = store.join(folder, "frequent")
        rules: Any = {"layout": self.layout, "removals": removals, "settings": settings}
        if settings.more_than is not None:
            count = CountImages(into=frequent, **rules)
            self.stages.run_part("CountImages", frequent, self.receipts, count)
        edit = EditDocuments(into=folder, frequent=frequent, **rules)
        self.stages.run("Repeats", folder, self.receipts, edit)
        return folder

    def _held_out(self) -> Iterator[str]:
        """Keeps evaluation sets out of training; yields the folders of removals."""
        for held in self.recipe.evaluation:
            folder = self.layout.build("evaluation", digest([self.state, held.digest]))
            stage = LeaveOut(layout=self.layout, into=folder, folder=held.folder)
            self.stages.run_part("Evaluation", folder, self.receipts, stage)
            yield folder


def _names(folders: tuple[str, ...]) -> list[str]:
    return [folder.rsplit("/", 1)[-1] for folder in folders]
