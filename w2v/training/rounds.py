"""How the text of an epoch is cut for training in rounds: rounds, and the shards of each.

A run begins with one shard alone, then two side by side, four, eight, ...: vectors that are all near
zero move the same way at first, and many shards that each find out which way that is, for
themselves, leave them far from where one would.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

ROUNDS = 16
_ALONE = 1 << 19  # tokens
_LEAST = 4  # parts of an epoch, of which one shard alone has one at most


@dataclass(frozen=True)
class Shard:
    """A part of a round, which one worker trains from the tables that the round begins with."""

    round: int
    """Of the run, and below its place among the shards of the round."""
    number: int
    epoch: int
    """Of the run."""
    begin: int
    end: int
    """Chunks of the epoch, whatever their size where it was cut."""


@dataclass(frozen=True)
class Rounds:
    """Where a run is cut; a function of the text and of the options, never of who trains.

    Parameters
    ----------
    chunks : int     Of an epoch.
    shards : int     Of a round, at most.
    rounds : int     Of an epoch, about: none has less than a chunk a shard, if that can be.
    alone : int      Chunks of the first shard of all, which has a round for itself.
    """

    chunks: int
    shards: int
    rounds: int
    alone: int

    def of_epoch(self, epoch: int, first: int = 0) -> Iterator[list[Shard]]:
        """The shards of each round of an epoch that begins at a chunk or after it."""
        number = 0 if epoch == 0 else len(self._cuts(0)) + (epoch - 1) * len(self._cuts(1))
        for edges in self._cuts(epoch):
            if edges[0] >= first:
                yield [Shard(number, s, epoch, *cut) for s, cut in enumerate(pairwise(edges))]
            number += 1

    def _cuts(self, epoch: int) -> list[list[int]]:
        """Of each round the chunks where its shards begin, and where the last ends."""
        cuts, at = [], 0
        if epoch == 0 and self.shards > 1:
            at = min(self.alone, max(1, self.chunks // _LEAST))
            cuts.append([0, at])
            size, shards = max(1, self.chunks // (self.rounds * self.shards)), 2
            while shards < self.shards and at + shards * size < self.chunks:
                cuts.append([at + shard * size for shard in range(shards + 1)])
                at, shards = cuts[-1][-1], 2 * shards
        if at == self.chunks:
            return cuts
        left = self.chunks - at
        count = min(round(self.rounds * left / self.chunks), left // self.shards)
        for edges in pairwise(_cut(at, self.chunks, max(1, count))):
            cuts.append(_cut(*edges, self.shards))
        return cuts


def _cut(begin: int, end: int, parts: int) -> list[int]:
    """Edges of equal parts, as many as there is something for."""
    parts = max(1, min(parts, end - begin))
    return [begin + (end - begin) * part // parts for part in range(parts + 1)]


def rounds_for(shards: int | None, chunks: int, tokens: int) -> Rounds:
    """How a run over a text of some chunks and tokens is cut."""
    return Rounds(chunks, shards or 1, ROUNDS, max(1, round(_ALONE * chunks / max(tokens, 1))))
