"""arXiv's files to rows: a row is one submission, as bytes or as a folder's files."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from sources.readers import Tar, WholeFile
from sources.source import Broken, File, Open, Piece, Reader, Row

# What a reader hands over at most; a submission of more is a broken row.
LARGEST = 128 << 20
_PACKED = (".gz", ".tgz", ".tar", ".pdf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Submissions:
    """Reads bulk chunks (`arXiv_src_*.tar`), packed submissions, and folders of sources.

    A folder directly below the source's root is one submission; its row is found by the first of
    its TeX files, and the others give none. Folders are read from local paths only.
    """

    chunk: Reader = field(default_factory=lambda: Tar(largest=LARGEST))
    packed: Reader = field(default_factory=lambda: WholeFile(largest=LARGEST))

    def pieces(self, file: File, opener: Open) -> Iterator[Piece]:
        """Cuts chunks between members; everything else is one piece or none."""
        if file.name.endswith(_PACKED):
            return self._reader(file).pieces(file, opener)
        return iter([Piece(file=file, size=file.size)] if _leads(file) else [])

    def rows(self, piece: Piece, opener: Open) -> Iterator[Row | Broken]:
        """Streams the submissions of a piece."""
        if piece.file.name.endswith(_PACKED):
            return self._reader(piece.file).rows(piece, opener)
        return _folder_row(piece.file)

    def _reader(self, file: File) -> Reader:
        base = PurePosixPath(file.name).name
        return self.chunk if base.startswith("arXiv_src_") else self.packed


def _folder(file: File) -> Path:
    """The folder of a submission: the first one below the source's root."""
    below = PurePosixPath(file.name).parts
    root = Path(file.path[: len(file.path) - len(file.name)])
    return root / below[0] if len(below) > 1 else root


def _leads(file: File) -> bool:
    """Whether a TeX file is the first of its folder's."""
    folder = _folder(file)
    if not folder.is_dir():
        raise OSError(f"{folder}: folders of sources are read from local paths only; pack it")
    return min(folder.rglob("*.tex"), key=str, default=None) == Path(file.path)


def _folder_row(file: File) -> Iterator[Row | Broken]:
    folder = _folder(file)
    files: dict[str, bytes] = {}
    total = 0
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not path.is_file():
            continue
        total += path.stat().st_size
        if total > LARGEST:
            yield Broken(file=file.name, place="", error=f"a folder of over {LARGEST} bytes")
            return
        files[str(path.relative_to(folder))] = path.read_bytes()
    below = PurePosixPath(file.name).parts
    yield Row(value=files, file=below[0] if len(below) > 1 else file.name)
