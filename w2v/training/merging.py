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
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from w2v.config import Config
from w2v.training.changes import Changes, packed, unpacked
from w2v.training.tables import Copiers, Tables

SLOPE = {"ns": 0.15, "hs": 0.25, "softmax": 1.0}
"""Of the sigmoid at the scores that are met, about; at most 1/4. Softmax counts it in the terms."""
_CBOW = 2.0
"""As much as that, where a hidden vector is a mean: of a narrow window each row moves it more."""
_LEAST = 1e-4  # x below which a shard has hardly begun; float32 knows 1 - exp(-x) to a thousandth
_FAINT = 0.04  # (K - 1) x below which more than 0.98 of a sum is right, and all is taken
_MOST = 0.5  # of a logarithm: no round is so far out of balance, unless it is of almost nothing
_SAMPLED = 1 << 12  # rows that books are kept of
_ROWS = 1 << 11  # at a time: sums have one order, however many threads there are

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Meetings:
    """How often rows are met, for one kept token; see `meetings`."""

    terms: tuple[Floats, Floats]
    """(V,) and (rows,): terms that it puts on each input and each output row."""
    looked_at: tuple[Weighted, Weighted]
    """Input and output rows that stand for all, by how often they are met."""
    width: float
    """Input rows that a hidden vector is the mean of."""
    summed: bool
    """It is their sum."""
    slope: float
    can_stretch: bool
    """All rows may be moved."""


