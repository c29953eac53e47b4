"""Compiles a paper in the sandbox until its numbers stand still, then once more with SyncTeX."""

import shutil
import time
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path

from sources.document_ocr.latex import pdf, sandbox
from sources.document_ocr.latex.log import Log, read_log, refuse_attacks, why_no_pdf
from sources.document_ocr.latex.loss import Loss
from sources.document_ocr.latex.preflight import Plan, reached
from sources.document_ocr.latex.rewrap import rewrap
from sources.document_ocr.latex.source_text import decode

MAX_PASSES = 4
_SETTLED_BY = (".aux", ".toc", ".out", ".lof", ".lot", ".bbl", ".bcf")
# Left over from the author's own compile, they would be read before ours exist.
_STALE = (".aux", ".log", ".out", ".toc", ".lof", ".lot", ".bcf", ".synctex", ".synctex.gz", ".pdf")
_ENVIRONMENT = {
    "openin_any": "p",
    "openout_any": "p",
    "shell_escape": "f",
    "TEXMFHOME": "/nowhere",
    "TEXMFVAR": "/tmp/texmf-var",
    "TEXMFCONFIG": "/tmp/texmf-config",
    # 2020-01-01: the date that \today prints, and that PDF files carry.
    "SOURCE_DATE_EPOCH": "1577836800",
    "FORCE_SOURCE_DATE": "1",
    "max_print_line": "10000",
    "error_line": "254",
    "half_error_line": "238",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """A compiled paper.

    Attributes:
        pdf: the pages.
        synctex: the record of SyncTeX, compressed or not.
        log: what the last pass said.
        aux: the .aux files, joined.
        bbl: name of the bibliography among `texts`, or empty.
        texts: the TeX files as they were compiled, re-wrapped if that changed nothing.
        main: path of the main file.
        rewrapped: whether `texts` hold one word a line.
        passes: how many times TeX ran.
    """

    pdf: bytes
    synctex: bytes
    log: Log
    aux: str
    bbl: str
    texts: dict[str, str]
    main: str
    rewrapped: bool
    passes: int


@dataclass(slots=True, kw_only=True)
class Press:
    """A paper's folder and the programs that work on it.

    Attributes:
        folder: where its files lie.
        plan: what to compile, and with what.
        seconds: what all programs together may take.
        memory: bytes of address space for each.
        max_pages: more end the paper.
        trusted: run without bubblewrap where that is missing.
    """

    folder: Path
    plan: Plan
    seconds: float = 90.0
    memory: int = 4 << 30
    max_pages: int = 500
    trusted: bool = False
    passes: int = 0
    _spent: float = field(default=0.0, init=False)

    @property
    def job(self) -> str:
        """The name of the main file without folder and ending: that of all that TeX writes."""
        return Path(self.plan.main).stem

    def run(self, *command: str) -> sandbox.Finished:
        """Runs a program on the folder within what is left of the paper's seconds."""
        left = self.seconds - self._spent
        if left <= 0:
            raise Loss("timeout", f"no result within {self.seconds:g} seconds")
        limits = sandbox.Limits(seconds=left, memory=self.memory)
        nearby = str(Path(self.plan.main).parent)
        search = f".:{nearby}:" if nearby != "." else ".:"
        paths = {name: search for name in ("TEXINPUTS", "BIBINPUTS", "BSTINPUTS")}
        began = time.monotonic()
        finished = sandbox.run(
            command,
            self.folder,
            limits=limits,
            environment={**_ENVIRONMENT, **paths},
            trusted=self.trusted,
        )
        self._spent += time.monotonic() - began
        sandbox.must_end_well(finished, command[0])
        return finished

    def typeset(self, *, synctex: bool = False) -> str:
        """Runs TeX once and returns its log."""
        self.passes += 1
        finished = self.run(
            self.plan.engine,
            "-interaction=nonstopmode",
            "-no-shell-escape",
            "-file-line-error",
            f"-synctex={int(synctex)}",
            self.plan.main,
        )
        text = decode(self.read(".log") or finished.output)
        refuse_attacks(decode(finished.output) + text)
        pages = read_log(text).pages
        if pages > self.max_pages:
            raise Loss("too_many_pages", f"{pages} pages; the limit is {self.max_pages}")
        if not pages:
            raise why_no_pdf(text)
        return text

    def read(self, ending: str) -> bytes:
        """Returns what TeX wrote under the job's name with an ending, or nothing."""
        path = self.folder / f"{self.job}{ending}"
        return path.read_bytes() if path.is_file() and not path.is_symlink() else b""

    def state(self) -> str:
        """Returns a digest of all that the next pass reads back."""
        digest = blake2b()
        for path in sorted(self.folder.rglob("*")):
            if path.suffix in _SETTLED_BY and path.is_file() and not path.is_symlink():
                digest.update(path.name.encode() + b"\0" + path.read_bytes())
        return digest.hexdigest()

    def finish_pdf(self) -> bytes:
        """Returns the PDF of the last pass, made from the DVI where the engine is latex."""
        if self.plan.engine == "latex":
            self.run("dvips", "-q", "-R2", "-Ppdf", "-o", f"{self.job}.ps", f"{self.job}.dvi")
            self.run("ps2pdf", "-dSAFER", f"{self.job}.ps", f"{self.job}.pdf")
        data = self.read(".pdf")
        if not data:
            raise Loss("compile_failed", "TeX wrote pages, but there is no PDF of them")
        return data


def compile_paper(files: dict[str, bytes], press: Press) -> Compiled:
    """Lays out the files, compiles them and returns the result with its SyncTeX record.

    Raises:
        Loss: no PDF, or a limit or a rule was broken.
    """
    _lay_out(files, press)
    _convert_eps(press)
    log = _settle(press)
    plain = _texts(press)
    data = press.finish_pdf()
    wrapped = {name: rewrap(text, is_main=name == press.plan.main) for name, text in plain.items()}
    texts = plain
    if wrapped != plain and _same_pages(press, wrapped, data):
        texts = wrapped
    else:
        _write(press.folder, plain)
        log = press.typeset(synctex=True)
    bbl = f"{press.job}.bbl"
    return Compiled(
        pdf=press.finish_pdf(),
        synctex=press.read(".synctex.gz") or press.read(".synctex"),
        log=read_log(log if texts is plain else decode(press.read(".log"))),
        aux=_aux(press),
        bbl=bbl if bbl in texts else "",
        texts=texts,
        main=press.plan.main,
        rewrapped=texts is wrapped,
        passes=press.passes,
    )


def _lay_out(files: dict[str, bytes], press: Press) -> None:
    stale = {f"{press.job}{ending}" for ending in _STALE}
    for name, data in files.items():
        if name in stale:
            continue
        path = press.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def _convert_eps(press: Press) -> None:
    """Makes the PDFs that the engines want of EPS files; a figure that fails stays missing."""
    if press.plan.engine == "latex":
        return
    for path in sorted(press.folder.rglob("*")):
        if path.suffix.lower() not in (".eps", ".ps") or path.is_symlink():
            continue
        source = path.relative_to(press.folder)
        # The first name is for a source that says `figure`, the second for `figure.eps`.
        bare = source.with_suffix(".pdf")
        full = source.with_name(f"{source.stem}-eps-converted-to.pdf")
        if not (press.folder / bare).exists():
            press.run("epstopdf", "--gsopt=-dSAFER", f"--outfile={bare}", str(source))
        made = press.folder / bare
        if made.is_file() and not (press.folder / full).exists():
            shutil.copyfile(made, press.folder / full)


def _settle(press: Press) -> str:
    """Runs TeX until what it reads back stands still; returns the last log."""
    log = press.typeset()
    before = press.state()
    _bibliography(press)
    for _ in range(MAX_PASSES - 1):
        after = press.state()
        if after == before and press.passes > 1:
            break
        before = after
        log = press.typeset()
        if press.state() == before:
            break
    return log


def _bibliography(press: Press) -> None:
    """Runs BibTeX or biber if the paper brought no .bbl (arXiv's rule)."""
    if press.read(".bbl"):
        return
    if press.read(".bcf"):
        press.run("biber", "--quiet", press.job)
    elif b"\\bibdata" in press.read(".aux"):
        press.run("bibtex", press.job)


def _same_pages(press: Press, wrapped: dict[str, str], data: bytes) -> bool:
    """Whether the re-wrapped source compiles to the same text on each page."""
    _write(press.folder, wrapped)
    try:
        press.typeset(synctex=True)
        return pdf.plain_pages(press.finish_pdf()) == pdf.plain_pages(data)
    except Loss as loss:
        if loss.reason == "timeout":
            raise
        return False


def _texts(press: Press) -> dict[str, str]:
    """The TeX files that the compile read, by their paths, the bibliography among them."""
    texts = {
        str(path.relative_to(press.folder)): decode(path.read_bytes())
        for path in sorted(press.folder.rglob("*"))
        if path.is_file()
        and not path.is_symlink()
        and path.suffix not in (".pdf", ".png", ".jpg")
        and (path.suffix in (".tex", ".ltx", ".bbl", "") or str(path).endswith(press.plan.main))
    }
    used = reached(press.plan.main, texts)
    bbl = f"{press.job}.bbl"
    return {name: texts[name] for name in [*used, *([bbl] if bbl in texts else [])]}


def _aux(press: Press) -> str:
    own = press.folder / f"{press.job}.aux"
    others = sorted(path for path in press.folder.rglob("*.aux") if path != own)
    return "\n".join(decode(path.read_bytes()) for path in (own, *others) if path.is_file())


def _write(folder: Path, texts: dict[str, str]) -> None:
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")


def clear(folder: Path) -> None:
    """Removes a paper's folder, whoever owns what is in it."""
    shutil.rmtree(folder, ignore_errors=True)
