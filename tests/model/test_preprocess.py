from io import BytesIO

import numpy as np
import pytest
import torch
from PIL import Image

from model.preprocess import blank, decode, prepare, square, stack, to_rgb
from model.sizes import SIZES

MODES = ["1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr", "HSV", "I", "I;16", "F"]


def encoded(image: Image.Image, form: str = "PNG") -> bytes:
    buffer = BytesIO()
    image.save(buffer, form)
    return buffer.getvalue()


def gradient(width: int, height: int) -> Image.Image:
    across = np.linspace(0, 255, width)[None, :, None]
    down = np.linspace(0, 255, height)[:, None, None]
    planes = [across + 0 * down, down + 0 * across, (across + down) / 2]
    return Image.fromarray(np.concatenate(planes, axis=2).astype(np.uint8))


@pytest.mark.parametrize("mode", MODES)
def test_any_mode_becomes_rgb(mode: str) -> None:
    image = Image.new("I;16", (20, 10)) if mode == "I;16" else _convert(gradient(20, 10), mode)
    shown = to_rgb(image)
    assert (shown.mode, shown.size) == ("RGB", (20, 10))


def _convert(image: Image.Image, mode: str) -> Image.Image:
    return image.convert("P").convert(mode) if mode == "PA" else image.convert(mode)


def test_transparent_pixels_are_white() -> None:
    image = Image.new("RGBA", (4, 4), (0, 0, 0, 0))
    assert decode(encoded(image)).getpixel((1, 1)) == (255, 255, 255)


def test_a_palette_with_a_transparent_colour_keeps_its_other_colours() -> None:
    image = Image.new("P", (4, 4), 1)
    image.putpalette([0, 0, 0, 200, 30, 40])
    buffer = BytesIO()
    image.save(buffer, "PNG", transparency=0)
    assert decode(buffer.getvalue()).getpixel((0, 0)) == (200, 30, 40)


def test_deep_grey_is_scaled_not_clipped() -> None:
    deep = Image.fromarray(np.full((4, 4), 32896, dtype=np.uint16))
    assert deep.mode == "I;16"
    assert decode(encoded(deep)).getpixel((0, 0)) == (128, 128, 128)


def test_broken_bytes_say_what_they_are() -> None:
    whole = encoded(gradient(64, 64))
    for data in (b"", b"GIF89a", whole[: len(whole) // 2], b"\x89PNG\r\n\x1a\n" + bytes(40)):
        with pytest.raises(ValueError, match=f"cannot decode an image of {len(data)} bytes"):
            decode(data)


def test_too_many_pixels_are_refused_before_decoding() -> None:
    buffer = BytesIO()
    Image.new("1", (20_000, 6_000)).save(buffer, "PNG")
    with pytest.raises(ValueError, match="over 100000000 pixels"):
        decode(buffer.getvalue())


def test_padding_is_centred_with_the_published_colour() -> None:
    shown = square(Image.new("RGB", (100, 51), (255, 0, 0)), 100, SIZES["7b"].background)
    column = [shown.getpixel((50, y)) for y in range(100)]
    assert column[:24] == [(122, 116, 104)] * 24  # (100 - 51) // 2
    assert column[24:75] == [(255, 0, 0)] * 51
    assert column[75:] == [(122, 116, 104)] * 25


def test_towers_get_their_own_mean_and_std() -> None:
    pixels = prepare(Image.new("RGB", (8, 8), (255, 255, 255)), SIZES["7b"])
    assert pixels.high is not None
    assert pixels.low.shape == (1, 3, 384, 384) and pixels.high.shape == (1, 3, 1024, 1024)
    assert torch.allclose(pixels.low, torch.tensor(1.0), atol=1e-6)
    expected = [(1 - 0.48145466) / 0.26862954, (1 - 0.4578275) / 0.26130258]
    assert pixels.high[0, :2, 5, 5].tolist() == pytest.approx(expected, rel=1e-6)


def test_the_low_image_comes_from_the_padded_high_one() -> None:
    pixels = prepare(Image.new("RGB", (1000, 500), (255, 255, 255)), SIZES["7b"])
    edge = (pixels.low[0, :, 0, 0] * 0.5 + 0.5) * 255
    assert edge.tolist() == pytest.approx([122, 116, 104], abs=0.01)
    assert pixels.low[0, 0, 192, 192].item() == pytest.approx(1.0, abs=1e-5)


def test_a_size_without_the_high_tower_gets_one_image() -> None:
    pixels = prepare(gradient(50, 70), SIZES["1.3b"])
    assert pixels.high is None and pixels.low.shape == (1, 3, 384, 384)
    assert (pixels.low[0, :, 0, 0] * 127.5 + 127.5).tolist() == pytest.approx([127] * 3, abs=1e-3)


def test_a_blank_image_is_all_background() -> None:
    both = stack([blank(SIZES["tiny"]), blank(SIZES["tiny"])])
    assert len(both) == 2 and both.high is not None
    assert both.high[0].flatten(1).std(dim=1).max().item() < 1e-6
