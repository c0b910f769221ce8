"""One of those who train the tables: in steps of the layers, or the backend's own way."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from functools import partial
from typing import NamedTuple, TypeAlias

from w2v.backends import Backend, Fused, Sums
from w2v.config import Config
from w2v.training import draws
from w2v.training.blocks import BlockReader
from w2v.training.step import Step
from w2v.training.step_plan import Beside, beside, compounding, fused_plan, step_shape
from w2v.training.tables import Tables


class Stepped(NamedTuple):
    """What a step did, or many."""

    begin: float
    end: float
    """Of the corpus that was trained on, in chunks."""
    chunks: int
    """That are done with it: 0 unless it was the last of a span."""
    tokens: int
    """Kept ones."""
    loss: float | None
    """Nats, summed over the pairs where it was measured; None if nowhere."""
    pairs: float
    untrained: float
    """What the same pairs cost while the output table is zero."""


Steps: TypeAlias = Callable[[Iterable[range], Callable[[], bool]], Generator[Stepped, None, None]]
"""Takes those of one span after the other, until it is stopped."""


class Worker:
    """Trains the tables on what it is given of a text, alone or beside others.

    Parameters
    ----------
    tables : Tables                 Changed in place, by all workers.
    reader : BlockReader            The text.
    workers : int                   How many there are.
    step_tokens : int, optional     Kept tokens of a step of this worker that the layers take; if
                                    left out, its share of what the backend likes.
    at_once : int                   Chunks of such a step, where it takes more than one.
    others : Beside, optional       See `beside`; for all workers the same.

    Attributes
    ----------
    at_once : int                   Chunks that a span should have.
    in_flight : int                 Tokens trained on side by side.
    measured_tokens : int           Tokens that the loss is measured in, or not.
    """

    def __init__(
        self,
        backend: Backend,
        config: Config,
        tables: Tables,
        reader: BlockReader,
        *,
        workers: int = 1,
        step_tokens: int | None = None,
        at_once: int = 1,
        others: Beside | None = None,
    ) -> None:
        self._reader = reader
        if others is None:
            others = beside(backend, config, tables, workers)
        self._step = Step(backend, config, tables, workers=workers, others=others)
        shape = step_shape(backend, config)
        self._longer = compounding(config, shape)
        self._step_tokens = step_tokens or max(shape.block, -(-shape.step // workers))
        self._own: Fused | None = None
        plan = fused_plan(backend, config, tables, others, workers)
        if plan is not None:
            self._own = backend.fused(plan, reader.text, self._step_tokens)
        self.at_once = self._own.at_once if self._own else at_once
        self.in_flight = self._own.in_flight if self._own else self._step_tokens
        self.measured_tokens = shape.block if self._own else self._step_tokens

    def train(
        self,
        epoch: int,
        spans: Iterable[range],
        *,
        key: int,
        learning_rate: Callable[[float], float],
        loss_key: int,
        loss_every: int,
        stopped: Callable[[], bool] = lambda: False,
    ) -> Generator[Stepped, None, None]:
        """Train on one span of chunks after another, as the result is asked for.

        Who does not ask to the end has to close what this returns.

        Parameters
        ----------
        epoch : int              Of the draws.
        spans : iterable of range
        key : int                Of the draws of noise words.
        learning_rate : callable Of a position in chunks; steps take it times `compounding`.
        loss_key, loss_every     The loss is measured in one of so many steps, see
                                 `draws.is_measured`.
        stopped : callable       Whether to leave a span before its end.
        """
        way = self._composed if self._own is None else self._owned
        steps = partial(way, epoch, key, learning_rate, (loss_key, loss_every))
        return self._taken(steps, self._checked(spans), stopped)

    def _taken(
        self, steps: Steps, spans: Iterable[range], stopped: Callable[[], bool]
    ) -> Generator[Stepped, None, None]:
        """The steps of some spans, by whoever is to take them."""
        return steps(spans, stopped)

    def _checked(self, spans: Iterable[range]) -> Iterator[range]:
        for span in spans:
            self._reader.check(span)
            yield span

    def _composed(
        self,
        epoch: int,
        key: int,
        learning_rate: Callable[[float], float],
        measured: tuple[int, int],
        spans: Iterable[range],
        stopped: Callable[[], bool],
    ) -> Generator[Stepped, None, None]:
        steps_of_a_span = -(-self._reader.chunk // self._step_tokens) if self.at_once == 1 else 1
        for span in spans:
            end: float = span.start
            first = span.start // self.at_once * steps_of_a_span
            steps = self._reader.steps(epoch, span, self._step_tokens)
            for number, (begin, end, blocks) in enumerate(steps):
                with_loss = draws.is_measured(measured[0], first + number, measured[1])
                alpha = self._longer * learning_rate(begin)
                sums = self._step.take(blocks, key=key, alpha=alpha, with_loss=with_loss)
                found = self._found(*map(float, sums)) if with_loss else (None, 0.0, 0.0)
                whole = len(span) if end == span.stop else 0
                yield Stepped(begin, end, whole, blocks.tokens, *found)
                if stopped():
                    return
            if end == span.start:  # no token was kept
                yield Stepped(span.start, span.stop, len(span), 0, None, 0.0, 0.0)

    def _owned(
        self,
        epoch: int,
        key: int,
        learning_rate: Callable[[float], float],
        measured: tuple[int, int],
        spans: Iterable[range],
        stopped: Callable[[], bool],
    ) -> Generator[Stepped, None, None]:
        """What a call found is read when the next is under way: a device need not wait for it."""
        assert self._own is not None
        token_key = self._reader.token_key(epoch)
        under_way: tuple[range, Sums] | None = None
        for span in spans:
            begin, end = (self._longer * learning_rate(at) for at in (span.start, span.stop))
            keys = {"token_key": token_key, "key": key, "loss_key": measured[0]}
            sums = self._own(span, **keys, alphas=(begin, end), loss_every=measured[1])
            if under_way is not None:
                yield self._read(*under_way)
            under_way = span, sums
            if stopped():
                break
        if under_way is not None:
            yield self._read(*under_way)

    def _read(self, span: range, sums: Sums) -> Stepped:
        tokens, *found = sums().tolist()
        return Stepped(span.start, span.stop, len(span), int(tokens), *self._found(*found))

    def _found(self, loss: float, pairs: float, met: float) -> tuple[float | None, float, float]:
        if not pairs:
            return None, 0.0, 0.0
        return loss, pairs, self._step.loss.untrained_loss(pairs, met)
