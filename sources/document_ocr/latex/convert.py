"""pandoc, in the sandbox: LaTeX to its syntax tree."""

import json
import re
import tempfile
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pypandoc

from sources.document_ocr.latex import sandbox
from sources.document_ocr.latex.loss import Loss
from sources.document_ocr.latex.scan import scan

_SKIPPED = re.compile(rb"\[INFO\] Skipped '(\\[A-Za-z@]+)")


@cache
def pandoc() -> Path:
    """Returns the program that the wheel brings."""
    return Path(pypandoc.get_pandoc_path())


def convert(
    source: str, *, seconds: float = 60.0, memory: int = 4 << 30, trusted: bool = False
) -> tuple[list[dict[str, Any]], list[str]]:
    r"""Returns the blocks of a document, and the names of the commands that were left out.

    What pandoc refuses is halved between paragraphs until the part that it stumbles over is alone;
    that part is left out, as the command `\refused`.

    Raises:
        Loss: pandoc refused the whole source or ran into a limit.
    """
    run = _Run(seconds=seconds, memory=memory, trusted=trusted)
    head, _, rest = source.partition(_BEGIN)
    body = rest.rpartition(_END)[0]
    head = _sound(run, head)
    blocks = _halves(run, head, body, 0)
    if not blocks and run.refused:
        raise Loss("converter", f"pandoc gave up: {run.refused}")
    skipped = run.skipped | ({"\\refused"} if run.refused else set())
    return blocks, sorted(skipped)


_BEGIN, _END = "\\begin{document}", "\\end{document}"
_DEEPEST = 9


@dataclass(slots=True)
class _Run:
    """One paper at pandoc: its limits, and what was left out."""

    seconds: float
    memory: int
    trusted: bool
    skipped: set[str] = field(default_factory=set)
    refused: str = ""


_LINE = re.compile(r"\(line (\d+), column")
_MOST_UNSOUND = 30


def _sound(run: _Run, head: str) -> str:
    """The definitions without the lines that pandoc stumbles over; each is a line of its own."""
    for _ in range(_MOST_UNSOUND):
        blocks, said = _once(run, f"{head}{_BEGIN}{_END}\n")
        found = _LINE.search(said)
        lines = head.split("\n")
        if blocks is not None or not found or int(found[1]) > len(lines):
            break
        run.skipped.add("\\refused")
        del lines[int(found[1]) - 1]
        head = "\n".join(lines)
    return head


def _halves(run: _Run, head: str, body: str, depth: int) -> list[dict[str, Any]]:
    blocks, said = _once(run, f"{head}{_BEGIN}{body}{_END}\n")
    if blocks is not None:
        return blocks
    run.refused = run.refused or said
    points = _cuts(body)
    if depth >= _DEEPEST or not points:
        return []
    middle = min(points, key=lambda point: abs(point - len(body) // 2))
    parts = (body[:middle], body[middle:])
    return [block for part in parts for block in _halves(run, head, part, depth + 1)]


def _cuts(body: str) -> list[int]:
    """Where a body can be cut: between paragraphs, outside of all environments."""
    depth, points = 0, []
    before = ""
    for token in scan(body):
        piece = body[token.start : token.stop]
        if token.kind == "begin" or piece == "{":
            depth += 1
        elif token.kind == "end" or piece == "}":
            depth = max(0, depth - 1)
        elif depth == 0 and piece == before == "\n" and token.stop < len(body) - 2:
            points.append(token.stop)
        before = piece if piece.strip(" \t") else before
    return points


def _once(run: _Run, source: str) -> tuple[list[dict[str, Any]] | None, str]:
    """The blocks of a source, or None and what pandoc said."""
    with tempfile.TemporaryDirectory(prefix="convert-") as name:
        folder = Path(name)
        (folder / "in.tex").write_text(source, encoding="utf-8")
        finished = sandbox.run(
            (
                *(f"/programs/{pandoc().name}", "--sandbox", "--verbose", "-f", "latex"),
                *("-t", "json", "-o", "out.json", "in.tex"),
            ),
            folder,
            limits=sandbox.Limits(seconds=run.seconds, memory=run.memory),
            programs=[pandoc()],
            trusted=run.trusted,
        )
        sandbox.must_end_well(finished, "pandoc")
        result = folder / "out.json"
        if finished.status or not result.is_file():
            return None, finished.output.decode("utf-8", "replace").strip()[-300:]
        tree = json.loads(result.read_bytes())
    run.skipped |= {found.decode() for found in _SKIPPED.findall(finished.output)}
    blocks: list[dict[str, Any]] = tree["blocks"]
    return blocks, ""
