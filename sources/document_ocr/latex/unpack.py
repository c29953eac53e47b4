"""A submission's bytes to its files: gzip of a tar, gzip of one TeX file, a PDF, by magic bytes.

Nothing touches the disk: links, devices, absolute and parent names, too many or too large members
end the submission before a file exists.
"""

import gzip
import io
import tarfile
import zlib
from pathlib import PurePosixPath

from sources.document_ocr.latex.loss import Loss

MAX_BYTES = 256 << 20
MAX_FILES = 5000


def unpack(data: bytes, *, max_bytes: int = MAX_BYTES) -> dict[str, bytes]:
    """Returns the files of a submission, by path; a lone TeX file is named `main.tex`.

    Raises:
        Loss: it is no TeX, or breaks a rule.
    """
    if data.startswith(b"\x1f\x8b"):
        data = _gunzip(data, max_bytes)
    if data[257:262] == b"ustar" or _is_old_tar(data):
        files = _members(data, max_bytes)
    else:
        files = {"main.tex": _lone(data)}
    if all(_ignored(content) for content in files.values()):
        raise Loss("auto_ignore", "every file says %auto-ignore: the paper was withdrawn")
    return {name: content for name, content in files.items() if not _ignored(content)}


def safe_name(name: str) -> str:
    """Returns a member's path in its plain form.

    Raises:
        Loss: an absolute name, or one that leaves the folder.

    >>> safe_name("./a//b.tex")
    'a/b.tex'
    """
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\0" in name or "\\" in name:
        raise Loss("archive_unsafe", f"the member {name!r} leaves the folder")
    return str(path)


def _gunzip(data: bytes, max_bytes: int) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
            content = stream.read(max_bytes + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise Loss("archive_broken", f"the gzip ends early or is damaged: {error}") from error
    if len(content) > max_bytes:
        raise Loss("archive_too_large", f"more than {max_bytes} bytes once unpacked")
    return content


def _is_old_tar(data: bytes) -> bool:
    """Whether it is a tar from before `ustar`: the header's checksum says so."""
    header = data[:512]
    stated = header[148:156].strip(b" \0")
    if len(header) < 512 or not stated or stated.strip(b"01234567"):
        return False
    return int(stated, 8) == sum(header) - sum(header[148:156]) + 8 * 32


def _members(data: bytes, max_bytes: int) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    total = 0
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
            for member in archive:
                if member.isdir():
                    continue
                if not member.isreg():
                    raise Loss("archive_unsafe", f"{member.name!r} is a link or a device")
                total += member.size
                if total > max_bytes or len(files) >= MAX_FILES:
                    raise Loss("archive_too_large", f"over {max_bytes} bytes, {MAX_FILES} files")
                content = archive.extractfile(member)
                files[safe_name(member.name)] = content.read() if content else b""
    except tarfile.TarError as error:
        raise Loss("archive_broken", str(error)) from error
    if not files:
        raise Loss("empty_submission", "the tar holds no file")
    return files


def _lone(data: bytes) -> bytes:
    """A file that is no archive: TeX, or the reason why not."""
    head = data[:1024].lstrip().lower()
    if head.startswith(b"%pdf"):
        raise Loss("pdf_only", "the submission is a PDF: there is no source")
    if head.startswith(b"%!ps"):
        raise Loss("postscript_only", "the submission is PostScript: there is no source")
    if head.startswith((b"<!doctype", b"<html")):
        raise Loss("html_only", "the submission is HTML: there is no source")
    if not data.strip():
        raise Loss("empty_submission", "no bytes")
    if b"\0" in data[:4096]:
        raise Loss("archive_broken", f"neither tar, TeX nor PDF: it starts with {data[:12]!r}")
    return data


def _ignored(content: bytes) -> bool:
    return content[:200].lstrip().lower().startswith(b"%auto-ignore")
