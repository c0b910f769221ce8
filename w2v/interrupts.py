"""Signals that end the program: each is noted, and raised where that can be done.

Python raises for a signal between any two steps of the main thread, and loses the exception where
that step is called from C: in the functions that LLVM calls while Numba compiles, in ``__del__``.
So a handler notes its signal first. An exception that was lost is raised again a moment later,
`ask` raises for what was noted, and within `held` it is only noted, for work that has to come to
a good end first. Nor is anything raised within the Python side of LLVM, but as soon as it is left.

The exit code is that of a shell for a process that a signal ended, 128 and the signal's number:
130 for SIGINT (Ctrl-C), 143 for SIGTERM, 129 for SIGHUP, 138 for SIGUSR1 (158 on macOS).
"""

from __future__ import annotations

import _thread
import contextlib
import math
import signal
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

_ONE_PRESS_S = 1.0
"""A signal within this time of another is the same, and disturbs no cleaning up: launchers send
one to each process and to their group, and keys are pressed twice."""
_AGAIN_S = 0.05
"""After this time an exception that was lost is raised again."""
_ENDING = ("SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1")
_WHILE_HELD = ("SIGINT", "SIGTERM", "SIGUSR1")
_NOT_WITHIN = "llvmlite.binding"
"""Modules that say what is LLVM's to free a moment after it took it: an exception in between would
have it freed twice. A signal that comes while LLVM is at work is met in just these moments."""

_Handlers = dict[int, Any]


class _Noted:
    """What has come, and how much of this module is in force."""

    number: int | None = None
    """Of the signal that came, and was not answered yet."""
    at = -math.inf
    """`time.monotonic` of the last one."""
    installed = 0
    held = 0
    keys_held = 0
    """How many of those hold Ctrl-C too."""
    lost = False
    """Its exception was lost: what fails from now on may fail because of that."""
    due = False
    """The next call of the handler raises it again."""
    again: threading.Timer | None = None
    """Makes that call."""


_noted = _Noted()


@contextlib.contextmanager
def install() -> Iterator[None]:
    """Signals that end a process raise an exception instead, so that everything is cleaned up.

    `KeyboardInterrupt` for SIGINT, ``SystemExit(128 + number)`` for SIGTERM, SIGHUP and SIGUSR1,
    as far as the system has them. One that is ignored, as under nohup, stays ignored. What was
    there before is put back at the end. Outside of the main thread this does nothing.
    """
    with _installed(_ENDING, lambda handler: handler != signal.SIG_IGN):
        yield


@contextlib.contextmanager
def heeded() -> Iterator[None]:
    """Ctrl-C is not lost in a program that leaves it to Python; all else is left alone."""
    with _installed(("SIGINT",), lambda handler: handler is signal.default_int_handler):
        yield


