"""One pass over the text: what its workers share, and what each of them has done."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import astuple, dataclass, field

from w2v.text import Corpus
from w2v.training.worker import Stepped

_FORGET_EVERY = 64  # chunks: what they take of memory is little, and to forget takes no time


@dataclass
class Tally:
    """Sums of one worker, or of all; read by others while the worker adds to them."""

    done: float = 0.0
    """Chunks, the one under way in part; only rises."""
    whole: int = 0
    """Chunks that are done."""
    kept: int = 0
    loss: float = 0.0
    pairs: float = 0.0
    untrained: float = 0.0
    """What the pairs cost while the output table is zero."""

    @classmethod
    def total(cls, tallies: list[Tally]) -> Tally:
        return cls(*map(sum, zip(*map(astuple, tallies), strict=True)))

    def add(self, step: Stepped) -> None:
        if step.loss is not None:
            self.loss += step.loss
            self.pairs += step.pairs
            self.untrained += step.untrained
        self.kept += step.tokens
        self.whole += step.chunks
        self.done = self.whole if step.chunks else self.done + step.end - step.begin

    @property
    def mean_loss(self) -> float | None:
        return self.loss / self.pairs if self.pairs else None

    @property
    def untrained_loss(self) -> float | None:
        """Nats of a pair while the output table is zero."""
        return self.untrained / self.pairs if self.pairs else None


@dataclass
class Epoch:
    """What the workers of an epoch share."""

    number: int
    draws: int
    """Number of its draws; epochs that were trained in another run had others."""
    chunks: int
    at_once: int
    """Chunks that a worker takes at a time."""
    corpus: Corpus
    first: int = 0
    """Chunks that were handed out."""
    stop: threading.Event = field(default_factory=threading.Event)
    """Workers leave after the step under way, anywhere in a span."""

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._until = self.chunks

    @property
    def over(self) -> bool:
        """Whether there is nothing left to hand out."""
        return self.first >= self.chunks

    def go_on(self, until: int | None = None) -> None:
        """Hand out chunks again, all or as far as that one."""
        with self._lock:
            self._until = self.chunks if until is None else until

    def pause(self) -> None:
        """Hand out no more; workers finish the spans that they have."""
        with self._lock:
            self._until = min(self._until, self.first)

    def spans(self) -> Iterator[range]:
        """One after the other, to whichever worker asks, until there are no more or `stop`."""
        while True:
            with self._lock:
                first = self.first
                if first >= self._until or self.stop.is_set():
                    return
                last = self.first = min(first + self.at_once, self.chunks)
                if first % _FORGET_EVERY < self.at_once:
                    self.corpus.forget_pages()
            yield range(first, last)
