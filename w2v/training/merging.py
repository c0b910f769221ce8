"""What several shards have changed, as one change: how much of their sum is too much.

Each shard has moved a row from where the round began. Where a row's training is far from settled,
one shard after the other would have moved it by about the sum of these changes; where each shard
alone has already brought it to where it settles, by about their mean. Which of both it is depends on
how steep the loss is there: in the directions that most rows of the other table share, and for
frequent words, the rows settle within a fraction of a shard; in other directions not in a run.

For a direction of steepness h, a learning rate a and n terms in a shard, a row is 1 - exp(-a n h) of
the way to where it settles after a shard and 1 - exp(-K a n h) after K of them, so of the sum of K
changes the share (1 - exp(-K x)) / (K (1 - exp(-x))) is right, x = a n h: 1 where x is small, 1/K
where it is large. h is the second moment of the other table's rows, by how often they are met, times the slope of the
sigmoid; its eigenvectors are the directions. The decision is in docs/decisions/cluster.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from w2v.config import Config
from w2v.training.changes import Changes
from w2v.training.tables import Copiers, Tables

SLOPE = {"ns": 0.15, "hs": 0.25, "softmax": 1.0}
"""Of the sigmoid at the scores that are met, about; at most 1/4. Softmax counts it in the terms."""
_LEAST = 1e-4  # x below which a shard has hardly begun; float32 knows 1 - exp(-x) to a thousandth
_ROWS = 1 << 12  # at a time: sums have one order, however many threads there are
"""Rows of a piece."""

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Meetings:
    """How often rows are met, for one kept token; see `meetings`."""

    terms: tuple[Floats, Floats]
    """(V,) and (rows,): terms that it puts on each input and each output row."""
    shares: tuple[Floats, Floats]
    """(V,) and (rows,): of those that are met, what part each is."""
    width: float
    """Input rows that a hidden vector is the mean of."""
    summed: bool
    """It is their sum."""
    slope: float


def meetings(config: Config, tables: Tables) -> Meetings:
    """Of training with a configuration."""
    pairs = 2 * config.window if config.fixed_window else config.window + 1
    in_core = 1 if config.model == "cbow" else pairs
    share = tables.share
    if tables.tree is not None:
        met = float(share @ tables.tree.lengths)
        rows = tables.tree.passing(share)
    elif tables.noise_share is not None:
        assert config.negative is not None
        met = 1.0 + config.negative
        rows = share + config.negative * tables.noise_share
    else:
        met, rows = 1.0, share
    out = rows / max(rows.sum(), 1e-30)
    return Meetings(
        terms=(_floats(pairs * met * share), _floats(in_core * rows)),
        shares=(_floats(share), _floats(out)),
        width=pairs if config.model == "cbow" else 1,
        summed=config.cbow == "sum",
        slope=SLOPE[config.loss],
    )


def _floats(values: NDArray[np.float64]) -> Floats:
    return values.astype(np.float32)


def _share(shards: Floats, x: Floats) -> Floats:
    """Of a sum of changes (N, 1), and x (N, D): see the beginning of this module."""
    x = np.maximum(x, np.float32(_LEAST))
    found: Floats = (1 - np.exp(-shards * x)) / (shards * (1 - np.exp(-x)))
    return found


class Merge:
    """Adds up the changes of a round, shard by shard, in their order.

    Parameters
    ----------
    tables : pair of float32    Both as the round began, (V, D) and (rows, D).
    meetings : Meetings
    dtype : str                 Of what comes of it.
    copiers : Copiers           Threads.
    """

    def __init__(
        self, tables: Sequence[Floats], meetings: Meetings, dtype: str, copiers: Copiers
    ) -> None:
        self._tables, self._meetings, self._dtype = tables, meetings, dtype
        self._copiers = copiers
        self._sums = [np.zeros(table.shape, np.float32) for table in tables]
        self._met = [np.zeros(len(table), np.float32) for table in tables]
        self._shards = 0

    def add(self, changes: tuple[Changes, Changes]) -> None:
        """Those of the next shard."""
        self._shards += 1
        for sums, met, change in zip(self._sums, self._met, changes, strict=True):
            change.add_to(sums, self._copiers)
            met[change.rows] += 1

    def ended(self, learning_rate: float, tokens: float) -> tuple[Changes, Changes]:
        """The changes of the round; `tokens` are the kept ones of a shard, about."""
        steps = learning_rate * tokens * self._meetings.slope
        inputs, outputs = (self._merged(which, steps) for which in (0, 1))
        return inputs, outputs

    def _merged(self, which: int, steps: float) -> Changes:
        sums, met = self._sums[which], self._met[which]
        rows = np.flatnonzero(met).astype(np.int32)
        values = np.empty((len(rows), sums.shape[1]), self._dtype)
        if self._shards == 1:
            values[:] = sums[rows]
            return Changes(rows, values)
        steepness, directions = self._steepness(1 - which)
        # all terms of a round fell to the shards that have met a row
        x = steps * self._shards * self._meetings.terms[which][rows] / met[rows]

        def merge(some: slice) -> None:
            at = rows[some]
            turned = sums[at] @ directions
            turned *= _share(met[at, None], x[some, None] * steepness)
            values[some] = turned @ directions.T

        self._copiers.work(values.shape, merge, rows=_ROWS)
        return Changes(rows, values)

    def _steepness(self, other: int) -> tuple[Floats, Floats]:
        """Of the loss for a row that meets those of the other table: (D,), and directions (D, D).

        These rows are taken as they are once all shards agree, by the mean of their changes: a
        table that is zero when the round begins is so for a moment only.
        """
        table, sums, found = self._tables[other], self._sums[other], self._meetings
        dim = table.shape[1]
        pieces = -(-len(table) // _ROWS)
        moments = np.zeros((pieces, dim, dim), np.float32)
        means = np.zeros((pieces, dim), np.float32)

        def look(some: slice) -> None:
            rows = table[some] + sums[some] / np.float32(self._shards)
            weighted = rows * found.shares[other][some, None]
            moments[some.start // _ROWS] = weighted.T @ rows
            means[some.start // _ROWS] = weighted.sum(axis=0)

        self._copiers.work(table.shape, look, rows=_ROWS)
        moment, mean = moments.sum(axis=0), means.sum(axis=0)
        if found.width > 1:
            moment = self._of_means(other, moment, np.outer(mean, mean))
        steepness, directions = np.linalg.eigh(moment)
        return np.maximum(steepness, 0), directions

    def _of_means(self, other: int, moment: Floats, mean: Floats) -> Floats:
        """Where hidden vectors are means of input rows, or their sums."""
        width = np.float32(self._meetings.width)
        if other == 1:  # an input row moves a mean by its part of it
            return moment if self._meetings.summed else moment / width
        of_means = mean + (moment - mean) / width
        return of_means * width**2 if self._meetings.summed else of_means
