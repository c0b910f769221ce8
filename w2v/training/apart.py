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
import pickle
import signal
import socket
import sys
import time
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import NoReturn

from w2v.errors import TrainingError
from w2v.training.worker import Stepped, Steps, Worker

_OURS_TO_ANSWER = {
    getattr(signal, name, None) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1")
}
"""Signals that keys and launchers send to all processes of a group at once."""
_OF_NO_MEMORY = ("SIGKILL", "SIGBUS")
_TOLD_EVERY_S = 0.05
"""Whoever listens is woken on a core that trains: once a step it would take a sixth of all time."""
_LOOKED_EVERY_S = 0.5
"""Whether the other process is there at all, or the run is stopped, by who waits for a message."""
_WAITED_S = 0.001
_MOST_TO_END_S = 10.0
"""More than a step takes; a process that was stopped would never end."""

# Of Python 3.12 and later. What may be locked for ever in a child is of no use to it, see `_live`.
warnings.filterwarnings(
    "ignore", "This process .* is multi-threaded, use of fork", DeprecationWarning, __name__
)


class WorkerApart(Worker):
    """See `Worker`; whenever it trains it is a process of its own, if the system has one left."""

    def _taken(
        self, steps: Steps, spans: Iterable[range], stopped: Callable[[], bool]
    ) -> Generator[Stepped, None, None]:
        try:
            child = _Child(steps)
        except OSError:
            yield from steps(spans, stopped)
            return
        with contextlib.closing(child):
            for span in spans:
                for step in child.take(span, stopped):
                    yield step
                    if stopped():
                        return


class _Child:
    """A process that takes the steps of one span after the other.

    Parameters
    ----------
    steps : Steps

    Raises
    ------
    OSError
        There can be no more processes.
    """

    _pipe: Connection
    _number: int
    _code = 0

    def __init__(self, steps: Steps) -> None:
        if sys.platform == "win32":
            raise OSError("there are no forks")
        parent = os.getpid()
        self._pipe, theirs = Pipe()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        try:
            self._number = os.fork()
            if self._number == 0:
                _live(steps, self._pipe, theirs, parent, before)
        except OSError:
            self._pipe.close()
            raise
        finally:
            theirs.close()
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def take(self, span: range, stopped: Callable[[], bool]) -> Iterator[Stepped]:
        """The steps of a span, as they are taken; all of them, unless `stopped`.

        Raises
        ------
        TrainingError
            The process was ended by somebody else. Any other error is one that it met.
        """
        whole = False
        try:
            self._pipe.send(span)
            while not whole:
                while not self._pipe.poll(_LOOKED_EVERY_S):
                    if stopped():
                        return
                found = self._pipe.recv()
                if isinstance(found, Exception):
                    raise found
                yield from found
                whole = found[-1].chunks > 0
        except (EOFError, ConnectionError):
            raise TrainingError(f"A worker's process {self._how_it_ended()}") from None

    def close(self) -> None:
        """Have it see that nobody listens, and wait for its end: after the step under way."""
        with contextlib.suppress(OSError):
            same = socket.socket(fileno=self._pipe.fileno())
            try:
                same.shutdown(socket.SHUT_RDWR)  # others may have been forked with it open
            finally:  # it has ended, maybe
                same.detach()
        with contextlib.suppress(OSError):
            self._pipe.close()
        self._wait()

    def _wait(self) -> None:
        if sys.platform == "win32":
            return
        end = time.monotonic() + _MOST_TO_END_S
        while self._number:
            try:
                number, status = os.waitpid(self._number, os.WNOHANG)
            except ChildProcessError:  # somebody else has waited for it
                self._number = 0
                return
            if number:
                self._number, self._code = 0, os.waitstatus_to_exitcode(status)
            elif time.monotonic() > end:
                os.kill(self._number, signal.Signals["SIGKILL"])
            else:
                time.sleep(_WAITED_S)

    def _how_it_ended(self) -> str:
        """For people, with what that means."""
        self._wait()
        without = "and training cannot go on without it"
        if self._code >= 0:
            return f"has ended, {without}."
        names = {each.value: each.name for each in signal.Signals}
        name = names.get(-self._code, f"signal {-self._code}")
        advice = " Memory may have run out: lower `workers`, `dim` or `max_vocab`."
        return f"was ended by {name}, {without}.{advice if name in _OF_NO_MEMORY else ''}"


def _live(
    steps: Steps, others: Connection, pipe: Connection, parent: int, unblocked: Iterable[int]
) -> NoReturn:
    """All that a child does; what it inherited is not its own to clean up, not even at its end."""
    try:
        gc.freeze()
        _leave_signals()
        if sys.platform != "win32":
            signal.pthread_sigmask(signal.SIG_SETMASK, unblocked)
        others.close()

        def asked() -> Iterator[range]:
            while os.getppid() == parent:
                if pipe.poll(_LOOKED_EVERY_S):
                    yield pipe.recv()

        told: list[Stepped] = []
        last = time.monotonic()
        for step in steps(asked(), lambda: False):
            told.append(step)
            now = time.monotonic()
            if step.chunks or now - last > _TOLD_EVERY_S:
                if os.getppid() != parent:
                    break
                pipe.send(told)
                told, last = [], now
    except (EOFError, ConnectionError):
        pass  # nobody listens
    except Exception as error:
        pipe.send(_portable(error))
    finally:
        os._exit(0)


def _leave_signals() -> None:
    """Those that the program answers, and those that are ours to answer."""
    signal.set_wakeup_fd(-1)
    for number in signal.valid_signals():
        if callable(signal.getsignal(number)) or number in _OURS_TO_ANSWER:
            signal.signal(number, signal.SIG_IGN)


def _portable(error: Exception) -> Exception:
    """The error, or its words, where it cannot be sent."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return TrainingError(f"A worker has failed: {type(error).__name__}: {error}")
    return error
