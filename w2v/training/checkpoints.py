"""When a run leaves a checkpoint, and how: copied while nothing moves, written while it goes on."""

from __future__ import annotations

import math
import os
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from w2v.backends import Array, Backend
from w2v.errors import ConfigError, OutputError, warn
from w2v.training.checkpoint_file import new_array
from w2v.training.checkpoint_state import State
from w2v.training.run_folder import RunFolder
from w2v.training.tables import Copiers

_USUAL = "10min"
_EVERY = re.compile(r"(\d+(?:\.\d*)?|\.\d+)\s*([a-z%]+)")
_SECONDS = {"s": 1, "sec": 1, "min": 60, "h": 3600}
_ALMOST = 1e-9


class Every(NamedTuple):
    """After so many seconds, or so large a part of a run or of an epoch; one of the three."""

    seconds: float | None = None
    share: float | None = None
    epochs: float | None = None

    @classmethod
    def parsed(cls, text: str) -> Every:
        """Of ``10min``, ``5%`` or ``1epoch``.

        Raises
        ------
        ConfigError
        """
        match = _EVERY.fullmatch(str(text).strip().lower())
        number, unit = (float(match[1]), match[2]) if match else (0.0, "")
        if number > 0:
            if unit in _SECONDS:
                return cls(seconds=number * _SECONDS[unit])
            if unit == "%" and number <= 100:
                return cls(share=number / 100)
            if unit in ("epoch", "epochs"):
                return cls(epochs=number)
        raise ConfigError(
            f"`checkpoint_every` must be a time, a share or epochs, such as 10min, 30s, 2h, 5% or "
            f"1epoch; got {text!r:.60}."
        )


