"""What is measured of pictures: near for what looks alike, and what its name says."""

import io
import random
from pathlib import Path

import pytest
from PIL import Image, ImageFilter

from sources.image import read_image
from sources.look import look


def scene(seed: int, size: tuple[int, int] = (400, 300)) -> Image.Image:
    """A picture of soft forms that no other seed gives."""
    noise = random.Random(seed).randbytes(8 * 6 * 3)
    return Image.frombytes("RGB", (8, 6), noise).resize(size, Image.Resampling.BICUBIC)


def as_jpeg(image: Image.Image, quality: int) -> Image.Image:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return Image.open(io.BytesIO(out.getvalue()))


def apart(one: Image.Image, other: Image.Image) -> int:
    return (int(look(one).perceptual, 16) ^ int(look(other).perceptual, 16)).bit_count()


@pytest.mark.parametrize("seed", range(5))
def test_hashes_stay_near_under_edits_and_apart_otherwise(seed: int) -> None:
    image = scene(seed)
    assert apart(image, image.resize((200, 150))) <= 4
    assert apart(image, as_jpeg(image, 40)) <= 4
    assert apart(image, image.convert("L")) <= 4
    assert apart(image, image.crop((4, 3, 396, 297))) <= 10
    assert apart(image, scene(seed + 100)) >= 14


@pytest.mark.parametrize("quality", [10, 50, 75, 90, 100])
def test_the_quality_of_a_jpeg_is_what_it_was_saved_with(quality: int) -> None:
    assert look(as_jpeg(scene(0), quality)).jpeg_quality == quality
    assert look(scene(0)).jpeg_quality is None


def test_blur_takes_sharpness_and_flat_pictures_have_no_entropy() -> None:
    noise = Image.effect_noise((300, 300), 60)
    soft = noise.filter(ImageFilter.GaussianBlur(3))
    assert look(soft).sharpness < look(noise).sharpness / 20
    assert look(Image.new("RGB", (50, 50), "red")).entropy == 0
    assert look(noise).entropy > 6


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA", "CMYK", "YCbCr", "I;16", "F"])
def test_every_mode_gives_about_the_same(mode: str) -> None:
    image = scene(3)
    other = image.convert("L").convert(mode) if mode in ("I;16", "F") else image.convert(mode)
    assert apart(image, other) <= 12


@pytest.mark.parametrize("size", [(1, 1), (2, 900), (900, 2)])
def test_odd_sizes_can_be_measured(size: tuple[int, int]) -> None:
    assert len(look(Image.new("RGB", size)).perceptual) == 16


def test_what_nobody_sees_does_not_count() -> None:
    hidden = Image.new("RGBA", (64, 64), (200, 20, 30, 0))
    assert look(hidden) == look(Image.new("RGB", (64, 64), "white"))


def test_real_photos_keep_near(samples: Path) -> None:
    for path in sorted((samples / "photos").glob("*.[jp][pn]g")):
        data, facts = read_image(path.read_bytes(), max_bytes=10**8, max_pixels=10**8)
        with Image.open(io.BytesIO(data)) as image:
            if facts.look.entropy >= 3:
                smaller = image.convert("RGB").resize((image.width // 2, image.height // 2))
                assert apart(image, as_jpeg(smaller, 60)) <= 4, path.name