class Weighted(NamedTuple):
    """Some rows of a table that stand for all of it."""

    rows: NDArray[np.intp]
    """(N,)"""
    weights: Floats
    """(N,): add up to about 1."""

    @classmethod
    def of(cls, shares: NDArray[np.float64]) -> Weighted:
        """By the share of each: those with the largest, and one in so many of the others."""
        order = np.argsort(-shares, kind="stable")
        first, others = order[:_SAMPLED], order[_SAMPLED:]
        every = max(1, len(others) // _SAMPLED)
        rows = np.concatenate((first, others[::every]))
        weights = shares[rows] / max(shares.sum(), 1e-30)
        weights[len(first) :] *= every
        return cls(rows, weights.astype(np.float32))


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
    inputs, outputs = pairs * met * share, in_core * rows
    return Meetings(
        terms=(inputs.astype(np.float32), outputs.astype(np.float32)),
        looked_at=(Weighted.of(share), Weighted.of(rows)),
        width=pairs if config.model == "cbow" else 1,
        summed=config.cbow == "sum",
        slope=SLOPE[config.loss] * (_CBOW if config.model == "cbow" else 1.0),
        can_stretch=tables.frozen is None,
    )


def _share(shards: Floats, x: Floats) -> Floats:
    """Of a sum of changes (N, 1), and x (N, D), which is changed: see the beginning."""
    np.maximum(x, np.float32(_LEAST), out=x)
    x *= np.float32(-1)
    settled: Floats = np.exp(shards * x)
    np.exp(x, out=x)
    np.subtract(np.float32(1), settled, out=settled)
    np.subtract(np.float32(1), x, out=x)
    x *= shards
    settled /= x
    return settled


class Merge:
    """Adds up the changes of a round, shard by shard, in their order.

    Its memory is taken once for a run: a system may take as long to give it as merging does.

    Parameters
    ----------
    meetings : Meetings
    dtype : str                 Of what comes of it: float32 or bfloat16.
    copiers : Copiers           Threads.
    """

    def __init__(self, meetings: Meetings, dtype: str, copiers: Copiers) -> None:
        self._meetings, self._dtype, self._copiers = meetings, dtype, copiers
        self._sums: list[Floats] = []
        self._values: list[NDArray[Any]] = []

    def begin(self, tables: Sequence[Floats]) -> None:
        """A round begins with these tables, (V, D) and (rows, D)."""
        self._tables = tables
        if not self._sums:
            kind = np.float32 if self._dtype == "float32" else np.uint16
            self._sums = [np.empty(table.shape, np.float32) for table in tables]
            self._values = [np.zeros(table.shape, kind) for table in tables]
        for sums in self._sums:
            sums.fill(0)
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
            rows, moved = change.rows[some], unpacked(change.values[some])
            crossed = self._tables[which][rows].T @ moved
            self._products[which] += crossed + crossed.T + moved.T @ moved

    def ended(self, learning_rate: float, tokens: float) -> tuple[Changes, Changes]:
        """The changes of the round, good until the next ends.

        Parameters
        ----------
        learning_rate : float
        tokens : float          Kept ones of a shard, about.
        """
        if self._shards == 1:
            inputs, outputs = (self._whole(which) for which in (0, 1))
            return inputs, outputs
        # all terms of a round fell to the shards that have met a row
        steps = np.float32(learning_rate * tokens * self._meetings.slope * self._shards)
        lying = self._copiers.both(lambda which: self._steepness(1 - which))
        stretch = np.zeros((self._dim, self._dim))
        if self._meetings.can_stretch:
            stretch = self._stretch(steps, lying)
        sizes, directions = np.linalg.eigh(stretch)
        sizes = np.clip(sizes, -_MOST, _MOST)
        inputs, outputs = (
            self._merged(which, steps, *lying[which], (directions * grown) @ directions.T)
            for which, grown in enumerate((np.expm1(sizes), np.expm1(-sizes)))
        )
        return inputs, outputs

    def _whole(self, which: int) -> Changes:
        rows = np.flatnonzero(self._met[which]).astype(np.int32)
        return Changes(rows, packed(self._sums[which][rows], self._dtype))

    def _moved(
        self, which: int, rows: Any, steps: Floats, steepness: Floats, directions: Floats
    ) -> Floats:
        """The merged changes of some rows, (N, D): their sum, without what is too much of it."""
        sums = self._sums[which]
        moved: Floats = sums[rows].copy() if isinstance(rows, slice) else sums[rows]
        met = np.maximum(self._met[which][rows], np.float32(1))[:, None]
        x = steps * self._meetings.terms[which][rows][:, None] / met
        most = float((x * (met - 1)).max(initial=0))
        first = np.searchsorted(steepness, _FAINT / max(most, 1e-30))
        if first == len(steepness):
            return moved
        steep = directions[:, first:]
        share = _share(met, x * steepness[first:])
        share -= 1
        share *= moved @ steep
        moved += share @ steep.T
        return moved

    def _merged(
        self,
        which: int,
        steps: Floats,
        steepness: Floats,
        directions: Floats,
        stretch: NDArray[np.float64],
    ) -> Changes:
        """Of all rows, stretched by the identity and `stretch` (D, D)."""
        table, stretched = self._tables[which], stretch.any()
        rows = np.arange(len(table)) if stretched else np.flatnonzero(self._met[which])
        by = stretch.astype(np.float32)
        values = self._values[which][: len(rows)]

        def merge(some: slice) -> None:
            at = some if stretched else rows[some]
            moved = self._moved(which, at, steps, steepness, directions)
            if stretched:
                moved += (table[at] + moved) @ by
            values[some] = packed(moved, self._dtype)

        self._copiers.work(values.shape, merge, rows=_ROWS)
        return Changes(rows.astype(np.int32), values)

    def _stretch(
        self, steps: Floats, lying: Sequence[tuple[Floats, Floats]]
    ) -> NDArray[np.float64]:
        """Logarithm (D, D) of what input rows are stretched by, so that the books are right.

        To first order. They are kept of some rows: an error of theirs changes no score.
        """
        weight = 1.0 if self._meetings.summed else self._meetings.width

        def kept(which: int) -> tuple[Floats, Floats]:
            some = slice(None, None, self._every[which])
            before = self._tables[which][some]
            after = before + self._moved(which, some, steps, *lying[which])
            by = self._every[which] * (weight if which else 1.0)
            now = after.T @ after
            return by * (before.T @ before + self._products[which] - now), by * now

        (inputs, of_inputs), (outputs, of_outputs) = self._copiers.both(kept)
        lacking, sizes = inputs - outputs, of_inputs + of_outputs
        lengths, directions = np.linalg.eigh(sizes)
        turned = directions.T @ lacking @ directions
        turned /= np.maximum(lengths[:, None] + lengths, 1e-30)
        found: NDArray[np.float64] = directions @ turned @ directions.T
        return found

    def _steepness(self, other: int) -> tuple[Floats, Floats]:
        """Of the loss for a row that meets those of the other table: (D,), and directions (D, D).

        These rows are taken as they are once all shards agree, by the mean of their changes: a
        table that is zero when the round begins is so for a moment only.
        """
        at, weights = self._meetings.looked_at[other]
        rows = self._tables[other][at] + self._sums[other][at] / np.float32(self._shards)
        weighted = rows * weights[:, None]
        moment = weighted.T @ rows
        if self._meetings.width > 1:
            mean = weighted.sum(axis=0)
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
