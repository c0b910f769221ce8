"""How an epoch is cut up among workers: steps, spans of chunks, and where the loss is measured."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from w2v.backends import Backend, StepShape, usable_cores, usable_threads
from w2v.config import Config
from w2v.errors import ConfigError, counted, warn
from w2v.layers import MOST_SCORES
from w2v.training.step_plan import step_shape

_FEW_STEPS = 512  # of an epoch: the loss is measured in all of them
_LEAST_WORKER_STEP = 64  # tokens; below, a step is all overhead
_LEAST_STEPS = 400  # of an epoch, unless they get smaller than that
_FEW_TOKENS = 2.5e6  # kept ones, in an epoch


_EPOCHS = 5  # where there is text enough, as everywhere
_MOST_EPOCHS = 30
_MILLION_EPOCHS, _FEWER = 15, 0.4


def epochs_for(config: Config, tokens: int, *, continued: bool = False) -> int:
    """Passes over a text of some tokens: what `epochs` says, or "auto", what such texts need.

    15 over a million tokens, more over fewer and fewer over more, by the power of 0.4, from 30 to
    5. And 5 for CBOW with hierarchical softmax, which learns such texts by heart, and over a text
    with which a model goes on, since what it has learnt should last.
    """
    if isinstance(config.epochs, int):
        return config.epochs
    if continued or (config.model, config.loss) == ("cbow", "hs"):
        return _EPOCHS
    wanted: float = _MILLION_EPOCHS * (1e6 / max(tokens, 1)) ** _FEWER
    return round(min(max(wanted, _EPOCHS), _MOST_EPOCHS))


class Schedule(NamedTuple):
    """What each of some workers does at a time."""

    workers: int
    step_tokens: int
    """Kept tokens of a step of one worker; a block at the least."""
    at_once: int
    """Chunks of such a step: more than one where it takes more tokens than a chunk keeps."""


def schedule(config: Config, shape: StepShape, chunks: int, kept: float) -> Schedule:
    """The workers for a text of some chunks, each with so many kept tokens, about.

    As many as asked for, else one a core, within what the backend allows. Of these only as many as
    a short text keeps busy: its chunks are handed out in rounds, and fewer workers with as many
    rounds take as long and learn from fresher rows.
    """
    threads = usable_threads()
    wanted = config.workers or (1 if config.deterministic else usable_cores())
    if wanted > threads:
        warn(
            f"{wanted} workers were asked for, but this process may run only "
            f"{counted(threads, 'thread')} at once; more workers are no faster."
        )
    if shape.step > shape.block:
        wanted = min(wanted, max(1, shape.step // _LEAST_WORKER_STEP))
    wanted = min(wanted, chunks, shape.most_workers or wanted)
    step_tokens = max(shape.block, -(-shape.step // wanted))
    at_once = max(1, round(step_tokens / kept))
    spans = -(-chunks // at_once)
    workers = min(wanted, spans)
    if config.workers is None:
        rounds = -(-spans // workers)
        workers = -(-spans // rounds)
    return Schedule(workers, step_tokens, at_once)


def for_length(backend: Backend, config: Config, tokens: float) -> Config:
    """The configuration for a text of which some tokens are kept.

    A short one needs some hundreds of steps too: large steps are held back by the row cap, and it
    has too few of them to make up for it. And where centres fall into groups, which each meet a
    part of a block's noise words, it needs more of these: it has fewer blocks to meet others in.
    """
    shape = step_shape(backend, config)
    if shape.groups > 1 and config.block_negatives is None and tokens < _FEW_TOKENS:
        config = replace(config, block_negatives=shape.shared + shape.shared // 2)
    step = max(shape.block, _LEAST_WORKER_STEP, round(tokens / _LEAST_STEPS))
    if config.step_tokens is not None or step >= shape.step:
        return config
    return replace(config, step_tokens=step)


def loss_every(steps: float) -> int:
    """1, 8, 64, ...: the loss is measured in one of so many steps, the more there are of them."""
    every = 1
    while steps > _FEW_STEPS * every**2:
        every *= 8
    return every


def check_softmax(config: Config, words: int, step_tokens: int, shape: StepShape) -> None:
    """Refuse a step of full softmax with more scores than a backend can add at once.

    Raises
    ------
    ConfigError
    """
    scores = step_tokens * words
    if config.loss == "softmax" and scores >= MOST_SCORES:
        raise ConfigError(
            f"`loss` softmax over {words:,} words takes {scores:,} scores a step, and at most "
            f"{MOST_SCORES:,} are possible. Lower `step_tokens` (now {shape.step}), or take loss "
            "ns or hs."
        )
