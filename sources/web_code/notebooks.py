r"""Plots in Jupyter notebooks, each with the code of the cell that drew it.

Any `.ipynb` file, and notebooks as The Stack releases them: gated Parquet on the Hugging Face hub,
`bigcode/the-stack`, folder `data/jupyter-notebook`, where `content` holds the notebook as a string:

    {"content": "{\"cells\": [...", "size": 5120, "max_stars_repo_name": "ann/plots",
     "max_stars_repo_path": "a.ipynb", "max_stars_repo_licenses": ["MIT"], ...}

A sample is the image, then the code. The paper's rule holds: just one image in the outputs of the
cell and at least five lines of code. Every cell with an image becomes a sample or a skip, so the
paper's three numbers can be counted:

    notebooks read          rows that are not rejects
    pairs                   samples, and the skips of cells except `several_images`
    pairs kept              samples

Skips of a whole row: `no_image`. Of a cell (their `part` is `cell 7`, counted from 0 among all
cells of the notebook): `several_images`, `other_language` (of the kernel or of a cell magic),
`few_lines`, `shown_picture`, `broken_image`, `animated_image`, `blank_image`, `tiny_image`.
"""

import base64
import binascii
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote

from sources.image import ImageError, read_image
from sources.readers import WholeFile, by_extension
from sources.sample import Sample, Segment, Skip
from sources.source import Row, Source
from sources.svg import render_svg
from sources.web_code._code import (
    cell_magic,
    code_lines,
    showing_functions,
    shown_picture,
    without_magics,
)
from sources.web_code._ipynb import Cell, Stored, read_cells

# The Stack names up to three repositories for a file, the first of these being the usual one.
_REPOSITORIES = ("max_stars_repo", "max_issues_repo", "max_forks_repo")


def parse(
    row: Row,
    *,
    min_lines: int = 5,
    languages: Sequence[str] = ("python",),
    min_side: int = 32,
    max_bytes: int = 20_000_000,
    max_pixels: int = 50_000_000,
) -> Iterator[Sample | Skip]:
    """Yields a sample or a skip for each cell with an image.

    Args:
        row: a notebook: its bytes, its text, or a row of The Stack.
        min_lines: how many lines of code a pair needs.
        languages: kernels that are wanted, lower case; none given means all.
        min_side: images narrower or lower than this are tiny.
        max_bytes: cap on one stored image.
        max_pixels: cap on width times height of one.

    Raises:
        ValueError: not a notebook.
    """
    content, origin, licence = _content(row)
    wanted = (languages,) if isinstance(languages, str) else tuple(languages)
    try:
        cells = list(read_cells(content))
    except ValueError as error:
        raise ValueError(f"{row.identity}: {error}") from error
    showing = frozenset().union(*(showing_functions(cell.code) for cell in cells))
    cells = [cell for cell in cells if cell.images]
    if not cells:
        yield Skip(reason="no_image")
    for cell in cells:
        code = without_magics(cell.code)
        part = f"cell {cell.number}"
        fault = _fault(cell, code, min_lines=min_lines, wanted=wanted, showing=showing)
        if not fault:
            image, fault = _image(
                cell.images[0], min_side=min_side, max_bytes=max_bytes, max_pixels=max_pixels
            )
        if fault:
            yield Skip(reason=fault[0], detail=fault[1], part=part)
            continue
        yield Sample(
            segments=(Segment(image=image), Segment(text=code)),
            row=f"{row.identity}#{part}",
            origin=origin,
            licence=licence,
            code_language=cell.language,
        )


_Fault = tuple[str, str] | None


def _fault(
    cell: Cell, code: str, *, min_lines: int, wanted: tuple[str, ...], showing: frozenset[str]
) -> _Fault:
    """Reason and detail of what keeps a cell out, before its image is decoded."""
    if len(cell.images) > 1:
        return "several_images", f"{len(cell.images)} images"
    if wanted and cell.language not in wanted:
        return "other_language", cell.language
    if magic := cell_magic(cell.code):
        return "other_language", f"%%{magic}"
    if (lines := code_lines(code, cell.language)) < min_lines:
        return "few_lines", f"{lines} of {min_lines} lines of code"
    if call := shown_picture(code, showing):
        return "shown_picture", f"{call}() and nothing that draws"
    return None


def _image(
    stored: Stored, *, min_side: int, max_bytes: int, max_pixels: int
) -> tuple[bytes, _Fault]:
    """The bytes to keep of a stored image, and reason and detail if it is not fit."""
    try:
        if stored.kind == "svg":
            data = render_svg(stored.body.encode(), max_bytes=max_bytes)
        else:
            body = "".join(stored.body.split()).removeprefix(f"data:image/{stored.kind};base64,")
            data = base64.b64decode(body)
        image, facts = read_image(data, max_bytes=max_bytes, max_pixels=max_pixels)
    except binascii.Error as error:
        return b"", ("broken_image", f"base64: {error}")
    except ImageError as error:
        return b"", ("broken_image", str(error))
    size = f"{facts.width} x {facts.height} pixels"
    if facts.frames > 1:
        return image, ("animated_image", f"{facts.frames} frames")
    if min(facts.width, facts.height) < min_side:
        return image, ("tiny_image", size)
    if facts.one_colour:
        return image, ("blank_image", size)
    return image, None


def _content(row: Row) -> tuple[bytes | str, str, str]:
    """The notebook itself, its address and its licence, the last two empty if nobody said."""
    if not isinstance(row.value, Mapping):
        return row.value, "", ""
    content = row.value.get("content")
    if not isinstance(content, str | bytes):
        raise ValueError(
            f"{row.identity}: expected the notebook as text in column 'content', got"
            f" {type(content).__name__}; columns: {', '.join(map(str, row.value))}"
        )
    for repository in _REPOSITORIES:
        name, path = row.value.get(f"{repository}_name"), row.value.get(f"{repository}_path")
        if name and path:
            commit = row.value.get(f"{repository}_head_hexsha") or "HEAD"
            licences = row.value.get(f"{repository}_licenses") or ()
            return (
                content,
                f"https://github.com/{name}/blob/{commit}/{quote(path)}",
                " AND ".join(sorted(set(licences))),
            )
    return content, "", ""


SOURCE = Source(
    title="Plots in Jupyter notebooks with the code that drew them",
    version="1",
    category="pretrain/web_code",
    licence="unknown",
    homepage="https://huggingface.co/datasets/bigcode/the-stack",
    files=("**/*.ipynb", "**/*.parquet"),
    read=by_extension(ipynb=WholeFile()),
    parse=parse,
    citation="Kocetkov et al. 2022, The Stack: 3 TB of permissively licensed source code",
    download="notebooks as they are, or data/jupyter-notebook/*.parquet of bigcode/the-stack",
)
