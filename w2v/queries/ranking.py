"""How many rows have a larger cosine with a query than one of them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from w2v.queries import cosines
from w2v.queries.cosines import Omitted, cosine_blocks, omit
from w2v.queries.unit_table import Floats, Ids, UnitTable


def ranks(table: UnitTable, queries: Floats, targets: Ids, omitted: Omitted, rows: range) -> Ids:
    """Place of a row among all rows by their cosine with a query, from 1, ties sharing the first.

    Cosines nearer to each other than float32 can tell are compared in float64.

    Parameters
    ----------
    table : UnitTable (V, D)
    queries : float32 (Q, D)            Of length 1, on the host.
    targets : intp (Q,)                 The row whose place is asked.
    omitted : Omitted                   Rows that are not counted.
    rows : range                        Rows that are counted, step 1.
    """
    backend, xp = table.backend, table.backend.xp
    found = np.ones(len(queries), np.intp)
    doubt = queries.shape[1] * 2.0**-24  # bound on the rounding of a float32 cosine
    for at in range(0, len(queries), cosines.QUERIES_AT_ONCE):
        some = slice(at, at + cosines.QUERIES_AT_ONCE)
        asked = queries[some]
        chosen = (omitted[0] >= at) & (omitted[0] < at + len(asked))
        left_out = (omitted[0][chosen] - at, omitted[1][chosen])
        exact = _dots(asked, _rows(table, targets[some]))
        ends = (
            np.nextafter((exact + s * doubt).astype(np.float32), np.float32(s * np.inf))
            for s in (-1, 1)
        )
        low, high = (backend.asarray(end[:, np.newaxis]) for end in ends)
        for start, scores in cosine_blocks(table, asked, rows, 1):
            omit(backend, scores, left_out, start)
            found[some] += backend.to_numpy(xp.count_nonzero(scores > high, axis=1))
            near = backend.to_numpy(xp.flatnonzero((scores >= low) & (scores <= high)))
            owner, place = np.divmod(near, scores.shape[1])
            for part in _slices(len(owner), queries.shape[1]):
                who = owner[part]
                more = _dots(asked[who], _rows(table, place[part] + start)) > exact[who] + 1e-12
                found[some] += np.bincount(who[more], minlength=len(asked))
    return found


def _rows(table: UnitTable, ids: Ids) -> Floats:
    """Some rows, on the host."""
    rows: Floats = table.backend.to_numpy(table.unit[table.backend.asarray(ids)])
    return rows


def _slices(count: int, width: int) -> Iterator[slice]:
    step = max(1, cosines.COSINES_HELD // width)
    return (slice(at, at + step) for at in range(0, count, step))


def _dots(a: Floats, b: Floats) -> npt.NDArray[np.float64]:
    dots: npt.NDArray[np.float64] = np.einsum("qd,qd->q", a, b, dtype=np.float64)
    return dots
