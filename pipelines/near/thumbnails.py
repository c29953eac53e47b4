"""Thumbnails as signatures of pictures: bands to find what may be alike, and a closer look.

A band is the signs of the lowest frequencies of a part of the thumbnail: of the whole, and of each
corner, as a logo in one of them leaves the others as they are. Signs that an edit may turn count
both ways. The closer look fits one thumbnail to the other: brightness and contrast, a shift and a
stretch of a few per cent, and one small window where anything may stand. What the fit leaves
unexplained of the finer forms is the difference; rough forms are alike on all pages of a book.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter

from pipelines.measures.words import mixed
from pipelines.near.arrays import Numbers
from sources.image import ImageFacts
from sources.look import THUMBNAIL

BYTES = THUMBNAIL * THUMBNAIL
# Samples of more images have no thumbnails: facts stay small.
MOST = 4
# First row, first column, and side of each part that has a band.
_PARTS = ((0, 0, 32), (0, 0, 20), (0, 12, 20), (12, 0, 20), (12, 12, 20))
# Signs of a band, and how many of them, the least certain, count both ways.
_SIGNS, _UNSURE = 32, 4
# A part whose frequencies are all weaker, in steps of grey, has no band: it is as good as flat.
_LEAST = 1.0
# What differs less, in squared steps of grey, is noise of compression.
_NOISE = 0.5
# Sides of the window where anything may stand, and of the blur that leaves rough forms.
_WINDOW, _ROUGH = 7, 9
# Times that the fit is made; each time without the window where the last was worst.
_FITS = 3
# What a fit must keep of a picture's contrast, and by how many pixels it may move an edge.
_CONTRAST, _MOVED = 0.3, 1.5
# Pictures or pairs that are looked at at once: a fit holds some 200 kB of each.
_BLOCK = 128
# What bands and likeness depend on; the manifest keeps it.
PARAMETERS = {"side": THUMBNAIL, "parts": len(_PARTS), "signs": _SIGNS, "both_ways": _UNSURE}

Pictures = NDArray[np.float64]


def joined(images: Sequence[ImageFacts]) -> bytes | None:
    """Returns the thumbnails of a sample's images; None if there are none, or are too many."""
    if not 0 < len(images) <= MOST or any(each.one_colour for each in images):
        return None
    return b"".join(each.look.thumbnail for each in images)


def bands(column: pa.Array, samples: Numbers) -> tuple[Numbers, NDArray[np.uint32], Numbers]:
    """Returns the hashes of all bands, and for each a number for its order and its sample.

    Of a sample of several images the first has bands; only samples of as many share them.

    Args:
        column: the thumbnails of each sample.
        samples: what to call each.
    """
    found = [(samples[:0], np.empty(0, np.uint32), samples[:0])]
    for start in range(0, len(column), _BLOCK):
        block = slice(start, start + _BLOCK)
        found += _bands(column[block].to_pylist(), samples[block])
    hashes, orders, owners = (np.concatenate(each) for each in zip(*found, strict=True))
    return hashes, orders, owners


