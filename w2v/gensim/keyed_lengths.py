"""Rows of numbers: their lengths and directions, and new ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

REAL = np.float32
Array = npt.NDArray[Any]


def lengths(rows: Array) -> Array:
    """Length of each row (V,), of rows (V, D)."""
    found: Array = np.linalg.norm(rows, axis=1)
    return found


def directions(rows: Array) -> Array:
    """A copy of rows (V, D), scaled to length 1; those of zeros stay."""
    long = lengths(rows)
    found: Array = rows / np.where(long > 0, long, 1)[:, np.newaxis]
    return found


def unit(vector: Array) -> Array:
    """A copy of a vector (D,), scaled to length 1; zeros stay."""
    found: Array = directions(vector[np.newaxis])[0]
    return found


def cosine(a: Array, b: Array) -> Any:
    """Cosine of two vectors (D,), as a number of their type; 0 if one is all zeros."""
    wide = [vector.astype(np.float64) for vector in (a, b)]
    found: Any = np.result_type(a, b).type(np.dot(unit(wide[0]), unit(wide[1])))
    return found


def prep_vectors(
    target_shape: tuple[int, int],
    prior_vectors: Array | None = None,
    seed: int = 0,
    dtype: npt.DTypeLike = REAL,
) -> Array:
    """Rows of a shape: those of `prior_vectors` as far as they go, and others drawn by `seed`.

    New numbers are uniform in [-1 / D, 1 / D), the same as gensim 4 draws.
    """
    if prior_vectors is not None and prior_vectors.shape == target_shape:
        return prior_vectors
    draws = np.random.default_rng(seed).random(target_shape, dtype=dtype)  # type: ignore[arg-type]
    rows: Array = (draws * 2 - 1) / target_shape[1]
    if prior_vectors is not None:
        count, width = prior_vectors.shape
        rows[:count, :width] = prior_vectors
    return rows


def pseudorandom_weak_vector(
    size: int, seed_string: Any = None, hashfxn: Callable[[Any], int] = hash
) -> Array:
    """A vector of small numbers, float32 (size,), the same for the same string and hash.

    Uniform in [-0.5 / size, 0.5 / size); without a string another at each call. The numbers are
    those that gensim 4 draws.
    """
    generator = np.random.default_rng()
    if seed_string:
        generator = np.random.Generator(np.random.SFC64(hashfxn(seed_string) & 0xFFFFFFFF))
    found: Array = (generator.random(size).astype(REAL) - REAL(0.5)) / REAL(size)
    return found
