"""Pages of arXiv papers: CPU seconds by step, and against the tooling of Nougat's own dataset.

Theirs is LaTeXML, then `nougat.dataset.split_htmls_to_pages` of the package nougat-ocr. LaTeXML is
no package of this project: `apt-get install --no-install-recommends latexml` brings it for this
measurement. Left out is pdffigures2, a jar that no package registry has: without it their pages
come without floats, which costs them no page. In their favour: LaTeXML gets empty bindings for
expl3, on which the one of Debian 12 hangs, the bibliographies that our compile made, and the PDFs,
whose compile counts as our time alone. A paper that LaTeXML does not end within two minutes of CPU
gives no HTML; the minutes count. The gate of ours is that of the preset `page-text`.
"""

import re
import resource
import shutil
import subprocess
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from pipelines.measures.presets import presets
from sources.document_ocr.latex import formula, make, pdf, sandbox, score, tokens
from sources.document_ocr.latex.compile import Compiled
from sources.document_ocr.latex.furniture import without_furniture
from tests.benchmarks.conftest import Table, peer

PAPERS = (
    "cam16-note", "osa-ucs", "revtex-apssamp", "lomb-scargle", "signature-imputation",
    "evidential-regression",
)  # fmt: skip
STEPS = ("_compile", "read_synctex", "flatten", "convert", "page_texts", "_drawn")
NOUGAT = (
    "nougat-ocr[dataset]==0.1.17",
    "transformers==4.38.2",
    "pypdfium2<5",
    "albumentations==1.4.3",
)
# bash's own `time` says what the program inside of the sandbox used; bubblewrap's parent does not.
TIMED = ("bash", "-c", 'TIMEFORMAT="cpu %U %S"; time "$@"', "timed")
GOOD = 0.9
LATEXML_SECONDS, SPLIT_SECONDS = 120, 900
EMPTY = "package LaTeXML::Package::Pool;\nuse strict;\nuse LaTeXML::Package;\n1;\n"


@dataclass
class Clock:
    """CPU seconds by step: our own and those of the programs that a step runs."""

    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    inside: float = 0.0

    def timed(self, step: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **named: Any) -> Any:
            began, inside = time.process_time(), self.inside
            result = function(*args, **named)
            result = result if not hasattr(result, "__next__") else list(result)
            self.seconds[step] += time.process_time() - began + self.inside - inside
            return result

        return run

    def sandboxed(self, run: Callable[..., Any]) -> Callable[..., Any]:
        def timed(command: Any, *args: Any, **named: Any) -> Any:
            finished = run([*TIMED, *command], *args, **named)
            found = re.findall(rb"cpu ([\d.]+) ([\d.]+)", finished.output)
            self.inside += sum(float(part) for part in found[-1]) if found else 0.0
            return finished

        return timed


@dataclass
class Work:
    """A paper's pages: texts of those that pass the gate by number from 0, and what they cost."""

    compiled: Compiled
    texts: dict[int, str]
    pages: list[pdf.Page]
    seconds: dict[str, float]

    def good(self, texts: dict[int, str]) -> int:
        """How many texts have a word F1 of 0.9 with their page."""
        return sum(word_f1(text, self.pages[number]) >= GOOD for number, text in texts.items())


@pytest.fixture(scope="module")
def ours(samples: Path) -> Iterator[dict[str, Work]]:
    with pytest.MonkeyPatch.context() as patch:
        clock, compiled = Clock(), []
        (entry,) = presets()["page-text"]
        gate = float(entry["min"])
        patch.setattr(sandbox, "run", clock.sandboxed(sandbox.run))
        plain = make._compile
        patch.setattr(make, "_compile", lambda *all: compiled.append(plain(*all)) or compiled[-1])
        for step in STEPS:
            patch.setattr(make, step, clock.timed(step, getattr(make, step)))
        found = {}
        for name in PAPERS:
            clock.seconds.clear()
            made = list(make.make_pages(sources_of(samples / "latex" / name), make.Settings()))
            told = [page for page in made if isinstance(page, make.Made)]
            kept = {page.number - 1: page.text for page in told if page.measures["quality"] >= gate}
            pages = without_furniture(pdf.pages(compiled[-1].pdf))
            found[name] = Work(compiled[-1], kept, pages, dict(clock.seconds))
        yield found


