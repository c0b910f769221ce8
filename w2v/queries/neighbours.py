"""The nearest words of very many words, block by block, on all cores."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol

import numpy as np

from w2v.backends import usable_cores
from w2v.queries import cosines
from w2v.queries.best_rows import largest
from w2v.queries.candidates import Candidates
from w2v.queries.exact import Exact, rows_of
from w2v.queries.unit_table import Floats, Ids, UnitTable
from w2v.threads import in_order


class Neighbours(NamedTuple):
    """The nearest words of some words, as rows of the vectors.

    Attributes
    ----------
    rows : intp (B,)              The words.
    ids : intp (B, n)             Their neighbours, nearest first; -1 where there are no more.
    cosines : float64 (B, n)      NaN there.
    """

    rows: Ids
    ids: Ids
    cosines: Exact


class Search(Protocol):
    """What finds the n nearest rows of each of some rows, themselves left out."""

    def __call__(self, rows: Ids, unit: Floats, n: int) -> list[tuple[Ids, Exact]]: ...


def exhaustive(table: UnitTable, candidates: Candidates) -> Search:
    """All rows are compared with all."""

    def search(rows: Ids, unit: Floats, n: int) -> list[tuple[Ids, Exact]]:
        omitted = (np.arange(len(rows)), rows)
        return largest(table, unit, omitted, n, candidates)

    return search


def blocks(
    table: UnitTable, rows: Ids, n: int, search: Search, workers: int | None = None
) -> Iterator[Neighbours]:
    """The n nearest words of each row, in the order of `rows`.

    A thread takes a block of words through the whole table with one BLAS thread of its own, so that
    what is no matrix product runs side by side too. Rows without a direction have no neighbours.
    """
    at_once = max(1, min(cosines.QUERIES_AT_ONCE, cosines.COSINES_HELD // max(n, 1)))
    if workers is None:
        workers = usable_cores() if table.backend.xp is np else 1
    at_once = max(1, min(at_once, -(-len(rows) // workers)))

    def near(some: Ids) -> Neighbours:
        found = Neighbours(
            some, np.full((len(some), n), -1, np.intp), np.full((len(some), n), np.nan)
        )
        unit = rows_of(table, some)
        asked = np.flatnonzero(unit.any(axis=1))
        with table.backend.training():
            answers = search(some[asked], unit[asked], n)
        for place, (ids, scores) in zip(asked, answers, strict=True):
            found.ids[place, : len(ids)] = ids
            found.cosines[place, : len(ids)] = np.clip(scores, -1, 1)
        return found

    parts = (rows[at : at + at_once] for at in range(0, len(rows), at_once))
    for _, found in in_order(near, parts, workers):
        yield found
