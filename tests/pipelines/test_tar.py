"""Headers are those that tarfile makes, byte for byte."""

import tarfile

import pytest

from pipelines import tar


@pytest.mark.parametrize("size", [0, 1, 511, 8**11 - 1])
@pytest.mark.parametrize("name", ["a", "000012.jpg", "a/b.c", "~" * 100, "d/" * 60 + "e", "画.png"])
def test_headers_are_those_of_tarfile(name: str, size: int) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o644
    assert tar.header(name, size) == info.tobuf(tarfile.USTAR_FORMAT)


@pytest.mark.parametrize(("name", "size"), [("x" * 300, 1), ("a", 8**12)])
def test_what_fits_into_no_header_is_refused(name: str, size: int) -> None:
    with pytest.raises(ValueError):
        tar.header(name, size)
