"""What a program may do while a model is trained: look on, and stop it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from numbers import Integral, Real
from typing import Any

from w2v.errors import ConfigError, TrainingError
from w2v.training.progress import Progress


class Callback:
    """Base of what is called while a model is trained; override what you need.

    Any object that has one of the two methods will do. Both run in the thread that called `fit`.
    One that returns something true stops the training, and the vectors stay as they are then. An
    exception ends it, and `fit` raises it.
    """

    def on_step(self, progress: Progress) -> bool | None:
        """Between steps: about five times a second, and at least once an epoch.

        Workers go on training meanwhile, and a stop takes effect within a second, or after the step
        under way where `step_tokens` asks for a longer one.
        """

    def on_epoch_end(self, progress: Progress) -> bool | None:
        """After every whole epoch; nothing else happens meanwhile."""

    def state(self) -> dict[str, Any] | None:
        """What a checkpoint is to keep of it: a dictionary that JSON can hold, or None."""
        return None

    def restore(self, state: dict[str, Any]) -> None:
        """Take up what `state` gave, before a run goes on."""


def checked(callbacks: Sequence[Callback]) -> list[Callback]:
    """The callbacks; raises `TypeError` for what is none."""
    if not isinstance(callbacks, Iterable):
        raise TypeError(f"`callbacks` must be a list of callbacks, got {callbacks!r:.60}.")
    for callback in (listed := list(callbacks)):
        methods = [getattr(callback, name, None) for name in ("on_step", "on_epoch_end")]
        if isinstance(callback, type) or not any(map(callable, methods)):
            raise TypeError(
                "A callback must be an object with `on_epoch_end` or `on_step`, such as a "
                f"`w2v.Callback`; got {callback!r:.60}."
            )
    return listed


class EarlyStopping(Callback):
    """Stops when an epoch is no better than the best before.

    Parameters
    ----------
    patience : int
        So many epochs in a row may be no better; the last of them ends the training. The loss of a
        few sentences may rise by chance, so one is little.
    least : float
        What an epoch must be better by, to count as better.
    watch : callable(Progress) -> float, optional
        What is to fall; if left out the loss of the sentences that `held_out` sets aside, or where
        there are none `progress.settled_loss()`. Return the negative of a score that is
        to rise, such as one of ``progress.vectors()``.

    Attributes
    ----------
    best : float    The smallest value so far; infinity before the first.
    values : list of float
        Of each epoch.

    Raises
    ------
    ConfigError
        `patience` is below 1, or `least` is negative.
    """

    def __init__(
        self,
        patience: int = 2,
        least: float = 0.0,
        watch: Callable[[Progress], float] | None = None,
    ) -> None:
        if not (_is(Integral, patience) and patience >= 1):
            raise ConfigError(
                f"`patience` must be a whole number of epochs, at least 1; got {patience!r}."
            )
        if not (_is(Real, least) and least >= 0):
            raise ConfigError(f"`least` must be a number and not negative, got {least!r}.")
        if watch is not None and not callable(watch):
            raise ConfigError(f"`watch` must be a function of progress, got {watch!r:.60}.")
        self.patience = int(patience)
        self.least = float(least)
        self.watch = watch
        self.forget()

    def forget(self) -> None:
        """Begin anew; done by itself at the first epoch of a run."""
        self.best = math.inf
        self.values: list[float] = []
        self._worse = 0

    def state(self) -> dict[str, Any]:
        return {"values": list(self.values), "worse": self._worse}

    def restore(self, state: dict[str, Any]) -> None:
        self.values = list(state["values"])
        self._worse = int(state["worse"])
        self.best = math.inf
        for value in self.values:
            self.best = min(self.best, value)

    def on_epoch_end(self, progress: Progress) -> bool:
        if progress.epoch == 1:
            self.forget()
        if self.watch:
            value: float | None = self.watch(progress)
        else:
            value = progress.held_out_loss
            if value is None and progress.settled_loss:
                value = progress.settled_loss()
        if value is None:
            raise TrainingError(
                f"EarlyStopping has nothing to watch: no loss was measured in epoch "
                f"{progress.epoch}, where no word had a neighbour. Give it `watch`, or more text."
            )
        self.values.append(float(value))
        better = value < self.best - self.least
        self._worse = 0 if better else self._worse + 1
        self.best = min(self.best, float(value))
        return self._worse >= self.patience


def _is(kind: type, value: object) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool)
