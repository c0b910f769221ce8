"""Who looks on while a model is trained, what they are told, and what they say."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from w2v.errors import ConfigError
from w2v.training.callbacks import Callback
from w2v.training.progress import Progress

_TRACED = 200  # points of a run that are kept


class Onlookers:
    """Told of one run.

    Attributes
    ----------
    stopped : dict or None      Which callback has stopped it, and in which epoch.
    """

    def __init__(
        self, on_progress: Callable[[Progress], None] | None, callbacks: Sequence[Callback]
    ) -> None:
        self._on_progress = on_progress
        self._callbacks = callbacks
        self._kept: list[Progress] = []
        self._latest: Progress | None = None
        self.stopped: dict[str, str | int] | None = None

    @property
    def trace(self) -> list[Progress]:
        """The run at a few hundred moments at most, the latest among them."""
        done = self._kept[-1].done if self._kept else 0
        more = self._latest is not None and self._latest.done > done
        return self._kept + [self._latest] * more  # type: ignore[list-item]

    def tell(self, progress: Progress) -> bool:
        """Between steps; whether to stop."""
        self._keep(progress)
        if self._on_progress:
            self._on_progress(progress)
        if not self.stopped:
            self._ask("on_step", progress)
        return self.stopped is not None

    def tell_end(self, progress: Progress) -> None:
        """After a whole epoch."""
        self._ask("on_epoch_end", progress)

    def memories(self) -> list[list[Any]]:
        """Name of each callback, and what it wants to be told when the run goes on elsewhere.

        A copy, as JSON gives it back: callbacks go on while it is written.

        Raises
        ------
        TypeError
            JSON cannot hold it.
        """
        return [[type(one).__name__, _memory(one)] for one in self._callbacks]

    def go_on(
        self, trace: list[Progress], stopped: dict[str, Any] | None, memories: list[list[Any]]
    ) -> None:
        """Take up what was left in a checkpoint.

        Raises
        ------
        ConfigError
            A callback that remembers something is not there any more.
        """
        self._kept, self.stopped = list(trace), stopped
        waiting = list(self._callbacks)
        for name, memory in memories:
            same = [one for one in waiting if type(one).__name__ == name]
            if same:
                waiting.remove(same[0])
                if memory is not None:
                    same[0].restore(memory)
            elif memory is not None:
                raise ConfigError(
                    f"The run had the callback {name}, which remembers what it has seen. Go on "
                    "with it: fit(..., resume=FOLDER, callbacks=[...])."
                )

    def _ask(self, when: str, progress: Progress) -> None:
        for callback in self._callbacks:
            method = getattr(callback, when, None)
            if method and method(progress) and not self.stopped:
                self.stopped = {"by": type(callback).__name__, "epoch": progress.epoch}

    def _keep(self, progress: Progress) -> None:
        """Ends of epochs, unless they are too many, and moments between."""
        self._latest = progress
        step = progress.done - (self._kept[-1].done if self._kept else 0)
        last = progress.done == progress.epoch / progress.epochs
        if step >= 1 / _TRACED or (
            step > 0 and last and (progress.epochs <= _TRACED or progress.done == 1)
        ):
            self._kept.append(progress)


def _memory(callback: Callback) -> Any:
    """What a callback wants to be told again; None where it has not both methods for that."""
    methods = [getattr(callback, name, None) for name in ("state", "restore")]
    if not all(map(callable, methods)):
        return None
    memory = callback.state()
    try:
        return json.loads(json.dumps(memory))
    except (TypeError, ValueError, RecursionError) as error:
        raise TypeError(
            f"`state` of the callback {type(callback).__name__} must give a dictionary that JSON "
            f"can hold, or None; got {memory!r:.60} ({error})."
        ) from error
