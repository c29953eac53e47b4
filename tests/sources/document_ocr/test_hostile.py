"""Papers and archives that mean harm: nothing gets out, each ends in time, each is refused."""

import gzip
import io
import tarfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from sources.document_ocr import arxiv
from sources.document_ocr.latex import sandbox
from sources.document_ocr.latex.loss import Loss
from sources.document_ocr.latex.sandbox import Limits
from sources.source import Row

SECRET = "xyzzy-of-the-host"


def refused(value: object, *, seconds: float = 6.0) -> str:
    """Parses a row that must be rejected, within its limit; returns the reason."""
    began = time.monotonic()
    with pytest.raises(Loss) as caught:
        list(arxiv.parse(Row(value=value, file="x.tar.gz"), seconds=seconds))
    assert time.monotonic() - began < seconds + 6
    assert not caught.value.ordinary
    assert SECRET not in str(caught.value)
    return caught.value.reason


def tex(body: str) -> dict[str, bytes]:
    text = f"\\documentclass{{article}}\\begin{{document}}Words. {body} More.\\end{{document}}"
    return {"main.tex": text.encode()}


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret.tex"
    path.write_text(SECRET)
    return path


def test_a_shell_is_not_run(tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    assert refused(tex(f"\\immediate\\write18{{touch {canary}}}")) == "shell_escape"
    assert refused(tex(f"\\input{{|touch {canary}}}")) == "shell_escape"
    assert not canary.exists()


@pytest.mark.parametrize(
    "read",
    [
        "\\input{%s}",
        "\\newread\\r\\openin\\r=%s \\read\\r to\\x\\x",
        "\\input{../../../../../../../../..%s}",
    ],
)
def test_files_elsewhere_are_not_read(secret: Path, read: str) -> None:
    assert refused(tex(read % secret)) == "file_access"


@pytest.mark.parametrize("name", ["/tmp/%s", "../%s", "/paper/../../%s"])
def test_nothing_is_written_elsewhere(name: str) -> None:
    target = name % "arxiv-test-canary.txt"
    body = f"\\newwrite\\w\\immediate\\openout\\w={target} \\immediate\\write\\w{{x}}"
    assert refused(tex(body)) == "file_access"
    assert not Path("/tmp/arxiv-test-canary.txt").exists()


@pytest.mark.parametrize(
    ("body", "reasons"),
    [
        ("\\loop\\iftrue\\repeat", {"timeout"}),
        ("\\loop\\hbox{a}\\newpage\\iftrue\\repeat", {"timeout", "output_too_large"}),
        ("\\def\\x{\\x\\x}\\x", {"tex_memory"}),
        ("\\def\\a#1{\\a{#1#1}}\\a{aaaaaaaa}", {"tex_memory", "timeout"}),
        ("\\newwrite\\w\\immediate\\openout\\w=big.txt \\loop\\immediate\\write\\w{"
         + "x" * 5000 + "}\\iftrue\\repeat", {"timeout", "output_too_large"}),
    ],
    ids=["loop", "pages", "stack", "memory", "disk"],
)  # fmt: skip
def test_what_never_ends_is_ended(body: str, reasons: set[str]) -> None:
    assert refused(tex(body), seconds=3.0) in reasons


def test_too_many_pages_are_refused() -> None:
    pages = "\\newcount\\n \\loop\\advance\\n1 \\hbox{a}\\newpage\\ifnum\\n<700 \\repeat"
    assert refused(tex(pages)) == "too_many_pages"


def test_postscript_reads_no_file(secret: Path) -> None:
    steal = f"({secret}) (r) file 100 string readstring pop show showpage"
    files = tex("\\includegraphics{a.eps}")
    files["main.tex"] = files["main.tex"].replace(b"}\\b", b"}\\usepackage{graphicx}\\b", 1)
    files["a.eps"] = f"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n{steal}\n".encode()
    found = list(arxiv.parse(Row(value=files, file="x.tar.gz")))
    assert SECRET not in repr(found)


def test_postscript_that_never_ends_is_ended() -> None:
    files = tex("\\includegraphics{a.eps}")
    files["main.tex"] = files["main.tex"].replace(b"}\\b", b"}\\usepackage{graphicx}\\b", 1)
    files["a.eps"] = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n{} loop\n"
    assert refused(files, seconds=3.0) == "timeout"


def limits(**given: float) -> Limits:
    return Limits(**{"seconds": 4, **given})


def test_forks_are_limited(tmp_path: Path) -> None:
    bomb = "$n = 0; while (defined(my $p = fork)) { if (!$p) { sleep 3; exit } $n++ } print $n"
    finished = sandbox.run(["perl", "-e", bomb], tmp_path, limits=limits(processes=40))
    assert finished.timed_out or int(finished.output or b"0") <= 40


def test_memory_is_limited(tmp_path: Path) -> None:
    command = ["perl", "-e", "$x = 'x' x 900000000; print length $x"]
    finished = sandbox.run(command, tmp_path, limits=limits(memory=256 << 20))
    assert finished.status != 0


def test_there_is_no_network(tmp_path: Path) -> None:
    probe = (
        "use IO::Socket::INET; print IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => 9)"
        " ? 'open' : qq($!); print -e '/sys/class/net/eth0' ? 'eth0' : 'none'"
    )
    finished = sandbox.run(["perl", "-e", probe], tmp_path, limits=limits())
    assert b"open" not in finished.output
    assert b"none" in finished.output


def test_the_host_is_out_of_sight(tmp_path: Path, secret: Path) -> None:
    command = ["sh", "-c", f"cat {secret} /etc/passwd /root/.profile; ls /home /root; id -u"]
    finished = sandbox.run(command, tmp_path / "..", limits=limits())
    assert SECRET.encode() not in finished.output.replace(str(secret).encode(), b"")
    assert b"root:" not in finished.output


def packed(add: Callable[[tarfile.TarFile], None]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        add(archive)
    return buffer.getvalue()


def member(name: str, **fields: object) -> bytes:
    info = tarfile.TarInfo(name)
    for field, value in fields.items():
        setattr(info, field, value)
    return packed(lambda archive: archive.addfile(info, io.BytesIO(b"x" * info.size)))


def many(number: int) -> bytes:
    def fill(archive: tarfile.TarFile) -> None:
        for index in range(number):
            archive.addfile(tarfile.TarInfo(f"{index}.tex"))

    return packed(fill)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (many(5001), "archive_too_large"),
        (member("a.tex", type=tarfile.SYMTYPE, linkname="/etc/passwd"), "archive_unsafe"),
        (member("a.tex", type=tarfile.LNKTYPE, linkname="../b"), "archive_unsafe"),
        (member("a.tex", type=tarfile.CHRTYPE), "archive_unsafe"),
        (member("/etc/cron.d/a", size=3), "archive_unsafe"),
        (member("a/../../b.tex", size=3), "archive_unsafe"),
        (gzip.compress(bytes(300 << 20), 1), "archive_too_large"),
        (gzip.compress(b"\\documentclass{article}")[:-9], "archive_broken"),
    ],
    ids=["files", "symlink", "link", "device", "absolute", "parent", "bomb", "cut"],
)
def test_bad_archives_are_refused(data: bytes, reason: str) -> None:
    assert refused(data) == reason


def test_without_bubblewrap_strangers_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "available", lambda: False)
    with pytest.raises(RuntimeError, match="install the package bubblewrap"):
        list(arxiv.parse(Row(value=tex(""), file="x.tar.gz")))
    samples = list(arxiv.parse(Row(value=tex(""), file="x.tar.gz"), trusted=True))
    assert len(samples) == 1