def likenesses(ones: pa.Array, others: pa.Array) -> NDArray[np.float64]:
    """Returns the likeness, 0 to 1, of each two in columns of thumbnails, of the least alike image.

    Samples with different numbers of images are not alike.
    """
    found = np.zeros(len(ones))
    left, right = ones.to_pylist(), others.to_pylist()
    same = [n for n in range(len(left)) if len(left[n]) == len(right[n])]
    for start in range(0, len(same), _BLOCK):
        block = same[start : start + _BLOCK]
        both = (_smooth(_pixels([side[n] for n in block]).astype(np.float64)) / 16
                for side in (left, right))  # fmt: skip
        begins = np.cumsum([0, *(len(left[n]) // BYTES for n in block[:-1])])
        found[block] = np.minimum.reduceat(compared(*both), begins)
    return found


def compared(ones: Pictures, others: Pictures) -> NDArray[np.float64]:
    """Returns the likeness of each two of some smoothed thumbnails, whichever is fitted."""
    return np.maximum(_explained(ones, others), _explained(others, ones)).clip(0, 1)


def _bands(
    known: list[bytes], samples: Numbers
) -> Iterator[tuple[Numbers, NDArray[np.uint32], Numbers]]:
    """Yields the bands of each part."""
    first = _smooth(_pixels([each[:BYTES] for each in known]).astype(np.int64))
    counts = np.array([len(each) // BYTES for each in known], np.uint64)
    # Equal thumbnails are next to each other.
    orders = (_folded(first) >> np.uint64(32)).astype(np.uint32)
    for number, (top, left, side) in enumerate(_PARTS):
        words, seen = _words(first[:, top : top + side, left : left + side])
        head = mixed(counts * np.uint64(16) + np.uint64(number))
        hashes = mixed(words ^ head[:, None])[seen]
        each = np.repeat(np.flatnonzero(seen), hashes.shape[1])
        yield hashes.ravel(), orders[each], samples[each]


def _explained(ones: Pictures, others: Pictures) -> NDArray[np.float64]:
    """Returns how much of the others' finer forms a fit of the ones leaves explained."""
    terms = _terms(ones)
    goal = others.reshape(len(others), BYTES)
    fine = others - uniform_filter(others, (1, _ROUGH, _ROUGH), mode="nearest")
    forms = np.square(fine).reshape(goal.shape)
    keep, best = np.ones_like(goal), np.zeros(len(goal))
    for _ in range(_FITS):
        weighted = terms * keep[:, None]
        # Flat pictures have terms of nothing, which any factor fits.
        gram = weighted @ terms.transpose(0, 2, 1) + 1e-3 * np.eye(terms.shape[1])
        factors = np.linalg.solve(gram, weighted @ goal[:, :, None])
        left = np.square(goal - (factors.transpose(0, 2, 1) @ terms)[:, 0])
        noise = _NOISE * keep.sum(axis=1)
        unlike = np.maximum((left * keep).sum(axis=1) - noise, 0)
        score = 1 - unlike / np.maximum((forms * keep).sum(axis=1), noise)
        best = np.maximum(best, np.where(_is_edit(factors[:, :, 0]), score, 0))
        keep = _without_worst(left)
    return best


def _terms(pictures: Pictures) -> Pictures:
    """Returns what a fit adds up: light, the picture, and what moving it a little would change."""
    across = (np.arange(THUMBNAIL) - (THUMBNAIL - 1) / 2) / THUMBNAIL
    down, right = np.gradient(pictures, axis=(1, 2))
    moved = (right, right * across, down, down * across[:, None])
    terms = np.stack([np.ones_like(pictures), pictures, *moved], axis=1)
    return terms.reshape(len(pictures), len(moved) + 2, BYTES)


def _is_edit(factors: NDArray[np.floating[Any]]) -> NDArray[np.bool_]:
    """Returns whether the factors of the terms are those of an edit: little is moved or turned."""
    moved = np.abs(factors[:, (2, 4)]) + np.abs(factors[:, (3, 5)]) / 2
    found: NDArray[np.bool_] = moved.max(axis=1) <= _MOVED * np.abs(factors[:, 1])
    return found & (factors[:, 1] > _CONTRAST)


def _without_worst(left: Pictures) -> Pictures:
    """Returns 1 for each pixel, and 0 in the window with most of what is left unexplained."""
    sums = np.zeros((len(left), THUMBNAIL + 1, THUMBNAIL + 1))
    sums[:, 1:, 1:] = left.reshape(-1, THUMBNAIL, THUMBNAIL).cumsum(axis=1).cumsum(axis=2)
    inside = sums[:, _WINDOW:, _WINDOW:] - sums[:, :-_WINDOW, _WINDOW:]
    inside += sums[:, :-_WINDOW, :-_WINDOW] - sums[:, _WINDOW:, :-_WINDOW]
    worst = inside.reshape(len(left), -1).argmax(axis=1)
    keep = np.ones((len(left), THUMBNAIL, THUMBNAIL))
    for place, (top, start) in enumerate(zip(*np.divmod(worst, inside.shape[2]), strict=True)):
        keep[place, top : top + _WINDOW, start : start + _WINDOW] = 0
    return keep.reshape(left.shape)


def _words(part: NDArray[np.int64]) -> tuple[Numbers, NDArray[np.bool_]]:
    """Returns the words of the signs of each picture's part, and which have something to see."""
    waves, places = _waves(part.shape[1])
    # Whole numbers all along: signs are the same on every machine.
    levels = (waves @ part @ waves.T)[:, places[:, 0], places[:, 1]]
    seen = np.abs(levels).max(axis=1) >= _LEAST * 16 * 1024**2 * part.shape[1] ** 2 / 8
    powers = np.uint64(1) << np.arange(_SIGNS, dtype=np.uint64)
    words = ((levels > 0) * powers).sum(axis=1, dtype=np.uint64)[:, None]
    unsure = np.abs(levels).argsort(axis=1, kind="stable")[:, :_UNSURE]
    for turned in powers[unsure].T:
        words = np.concatenate([words, words ^ turned[:, None]], axis=1)
    return words, seen


@cache
def _waves(side: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Returns eight cosine waves over a side, and the frequencies that have a sign, low first."""
    steps = np.outer(np.arange(8), 2 * np.arange(side) + 1)
    waves = np.rint(1024 * np.cos(np.pi * steps / (2 * side))).astype(np.int64)
    pairs = sorted((u * u + v * v, u, v) for u in range(8) for v in range(8) if u + v)
    return waves, np.array([pair[1:] for pair in pairs[:_SIGNS]])


def _smooth(pictures: NDArray[Any]) -> NDArray[Any]:
    """Returns 16 times the pictures, with each pixel mixed with its neighbours."""
    wide = np.pad(pictures, ((0, 0), (1, 1), (1, 1)), mode="edge")
    wide = wide[:, :-2] + 2 * wide[:, 1:-1] + wide[:, 2:]
    return wide[:, :, :-2] + 2 * wide[:, :, 1:-1] + wide[:, :, 2:]


def _folded(pictures: NDArray[np.int64]) -> Numbers:
    """Returns a number of all that a picture shows."""
    flat = pictures.reshape(len(pictures), BYTES).astype(np.uint64)
    return mixed((flat * mixed(np.arange(1, BYTES + 1, dtype=np.uint64))).sum(axis=1))


def _pixels(thumbnails: list[bytes]) -> NDArray[np.uint8]:
    joined = np.frombuffer(b"".join(thumbnails), np.uint8)
    return joined.reshape(-1, THUMBNAIL, THUMBNAIL)
