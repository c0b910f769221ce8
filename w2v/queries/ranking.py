"""How many rows have a larger cosine with a query than one of them."""

from __future__ import annotations

import numpy as np

from w2v.queries import cosines
from w2v.queries.candidates import Candidates, Omitted, of_queries, omit
from w2v.queries.cosines import cosine_blocks
from w2v.queries.exact import cosines_of, dots, doubt, rows_of
from w2v.queries.unit_table import Floats, Ids, UnitTable


def ranks(
    table: UnitTable, queries: Floats, targets: Ids, omitted: Omitted, candidates: Candidates
) -> Ids:
    """Place of a row among all rows by their cosine with a query, from 1, ties sharing the first.

    Cosines nearer to each other than float32 can tell are compared in float64; ties are what
    `largest` puts in row order.

    Parameters
    ----------
    table : UnitTable (V, D)
    queries : float32 (Q, D)            Of length 1, on the host.
    targets : intp (Q,)                 The row whose place is asked.
    omitted : Omitted                   Rows that are not counted.
    candidates : Candidates             Rows that are counted.
    """
    backend, xp = table.backend, table.backend.xp
    found = np.ones(len(queries), np.intp)
    width = doubt(queries.shape[1])
    for at in range(0, len(queries), cosines.QUERIES_AT_ONCE):
        some = slice(at, at + cosines.QUERIES_AT_ONCE)
        asked = queries[some]
        left_out = of_queries(omitted, at, at + len(asked))
        exact = dots(asked, rows_of(table, targets[some]))
        ends = (
            np.nextafter((exact + s * width).astype(np.float32), np.float32(s * np.inf))
            for s in (-1, 1)
        )
        low, high = (backend.asarray(end[:, np.newaxis]) for end in ends)
        for start, scores in cosine_blocks(table, asked, candidates.rows, 1):
            omit(backend, scores, start, candidates, left_out)
            found[some] += backend.to_numpy(xp.count_nonzero(scores > high, axis=1))
            near = backend.to_numpy(xp.flatnonzero((scores >= low) & (scores <= high)))
            owner, place = np.divmod(near, scores.shape[1])
            more = cosines_of(table, asked, owner, place + start) > exact[owner]
            found[some] += np.bincount(owner[more], minlength=len(asked))
    return found
