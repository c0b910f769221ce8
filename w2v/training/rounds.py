"""How the text of an epoch is cut for training in rounds: rounds, and the shards of each.

A run begins with one shard alone, and then no round is longer than a part of what was trained
before it: vectors that are near zero all move the same way, and many shards that each find out for
themselves which way that is leave them far from where one would, for good.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

_OF_A_SHARD = 1 << 23  # tokens of an epoch for each shard, unless they are said
_LEAST_SHARDS, _MOST_SHARDS = 2, 32
_ALONE = 1 << 22  # tokens
_ROUNDS = 4  # of an epoch, for each shard
_OF_TWO = 2  # of an epoch for two shards of skip-gram, whose rows move a quarter as far as CBOW's
_MOST_ROUNDS = 64
_MOST_PARTS = 8  # of what was trained before is one round, at the least, if shards are many


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
    alone : int      Chunks of the first shard of all, which has a round for itself; 0 for a run
                     that goes on from vectors that are trained.
    """

    chunks: int
    shards: int
    rounds: int
    alone: int

    def of_epoch(self, epoch: int, first: int = 0) -> Iterator[list[Shard]]:
        """The shards of each round of an epoch that begins at a chunk or after it."""
        number = sum(len(self._edges(before)) - 1 for before in range(epoch))
        for begin, end in pairwise(self._edges(epoch)):
            if begin >= first:
                shards = 1 if epoch == begin == 0 and self.alone else min(self.shards, end - begin)
                cuts = [begin + (end - begin) * shard // shards for shard in range(shards + 1)]
                yield [Shard(number, s, epoch, *cut) for s, cut in enumerate(pairwise(cuts))]
            number += 1

    def _edges(self, epoch: int) -> list[int]:
        """Chunks where the rounds of an epoch begin, and where the last ends."""
        most = max(self.chunks // self.rounds, self.shards)
        edges = [0]
        while edges[-1] < self.chunks:
            size, trained = most, epoch * self.chunks + edges[-1]
            if self.alone:
                parts = min(max(self.shards**2 // _MOST_PARTS, 1), _MOST_PARTS)
                size = min(most, trained // parts) if trained else self.alone
            end = edges[-1] + max(size, 1)
            edges.append(end if end + size // 2 < self.chunks else self.chunks)
        return edges


def rounds_for(
    shards: int | None, chunks: int, tokens: int, *, begun: bool, model: str = "skipgram"
) -> Rounds:
    """How a run over some chunks and tokens is cut; `begun` if it goes on from vectors."""
    shards = shards or min(max(round(tokens / _OF_A_SHARD), _LEAST_SHARDS), _MOST_SHARDS)
    alone = 0 if begun or shards == 1 else max(1, round(_ALONE * chunks / max(tokens, 1)))
    rounds = min(_ROUNDS * shards, _MOST_ROUNDS) if shards > 1 else 1
    if shards == 2 and model == "skipgram":
        rounds = _OF_TWO
    return Rounds(chunks, shards, rounds, alone)
