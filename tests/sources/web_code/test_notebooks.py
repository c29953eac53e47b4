"""Cells with pictures become pairs of plot and code, or skips that say why."""

import base64
import io
import json
from collections import Counter
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow
import pyarrow.parquet
import pytest
from PIL import Image

from sources import load
from sources.sample import Sample, Skip, extension
from sources.source import File, Row
from sources.web_code.notebooks import SOURCE, parse

FIVE = "import numpy as np\nx = np.arange(9)\nfig, ax = plt.subplots()\nax.plot(x)\nplt.show()"
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="90" height="60"><circle r="40"/></svg>'


def picture(kind: str = "PNG", size: tuple[int, int] = (64, 48), **settings: Any) -> str:
    out = io.BytesIO()
    settings = {"save_all": True, "append_images": [Image.new("L", size)], **settings}
    noise = Image.effect_noise(size, 90)
    noise.save(out, kind, **(settings if kind == "GIF" else {}))
    return base64.encodebytes(out.getvalue()).decode()  # with line breaks


def plain(size: tuple[int, int]) -> str:
    out = io.BytesIO()
    Image.new("RGB", size, "white").save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode()


def output(data: dict[str, Any]) -> dict[str, Any]:
    return {"output_type": "display_data", "data": data, "metadata": {}}


def cell(source: Any = FIVE, *data: dict[str, Any]) -> dict[str, Any]:
    outputs = [output(one) for one in data or ({"image/png": picture()},)]
    return {"cell_type": "code", "source": source, "outputs": outputs}


def notebook(*cells: Any, metadata: Any = None) -> bytes:
    return json.dumps({"nbformat": 4, "metadata": metadata or {}, "cells": cells}).encode()


def run(value: Any, **options: Any) -> list[Sample | Skip]:
    return list(parse(Row(value=value, file="a.ipynb"), **options))


def one(value: Any, **options: Any) -> Any:
    (found,) = run(value, **options)
    return found


def test_a_pair_is_the_image_then_the_code() -> None:
    sample = one(notebook({"cell_type": "markdown", "source": "# A"}, cell()))
    assert sample.is_pair and sample.texts == [FIVE]
    assert extension(sample.images[0].image) == "png"
    assert (sample.row, sample.code_language) == ("a.ipynb#cell 1", "python")


@pytest.mark.parametrize(
    ("data", "kept"),
    [
        ({"image/png": picture()}, "png"),
        ({"image/png": picture().splitlines(keepends=True)}, "png"),
        ({"image/png": "data:image/png;base64," + picture()}, "png"),
        ({"image/jpeg": picture("JPEG"), "text/plain": "<Figure>"}, "jpg"),
        ({"image/png": picture("JPEG")}, "jpg"),
        ({"image/svg+xml": SVG}, "png"),
        ({"image/svg+xml": SVG.split(" "), "image/jpeg": picture("JPEG")}, "jpg"),
        ({"image/gif": picture("GIF", save_all=False)}, "png"),
    ],
)
def test_stored_images_are_read_in_every_form(data: dict[str, Any], kept: str) -> None:
    assert extension(one(notebook(cell(FIVE, data))).images[0].image) == kept


