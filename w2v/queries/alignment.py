"""Turning one space of vectors so that it lies as near as can be to another."""

from __future__ import annotations

import numpy as np

from w2v.queries.exact import Exact
from w2v.queries.unit_table import Floats

_ROWS = 1 << 13  # converted to float64 at a time


def rotation(left: Floats, right: Floats) -> Exact:
    """The rotation, or rotation and reflection, that brings rows nearest to those of another space.

    Parameters
    ----------
    left, right : float32 (N, D)      A word a row, the same in both.

    Returns
    -------
    float64 (D, D)                    Q with Q^T Q = 1.

    Equation
    --------
    Q = argmin ||left Q - right||_F = U V^T with left^T right = U S V^T (Schoenemann 1966, "A
    generalized solution of the orthogonal Procrustes problem"); for words over time Hamilton,
    Leskovec and Jurafsky 2016 (arXiv:1605.09096).
    """
    product = np.zeros((left.shape[1], right.shape[1]))
    for at in range(0, len(left), _ROWS):
        some = slice(at, at + _ROWS)
        product += left[some].astype(np.float64).T @ right[some].astype(np.float64)
    u, _, vt = np.linalg.svd(product)
    turn: Exact = u @ vt
    return turn


def turned(matrix: Floats, turn: Exact) -> Floats:
    """Rows (V, D) after a rotation; those that are not finite stay so."""
    found = np.empty_like(matrix)
    with np.errstate(invalid="ignore", over="ignore"):
        for at in range(0, len(matrix), _ROWS):
            some = slice(at, at + _ROWS)
            found[some] = matrix[some].astype(np.float64) @ turn
    return found
