"""Images from strangers: decoded once under caps, kept as they are where loaders can read them.

JPEG, PNG and WebP keep their bytes, whatever their mode (CMYK, palette, 16 bit), and so does an
animation in one of them, of which only the first frame is decoded here, as loaders do. A JPEG that
holds several pictures, as some phones write, is a JPEG. Other formats become PNG, an animation its
first frame. What the bytes are is seen from the bytes: names and extensions are not asked.
"""

import math
import struct
import threading
import warnings
from dataclasses import dataclass, field, replace
from functools import lru_cache
from hashlib import sha256
from io import BytesIO

from PIL import Image, ImageOps, JpegImagePlugin, UnidentifiedImageError

from sources.look import Look, look

# Pillow's own cap is one number for the whole process and only warns up to twice its value.
# `max_pixels` takes its place, checked between the header and the pixels.
Image.MAX_IMAGE_PIXELS = None
Image.init()

# Formats whose header tells the size of what is decoded and which need no outside program. ICO and
# ICNS hold a second image behind their header, EPS and WMF call for another program.
_FORMATS = (
    "JPEG", "PNG", "WEBP", "GIF", "BMP", "DIB", "TIFF", "PPM", "TGA", "PCX", "AVIF",
    "JPEG2000",
)  # fmt: skip
_KEPT = ("jpeg", "png", "webp")
_PNG_MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")
_ORIENTATION = 0x0112
# What Pillow's decoders were seen to raise on broken input.
_BROKEN = (
    OSError, SyntaxError, ValueError, TypeError, LookupError, EOFError, OverflowError, RuntimeError,
    struct.error,
)  # fmt: skip

# An adapter that must look at an image has it decoded; ingest asks for the same image right after.
_KNOWN = 4
_LAST: dict[tuple[bytes, bool], tuple[bytes, "ImageFacts"]] = {}
_LOCK = threading.Lock()


class ImageError(ValueError):
    """Bytes that give no usable image: the message says what they are and what can be done."""


class UnknownFormat(ImageError):
    """Bytes that are no image of a known format."""


class TooManyPixels(ImageError):
    """An image over the cap on pixels; it was not decoded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageFacts:
    """What was seen when an image was decoded.

    Attributes:
        width: in pixels as the kept bytes store them.
        height: likewise.
        format: what the given bytes were, such as jpeg or gif.
        mode: how its pixels are stored, in Pillow's words: L, P, RGB, RGBA, CMYK, I;16, ...
        frames: how many frames or pages were given; the first is the image.
        orientation: EXIF's, 1 to 8; 1 is upright, and the value once it has been applied.
        reencoded: whether the kept bytes differ from the given ones.
        one_colour: whether all pixels look the same; so does an image that is fully transparent.
        size: of the kept bytes.
        sha256: of the kept bytes, in hex.
        look: what the decoded picture looks like.
    """

    width: int
    height: int
    format: str
    mode: str
    frames: int
    orientation: int
    reencoded: bool
    one_colour: bool
    size: int
    sha256: str
    look: Look = field(default_factory=Look)


def read_image(
    data: bytes, *, max_bytes: int, max_pixels: int, orient: bool = False
) -> tuple[bytes, ImageFacts]:
    """Decodes an image fully and returns the bytes to keep with its facts.

    Args:
        data: the encoded image, in any format of the module's list.
        max_bytes: cap on `data`, checked before anything is parsed.
        max_pixels: cap on width times height, checked in the header before decoding.
        orient: turns the pixels upright as EXIF says, which re-encodes images that are not. A JPEG
            stays one, with its own quantisation tables and subsampling, so it loses about as
            little as rounding costs; the others become PNG and lose nothing. EXIF, and with it any
            place or camera, is then gone.

    Raises:
        ImageError: too big, truncated, broken, empty, or of an unknown format.
    """
    if not data:
        raise ImageError("no bytes where an image was expected")
    if len(data) > max_bytes:
        raise ImageError(f"{len(data)} bytes, over the cap of {max_bytes}: raise max_bytes")
    with warnings.catch_warnings():
        # Pillow warns of odd metadata; what matters is raised.
        warnings.simplefilter("ignore")
        try:
            return _read_once(data, max_pixels, orient)
        except ImageError:
            raise
        except _BROKEN as error:
            # The address of a buffer, in Pillow's words, would differ from run to run.
            unknown = isinstance(error, UnidentifiedImageError)
            why = "unknown format" if unknown else error
            raise (UnknownFormat if unknown else ImageError)(
                f"not an image that can be decoded ({why}); its {len(data)} bytes start with"
                f" {data[:12]!r}: replace or drop it"
            ) from error


def cut(
    data: bytes, seen: ImageFacts, place: tuple[float, float, float, float]
) -> tuple[bytes, ImageFacts]:
    """Returns a part of an image, as a PNG, with its facts.

    Args:
        data: an image that was read before.
        seen: what was seen of it.
        place: x0, y0, x1, y1 in pixels as stored; what lies outside the image is left out.

    Raises:
        ImageError: nothing of the place lies on the image.
    """
    x0, y0 = max(0, math.floor(place[0])), max(0, math.floor(place[1]))
    x1, y1 = min(seen.width, math.ceil(place[2])), min(seen.height, math.ceil(place[3]))
    if x0 >= x1 or y0 >= y1:
        raise ImageError(f"the place {place} is not on an image of {seen.width} x {seen.height}")
    image, out = _decoded(data), BytesIO()
    part = _for_png(image.crop((x0, y0, x1, y1)))
    profile = image.info.get("icc_profile") if part.mode == image.mode else None
    part.save(out, "PNG", icc_profile=profile)
    kept = out.getvalue()
    return kept, replace(
        seen,
        width=x1 - x0,
        height=y1 - y0,
        mode=part.mode,
        frames=1,
        orientation=1,
        reencoded=True,
        one_colour=_is_one_colour(part),
        size=len(kept),
        sha256=sha256(kept).hexdigest(),
        look=look(part),
    )


@lru_cache(maxsize=1)  # the next part is mostly of the same image
def _decoded(data: bytes) -> Image.Image:
    """The pixels of an image that was read before."""
    with Image.open(BytesIO(data), formats=_FORMATS) as image:
        image.load()
        return image.copy()


def _read_once(data: bytes, max_pixels: int, orient: bool) -> tuple[bytes, ImageFacts]:
    """Reads an image unless it is one of the last few; whose caps differ, sees its own."""
    known = _LAST.get((data, orient))
    if known is None:
        known = _read(data, max_pixels, orient)
        with _LOCK:
            while len(_LAST) >= _KNOWN:
                del _LAST[next(iter(_LAST))]
            _LAST[data, orient] = known
    _check_size(known[1].width, known[1].height, max_pixels)
    return known


def _read(data: bytes, max_pixels: int, orient: bool) -> tuple[bytes, ImageFacts]:
    with Image.open(BytesIO(data), formats=_FORMATS) as image:
        _check_size(image.width, image.height, max_pixels)
        found = "jpeg" if image.format == "MPO" else str(image.format).lower()
        frames = getattr(image, "n_frames", 1)
        mode = image.mode
        image.load()
        orientation = _orientation(image)
        turn = orientation if orient else 1
        sideways = turn > 4
        kept = data
        if turn != 1 or found not in _KEPT:
            kept = _encode(image, found, turn)
        return kept, ImageFacts(
            width=image.height if sideways else image.width,
            height=image.width if sideways else image.height,
            format=found,
            mode=mode,
            frames=frames,
            orientation=1 if orient else orientation,
            reencoded=kept is not data,
            one_colour=_is_one_colour(image),
            size=len(kept),
            sha256=sha256(kept).hexdigest(),
            look=look(image),
        )


def _check_size(width: int, height: int, max_pixels: int) -> None:
    """Refuses images without pixels or with too many."""
    pixels = width * height
    if pixels == 0:
        raise ImageError(f"an image of {width} x {height} pixels holds nothing")
    if pixels > max_pixels:
        raise TooManyPixels(
            f"{width} x {height} = {pixels} pixels, over the cap of {max_pixels}:"
            " raise max_pixels or scale the image down"
        )


def _orientation(image: Image.Image) -> int:
    """EXIF's orientation, 1 where there is none that means anything."""
    try:
        value = image.getexif().get(_ORIENTATION, 1)
    except _BROKEN:  # the picture is sound, only its EXIF is not
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _encode(image: Image.Image, found: str, turn: int) -> bytes:
    """The same pixels, turned as an orientation says, as a PNG; a JPEG, turned, stays one."""
    out = BytesIO()
    profile = image.info.get("icc_profile")
    turned = ImageOps.exif_transpose(image) if turn != 1 else image
    if found == "jpeg":
        sampling, tables = _quantisation(image, sideways=turn > 4)
        turned.save(out, "JPEG", icc_profile=profile, qtables=tables, subsampling=sampling)
    else:
        _for_png(turned).save(out, "PNG", icc_profile=profile)
    return out.getvalue()


