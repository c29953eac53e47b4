"""What TeX's log says: errors with their places, missing files, unresolved references."""

import re
from dataclasses import dataclass

from sources.document_ocr.latex.loss import Loss

_PLACED = re.compile(r"^(?:\./)?([^\s:()]+\.\w+):(\d+): (.*)$", re.M)
_NO_FILE = re.compile(r"File [`']([^']+\.(\w+))' not found")
_PAGES = re.compile(r"Output written on .*?\((\d+) pages?", re.S)
_REFUSED = re.compile(r"Not (reading|writing to) (\S+)|\bNot opening (\S+)")
_SHELL = re.compile(r"runsystem\((.*?)\)\.\.\.(disabled|executed)", re.S)
_NAMED = re.compile(r"File [`']([^']+)' not found")
# Programs that harmless packages ask for when a figure or a number is to be had.
_HARMLESS_SHELL = re.compile(r"^(r?epstopdf|kpsewhich|uname|texosquery|bibtex|extractbb)\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """A compile as its log tells it.

    Attributes:
        errors: (file, line, message) in order.
        missing_figures: (file, line) where a draft box stands for a figure.
        pages: how many pages it says it wrote.
    """

    errors: tuple[tuple[str, int, str], ...]
    missing_figures: tuple[tuple[str, int], ...]
    pages: int


def read_log(text: str) -> Log:
    """Returns what the log of a compile with -file-line-error says."""
    errors, missing = [], []
    for name, line, message in _PLACED.findall(text):
        if "using draft setting" in message or "Unable to load picture" in message:
            missing.append((name, int(line)))
        else:
            errors.append((name, int(line), message))
    pages = [int(number) for number in _PAGES.findall(text)]
    return Log(
        errors=tuple(errors), missing_figures=tuple(missing), pages=pages[-1] if pages else 0
    )


def refuse_attacks(text: str) -> None:
    """Ends a paper that tried to leave its folder or to run programs.

    Raises:
        Loss: it did; TeX's own guards and the sandbox held, but it is no honest paper.
    """
    for command, _ in _SHELL.findall(text):
        if not _HARMLESS_SHELL.match(command.strip('|" ')):
            raise Loss("shell_escape", f"it asks to run {command[:80]!r}; we run nothing")
    if re.search(r"File [`']\|", text):
        raise Loss("shell_escape", "it reads from a program's output; we run nothing")
    refused = _REFUSED.search(text)
    if refused:
        raise Loss("file_access", f"it asks for a file outside its folder: {refused.group(0)!r}")


def why_no_pdf(text: str) -> Loss:
    """Returns the loss of a paper whose compile gave no PDF: what a person could act on."""
    if "TeX capacity exceeded" in text:
        found = re.search(r"TeX capacity exceeded, sorry \[([^\]]*)\]", text)
        return Loss("tex_memory", found.group(1) if found else "TeX's own limit")
    missing = _NO_FILE.search(text)
    if missing and missing.group(2) in ("sty", "cls", "def", "clo", "fd", "tfm"):
        return Loss("missing_package", f"{missing.group(1)} is not installed and not in the paper")
    if missing or _NAMED.search(text):
        name = _NAMED.search(text)
        return Loss(
            "missing_file",
            f"the paper includes {name.group(1) if name else '?'} and does not bring it",
        )
    errors = read_log(text).errors
    if errors:
        name_, line, message = errors[-1]
        return Loss("compile_failed", f"{name_}:{line}: {message}")
    return Loss("compile_failed", text.strip()[-200:])
