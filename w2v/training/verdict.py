"""What the figures of a run say of it, where its user should know."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence

import numpy as np

from w2v.backends import Backend
from w2v.config import Config
from w2v.errors import TrainingError, TrainingWarning, counted
from w2v.training.blocks import BlockReader
from w2v.training.tables import Tables

_DIVERGED = 10  # times the loss of untrained tables, in a step
_FEW_KEPT = 0.1  # of the tokens
_LOOKED_AT = 8  # chunks
_ABOVE = 1.02  # times the loss of untrained tables; noise stays below
_GARBAGE = 2
_RISEN = 1.003  # times the best


def before(config: Config, *, words: int, tokens: int, kept: float, frozen: int) -> None:
    """Warn of what cannot come to much.

    Parameters
    ----------
    words : int       Of the vocabulary; so many of them are frozen.
    tokens : int      Of these words in the text; so many of them are kept in an epoch, about.
    """
    if words == 1:
        _warn(
            "The vocabulary is one word, so there is nothing to tell it from, and its vector says "
            "nothing. Give more text, or lower `min_count` "
            f"(now {config.min_count})."
        )
    elif kept < _FEW_KEPT * tokens:
        _warn(
            f"Subsampling drops {1 - kept / tokens:.0%} of the tokens, since `sample` is "
            f"{config.sample:g} and among {counted(words, 'word')} most are frequent. For a text "
            "like this take `sample` 0, which keeps all."
        )
    if frozen == words > 1:
        _warn(f"All {words:,} words are frozen, so no vector will change.")


def untrained_loss(
    backend: Backend, config: Config, tables: Tables, reader: BlockReader, epoch: int
) -> float:
    """Nats of a pair while the output table is zero, as the pairs of a text have it.

    Where paths differ in length a few chunks are looked at; 0 where they have no pair.
    """
    if config.loss == "ns":
        assert config.negative is not None
        return (1 + config.negative) * math.log(2)
    if tables.tree is None:
        return math.log(len(tables.share))
    lengths = tables.tree.lengths
    turns = pairs = 0.0
    step = -(-reader.chunks // _LOOKED_AT)
    for chunk in range(0, reader.chunks, step):
        stretch = reader.stretch(epoch, chunk)
        own = slice(reader.window, reader.window + stretch.kept)
        ids, left, right = (
            backend.to_numpy(part[own]) for part in (stretch.ids, stretch.left, stretch.right)
        )
        met = left.astype(np.int64) + right
        if config.model == "cbow":
            met = met > 0
        turns += float(met @ lengths[ids])
        pairs += float(met.sum())
    return turns / pairs * math.log(2) if pairs else 0.0


def after(
    config: Config, loss: Sequence[float | None], held_out: Sequence[float | None], untrained: float
) -> None:
    """Warn of a run that has learnt nothing.

    Parameters
    ----------
    loss, held_out : sequence of float    Of each epoch, in nats.
    untrained : float                     The loss of untrained tables.

    Raises
    ------
    TrainingError
        It has learnt worse than nothing.
    """
    found = [(nats, epoch) for epoch, nats in enumerate(loss, 1) if nats is not None]
    if len(found) < len(loss):
        _warn(
            f"In {len(loss) - len(found)} of {counted(len(loss), 'epoch')} no word had a neighbour "
            f"to learn from. Give more text{_larger_sample(config)}"
        )
    if not found or not untrained:
        return
    known = [nats for nats in held_out if nats is not None]
    last = max([found[-1][0], *known[-1:]])
    worst, epoch = max(found)
    than = f"that of untrained tables, {untrained:.4g} nats"
    lower = _lower(config)
    if last > _GARBAGE * untrained:
        raise TrainingError(
            f"Training diverged. The loss at the end is {last:.4g} nats per pair, and {than}, so "
            f"the vectors are worse than random ones. {lower}"
        )
    if worst > _ABOVE * untrained:
        _warn(
            f"The loss of epoch {epoch} is {worst:.4g} nats per pair, above {than}: training was "
            f"unstable, and the vectors may be of little use. {lower}"
        )
    elif last >= untrained:
        _warn(
            f"The loss at the end is {last:.4g} nats per pair, no lower than {than}: nothing was "
            "learnt. The text may be too short or without order, or `alpha` "
            f"({config.alpha:g}) or `epochs` ({config.epochs:,}) too low."
        )


def of_step(loss: float, untrained: float) -> str:
    """What is wrong with the loss of a step, no number or far above that of untrained tables."""
    if not math.isfinite(loss):
        return "The loss is no longer a finite number"
    if loss > _DIVERGED * untrained > 0:
        return f"The loss of a step is {loss / untrained:,.0f} times that of untrained tables"
    return ""


def diverged(
    config: Config, what: str, epoch: int, step: int, done: float, step_tokens: int
) -> TrainingError:
    """Training cannot go on; `step` is the one of the run, `done` a fraction of all of them."""
    return TrainingError(
        f"Training diverged. {what}, in epoch {epoch} near step {step:,}, at learning rate "
        f"{config.learning_rate(done):.4g} and {counted(step_tokens, 'token')} a step. "
        f"{_lower(config)}"
    )


def nothing_to_learn(config: Config) -> TrainingError:
    """No word had a neighbour."""
    return TrainingError(
        "There was nothing to learn: no word had a neighbour in its sentence. Give sentences of "
        f"several words a line{_larger_sample(config)}"
    )


def risen(loss: Sequence[float | None]) -> tuple[int, float, float] | None:
    """The best epoch, its loss and the last one's, where that is clearly above it."""
    known = [(nats, epoch) for epoch, nats in enumerate(loss, 1) if nats is not None]
    if not known or known[-1][0] <= _RISEN * min(known)[0]:
        return None
    best, epoch = min(known)
    return epoch, best, known[-1][0]


def _lower(config: Config) -> str:
    return f"Lower `alpha` (now {config.alpha:g}) or `row_cap` (now {config.row_cap:g})."


def _larger_sample(config: Config) -> str:
    if not config.sample:
        return "."
    return f", or a larger `sample` (now {config.sample:g}; 0 keeps every token)."


def _warn(message: str) -> None:
    warnings.warn(message, TrainingWarning, stacklevel=5)
