"""Cosines in float64, summed in one way wherever a row stands.

A matrix product rounds a cosine by the place of its row, so that equal rows differ in the last
bit and their order by chance. What decides between near ones is therefore computed again here:
equal rows have equal cosines, and a query alone gets the answer it gets among thousands.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from w2v.queries.unit_table import Floats, Ids, UnitTable

Exact = npt.NDArray[np.float64]

DIGITS = 12
"""Decimals that count: float32 vectors say no more of an angle."""

_NUMBERS = 1 << 20  # converted to float64 at a time


def doubt(width: int) -> float:
    """How far a float32 cosine of vectors of so many numbers can be from the exact one."""
    return width * 2.0**-24


def dots(a: Floats, b: Floats) -> Exact:
    """Product of each row of a (N, D) with that of b (N, D), to `DIGITS`; float64 (N,)."""
    found = np.empty(len(a))
    step = max(1, _NUMBERS // max(1, a.shape[1]))
    for at in range(0, len(a), step):
        some = slice(at, at + step)
        # converted first: while it converts, einsum cuts rows where its buffer happens to end
        left, right = a[some].astype(np.float64), b[some].astype(np.float64)
        np.einsum("nd,nd->n", left, right, out=found[some])
    np.round(found, DIGITS, out=found)
    found += 0.0  # no -0.0
    return found


def cosines_of(table: UnitTable, items: Floats, places: Ids, rows: Ids) -> Exact:
    """Cosine of items[places[i]] with the row rows[i] of a table; float64 (N,)."""
    found = np.empty(len(rows))
    step = max(1, _NUMBERS // max(1, items.shape[1]))
    for at in range(0, len(rows), step):
        some = slice(at, at + step)
        found[some] = dots(items[places[some]], rows_of(table, rows[some]))
    return found


def rows_of(table: UnitTable, ids: Ids) -> Floats:
    """Some rows (N, D), on the host."""
    rows: Floats = table.backend.to_numpy(table.unit[table.backend.asarray(ids)])
    return rows
