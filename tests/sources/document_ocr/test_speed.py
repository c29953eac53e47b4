"""What a paper costs, step by step, in CPU seconds; printed, never asserted."""

import re
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sources.document_ocr.latex import make, sandbox, score

PAPERS = ("cam16-note", "osa-ucs", "revtex-apssamp", "lomb-scargle", "signature-imputation")
# bash's own `time` says what the program inside of the sandbox used; bubblewrap's parent does not.
TIMED = ("bash", "-c", 'TIMEFORMAT="cpu %U %S"; time "$@"', "timed")


class Clock:
    """CPU seconds by step: our own and those of the programs that a step runs."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self.inside = 0.0

    def timed(self, step: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **named: Any) -> Any:
            began, inside = time.process_time(), self.inside
            result = function(*args, **named)
            result = result if not hasattr(result, "__next__") else list(result)
            spent = time.process_time() - began + self.inside - inside
            self.seconds[step] += spent
            return result

        return run

    def sandboxed(self, run: Callable[..., Any]) -> Callable[..., Any]:
        def timed(command: Any, *args: Any, **named: Any) -> Any:
            finished = run([*TIMED, *command], *args, **named)
            found = re.findall(rb"cpu ([\d.]+) ([\d.]+)", finished.output)
            self.inside += sum(float(part) for part in found[-1]) if found else 0.0
            return finished

        return timed


@pytest.mark.bench
@pytest.mark.timeout(900)
def test_cpu_seconds_by_step(
    samples: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = Clock()
    monkeypatch.setattr(sandbox, "run", clock.sandboxed(sandbox.run))
    for step in ("compile_paper", "read_synctex", "flatten", "convert", "page_texts", "_drawn"):
        monkeypatch.setattr(make, step, clock.timed(step, getattr(make, step)))
    lines, count = [], 0
    for name in PAPERS:
        before = dict(clock.seconds)
        folder = samples / "latex" / name
        files = {
            str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()
        }
        pages = [page for page in make.make_pages(files, make.Settings()) if hasattr(page, "text")]
        good = sum(score.f1(page.measures) >= 0.9 for page in pages)
        spent = {step: clock.seconds[step] - before.get(step, 0.0) for step in clock.seconds}
        count += len(pages)
        steps = "  ".join(f"{step.strip('_')} {spent[step]:.2f}" for step in spent)
        lines.append(f"{name}: {good} of {len(pages)} pages, {sum(spent.values()):.2f} s: {steps}")
    total = sum(clock.seconds.values())
    lines.append(f"all: {count} pages, {count / total:.1f} pages a second and core")
    with capsys.disabled():
        print("\n" + "\n".join(lines))
