"""Images of every mode and format, sound and broken, made here or taken from a camera."""

import dataclasses
import hashlib
import io
import warnings
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps

from sources.image import ImageError, ImageFacts, cut, read_image

NOISE = Image.effect_noise((40, 30), 80)
COLOURS = Image.merge("RGB", [NOISE, NOISE.rotate(180), ImageOps.invert(NOISE)])
DEEP = Image.fromarray(np.arange(1200, dtype=np.uint16).reshape(30, 40) * 50)


def encoded(image: Image.Image, kind: str, **settings: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **settings)
    return out.getvalue()


def turned(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


def read(data: bytes, **settings: Any) -> tuple[bytes, ImageFacts]:
    return read_image(data, **{"max_bytes": 10**7, "max_pixels": 10**7, **settings})


def pixels(data: bytes, mode: str | None = None) -> np.ndarray:
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert(mode) if mode else image)


@pytest.mark.parametrize(
    ("data", "kind", "mode"),
    [
        (encoded(COLOURS, "JPEG"), "jpeg", "RGB"),
        (encoded(COLOURS, "JPEG", progressive=True), "jpeg", "RGB"),
        (encoded(COLOURS.convert("CMYK"), "JPEG"), "jpeg", "CMYK"),
        (encoded(NOISE, "JPEG"), "jpeg", "L"),
        (encoded(COLOURS, "PNG"), "png", "RGB"),
        (encoded(COLOURS.quantize(16), "PNG"), "png", "P"),
        (encoded(COLOURS.convert("RGBA"), "PNG"), "png", "RGBA"),
        (encoded(NOISE.convert("1"), "PNG"), "png", "1"),
        (encoded(NOISE.convert("LA"), "PNG"), "png", "LA"),
        (encoded(DEEP, "PNG"), "png", "I;16"),
        (encoded(COLOURS, "WEBP"), "webp", "RGB"),
        (encoded(COLOURS.convert("RGBA"), "WEBP", lossless=True), "webp", "RGB"),
    ],
)
def test_what_loaders_read_keeps_its_bytes(data: bytes, kind: str, mode: str) -> None:
    kept, facts = read(data)
    assert kept is data
    assert (facts.format, facts.mode, facts.reencoded) == (kind, mode, False)
    assert (facts.width, facts.height, facts.frames, facts.orientation) == (40, 30, 1, 1)
    assert (facts.size, facts.one_colour) == (len(data), False)
    assert facts.sha256 == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize(
    ("image", "kind", "settings"),
    [
        (COLOURS.quantize(16), "GIF", {}),
        (NOISE, "GIF", {"transparency": 3}),
        (COLOURS, "BMP", {}),
        (NOISE.convert("1"), "BMP", {}),
        (COLOURS, "TIFF", {"compression": "tiff_lzw"}),
        (COLOURS.convert("RGBA"), "TIFF", {}),
        (DEEP, "TIFF", {}),
        (DEEP.convert("I"), "TIFF", {}),
        (NOISE.convert("LA"), "TIFF", {}),
        (COLOURS, "PPM", {}),
        (COLOURS, "TGA", {}),
        (COLOURS, "PCX", {}),
        (COLOURS, "AVIF", {}),
        (COLOURS, "JPEG2000", {}),
    ],
)
def test_other_formats_become_png_without_loss(image, kind: str, settings: dict) -> None:
    data = encoded(image, kind, **settings)
    kept, facts = read(data)
    mode = "RGBA" if kind == "GIF" else None
    assert np.array_equal(pixels(kept, mode), pixels(data, mode))
    assert kept.startswith(b"\x89PNG") and facts.reencoded
    assert facts.format == kind.lower()
    assert facts.sha256 == hashlib.sha256(kept).hexdigest()
    assert read(data) == (kept, facts)


def test_inks_become_colours_where_png_must_hold_them() -> None:
    kept, facts = read(encoded(COLOURS.convert("CMYK"), "TIFF"))
    assert (facts.mode, facts.reencoded) == ("CMYK", True)
    assert np.array_equal(pixels(kept), np.asarray(COLOURS.convert("CMYK").convert("RGB")))


@pytest.mark.parametrize(
    ("kind", "kept_as_is"), [("GIF", False), ("PNG", True), ("WEBP", True), ("TIFF", False)]
)
def test_frames_are_counted_and_the_first_is_the_image(kind: str, kept_as_is: bool) -> None:
    lossless = {"lossless": True} if kind == "WEBP" else {}
    moving = [COLOURS, COLOURS.rotate(180), ImageOps.invert(COLOURS)]
    data = encoded(moving[0], kind, save_all=True, append_images=moving[1:], **lossless)
    kept, facts = read(data)
    assert facts.frames == 3
    assert (kept is data) == kept_as_is
    assert np.array_equal(pixels(kept, "RGB"), pixels(data, "RGB"))


def test_several_pictures_in_a_jpeg_are_a_jpeg() -> None:
    data = encoded(COLOURS, "MPO", save_all=True, append_images=[COLOURS])
    kept, facts = read(data)
    assert (facts.format, facts.frames, kept is data) == ("jpeg", 2, True)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF"])
