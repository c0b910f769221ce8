"""Small runs of a backend's own way to train, on texts of few words."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2v.backends import Backend
from w2v.config import Config
from w2v.training.blocks import BlockReader
from w2v.training.step_plan import centre_in_core, step_shape
from w2v.training.tables import make_tables
from w2v.training.worker import Worker

KINDS: list[dict[str, Any]] = [
    {"model": model, "loss": loss} for model in ("skipgram", "cbow") for loss in ("ns", "hs")
]
LEARNING: dict[str, Any] = {"key": 7, "loss_key": 11, "loss_every": 1}


def text_of(words: int, tokens: int) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Ids by Zipf's law, in sentences of some twenty, of even words or of odd ones."""
    rng = np.random.default_rng(0)
    share = 1 / np.arange(1, words // 2 + 1)
    ends = np.unique(np.r_[rng.integers(1, tokens, tokens // 20), tokens])
    topics = np.repeat(np.arange(len(ends)) % 2, np.diff(ends, prepend=0))
    ids = 2 * rng.choice(words // 2, tokens, p=share / share.sum()) + topics
    ids[:words] = range(words)
    return ids.astype(np.int32), ends


def worker_of(
    backend: Backend,
    config: Config,
    *,
    words: int = 26,
    tokens: int = 1000,
    keep: float = 1.0,
    chunk: int = 1 << 15,
) -> Worker:
    """A worker on new tables, whose own way the backend's is."""
    ids, ends = text_of(words, tokens)
    reader = BlockReader(
        backend,
        ids,
        ends,
        np.full(words, keep),
        window=config.window,
        block=step_shape(backend, config).block,
        centre_in_core=centre_in_core(config),
        seed=3,
        chunk=chunk,
    )
    tables = make_tables(backend, config, np.bincount(ids, minlength=words))
    return Worker(backend, config, tables, reader)


def losses(worker: Worker, epochs: int, alpha: float, chunks: int = 1) -> list[float]:
    """The loss of each epoch, where 1 is that of an output table of zeros."""
    found = []
    for epoch in range(epochs):
        steps = list(
            worker.train(epoch, [range(chunks)], learning_rate=lambda _: alpha, **LEARNING)
        )
        loss = sum(step.loss or 0.0 for step in steps)
        found.append(loss / sum(step.untrained for step in steps))
    return found
