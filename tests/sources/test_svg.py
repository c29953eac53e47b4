"""Drawings become PNG at their own size, and nothing outside them is read."""

import base64
import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sources.image import ImageError
from sources.svg import render_svg

HEAD = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '


def draw(body: str, size: str = 'width="60" height="40"', **settings: int) -> np.ndarray:
    png = render_svg(f"{HEAD}{size}>{body}</svg>".encode(), **settings)
    assert png.startswith(b"\x89PNG")
    with Image.open(io.BytesIO(png)) as image:
        return np.asarray(image.convert("RGB"))


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ('width="60" height="40"', (60, 40)),
        ('width="72pt" height="36pt" viewBox="0 0 72 36"', (96, 48)),
        ('width="1in" viewBox="0 0 10 20"', (96, 192)),
        ('width="100%" height="100%" viewBox="0 0 50 20"', (50, 20)),
        ('height="40" viewBox="0 0 50 20"', (100, 40)),
        ("", (300, 150)),
        ('width="4000" height="10"', (2000, 5)),
        ('width="1e9" height="1e9"', (2000, 2000)),
    ],
)
def test_size_is_the_drawings_own_under_a_cap(size: str, expected: tuple[int, int]) -> None:
    height, width, _ = draw('<rect width="5" height="5"/>', size).shape
    assert (width, height) == expected


def test_colours_shapes_and_words_are_drawn_on_white() -> None:
    pixels = draw('<rect x="10" y="10" width="20" height="20" fill="rgb(200,10,20)"/>')
    assert pixels[20, 20].tolist() == [200, 10, 20]
    assert pixels[0, 0].tolist() == [255, 255, 255]
    for words in ("words", "\u5b57"):
        assert draw(f'<text x="5" y="25" font-family="Times,serif">{words}</text>').min() < 100


def test_same_drawing_same_bytes() -> None:
    data = f'{HEAD}width="90" height="90"><circle cx="40" cy="40" r="31.7"/></svg>'.encode()
    assert render_svg(data) == render_svg(data)


@pytest.mark.parametrize("prefix", ["", "file://"])
@pytest.mark.parametrize("name", ["href", "xlink:href"])
def test_files_are_not_read(tmp_path: Path, prefix: str, name: str) -> None:
    Image.new("RGB", (50, 50), "red").save(tmp_path / "red.png")
    inside = f'<image {name}="{prefix}{tmp_path}/red.png" width="50" height="40"/>'
    assert (draw(inside) == 255).all()
    nested = base64.b64encode(f'{HEAD}width="9" height="9">{inside}</svg>'.encode()).decode()
    assert (draw(f'<image href="data:image/svg+xml;base64,{nested}" width="50"/>') == 255).all()


def test_embedded_images_are_drawn_unless_too_big() -> None:
    out = io.BytesIO()
    Image.new("RGB", (50, 50), "red").save(out, "PNG")
    address = f"data:image/png;base64,\n{base64.encodebytes(out.getvalue()).decode()}"
    body = f'<image xlink:href="{address}" width="40" height="40"/>'
    assert draw(body)[20, 20].tolist() == [255, 0, 0]
    assert (draw(body, max_side=49) == 255).all()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "no element found"),
        (b"<html/>", "expected an <svg> element at the root, got <html>"),
        (b"<svg", "not an SVG that can be parsed"),
        (b"<?xml version='1.0' encoding='none-such'?><svg/>", "not an SVG that can be parsed"),
        (b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><svg>&x;</svg>', "undefined"),
        (b"<svg>" + b" " * 200, "an SVG of 205 bytes, over the cap of 200"),
    ],
)
def test_what_is_no_drawing_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(ImageError, match=message):
        render_svg(data, max_bytes=200)


def test_entities_do_not_explode() -> None:
    names = "abcdefghi"
    laughs = "".join(
        f'<!ENTITY {name} "{f"&{before};" * 10}">'
        for before, name in zip(names, names[1:], strict=False)
    )
    data = f'<!DOCTYPE svg [<!ENTITY a "haha">{laughs}]><svg><text>&i;</text></svg>'
    with pytest.raises(ImageError, match="amplification"):
        render_svg(data.encode())


def test_real_drawings_are_drawn(samples: Path) -> None:
    path = samples / "notebooks/dive-into-dl-zh/code/chapter07_optimization/7.2_gd-sgd.ipynb"
    found = [
        "".join(output["data"]["image/svg+xml"])
        for cell in json.loads(path.read_text())["cells"]
        for output in cell.get("outputs", ())
        if "image/svg+xml" in output.get("data", {})
    ]
    assert len(found) == 5
    for drawing in found:
        with Image.open(io.BytesIO(render_svg(drawing.encode()))) as image:
            assert 320 < image.width < 350 and 240 < image.height < 250
            assert len(image.convert("RGB").getcolors(100_000) or ()) > 50
