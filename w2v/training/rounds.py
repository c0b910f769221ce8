"""How the text of an epoch is cut for training in rounds: rounds, and the shards of each.

Rounds get longer as the learning rate falls: what shards should know of each other is how far they
have moved.

A run begins with one shard alone, and then no round is longer than a part of what was trained
before it: vectors that are near zero all move the same way, and many shards that each find out for
themselves which way that is leave them far from where one would, for good.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from w2v.config import Config

_OF_A_SHARD = 1 << 23  # tokens of an epoch for each shard, unless they are said
_LEAST_SHARDS, _MOST_SHARDS = 2, 32
_ALONE = 1 << 22  # tokens
_ROUNDS = 2  # of an epoch at the first learning rate, for each shard
_ROUNDS_OF_FEW, _FEW_ROUNDS = 4, 16  # the same where shards are few, up to so many rounds
_TIMES_CBOW = 2  # as many: its learning rate is twice that of skip-gram
_MOST_ROUNDS = 64
_LEAST_RATE = 1e-3  # where rounds are whole epochs
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
    rounds : int     Of an epoch at the first learning rate, about: none has less than a chunk a
                     shard, if that can be.
    alone : int      Chunks of the first shard of all, which has a round for itself; 0 for a run
                     that goes on from vectors that are trained.
    epochs : int     Of the run.
    min_alpha : float    Share of the first learning rate at the end of the run.
    """

    chunks: int
    shards: int
    rounds: int
    alone: int
    epochs: int = 1
    min_alpha: float = 1.0

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
        edges = [0]
        while edges[-1] < self.chunks:
            trained = epoch * self.chunks + edges[-1]
            size = max(round(self.chunks / self.rounds / self._rate(trained)), self.shards)
            if self.alone:
                parts = min(max(self.shards**2 // _MOST_PARTS, 1), _MOST_PARTS)
                size = min(size, trained // parts) if trained else self.alone
            end = edges[-1] + max(size, 1)
            edges.append(end if end + size // 2 < self.chunks else self.chunks)
        return edges

    def _rate(self, trained: int) -> float:
        """Share of the first learning rate after so many chunks of the run."""
        done = trained / (self.epochs * self.chunks)
        return max(1.0 - (1.0 - self.min_alpha) * done, _LEAST_RATE)


def rounds_for(config: Config, chunks: int, tokens: int, *, begun: bool) -> Rounds:
    """How a run over some chunks and tokens is cut; `begun` if it goes on from vectors."""
    assert isinstance(config.epochs, int)
    shards = config.shards or min(max(round(tokens / _OF_A_SHARD), _LEAST_SHARDS), _MOST_SHARDS)
    alone = 0 if begun or shards == 1 else max(1, round(_ALONE * chunks / max(tokens, 1)))
    rounds = max(_ROUNDS * shards, min(_ROUNDS_OF_FEW * shards, _FEW_ROUNDS))
    if config.model == "cbow":
        rounds *= _TIMES_CBOW
    rounds = min(rounds, _MOST_ROUNDS) if shards > 1 else 1
    return Rounds(chunks, shards, rounds, alone, config.epochs, config.min_alpha)
