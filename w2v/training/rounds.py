"""How the text of an epoch is cut for training in rounds: rounds, and the shards of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

ROUNDS = 4


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
    """Where an epoch is cut; a function of the text and of the options, never of who trains.

    Parameters
    ----------
    chunks : int     Of an epoch.
    shards : int     Of a round, at most.
    rounds : int     Of an epoch, at most: none has less than a chunk a shard, if that can be.
    """

    chunks: int
    shards: int
    rounds: int

    @property
    def edges(self) -> list[int]:
        """Chunks where rounds begin, and the last ends."""
        count = max(1, min(self.rounds, self.chunks // self.shards))
        return [self.chunks * number // count for number in range(count + 1)]

    def of_epoch(self, epoch: int, first: int = 0) -> Iterator[list[Shard]]:
        """The shards of each round of an epoch that begins at a chunk or after it."""
        edges = self.edges
        for place, begin in enumerate(edges[:-1]):
            if begin >= first:
                yield self._shards(epoch, epoch * (len(edges) - 1) + place, begin, edges[place + 1])

    def _shards(self, epoch: int, number: int, begin: int, end: int) -> list[Shard]:
        count = min(self.shards, end - begin)
        cuts = [begin + (end - begin) * shard // count for shard in range(count + 1)]
        return [Shard(number, s, epoch, cuts[s], cuts[s + 1]) for s in range(count)]


def rounds_for(shards: int | None, chunks: int, tokens: int) -> Rounds:
    """How an epoch of some chunks and tokens is cut."""
    return Rounds(chunks, shards or 1, ROUNDS)