@contextlib.contextmanager
def held(*, keys: bool = True) -> Iterator[None]:
    """Signals are only noted; whoever holds them asks `pending`, and at a good end `ask`.

    Without `keys`, Ctrl-C raises at once.

    A second Ctrl-C, at least a second after the first signal, raises at once all the same. In a
    program of others SIGINT is held if it is Python's, SIGTERM and SIGUSR1 if they would end the
    process. Outside of the main thread this does nothing. Leaving raises nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = _handle(_WHILE_HELD, _ends_all)
    if not (_noted.held or _noted.installed):
        _forget()
    _noted.held += 1
    _noted.keys_held += keys
    try:
        yield
    except (KeyboardInterrupt, SystemExit):
        if not _noted.installed:
            _noted.number = None  # answered
        raise
    finally:
        _noted.held -= 1
        _noted.keys_held -= keys
        _put_back(before)


def pending() -> int | None:
    """The number of a signal that has come, and waits to be answered by this thread."""
    return _noted.number if threading.current_thread() is threading.main_thread() else None


def ask() -> None:
    """Raise for a signal that was held, or whose exception was lost; nothing if none has come.

    Raises
    ------
    KeyboardInterrupt
        For SIGINT.
    SystemExit
        For others; its code is 128 and the number.
    """
    number = pending()
    if number is not None:
        _not_again()
        if not _noted.installed:
            _noted.number = None  # the next training is not asked about it again
        raise _exception(number)


def ask_unless_held() -> None:
    """`ask`, for what does not know whether its caller holds signals."""
    if not _noted.held:
        ask()


def _exception(number: int) -> BaseException:
    return KeyboardInterrupt() if number == signal.SIGINT else SystemExit(128 + number)


def _come(number: int, frame: FrameType | None) -> None:
    """The handler."""
    if _noted.due and _noted.number is not None:
        _noted.due = False
        _raise(_noted.number, frame)
        return
    last, _noted.at = _noted.at, time.monotonic()
    if _noted.at - last < _ONE_PRESS_S:
        return
    held = _noted.held
    if number == signal.SIGINT:
        held = _noted.keys_held and _noted.number is None  # the second press is not held
    raised = not held
    if raised or _noted.number is None:
        _noted.number = number
    if raised:
        _raise(number, frame)


def _raise(number: int, frame: FrameType | None) -> None:
    """Raise where the main thread is, or when it has come back from where nothing may be raised."""
    met, outside = frame, frame
    while met is not None:
        if met.f_globals.get("__name__", "").startswith(_NOT_WITHIN):
            outside = met.f_back
        met = met.f_back
    if outside is frame:
        raise _exception(number)
    if outside is None or sys.gettrace() not in (None, _trace_nothing):
        _come_again()  # who called is not Python, or a debugger is there
        return
    outside.f_trace = _raise_outside
    sys.settrace(_trace_nothing)


def _trace_nothing(*_: Any) -> None:
    """Without one for every frame there is none for the one that matters."""


def _raise_outside(frame: FrameType, event: str, _: Any) -> Callable[..., Any] | None:
    """Called before the next line of a frame, or before it ends."""
    if event == "exception":  # the end of a loop too, which loses what is raised here
        return _raise_outside
    sys.settrace(None)
    frame.f_trace = None
    if _noted.number is not None:
        raise _exception(_noted.number)
    return None


def _ends_all(handler: object) -> bool:
    """Whether a handler is what a program has that never gave one."""
    return handler in (signal.SIG_DFL, signal.default_int_handler)


def _handle(names: tuple[str, ...], ours: Callable[[object], bool]) -> _Handlers:
    """Handle those signals whose handlers are `ours` to replace; what was there before."""
    before: _Handlers = {}
    for number in (getattr(signal, name, None) for name in names):
        there = None if number is None else signal.getsignal(number)
        if number is not None and there is not _come and there is not None and ours(there):
            before[number] = signal.signal(number, _come)
    return before


def _put_back(before: _Handlers) -> None:
    for number, handler in before.items():
        if signal.getsignal(number) is _come:
            signal.signal(number, handler)


@contextlib.contextmanager
def _installed(names: tuple[str, ...], ours: Callable[[object], bool]) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = _handle(names, ours)
    if not before:  # installed already, or left to the program
        yield
        return
    if not _noted.installed:
        _forget()
    _noted.installed += 1
    report = sys.unraisablehook

    def lost(what: sys.UnraisableHookArgs) -> None:
        if _is_noted(what.exc_value):
            _raise_again()
        elif _noted.number is None:
            report(what)  # after a signal it is what was left half made

    sys.unraisablehook = lost
    try:
        yield
    except (KeyboardInterrupt, SystemExit) as end:
        _clear(end)
        if _noted.number in (None, signal.SIGINT) or not isinstance(end, SystemExit):
            raise
        # on its way through C it may have become another: Ray makes SystemExit(1) of all
        raise _exception(_noted.number) from None
    except Exception as error:
        if not _noted.lost or _noted.number is None:
            raise
        _clear(error)
        raise _exception(_noted.number) from None
    finally:
        if sys.unraisablehook is lost:
            sys.unraisablehook = report
        _noted.installed -= 1
        _put_back(before)
        if not _noted.installed:
            _forget()


def _forget() -> None:
    _not_again()
    _noted.number, _noted.at = None, -math.inf
    _noted.lost = False


def _not_again() -> None:
    """Nothing is raised in a moment: it is now, or has been answered."""
    if _noted.again is not None:
        _noted.again.cancel()
    _noted.due = False


def _clear(error: BaseException) -> None:
    """Let go of what was left half made, and have it go unheard."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        traceback.clear_frames(error.__traceback__)


def _is_noted(error: BaseException | None) -> bool:
    """Whether an exception is one that stands for the signal that is noted."""
    if _noted.number is None:
        return False
    if isinstance(error, SystemExit):
        return error.code == 128 + _noted.number
    return isinstance(error, KeyboardInterrupt) and _noted.number == signal.SIGINT


def _raise_again() -> None:
    """Soon, from whatever the main thread is at then."""
    _noted.lost = True
    _come_again()


def _come_again() -> None:
    """Have the handler called in a moment."""
    timer = _noted.again = threading.Timer(_AGAIN_S, _interrupt)
    timer.daemon = True
    with contextlib.suppress(RuntimeError):  # no more threads: whoever asks next raises
        timer.start()


def _interrupt() -> None:
    """Have the handler called, from another thread."""
    if (number := _noted.number) is None:
        return
    _noted.due = True
    if sys.platform == "win32":
        _thread.interrupt_main(signal.Signals(number))
    else:
        signal.pthread_kill(threading.main_thread().ident or 0, number)  # ends a sleep, too