@pytest.mark.parametrize(
    ("made", "reason", "detail"),
    [
        (cell(FIVE, {"image/png": picture()}, {"image/svg+xml": SVG}), "several_images", "2"),
        (cell(FIVE + "\n%%R\n"), "", ""),
        (cell("%%R -o x\n" + FIVE), "other_language", "%%R"),
        (cell("# a\n\n%time f()\n!ls\nx = 1\nax.plot(x)\nplt.show()\n4"), "few_lines", "4 of 5"),
        (cell("a = imread(p)\nfig, ax = subplots()\nimshow(a)\naxis('off')\ntitle('b')\n"),
         "shown_picture", "imread()"),
        (cell("from IPython.display import Image\n\na = 1\nb = 2\nc = 3\nImage(filename=f(a))"),
         "shown_picture", "Image()"),
        (cell("def plot_it(a):\n  plt.imshow(a)\n  plt.title('x')\n  plt.axis('off')\nplot_it(a)"),
         "shown_picture", "imshow()"),
        (cell("a = imread(p)\nplt.imshow(a)\n# plot() it\nb = 1\nplt.subplot(a)\nc = 2"),
         "shown_picture", "imread()"),
        (cell("a = imread(p)\nplt.imshow(a)\nb = 1\nplt.scatter(a, b)\nplt.show()"), "", ""),
        (cell("z = f(x)\nplt.imshow(z)\nplt.colorbar()\nplt.title('z')\nplt.show()"), "", ""),
        (cell(FIVE, {"image/png": "!!!"}), "broken_image", "no bytes"),
        (cell(FIVE, {"image/png": "abcde"}), "broken_image", "base64: "),
        (cell(FIVE, {"image/png": "".join(picture().split())[:600]}), "broken_image", "not an"),
        (cell(FIVE, {"image/svg+xml": "<svg"}), "broken_image", "not an SVG"),
        (cell(FIVE, {"image/png": plain((64, 48))}), "blank_image", "64 x 48"),
        (cell(FIVE, {"image/png": plain((31, 48))}), "tiny_image", "31 x 48"),
        (cell(FIVE, {"image/gif": picture("GIF")}), "animated_image", "2 frames"),
    ],
)  # fmt: skip
def test_every_rule_has_its_reason(made: dict, reason: str, detail: str) -> None:
    found = one(notebook(made))
    assert isinstance(found, Skip) == bool(reason)
    if isinstance(found, Skip):
        assert (found.reason, found.part) == (reason, "cell 0")
        assert detail in found.detail


def test_caps_are_options() -> None:
    assert "max_pixels" in one(notebook(cell()), max_pixels=100).detail
    assert "max_bytes" in one(notebook(cell()), max_bytes=100).detail
    assert one(notebook(cell()), min_side=65).reason == "tiny_image"
    assert one(notebook(cell("plot(1)")), min_lines=1).texts == ["plot(1)"]


def test_a_function_of_another_cell_may_only_show() -> None:
    shows = {"cell_type": "code", "source": "def plot_all(xs):\n\n  for x in xs:\n    imshow(x)"}
    draws = {"cell_type": "code", "source": "def plot_all(xs):\n  for x in xs:\n    hist(x)"}
    calls = cell("a = 1\nb = 2\nc = 3\nd = 4\nplot_all([a, b])")
    assert one(notebook(shows, calls)).reason == "shown_picture"
    assert isinstance(one(notebook(draws, calls)), Sample)


def test_magics_leave_the_code() -> None:
    code = (
        '%matplotlib inline\nx = """\n% kept\n"""\ny = (7\n     % 4)\nnp.sin?\nz = !ls\nplot(x)\n'
    )
    sample = one(notebook(cell("%%time\n" + code)))
    assert sample.texts == ['x = """\n% kept\n"""\ny = (7\n     % 4)\nplot(x)']


@pytest.mark.parametrize(
    ("metadata", "language"),
    [
        ({}, "python"),
        ("a string", "python"),
        ({"kernelspec": "BAD", "language_info": ["R"]}, "python"),
        ({"language_info": {"name": "ipython"}}, "python"),
        ({"kernelspec": {"language": "Julia"}}, "julia"),
        ({"language_info": {"name": "R"}, "kernelspec": {"language": "python"}}, "r"),
    ],
)
def test_other_kernels_are_kept_out_by_default(metadata: Any, language: str) -> None:
    made = notebook(cell(), metadata=metadata)
    found = one(made)
    if language != "python":
        assert (found.reason, found.detail) == ("other_language", language)
    assert one(made, languages=()).code_language == language
    assert one(made, languages=language).code_language == language


@pytest.mark.parametrize(
    "unit", ["a", " ", "a.", "#", "(", "'", '"""', "\\", "x = ", "\n", "\n def"]
)
def test_endless_lines_take_no_endless_time(unit: str) -> None:
    assert one(notebook(cell(unit * 200_000 + "\nplot(x)")), min_lines=0)