def test_truncated_images_are_refused(kind: str) -> None:
    data = encoded(COLOURS, kind)
    for length in (len(data) // 2, len(data) - len(data) // 10):
        with pytest.raises(ImageError, match=r"not an image that can be decoded|holds nothing"):
            read(data[:length])


@pytest.mark.parametrize(
    ("data", "settings", "message"),
    [
        (b"", {}, "no bytes where an image was expected"),
        (b"<html>404</html>", {}, r"unknown format.*16 bytes start with b'<html>404</h'"),
        (encoded(COLOURS, "BMP"), {"max_bytes": 99}, "3654 bytes, over the cap of 99: raise"),
        (encoded(COLOURS, "PNG"), {"max_pixels": 1199}, "40 x 30 = 1200 pixels, over the cap"),
        (b"P5 0 3 255 ", {}, "decoded|holds nothing"),
        (encoded(NOISE.convert("F"), "TIFF"), {}, "floating point pixels do not fit"),
        (encoded(DEEP.convert("I").point(lambda i: i * 9), "TIFF"), {}, "do not fit 16 bit"),
    ],
)
def test_what_cannot_be_kept_says_why(data: bytes, settings: dict, message: str) -> None:
    with pytest.raises(ImageError, match=message):
        read(data, **settings)


def test_a_bomb_is_seen_in_its_header() -> None:
    header = bytearray(encoded(COLOURS, "PNG"))
    header[16:24] = b"\x00\x00\xff\xff" * 2
    header[29:33] = zlib.crc32(header[12:29]).to_bytes(4, "big")
    with pytest.raises(ImageError, match="65535 x 65535 = 4294836225 pixels"):
        read(bytes(header))


def test_no_warning_leaks() -> None:
    data = encoded(COLOURS.quantize(8), "PNG", transparency=bytes(range(8)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read(data)
        read(encoded(Image.new("1", (20000, 10000)), "PNG"), max_pixels=10**9)


@pytest.mark.parametrize(
    ("image", "settings"),
    [
        (Image.new("RGB", (9, 9), "teal"), {}),
        (Image.new("1", (9, 9)), {}),
        (Image.new("I;16", (9, 9), 7), {}),
        (COLOURS.quantize(4).point([5] * 256), {}),
        (Image.merge("RGBA", [*COLOURS.split(), Image.new("L", COLOURS.size)]), {}),
        (Image.new("P", (9, 9), 3), {"transparency": 3}),
    ],
)
def test_one_colour_is_seen(image: Image.Image, settings: dict) -> None:
    assert read(encoded(image, "PNG", **settings))[1].one_colour


def test_lines_on_transparent_ground_are_not_one_colour() -> None:
    white = Image.new("L", NOISE.size, 255)
    drawn = Image.merge("RGBA", [white, white, white, NOISE])
    assert not read(encoded(drawn, "PNG"))[1].one_colour


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
def test_orientation_is_applied_on_request_only(orientation: int, kind: str) -> None:
    lossless = {"lossless": True} if kind == "WEBP" else {}
    data = encoded(COLOURS, kind, exif=turned(orientation), **lossless)
    with Image.open(io.BytesIO(data)) as image:
        upright = np.asarray(ImageOps.exif_transpose(image))
    kept, facts = read(data, orient=True)
    assert np.array_equal(pixels(kept), upright)
    assert (facts.height, facts.width, facts.orientation) == (*upright.shape[:2], 1)
    if kind != "TIFF":  # Pillow turns those itself
        kept, facts = read(data)
        assert (facts.orientation, kept is data) == (orientation, True)


def test_photographs_keep_their_bytes(samples: Path) -> None:
    photos = sorted(path for path in (samples / "photos").rglob("*.*") if path.is_file())
    assert len(photos) == 17
    for path in photos:
        kept, facts = read(path.read_bytes())
        assert facts.size == path.stat().st_size and not facts.one_colour
        assert facts.orientation == (int(path.stem[-1]) if "exif" in path.parts else 1)


def test_a_photograph_loses_little_when_turned(samples: Path) -> None:
    for path in sorted((samples / "photos" / "exif").iterdir()):
        data = path.read_bytes()
        kept, facts = read(data, orient=True)
        with Image.open(path) as image:
            upright = np.asarray(ImageOps.exif_transpose(image)).astype(int)
        assert (facts.height, facts.width) == upright.shape[:2]
        assert (kept is data) == path.stem.endswith("1")
        assert abs(pixels(kept) - upright).mean() < 1
        with Image.open(io.BytesIO(kept)) as image:
            assert image.getexif().get(0x0112, 1) == 1


def test_inks_survive_a_turn() -> None:
    smooth = Image.linear_gradient("L").resize((64, 48))
    inks = Image.merge("CMYK", [smooth, smooth.rotate(180), smooth, Image.new("L", (64, 48))])
    data = encoded(inks, "JPEG", quality=95, exif=turned(6))
    kept, facts = read(data, orient=True)
    with Image.open(io.BytesIO(data)) as image:
        upright = np.asarray(ImageOps.exif_transpose(image)).astype(int)
    assert (facts.mode, facts.width, facts.height) == ("CMYK", 48, 64)
    assert abs(pixels(kept) - upright).mean() < 2


def test_facts_are_plain_values() -> None:
    facts = dataclasses.asdict(read(encoded(COLOURS, "PNG"))[1])
    facts |= facts.pop("look")
    assert {type(value) for value in facts.values()} == {int, float, str, bool, bytes, type(None)}


def test_a_part_is_cut_out_without_loss() -> None:
    kept, facts = read(encoded(COLOURS, "JPEG"))
    part, seen = cut(kept, facts, (-3.5, 1.2, 8.0, 6.9))
    assert (seen.width, seen.height, seen.format, seen.reencoded) == (8, 6, "jpeg", True)
    assert np.array_equal(pixels(part), pixels(kept)[1:7, :8])
    with pytest.raises(ImageError, match="is not on an image of"):
        cut(kept, facts, (-9, 0, -1, 5))
