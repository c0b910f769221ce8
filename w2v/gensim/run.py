"""One call of `train`: w2v's trainer over the tables of a model that has gensim's names."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from w2v import interrupts
from w2v.backends import choose_backend, usable_cores
from w2v.config import Config
from w2v.errors import NothingToLearnError, warn
from w2v.text import Corpus, Vocabulary
from w2v.training import Callback, HuffmanTree, Progress, Start, Trained, Trainer
from w2v.words import is_whole_number

Floats = NDArray[np.float32]


class Order:
    """Rows of a model, which stand as they came in, in the order of training: by frequency.

    Parameters
    ----------
    counts : int64 (V,)    Of the rows of the model.
    """

    def __init__(self, counts: NDArray[np.int64]) -> None:
        self.rows: NDArray[np.intp] = np.argsort(-counts, kind="stable")
        """(V,): row of the model of each word of the training."""
        self._counts = counts
        self.is_same = bool((np.diff(self.rows) == 1).all())

    def vocabulary(self, names: Sequence[str] | None = None) -> Vocabulary:
        """The words by frequency; each is called by its row, or as `names` say."""
        words = [str(row) if names is None else names[row] for row in self.rows.tolist()]
        return Vocabulary(tuple(words), self._counts[self.rows])

    def taken(self, table: Floats) -> Floats:
        """The rows of a table (V, D) of the model as training has them."""
        return table if self.is_same else table[self.rows]

    def put(self, into: Floats, table: Floats) -> None:
        """Rows of a table (V, D) of the training to where the model has them."""
        into[self.rows] = table

    def tree(self, tree: HuffmanTree) -> HuffmanTree:
        """A tree over the rows of the model as one over those of the training."""
        return tree.reordered(self.rows)


_WIDER = 16  # a window is not drawn of which a sixteenth would be less than their sentences


@dataclass
class Tables:
    """What is trained, changed in place."""

    vectors: Floats
    """(V, D)"""
    output: Floats
    """(V, D); of hierarchical softmax the last row is none."""
    tree: HuffmanTree | None
    lock: Floats
    """(V,) or (1,): by how much what is learnt moves a vector, 1 or 0."""
    epochs: int
    """Trained before."""


class Watched(Protocol):
    """Who is told of a run under way."""

    def after_epoch(self, trained: Callable[[], Trained], last: bool) -> None:
        """The epoch has ended; `trained` copies the tables."""


def train(
    config: Config,
    corpus: Corpus,
    order: Order,
    tables: Tables,
    watched: Watched | None,
) -> Trained | None:
    """Train on a corpus read with `order`; None where no word has another near it.

    Raises
    ------
    BackendError, TrainingError, ValueError
    """
    backend, _ = choose_backend(config.backend, config.device)
    start = Start(
        words=np.arange(len(order.rows)),
        vectors=order.taken(tables.vectors),
        output_rows=np.arange(_rows(config, tables)),
        output=_output(config, order, tables),
        tree=order.tree(tables.tree) if tables.tree is not None else None,
        frozen=_frozen(order, tables.lock),
        epochs=tables.epochs,
    )
    callbacks: list[Callback] = []
    trainer = Trainer(config, corpus, backend, start=start, callbacks=callbacks)
    if watched is not None:
        callbacks.append(_Between(trainer, watched))
    try:
        with interrupts.heeded():
            trained = trainer.run()
    except NothingToLearnError as error:
        warn(str(error))
        return None
    put(config, order, tables, trained)
    return trained


def put(config: Config, order: Order, tables: Tables, trained: Trained) -> None:
    """What was trained into the tables of a model."""
    order.put(tables.vectors, trained.vectors)
    if config.loss == "hs":
        tables.output[: len(trained.output)] = trained.output
    else:
        order.put(tables.output, trained.output)


def reach(window: Any, shrinks: bool, lengths: NDArray[np.int64]) -> tuple[Any, bool]:
    """How wide windows are for the trainer, and whether all are as wide.

    What a step takes grows with the window, and no window reaches past a sentence. So one that is
    far wider than sentences are long, as for baskets of items, is as wide as the longest of them:
    of widths drawn from 1 to `window`, few would be less than a sentence.

    Parameters
    ----------
    window : int
    shrinks : bool               Whether widths are drawn.
    lengths : int64 (S,)         Of the sentences.
    """
    others = np.maximum(lengths - 1, 1)
    longest = int(others.max(initial=1))
    if not is_whole_number(window) or int(window) < longest:
        return window, not shrinks
    if shrinks and (others * lengths).sum() * _WIDER > int(window) * lengths.sum():
        return window, False
    return longest, True


def plain_seed(seed: Any) -> int:
    """A seed that training takes; None is another one each time, as in gensim."""
    return secrets.randbits(32) if seed is None else int(seed) % 2**64


def workers_of(asked: int | None) -> int | None:
    """No more threads than there are cores, which is as fast."""
    return None if asked is None else max(1, min(int(asked), usable_cores()))


def _rows(config: Config, tables: Tables) -> int:
    words = len(tables.vectors)
    return max(words - 1, 1) if config.loss == "hs" else words


def _output(config: Config, order: Order, tables: Tables) -> Floats:
    if config.loss == "hs":
        return tables.output[: _rows(config, tables)]
    return order.taken(tables.output)


def _frozen(order: Order, lock: Floats) -> NDArray[np.bool_] | None:
    if not np.isin(lock, (0, 1)).all() or len(lock) not in (1, len(order.rows)):
        bad = lock[~np.isin(lock, (0, 1))][:1]
        raise ValueError(
            f"`vectors_lockf` must be one number or one for each of the {len(order.rows):,} words, "
            f"each 1 (learns) or 0 (stays); got {len(lock):,}"
            + (f", with {bad[0]:g} among them." if len(bad) else ".")
        )
    if (lock == 1).all():
        return None
    frozen: NDArray[np.bool_] = np.broadcast_to(lock == 0, len(order.rows))[order.rows]
    return frozen


class _Between(Callback):
    def __init__(self, trainer: Trainer, watched: Watched) -> None:
        self._trainer, self._watched = trainer, watched

    def on_epoch_end(self, progress: Progress) -> None:
        def so_far() -> Trained:
            trained = self._trainer.so_far()
            assert trained is not None
            return trained

        self._watched.after_epoch(so_far, progress.epoch == progress.epochs)
