"""SVG drawings to PNG, as a browser would draw them, reading nothing but the given bytes.

The renderer is resvg: of those tried on real notebooks it alone keeps dashes, hatches, gradients
and arrow heads. It opens files that a drawing names, so such references are cut before it starts.
Text that is not drawn as curves, which matplotlib's is, needs the Debian packages fonts-dejavu-core
and fonts-noto-cjk: fonts of other origin are not looked at, so that all machines draw the same.
"""

import base64
import binascii
import re
from functools import cache
from pathlib import Path
from urllib.parse import unquote_to_bytes
from xml.etree import ElementTree

import resvg_py

from sources.image import ImageError, read_image

_FONTS = ("/usr/share/fonts/truetype/dejavu", "/usr/share/fonts/opentype/noto")
# Pixels of a unit, as CSS has it.
_UNITS = {"": 1, "px": 1, "pt": 4 / 3, "pc": 16, "in": 96, "cm": 96 / 2.54, "mm": 96 / 25.4}
_LENGTH = re.compile(r"\s*([0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?)\s*(px|pt|pc|in|cm|mm|)\s*")
_DATA = re.compile(r"data:image/(?:png|jpe?g|gif|webp)\s*(;[^,]*)?,(.*)", re.DOTALL | re.IGNORECASE)
# What a browser gives a drawing that does not say.
_DEFAULT = (300.0, 150.0)


def render_svg(data: bytes, *, max_side: int = 2000, max_bytes: int = 20_000_000) -> bytes:
    """Returns a drawing as PNG on white, at its own size or, if that is larger, scaled down.

    Images inside the drawing stay when they are embedded; references to files and addresses are
    dropped, and entities are never read from elsewhere.

    Args:
        data: an SVG document, UTF-8 or as its XML declaration says.
        max_side: cap on width and on height in pixels.
        max_bytes: cap on `data`.

    Raises:
        ImageError: not an SVG document, or one that cannot be drawn.
    """
    if len(data) > max_bytes:
        raise ImageError(f"an SVG of {len(data)} bytes, over the cap of {max_bytes}: drop it")
    try:
        root = ElementTree.fromstring(data.lstrip())
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise ImageError(f"not an SVG that can be parsed ({error}): mend or drop it") from error
    if root.tag.rsplit("}", 1)[-1] != "svg":
        raise ImageError(f"expected an <svg> element at the root, got <{root.tag}>: drop it")
    has_text = _confine(root, max_pixels=max_side * max_side)
    width, height = _size(root)
    zoom = min(1.0, max_side / width, max_side / height)
    root.set("width", f"{width:g}")
    root.set("height", f"{height:g}")
    try:
        return bytes(
            resvg_py.svg_to_bytes(
                svg_string=ElementTree.tostring(root, encoding="unicode"),
                background="white",
                zoom=zoom,
                skip_system_fonts=True,
                font_dirs=_font_dirs() if has_text else None,
                font_family="DejaVu Sans",
                serif_family="DejaVu Serif",
                sans_serif_family="DejaVu Sans",
                monospace_family="DejaVu Sans Mono",
            )
        )
    except ValueError as error:
        raise ImageError(f"an SVG that cannot be drawn ({error}): drop it") from error


def _confine(root: ElementTree.Element, max_pixels: int) -> bool:
    """Cuts every reference out of the document; tells whether there is text to set in a font."""
    has_text = False
    for element in root.iter():
        has_text = has_text or str(element.tag).rsplit("}", 1)[-1] == "text"
        for name in [name for name in element.attrib if name.rsplit("}", 1)[-1] == "href"]:
            target = element.attrib[name].strip()
            if not target.startswith("#") and not _is_sound_image(target, max_pixels):
                del element.attrib[name]
    return has_text


def _is_sound_image(target: str, max_pixels: int) -> bool:
    """Whether an address holds, in itself, an image that may be decoded."""
    match = _DATA.fullmatch(target)
    if not match:
        return False
    body = unquote_to_bytes(match[2])
    try:
        if "base64" in (match[1] or ""):
            body = base64.b64decode(b"".join(body.split()))
        read_image(body, max_bytes=len(target), max_pixels=max_pixels)
    except (ImageError, binascii.Error):
        return False
    return True


def _size(root: ElementTree.Element) -> tuple[float, float]:
    """Width and height in pixels, from the attributes or the view box."""
    numbers = re.findall(r"[-+.0-9eE]+", root.get("viewBox", ""))
    box = [_length(number) for number in numbers[2:]] if len(numbers) == 4 else []
    width, height = _length(root.get("width")), _length(root.get("height"))
    if len(box) == 2 and box[0] and box[1]:
        if width and not height:
            height = width * box[1] / box[0]
        width = width or (height * box[0] / box[1] if height else box[0])
        height = height or box[1]
    return width or _DEFAULT[0], height or _DEFAULT[1]


def _length(text: str | None) -> float:
    """A length in pixels; 0 where it is missing or relative.

    >>> _length("3in"), _length("50%")
    (288.0, 0.0)
    """
    match = _LENGTH.fullmatch(text or "")
    return float(match[1]) * _UNITS[match[2]] if match else 0.0


@cache
def _font_dirs() -> list[str]:
    """The folders of fonts, which must be there.

    Raises:
        OSError: one is missing; a drawing without its words would pass unnoticed.
    """
    missing = [folder for folder in _FONTS if not Path(folder).is_dir()]
    if missing:
        raise FileNotFoundError(
            f"no fonts in {', '.join(missing)}: apt-get install fonts-dejavu-core fonts-noto-cjk"
        )
    return list(_FONTS)
