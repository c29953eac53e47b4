"""Pictures are looked at whole, however many come at once."""

import asyncio
import io
from hashlib import sha256

import pytest
from PIL import Image

from pipelines.fetch import decode
from pipelines.fetch.settings import MB, Settings
from tests.pipelines.corpora import picture


def jpeg(mode: str, **more: bool) -> bytes:
    out = io.BytesIO()
    Image.effect_noise((70, 50), 60).convert(mode).save(out, "JPEG", **more)
    return out.getvalue()


def test_more_pictures_than_are_shared_at_once_are_all_seen() -> None:
    pictures = [picture(seed, "PNG") for seed in range(40)]
    largest = max(map(len, pictures))
    settings = Settings(max_bytes=largest, memory=2 * MB)

    async def look() -> list[decode.Seen]:
        async with decode.Decoder(settings) as decoder:
            return await asyncio.gather(*map(decoder.see, pictures))

    assert [seen.facts["sha256"] for seen in asyncio.run(look())] == [
        sha256(data).hexdigest() for data in pictures
    ]


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize("progressive", [False, True])
def test_every_kind_of_jpeg_is_measured(mode: str, progressive: bool) -> None:
    data = jpeg(mode, progressive=progressive)
    seen = decode.see(data, Settings())
    assert (seen.problem, seen.facts["width"], seen.facts["height"]) == (None, 70, 50)
    assert seen.facts["sent_sha256"] == sha256(data).hexdigest()


@pytest.mark.parametrize("keep", [0.3, 0.9, 0.99])
def test_a_jpeg_that_was_cut_is_broken(keep: float) -> None:
    data = jpeg("RGB")
    seen = decode.see(memoryview(data)[: int(len(data) * keep)], Settings())
    assert seen.problem is not None and seen.problem[0] == "decode"


def test_pixels_are_counted_before_decoding() -> None:
    seen = decode.see(jpeg("RGB"), Settings(max_pixels=70 * 50 - 1))
    assert seen.problem is not None and seen.problem[0] == "too_many_pixels"