class Checkpoints:
    """Those of one run.

    Parameters
    ----------
    folder : RunFolder
    every : str, optional
        See `Every`; as before in a run that goes on, or every ten minutes, if left out.

    Raises
    ------
    ConfigError
    """

    def __init__(self, folder: RunFolder, every: str | None = None) -> None:
        self.folder = folder
        self._before = folder.saved.state.checkpoints if folder.saved else {}
        known = self._before.get("every") or folder.asked.get("checkpoint_every")
        self.every = every or known or _USUAL
        self._every = Every.parsed(self.every)
        self._copies: list[NDArray[np.float32]] = []
        self._copiers: Copiers | None = None
        self._writer = ThreadPoolExecutor(1, "w2v-checkpoint")
        self._pending: Future[None] | None = None
        self._last = time.perf_counter()
        self._done = 0.0
        self._stalls: list[float] = []
        self._seconds: list[float] = []
        self._bytes = 0
        self._failed = 0

    def begin(
        self,
        backend: Backend,
        shapes: Iterable[tuple[int, int]],
        done: float,
        copies: Sequence[NDArray[np.float32]] = (),
    ) -> None:
        """Make room for a copy of both tables, and touch it, which takes longer than to copy.

        Parameters
        ----------
        shapes : pairs of int          Rows and columns of both.
        done : float                   Fraction of the run that is trained already.
        copies : sequence of float32   Arrays of these shapes that are needed no more, if any are.
        """
        self._done = done
        self._copies = list(copies) or [new_array(shape, "float32") for shape in shapes]
        self._copiers = Copiers(backend)
        for copy in [] if copies else self._copies:
            self._copiers.work(copy.shape, partial(_touch, copy))
        self._last = time.perf_counter()

    def due_chunk(self, epoch: int, first: int, chunks: int, epochs: int) -> int | None:
        """The chunk of an epoch, after the first ones, before which the next is due by a share."""
        done = self._due(epochs)
        if done is None:
            return None
        chunk = max(first + 1, math.ceil((done * epochs - epoch) * chunks - _ALMOST))
        return chunk if chunk < chunks else None

    def due_between(self, epoch: int, epochs: int) -> bool:
        """Whether one is due when so many epochs are over."""
        done = self._due(epochs)
        return self.is_due() if done is None else epoch / epochs >= done - _ALMOST

    def _due(self, epochs: int) -> float | None:
        """Fraction of the run at which the next is due; None if the clock says when."""
        share = self._every.share
        if self._every.epochs is not None:
            share = self._every.epochs / epochs
        if share is None:
            return None
        return (math.floor(self._done / share + _ALMOST) + 1) * share

    def is_due(self) -> bool:
        """By the clock; not while the one before is still being written."""
        seconds = self._every.seconds
        late = seconds is not None and time.perf_counter() - self._last >= seconds
        return late and not self.writing

    @property
    def writing(self) -> bool:
        return self._pending is not None and not self._pending.done()

    def pass_over(self, done: float) -> None:
        """Take none here, though one is due: the one before is still being written."""
        self._done = done

    def take(
        self,
        backend: Backend,
        tables: tuple[Array, Array],
        done: float,
        state: Callable[[dict[str, Any]], State],
        arrays: Mapping[str, NDArray[Any]],
    ) -> None:
        """Copy the tables, which nothing moves, and begin to write; waits for the one before."""
        self.settle()
        self._copy(backend, tables)
        self._last, self._done = time.perf_counter(), done
        whole = {"input": self._copies[0], "output": self._copies[1], **arrays}
        self._begin_to_write(state, whole)

    def stalled(self, seconds: Sequence[float]) -> None:
        """Each worker stood still for so long, for the latest one."""
        self._stalls.append(sum(seconds) / len(seconds))

    def write(
        self, state: Callable[[dict[str, Any]], State], arrays: Mapping[str, NDArray[Any]]
    ) -> None:
        """Write what moves no more, and wait until it is on the disk.

        If the one before could not be written either, that is not said as well.
        """
        before = self._outcome()
        whole = dict(arrays)
        for name, copy in zip(("input", "output"), self._copies, strict=True):
            copy[:] = arrays[name]  # which begins at a page: all in all that is quicker
            whole[name] = copy
        self._begin_to_write(state, whole)
        self._warn(self._outcome() or before)

    def settle(self) -> None:
        """Wait until all is written; warns of what could not be."""
        self._warn(self._outcome())

    def told(self) -> dict[str, Any]:
        """For reports: how many, and what they took."""
        was = self._before
        stalls, seconds = (
            [was.get(name) or 0.0, *new]
            for name, new in (
                ("longest_stall_seconds", self._stalls),
                ("longest_write_seconds", self._seconds),
            )
        )
        return {
            "folder": os.path.abspath(self.folder.path),
            "every": self.every,
            "written": was.get("written", 0) + len(self._seconds),
            "failed": was.get("failed", 0) + self._failed,
            "bytes": self._bytes or was.get("bytes", 0),
            "stalled_seconds": was.get("stalled_seconds", 0.0) + sum(self._stalls),
            "longest_stall_seconds": max(stalls),
            "longest_write_seconds": max(seconds),
        }

    def close(self) -> None:
        """Let go of threads and copies; what is being written is finished first."""
        self._writer.shutdown()
        if self._copiers:
            self._copiers.close()
        self._copies = []

    def _outcome(self) -> BaseException | None:
        """Wait until all is written; what went wrong, of any kind: training may have taken days."""
        pending, self._pending = self._pending, None
        if pending is None:
            return None
        try:
            error = pending.exception()
        except BaseException:
            self._pending = pending
            raise
        self._failed += error is not None
        return error

    def _warn(self, error: BaseException | None) -> None:
        if error is None:
            return
        left = self.folder.left
        before = "There is none yet" if left is None else f"The latest is of {left:.1%} of the run"
        reason = error if isinstance(error, OutputError) else f"{type(error).__name__} {error}."
        warn(f"A checkpoint could not be written, and training goes on. {reason} {before}.")

    def _copy(self, backend: Backend, tables: tuple[Array, Array]) -> None:
        def copy(to: NDArray[np.float32], table: Array, rows: slice) -> None:
            to[rows] = backend.to_numpy(table[rows])[:, : to.shape[1]]

        assert self._copiers is not None  # since `begin`
        for to, table in zip(self._copies, tables, strict=True):
            self._copiers.work(to.shape, partial(copy, to, table))

    def _begin_to_write(
        self, state: Callable[[dict[str, Any]], State], arrays: Mapping[str, NDArray[Any]]
    ) -> None:
        told = self.told()
        told["written"] += 1  # whoever reads it has it
        self._pending = self._writer.submit(self._write, state(told), arrays)

    def _write(self, state: State, arrays: Mapping[str, NDArray[Any]]) -> None:
        started = time.perf_counter()
        self._bytes = self.folder.write(state, arrays)
        self._seconds.append(time.perf_counter() - started)


def _touch(table: NDArray[np.float32], rows: slice) -> None:
    table[rows] = 0
