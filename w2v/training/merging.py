"""What several shards have changed, as one change: how much of their sum is too much.

Each shard has moved a row from where the round began. Where a row's training is far from settled,
one shard after the other would have moved it by about the sum of these changes; where each shard
alone has brought it to where it settles, by about their mean. Which of both it is depends on how
steep the loss is there: in the directions that most rows of the other table share, and for frequent
words, rows settle within a fraction of a shard; in other directions not in a run.

For a direction of steepness h, a learning rate a and n terms in a shard, a row is 1 - exp(-a n h)
of the way to where it settles after a shard and 1 - exp(-K a n h) after K of them, so of the sum of
K changes the share (1 - exp(-K x)) / (K (1 - exp(-x))) is right, x = a n h: 1 where x is small, 1/K
where it is large. h is the second moment of the other table's rows, by how often they are met,
times the slope of the sigmoid; its eigenvectors are the directions.

One thing no row shows. To stretch all input rows in a direction, and shrink all output rows there
as much, changes no score, so nothing pulls the tables back once they are out of balance. Training
keeps books of it: what each shard adds to X'X - Y'Y, of input rows X and output rows Y, adds up
over shards as over one text, since pairs move both rows by the same product. So after the rows are
merged both tables are stretched until that sum is right. docs/decisions/cluster.md has figures.
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
_MOST = 0.5  # of a logarithm: no round is so far out of balance, unless it is of almost nothing
_SAMPLED = 1 << 13  # rows that books are kept of
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
    can_stretch: bool
    """All rows may be moved."""


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
        can_stretch=tables.frozen is None,
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
        self._every = [max(1, len(table) // _SAMPLED) for table in tables]
        self._dim = dim = len(tables[0][0])
        self._products = [np.zeros((dim, dim)) for _ in tables]
        self._shards = 0

    def add(self, changes: tuple[Changes, Changes]) -> None:
        """Those of the next shard."""
        self._shards += 1
        for which, change in enumerate(changes):
            change.add_to(self._sums[which], self._copiers)
            self._met[which][change.rows] += 1
            some = change.rows % self._every[which] == 0
            rows, moved = change.rows[some], change.values[some].astype(np.float32)
            crossed = self._tables[which][rows].T @ moved
            self._products[which] += crossed + crossed.T + moved.T @ moved

    def ended(self, learning_rate: float, tokens: float) -> tuple[Changes, Changes]:
        """The changes of the round; `tokens` are the kept ones of a shard, about."""
        steps = learning_rate * tokens * self._meetings.slope
        inputs, outputs = (self._merged(which, steps) for which in (0, 1))
        if self._shards == 1 or not self._meetings.can_stretch:
            return inputs, outputs
        sizes, directions = np.linalg.eigh(self._stretch((inputs, outputs)))
        sizes = np.clip(sizes, -_MOST, _MOST)
        by, back = (
            ((directions * np.exp(sign * sizes)) @ directions.T).astype(np.float32)
            for sign in (1, -1)
        )
        return self._stretched(0, inputs, by), self._stretched(1, outputs, back)

    def _stretch(self, merged: tuple[Changes, Changes]) -> NDArray[np.float64]:
        """Logarithm (D, D) of what input rows are stretched by, so that the books are right.

        To first order. They are kept of some rows: an error of theirs changes no score.
        """
        before, after = [], []
        for which, (table, every) in enumerate(zip(self._tables, self._every, strict=True)):
            rows = np.array(table[::every])
            before.append((rows.T @ rows).astype(np.float64) * every)
            some = merged[which].rows % every == 0
            rows[merged[which].rows[some] // every] += merged[which].values[some]
            after.append((rows.T @ rows).astype(np.float64) * every)
        weight = 1.0 if self._meetings.summed else self._meetings.width
        added = [total * every for total, every in zip(self._products, self._every, strict=True)]
        lacking = before[0] + added[0] - after[0] - weight * (before[1] + added[1] - after[1])
        sizes, directions = np.linalg.eigh(after[0] + weight * after[1])
        turned = directions.T @ lacking @ directions
        turned /= np.maximum(sizes[:, None] + sizes, 1e-30)
        found: NDArray[np.float64] = directions @ turned @ directions.T
        return found

    def _stretched(self, which: int, merged: Changes, by: Floats) -> Changes:
        """The same changes, and then all rows by a matrix (D, D)."""
        table = self._tables[which]
        values = np.empty(table.shape, self._dtype)
        added = np.zeros(table.shape, np.float32)
        added[merged.rows] = merged.values

        def stretch(some: slice) -> None:
            values[some] = (table[some] + added[some]) @ by - table[some]

        self._copiers.work(table.shape, stretch, rows=_ROWS)
        return Changes(np.arange(len(table), dtype=np.int32), values)

    def _merged(self, which: int, steps: float) -> Changes:
        sums, met = self._sums[which], self._met[which]
        rows = np.flatnonzero(met).astype(np.int32)
        values = np.empty((len(rows), self._dim), self._dtype)
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
        pieces = -(-len(table) // _ROWS)
        moments = np.zeros((pieces, self._dim, self._dim), np.float32)
        means = np.zeros((pieces, self._dim), np.float32)

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
        of_means: Floats = mean + (moment - mean) / width
        return of_means * width**2 if self._meetings.summed else of_means
