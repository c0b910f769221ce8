"""Signals: noted, raised, held, lost in a function that C calls, and put back."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from w2v import interrupts

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sends signals of POSIX")

NAMES = ["SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1"]
ENDING = [signal.Signals[name] for name in NAMES if hasattr(signal, name)]


@pytest.fixture(autouse=True)
def as_python_begins() -> Iterator[None]:
    """Handlers as they are in a program that gave none, whatever this process has."""
    defaults: list[Any] = [signal.default_int_handler, *[signal.SIG_DFL] * 3]
    before = [signal.signal(*pair) for pair in zip(ENDING, defaults, strict=True)]
    hook = sys.unraisablehook
    yield
    after = [signal.signal(*pair) for pair in zip(ENDING, before, strict=True)]
    assert after == defaults  # nothing is left behind
    assert sys.unraisablehook is hook
    assert interrupts.pending() is None


def lose(number: int) -> None:
    """Send a signal in a function that C calls, where its exception is lost."""
    ctypes.CFUNCTYPE(None)(lambda: signal.raise_signal(number))()


def code(error: BaseException) -> object:
    return 130 if isinstance(error, KeyboardInterrupt) else error.code  # type: ignore[attr-defined]


@pytest.mark.parametrize("number", ENDING, ids=NAMES)
def test_an_installed_handler_raises_with_the_code_of_its_signal(number: signal.Signals) -> None:
    with pytest.raises((KeyboardInterrupt, SystemExit)) as raised, interrupts.install():
        signal.raise_signal(number)
    assert code(raised.value) == 128 + number


@pytest.mark.parametrize(("number", "expected"), [(signal.SIGTERM, 143), (None, 1)])
def test_an_exit_that_others_make_another_of_keeps_its_code(
    number: signal.Signals | None, expected: int
) -> None:
    def others() -> None:
        with contextlib.suppress(SystemExit):
            if number is not None:
                signal.raise_signal(number)
        raise SystemExit(1)  # as Ray does

    with pytest.raises(SystemExit) as raised, interrupts.install():
        others()
    assert code(raised.value) == expected


@pytest.mark.parametrize("number", ENDING, ids=NAMES)
def test_a_lost_exception_is_raised_again_without_noise(
    number: signal.Signals, capfd: pytest.CaptureFixture[str]
) -> None:
    def lost_twice() -> None:
        with interrupts.install():
            lose(number)
            lose(number)  # too soon to be another
            time.sleep(30)

    began = time.monotonic()
    with pytest.raises((KeyboardInterrupt, SystemExit)) as raised:
        lost_twice()
    assert time.monotonic() - began < 20
    assert code(raised.value) == 128 + number
    assert capfd.readouterr().err == ""


def test_a_lost_exception_is_raised_by_who_asks() -> None:
    with interrupts.install():
        interrupts.ask()
        lose(signal.SIGTERM)
        with pytest.raises(SystemExit) as raised:
            interrupts.ask()
        assert raised.value.code == 143


def test_what_fails_because_an_exception_was_lost_is_not_what_ends_the_program() -> None:
    """Numba misses what the function was to do that lost it: "no compiled object yet"."""

    def fail() -> None:
        with interrupts.install():
            lose(signal.SIGTERM)
            raise RuntimeError("no compiled object yet")

    with pytest.raises(SystemExit) as raised:
        fail()
    assert raised.value.code == 143


def test_what_fails_while_a_signal_is_held_is_told() -> None:
    def fail() -> None:
        with interrupts.install(), interrupts.held():
            signal.raise_signal(signal.SIGTERM)
            raise RuntimeError("disk full")

    with pytest.raises(RuntimeError):
        fail()


def test_what_others_lose_is_reported_as_ever() -> None:
    seen: list[Any] = []
    before, sys.unraisablehook = sys.unraisablehook, seen.append
    try:
        with interrupts.install():
            ctypes.CFUNCTYPE(None)(lambda: 1 / 0)()
    finally:
        sys.unraisablehook = before
    assert [what.exc_type for what in seen] == [ZeroDivisionError]


class HalfMade:
    """An object that a signal meets while it is made, as those of llvmlite."""

    def __init__(self) -> None:
        signal.raise_signal(signal.SIGTERM)
        self.made = True

    def __del__(self) -> None:
        assert self.made


def test_what_is_left_half_made_goes_unheard() -> None:
    def make() -> None:
        with interrupts.install():
            HalfMade()

    seen: list[Any] = []
    before, sys.unraisablehook = sys.unraisablehook, seen.append
    try:
        with pytest.raises(SystemExit):
            make()
        gc.collect()
    finally:
        sys.unraisablehook = before
    assert not seen


LLVM = """
class Object:
    taken = False

    def take(self):
        signal()
        self.taken = True

    def __iter__(self):
        return self

    def __next__(self):
        self.take()
        raise StopIteration
"""
"""A module that notes what LLVM has taken a moment after it took it, as those of llvmlite do."""


def taken_by(given: Any) -> None:
    given.take()


def taken_at_the_end_of_a_loop(given: Any) -> None:
    for _ in given:
        pass


def taken_by_what_c_calls(given: Any) -> None:
    ctypes.CFUNCTYPE(None)(given.take)()


@pytest.mark.parametrize("debugged", [False, True])
@pytest.mark.parametrize("take", [taken_by, taken_at_the_end_of_a_loop, taken_by_what_c_calls])
def test_nothing_is_raised_between_what_llvm_does_and_the_note_of_it(
    take: Any, debugged: bool
) -> None:
    module: dict[str, Any] = {"__name__": "llvmlite.binding.linker"}
    exec(LLVM, module)
    module["signal"] = lambda: signal.raise_signal(signal.SIGTERM)
    given = module["Object"]()
    came_back: list[bool] = []

    def trace(*_: object) -> None:
        pass

    def end() -> None:
        with interrupts.install():
            take(given)
            came_back.append(True)
            time.sleep(30)

    began, before = time.monotonic(), sys.gettrace()
    if debugged:
        sys.settrace(trace)
    try:
        with pytest.raises(SystemExit) as raised:
            end()
        assert sys.gettrace() is (trace if debugged else before)
    finally:
        sys.settrace(before)
    assert raised.value.code == 143
    assert given.taken
    assert time.monotonic() - began < 20
    if not (debugged or before):
        assert not came_back


def test_no_module_of_llvm_is_freed_twice() -> None:
    """A signal that comes while LLVM links is met as it comes back, before that is noted."""
    pytest.importorskip("llvmlite")
    program = """