def sources_of(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


_MATHS = re.compile(r"\\\((.*?)\\\)|\\\[(.*?)\\\]|\$\$(.*?)\$\$|(?<!\\)\$(.*?)(?<!\\)\$", re.S)
_MARKUP = re.compile(r"<[^<>]{1,40}>|\\[a-zA-Z]+\*?|[#*_`{}&|\\]|\[\^\w*\]")


def word_f1(text: str, page: pdf.Page) -> float:
    """The word F1 of a page's text, in our markdown or Nougat's, with the page's text layer."""
    words: list[str] = []
    for index, piece in enumerate(_MATHS.split(text)):
        if piece and index % 5 == 0:
            words += tokens.of_text(_MARKUP.sub(" ", piece))
        elif piece:
            words += [token for word in formula.words(piece) for token in tokens.normal(word)]
    return score.f1(score.compare(words, [token.text for token in tokens.of_page(page, 0)]))


@pytest.mark.bench
@pytest.mark.timeout(3600)
def test_cpu_seconds_by_step(ours: dict[str, Work], table: Table) -> None:
    pages = sum(len(work.pages) for work in ours.values())
    total = sum(sum(work.seconds.values()) for work in ours.values())
    steps = "; ".join(
        f"{step.strip('_')} {sum(work.seconds[step] for work in ours.values()) / len(ours):.2f}"
        for step in STEPS
    )
    figures = (
        f"CPU seconds a paper: {total / len(ours):.2f} ({steps}); a page: {total / pages:.3f}; "
        f"{pages} pages of {len(ours)} papers"
    )
    table.add("arXiv papers to pages, pages/s/core", pages / total, "", figures)


@pytest.mark.bench
@pytest.mark.timeout(7200)
def test_against_the_tooling_of_nougat(
    ours: dict[str, Work], samples: Path, tmp_path: Path, table: Table
) -> None:
    if shutil.which("latexml") is None:
        pytest.skip("apt-get install --no-install-recommends latexml")
    python = peer(*NOUGAT)
    spent = {}
    for name, work in ours.items():
        lay_out(samples / "latex" / name, work.compiled, tmp_path, name)
        spent[name] = html(tmp_path, name, work.compiled.main)
        print(f"{name}: LaTeXML {spent[name]:.0f} s")
    splitting = children_seconds(lambda: split(python, tmp_path))
    theirs = {name: accepted(tmp_path / "out" / name) for name in ours}
    good = [sum(work.good(work.texts) for work in ours.values())]
    good.append(sum(work.good(theirs[name]) for name, work in ours.items()))
    kept = [count(work.texts for work in ours.values()), count(theirs.values())]
    pages = sum(len(work.pages) for work in ours.values())
    each = "; ".join(f"{n} {len(w.texts)} / {len(theirs[n])}" for n, w in ours.items())
    table.add(
        "arXiv pages against Nougat's tooling: pages of word F1 >= 0.9",
        good[0] / max(1, good[1]),
        ">= 3",
        f"{kept[0]} against {kept[1]} accepted of {pages} pages, {good[0]} against {good[1]} with "
        f"word F1 >= 0.9; mean word F1 of those accepted {mean_f1(ours)} against "
        f"{mean_f1(ours, theirs)} (accepted: {each})",
    )
    seconds = sum(sum(work.seconds.values()) for work in ours.values())
    their_seconds = sum(spent.values()) + splitting
    unended = sum(not (tmp_path / "html" / f"{name}.html").exists() for name in ours)
    table.add(
        "arXiv pages against Nougat's tooling: CPU seconds",
        their_seconds / seconds,
        ">= 3",
        f"{seconds:.0f} against {their_seconds:.0f} s: LaTeXML {sum(spent.values()):.0f} "
        f"({unended} of {len(ours)} papers not ended in {LATEXML_SECONDS} s), their split "
        f"{splitting:.0f}; ours compiles the papers, too",
    )


def mean_f1(ours: dict[str, Work], texts: dict[str, dict[int, str]] | None = None) -> str:
    """The mean word F1 of accepted pages, theirs or our own."""
    found = [
        word_f1(text, work.pages[number])
        for name, work in ours.items()
        for number, text in (work.texts if texts is None else texts[name]).items()
    ]
    return f"{sum(found) / len(found):.3f}" if found else "none"


def count(many: Any) -> int:
    return sum(len(texts) for texts in many)


def lay_out(folder: Path, compiled: Compiled, root: Path, name: str) -> None:
    """A paper's sources with the bibliography that our compile made, and its PDF."""
    shutil.copytree(folder, root / "tex" / name)
    if compiled.bbl:
        place = (root / "tex" / name / compiled.main).with_suffix(".bbl")
        place.write_text(compiled.texts[compiled.bbl], encoding="utf-8")
    for each in ("pdf", "html", "stubs", "figures"):
        (root / each).mkdir(exist_ok=True)
    (root / "pdf" / f"{name}.pdf").write_bytes(compiled.pdf)
    for binding in ("expl3.sty", "expl3.pool", "expl3.ltx", "xparse.sty", "l3keys2e.sty"):
        (root / "stubs" / f"{binding}.ltxml").write_text(EMPTY)


def html(root: Path, name: str, main: str) -> float:
    """Runs LaTeXML on a paper; returns its CPU seconds."""
    command = [
        *("prlimit", f"--cpu={LATEXML_SECONDS}", "latexmlc", "--noparse", "--format=html5"),
        *(f"--path={root / 'stubs'}", "--nodefaultresources"),
        *(f"--dest={root / 'html' / name}.html", main),
    ]
    where = root / "tex" / name
    return children_seconds(
        lambda: subprocess.run(
            command, cwd=where, stdin=subprocess.DEVNULL, capture_output=True, check=False
        )
    )


def split(python: Path, root: Path) -> None:
    command = [python, "-m", "nougat.dataset.split_htmls_to_pages", "--workers", "1"]
    command += ["--html", root / "html", "--pdfs", root / "pdf", "--out", root / "out"]
    command += ["--figure", root / "figures", "--timeout", str(SPLIT_SECONDS), "--dpi", "96"]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    print(done.stderr[-3000:])


def children_seconds(work: Callable[[], object]) -> float:
    """CPU seconds of the programs that a function runs and waits for."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    work()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def accepted(folder: Path) -> dict[int, str]:
    """The pages that Nougat's tooling kept: it names them from 01."""
    return {int(path.stem) - 1: path.read_text() for path in sorted(folder.glob("*.mmd"))}