def _quantisation(image: Image.Image, *, sideways: bool) -> tuple[int, dict[int, list[int]]]:
    """Subsampling and tables of a JPEG, so that it can be written again with little loss."""
    tables: dict[int, list[int]] = getattr(image, "quantization", {})
    sampling = JpegImagePlugin.get_sampling(image)
    if sideways:
        # Rows of the tables become columns; what was halved in width alone is kept whole.
        tables = {key: [t[8 * (i % 8) + i // 8] for i in range(64)] for key, t in tables.items()}
    return (0 if sideways and sampling == 1 else sampling), tables


def _for_png(image: Image.Image) -> Image.Image:
    """The image in a mode of PNG that holds its values."""
    if image.mode in _PNG_MODES:
        return image
    if image.mode == "F":
        raise ImageError("floating point pixels do not fit a PNG: scale them to 8 or 16 bit")
    if image.mode.startswith("I"):
        return _to_16_bit(image)
    return image.convert("RGBA" if image.mode in ("PA", "RGBa", "La") else "RGB")


def _to_16_bit(image: Image.Image) -> Image.Image:
    """The image as I;16."""
    whole = image.convert("I")
    low, high = whole.getextrema()
    if not isinstance(low, int | float) or not isinstance(high, int | float):
        raise ImageError(f"pixels of mode {image.mode} cannot be read: convert it to 8 or 16 bit")
    if low < 0 or high > 0xFFFF:
        raise ImageError(f"pixels from {low} to {high} do not fit 16 bit: scale them to 0..65535")
    return whole.convert("I;16")


def _is_one_colour(image: Image.Image) -> bool:
    """Whether all pixels look the same."""
    if image.mode in ("P", "PA"):
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    elif image.has_transparency_data and "A" not in image.mode:  # a colour that means nothing
        image = image.convert("RGBA")
    if "A" in image.getbands():
        low, high = image.getchannel("A").getextrema()
        if low != high or high == 0:
            # Colours that nobody can see do not count: all pixels hidden look the same.
            return high == 0
    return all(_is_flat(image, band) for band in range(len(image.getbands())))


def _is_flat(image: Image.Image, band: int) -> bool:
    channel = image.getchannel(band) if len(image.getbands()) > 1 else image
    low, high = channel.getextrema()
    return low == high