def test_older_formats_have_worksheets() -> None:
    old = {"cell_type": "code", "language": "python", "input": FIVE.splitlines(keepends=True)}
    shown = {"output_type": "pyout", "png": picture(), "text": ["<Figure>"]}
    cells = [{**old, "outputs": [shown]}, {**old, "language": "R", "outputs": [shown]}]
    found = run(json.dumps({"nbformat": 3, "worksheets": [{"cells": cells}, {"cells": cells}]}))
    assert [getattr(one, "reason", "sample") for one in found] == ["sample", "other_language"] * 2
    assert isinstance(found[2], Sample) and found[2].row == "a.ipynb#cell 2"


def test_odd_cells_and_outputs_are_passed_over() -> None:
    odd = {"cell_type": "code", "source": 7, "outputs": [None, {"data": [1]}, {"data": None}]}
    half = {**cell([FIVE, None, "\n# \ud83d"]), "metadata": "none"}
    found = one(notebook(None, "cell", odd, {"cell_type": "code", "outputs": "x"}, half))
    assert found.texts == [FIVE + "\n# \ufffd"]


def test_a_notebook_without_images_is_one_skip() -> None:
    assert one(notebook()) == Skip(reason="no_image")
    assert one(notebook({"cell_type": "code", "source": FIVE})) == Skip(reason="no_image")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (b"", "no JSON, Expecting value"),
        (notebook(cell())[:300], "no JSON, Unterminated string"),
        (b"\xff{}", "not UTF-8 at byte 0"),
        (b"[1]", "expected a JSON object, got a list"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a": 1}', "expected a list of cells or of worksheets, got neither among a"),
        (b'{"worksheets": [{}]}', "worksheet 0 has no list of cells"),
        ({"text": "{}"}, "expected the notebook as text in column 'content', got NoneType"),
    ],
)
def test_what_is_no_notebook_is_named(value: Any, message: str) -> None:
    with pytest.raises(ValueError, match=rf"^a\.ipynb: .*{message}"):
        run(value)


def test_rows_of_the_stack_state_licence_and_origin() -> None:
    row = {
        "content": notebook(cell()).decode(),
        "max_stars_repo_name": "ann/plots",
        "max_stars_repo_path": "a b.ipynb",
        "max_stars_repo_head_hexsha": "0f" * 20,
        "max_stars_repo_licenses": ["MIT", "Apache-2.0"],
    }
    sample = one(row)
    assert sample.origin == f"https://github.com/ann/plots/blob/{'0f' * 20}/a%20b.ipynb"
    assert sample.licence == "Apache-2.0 AND MIT"
    assert one({"content": row["content"]}).licence == ""


def local(path: str, /) -> BinaryIO:
    return open(path, "rb")


def test_files_and_tables_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.ipynb").write_bytes(notebook(cell(), cell()))
    table = pyarrow.table({"content": [notebook(cell()).decode()] * 2, "size": [1, 2]})
    pyarrow.parquet.write_table(table, tmp_path / "b.parquet")
    found = []
    for path in sorted(tmp_path.iterdir()):
        file = File(path=str(path), name=path.name, size=path.stat().st_size)
        for piece in SOURCE.read.pieces(file, local):
            for row in SOURCE.read.rows(piece, local):
                assert isinstance(row, Row)
                found += list(SOURCE.parse(row))
    assert [sample.row for sample in found if isinstance(sample, Sample)] == [
        "a.ipynb#cell 0", "a.ipynb#cell 1", "b.parquet#row 0#cell 0", "b.parquet#row 1#cell 0",
    ]  # fmt: skip
    assert load("notebooks") is SOURCE
    assert SOURCE.options()["min_lines"] == 5


def test_real_notebooks_give_these_counts(samples: Path) -> None:
    counts: Counter[str] = Counter()
    root = samples / "notebooks"
    for path in sorted(root.rglob("*.ipynb")):
        row = Row(value=path.read_bytes(), file=path.relative_to(root).as_posix())
        try:
            counts.update(getattr(found, "reason", "samples") for found in parse(row))
        except ValueError as error:
            assert str(error).startswith(row.file)
            counts["rejects"] += 1
    assert counts == {
        "samples": 97, "few_lines": 150, "several_images": 12, "no_image": 19,
        "other_language": 3, "shown_picture": 3, "rejects": 2,
    }  # fmt: skip
