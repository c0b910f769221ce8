"""Workers in processes of their own, where the calls of a backend leave Python's lock no rest.

Two threads that take their steps in some hundred calls of NumPy are no faster than one: each call
asks for the lock, and who waits for it sleeps. So each worker is forked when its spans begin, with
all that it needs in place, and tells of its steps through a pipe; the tables are memory that all
processes have in common. Nothing but NumPy runs there, and it ends with its spans, or as soon as
nobody listens.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import NoReturn

from w2v.errors import TrainingError
from w2v.training.worker import Stepped, Worker

_OURS_TO_ANSWER = ("SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1")
"""Signals that keys and launchers send to all processes of a group at once."""
_TOLD_EVERY_S = 0.05
"""Whoever listens is woken on a core that trains: once a step it would take a sixth of all time."""

_forking = threading.Lock()
_listening: list[Connection] = []
"""Our ends of all pipes. A worker that kept one open would not see that nobody listens."""


class WorkerApart(Worker):
    """See `Worker`; whenever it trains it is a process of its own, if the system has one left."""

    def _composed(
        self,
        epoch: int,
        spans: Iterable[range],
        key: int,
        learning_rate: Callable[[float], float],
        measured: tuple[int, int],
        stopped: Callable[[], bool],
    ) -> Iterator[Stepped]:
        def steps(given: Iterable[range]) -> Iterator[Stepped]:
            way = super(WorkerApart, self)._composed
            return way(epoch, given, key, learning_rate, measured, lambda: False)

        try:
            child = _Child(steps)
        except OSError:
            yield from super()._composed(epoch, spans, key, learning_rate, measured, stopped)
            return
        with contextlib.closing(child):
            for span in spans:
                for step in child.take(span):
                    yield step
                    if stopped():
                        return


class _Child:
    """A process that takes the steps of one span after the other.

    Parameters
    ----------
    steps : callable
        Makes them, of spans that are asked for one by one.

    Raises
    ------
    OSError
        There can be no more processes.
    """

    _pipe: Connection
    _number: int

    def __init__(self, steps: Callable[[Iterable[range]], Iterator[Stepped]]) -> None:
        if sys.platform == "win32":
            raise OSError("there are no forks")
        with _forking:
            self._pipe, theirs = Pipe()
            numbers = [getattr(signal, name) for name in _OURS_TO_ANSWER]
            before = signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
            try:
                self._number = os.fork()
                if self._number == 0:
                    _live(steps, theirs, [self._pipe, *_listening], numbers)
            except OSError:
                self._pipe.close()
                raise
            finally:
                theirs.close()
                signal.pthread_sigmask(signal.SIG_SETMASK, before)
            _listening.append(self._pipe)

    def take(self, span: range) -> Iterator[Stepped]:
        """The steps of a span, as they are taken.

        Raises
        ------
        TrainingError
            The process was ended by somebody else. Any other error is one that it met.
        """
        try:
            self._pipe.send(span)
            whole = False
            while not whole:
                found = self._pipe.recv()
                if isinstance(found, Exception):
                    raise found
                yield from found
                whole = found[-1].chunks > 0
        except (EOFError, ConnectionError):
            raise TrainingError(
                f"A worker's process {self._end()}, and training cannot go on without it. The "
                "system does that where memory runs out: lower `workers`, `dim` or `max_vocab`."
            ) from None

    def close(self) -> None:
        """Wait until it has seen that nobody listens: after the step under way."""
        with _forking:
            _listening.remove(self._pipe)
        self._pipe.close()
        self._end()

    def _end(self) -> str:
        """How it ended, once."""
        number, self._number = self._number, 0
        code = None
        if number:
            with contextlib.suppress(ChildProcessError):  # somebody else has waited for it
                code = os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])
        if code is None or code >= 0:
            return "has ended"
        return f"was ended by signal {-code} ({signal.strsignal(-code)})"


def _live(
    steps: Callable[[Iterable[range]], Iterator[Stepped]],
    pipe: Connection,
    others: list[Connection],
    ignored: list[int],
) -> NoReturn:
    """All that a child does; what it inherited is not its own to clean up, not even at its end."""
    try:
        for number in ignored:
            signal.signal(number, signal.SIG_IGN)
        if sys.platform != "win32":
            signal.pthread_sigmask(signal.SIG_UNBLOCK, ignored)
        gc.freeze()
        for end in others:
            end.close()
        told: list[Stepped] = []
        last = time.monotonic()
        for step in steps(iter(pipe.recv, None)):
            told.append(step)
            now = time.monotonic()
            if step.chunks or now - last > _TOLD_EVERY_S:
                pipe.send(told)
                told, last = [], now
    except (EOFError, ConnectionError):
        pass  # nobody listens
    except Exception as error:
        pipe.send(error)
    finally:
        os._exit(0)