import gc, signal, types
from llvmlite import binding
from llvmlite.binding import ffi, linker
from w2v import interrupts

def link(*given):
    failed = ffi.lib.LLVMPY_LinkModules(*given)
    signal.raise_signal(signal.SIGTERM)
    return failed

linker.ffi = types.SimpleNamespace(
    OutputString=ffi.OutputString, lib=types.SimpleNamespace(LLVMPY_LinkModules=link)
)
one, other = (binding.parse_assembly(f"define void @{name}() {{ ret void }}") for name in "ab")
try:
    with interrupts.install():
        one.link_in(other)
        print("no signal")
except SystemExit as end:
    print(end.code, other.closed, flush=True)
del one, other
gc.collect()
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "143 True\n", "")


@pytest.mark.parametrize("installed", [False, True])
@pytest.mark.parametrize("number", [one for one in ENDING if one.name != "SIGHUP"])
def test_held_signals_are_noted_until_someone_asks(number: signal.Signals, installed: bool) -> None:
    def hold() -> None:
        with interrupts.held():
            assert interrupts.pending() is None
            signal.raise_signal(number)
            assert interrupts.pending() == number
            interrupts.ask_unless_held()
            with interrupts.held():
                pass
        assert interrupts.pending() == number
        with pytest.raises((KeyboardInterrupt, SystemExit)) as raised:
            interrupts.ask()
        assert code(raised.value) == 128 + number

    if installed:
        with interrupts.install():
            hold()
    else:
        hold()
        interrupts.ask()  # once is enough


def test_ctrl_c_need_not_be_held() -> None:
    with interrupts.install(), interrupts.held(keys=False):
        signal.raise_signal(signal.SIGTERM)
        assert interrupts.pending() == signal.SIGTERM
    with interrupts.install(), interrupts.held(keys=False):
        with interrupts.held():
            signal.raise_signal(signal.SIGINT)
        assert interrupts.pending() == signal.SIGINT
    with interrupts.install(), interrupts.held(keys=False), pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_the_first_of_several_held_signals_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interrupts, "_ONE_PRESS_S", 0)
    with interrupts.install(), interrupts.held():
        signal.raise_signal(ENDING[-1])
        signal.raise_signal(signal.SIGTERM)
        assert interrupts.pending() == ENDING[-1]


def test_a_second_press_is_not_held() -> None:
    with interrupts.held():
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)  # the same press
        time.sleep(1.05)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        interrupts.ask()


def test_an_exception_that_leaves_answers_what_was_held() -> None:
    def held() -> None:
        with interrupts.held():
            signal.raise_signal(signal.SIGINT)
            interrupts.ask()

    with pytest.raises(KeyboardInterrupt):
        held()
    interrupts.ask()


def test_the_same_signal_twice_disturbs_no_cleaning_up() -> None:
    cleaned = []

    def twice() -> None:
        with interrupts.install():
            try:
                signal.raise_signal(signal.SIGTERM)
            finally:
                signal.raise_signal(signal.SIGTERM)
                cleaned.append(True)

    with pytest.raises(SystemExit):
        twice()
    assert cleaned


def test_ignored_signals_and_handlers_of_the_program_stay() -> None:
    mine: list[int] = []
    hangup = signal.Signals["SIGHUP"]

    def handler(number: int, _: object) -> None:
        mine.append(number)

    signal.signal(hangup, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, handler)
    with interrupts.install():
        signal.raise_signal(hangup)
    with interrupts.held(), interrupts.heeded():
        signal.raise_signal(signal.SIGTERM)
        assert interrupts.pending() is None
    assert mine == [signal.SIGTERM]
    assert signal.signal(hangup, signal.SIG_DFL) == signal.SIG_IGN
    assert signal.signal(signal.SIGTERM, signal.SIG_DFL) == handler


def test_heeded_loses_no_press_and_leaves_other_signals_alone() -> None:
    def press() -> None:
        with interrupts.heeded():
            assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
            lose(signal.SIGINT)
            time.sleep(30)

    with pytest.raises(KeyboardInterrupt):
        press()


def test_other_threads_hold_nothing() -> None:
    handlers: list[object] = []

    def look() -> None:
        with interrupts.install(), interrupts.heeded(), interrupts.held():
            handlers.append(signal.getsignal(signal.SIGINT))
            interrupts.ask()

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert handlers == [signal.default_int_handler]


@pytest.mark.parametrize("number", ENDING[1:], ids=NAMES[1:])
def test_a_program_that_holds_ends_with_the_code(number: signal.Signals) -> None:
    """As a shell says of a process that a signal has ended."""
    program = (
        "import signal\nfrom w2v import interrupts\n"
        f"with interrupts.install(), interrupts.held():\n    signal.raise_signal({int(number)})\n"
        "    print('good end')\n    interrupts.ask()\nprint('never')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (128 + number, "good end\n", "")
