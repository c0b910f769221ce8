"""What the figures of a run say of it, where its user should know."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from w2v.config import Config
from w2v.errors import NothingToLearnError, TrainingError, TrainingWarning, counted, quoted, warn

_DIVERGED = 10  # times the loss of untrained tables, in a step
_FEW_KEPT = 0.1  # of the tokens
_NOTHING = 1 - 1e-6  # times the loss of untrained tables: rounding
_ABOVE = 1.1  # in any epoch: what learns from noise stays below
_GARBAGE = 2  # at the end
_RISEN = 1.003  # times the best


def before(config: Config, words: Sequence[str], *, tokens: int, kept: float, frozen: int) -> None:
    """Warn of what cannot come to much.

    Parameters
    ----------
    words : sequence of str    The vocabulary; so many of them are frozen.
    tokens : int               Of them in the text; so many are kept in an epoch, about.

    Raises
    ------
    TrainingError
        Nothing would move.
    """
    if len(words) == 1:
        if config.loss != "ns":  # its probability is 1
            raise NothingToLearnError(
                f"There was nothing to learn: {quoted(words[0])} is the only word. Give more text, "
                "or lower `min_count`."
            )
        _warn(
            "The vocabulary is one word, so there is nothing to tell it from, and its vector says "
            "nothing. Give more text, or lower `min_count` "
            f"(now {config.min_count})."
        )
    elif kept < _FEW_KEPT * tokens:
        _warn(
            f"Subsampling drops {1 - kept / tokens:.0%} of the tokens, since `sample` is "
            f"{config.sample:g} and among {counted(len(words), 'word')} most are frequent. For a "
            "text like this take `sample` 0, which keeps all."
        )
    if frozen == len(words) > 1:
        _warn(f"All {frozen:,} words are frozen, so no vector will change.")


def after(
    config: Config,
    loss: Sequence[float | None],
    untrained: Sequence[float | None],
    *,
    cut: bool = False,
) -> None:
    """Warn of a run that has learnt nothing.

    Parameters
    ----------
    loss, untrained : sequence of float    Of each epoch, in nats a pair: as it was trained, and
                                           what the same pairs cost while the output table is zero.
    cut : bool                             Somebody has stopped the run: its last epoch may have
                                           ended before it could learn, or was measured.

    Raises
    ------
    TrainingError
        It has learnt worse than nothing.
    """
    found = [
        (nats / base if base else 0.0, nats, base, epoch)
        for epoch, (nats, base) in enumerate(zip(loss, untrained, strict=True), 1)
        if nats is not None and base is not None
    ]
    last = len(loss)
    if cut and (not found or found[-1][-1] < last or found[-1][0] <= _ABOVE):
        found, last = [one for one in found if one[-1] < last], last - 1
    if len(found) < last:
        _warn(
            f"In {last - len(found)} of {counted(last, 'epoch')} no word had a neighbour "
            f"to learn from. Give more text{_larger_sample(config)}"
        )
    if not found:
        return
    times = found[-1][0]
    if times > _GARBAGE:
        raise TrainingError(
            f"Training diverged. {_above(found[-1])}, so the vectors are worse than random ones. "
            f"{_lower(config)}"
        )
    worst = max(found)
    if worst[0] > _ABOVE:
        _warn(
            f"{_above(worst)}: training was unstable, and the vectors may be of little "
            f"use. {_lower(config)}"
        )
    elif times > _NOTHING:
        _warn(
            f"{_above(found[-1])}: nothing was learnt. The text may be too short or without order, "
            f"or `alpha` ({config.alpha:g}) or `epochs` ({config.epochs}) too low."
        )


def _above(found: tuple[float, float, float, int]) -> str:
    _, nats, untrained, epoch = found
    return (
        f"The loss of epoch {epoch} is {nats:.4g} nats a pair, no lower than that of untrained "
        f"tables, {untrained:.4g}"
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


def nothing_to_learn(config: Config) -> NothingToLearnError:
    """No word had a neighbour."""
    return NothingToLearnError(
        "There was nothing to learn: no word had a neighbour in its sentence. Give sentences of "
        f"several words a line{_larger_sample(config)}"
    )


def note(report: dict[str, Any]) -> str:
    """What it can mean that the loss rose towards the end; empty where it did not."""
    aside = report["held_out_loss"]
    found = risen(aside or report["loss"])
    if found is None:
        return ""
    epoch, best, last = found
    rose = f"rose from {best:.4f} in epoch {epoch} to {last:.4f}"
    if aside:
        return f"the held-out loss {rose}: fewer epochs may do"
    return (
        f"the loss {rose}, as it may where parts of a text differ, such as books: late steps are "
        "small and fit the part at hand less; --held-out 1% shows whether the vectors get better"
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
    warn(message, TrainingWarning)
