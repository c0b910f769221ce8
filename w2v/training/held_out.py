"""How well the tables know some sentences while nothing moves, such as those set aside."""

from __future__ import annotations

import contextlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from w2v.backends import Backend
from w2v.config import Config
from w2v.errors import ConfigError, counted
from w2v.text import Corpus, drawn, set_aside
from w2v.training import draws
from w2v.training.epoch import Epoch, Tally
from w2v.training.step_plan import text_reader
from w2v.training.tables import Tables
from w2v.training.worker import Worker

_SAMPLED = 1 << 16  # tokens
_CHUNK = 1 << 12  # tokens: there are few, and all workers should have some


def parted(backend: Backend, config: Config, corpus: Corpus) -> tuple[Corpus, Corpus | None]:
    """What to train on, and what is set aside of it: by draws, a function of seed and position.

    Raises
    ------
    ConfigError
        Nothing is set aside, or nothing is left.
    """
    if not config.held_out:
        return corpus, None
    key = draws.stream_key(config.seed, draws.HELD_OUT)
    rest, aside = set_aside(corpus, partial(_chosen, backend, key, config.held_out))
    if not len(rest.ids) or not len(aside.ids):
        what = "none" if len(rest.ids) else "all"
        raise ConfigError(
            f"`held_out` {config.held_out:g} sets {what} of the text aside, which has "
            f"{counted(len(corpus.ends), 'sentence')}. Give another share or more text, or leave "
            "it out."
        )
    return rest, aside


def trained_part(backend: Backend, config: Config, corpus: Corpus) -> Corpus:
    """What is trained on, in another process than that which has checked it."""
    return parted(backend, config, corpus)[0]


def sampled(backend: Backend, config: Config, corpus: Corpus) -> Corpus:
    """Sentences of some ten thousand tokens that are trained on, drawn; all of a short text."""
    share = _SAMPLED / len(corpus.ids)
    if share >= 1:
        return corpus
    key = draws.stream_key(config.seed, draws.HELD_OUT)
    some = drawn(corpus, partial(_chosen, backend, key, share))
    return some if len(some.ids) else corpus


class HeldOut:
    """The loss of a text while nothing moves.

    It is that of training: the same windows, subsampling and noise words, drawn once for all
    epochs, so that they compare; every pair counts.
    """

    def __init__(
        self,
        backend: Backend,
        config: Config,
        corpus: Corpus,
        keep: NDArray[np.float64],
        tables: Tables,
        workers: int,
    ) -> None:
        self._backend, self._seed, self._corpus = backend, config.seed, corpus
        self._reader = text_reader(backend, config, corpus, keep, _CHUNK)
        same = replace(tables, frozen=None)  # as all rows are, at a learning rate of zero
        self._workers = [
            Worker(backend, config, same, self._reader)
            for _ in range(min(workers, self._reader.chunks))
        ]

    def loss(self) -> float | None:
        """Mean nats of a pair; None where no token has a neighbour."""
        at_once = self._workers[0].at_once
        epoch = Epoch(0, 0, self._reader.chunks, at_once, self._corpus)
        with ThreadPoolExecutor(len(self._workers), thread_name_prefix="w2v") as pool:
            try:
                tallies = list(pool.map(partial(self._work, epoch), self._workers))
            finally:
                epoch.stop.set()
        return Tally.total(tallies).mean_loss

    def _work(self, epoch: Epoch, worker: Worker) -> Tally:
        tally = Tally()
        with self._backend.training():
            steps = worker.train(
                epoch.draws,
                epoch.spans(),
                key=draws.stream_key(self._seed, draws.NEGATIVE),
                learning_rate=lambda _: 0.0,
                loss_key=0,
                loss_every=1,
                stopped=epoch.stop.is_set,
            )
            with contextlib.closing(steps):
                for step in steps:
                    tally.add(step)
        return tally


def _chosen(
    backend: Backend, key: int, share: float, numbers: NDArray[np.int64]
) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = draws.chosen(backend, key, numbers, share)
    return found
