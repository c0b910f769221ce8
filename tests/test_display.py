"""Bars and lines: on terminals of any width, in notebooks, in logs."""

from __future__ import annotations

import os
import re
import struct
import sys
import types
from typing import Any

import pytest

from w2v import display
from w2v.display import Display, bar_line, duration, place, short

PARTS = ["0:12 left", "epoch 2 of 5", "loss 2.31", "1.2M words/s"]


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bars need not wait, and no kernel has started the tests."""
    monkeypatch.setattr(display, "_FIRST_S", 0.0)
    monkeypatch.setattr(display, "_BAR_EVERY_S", 0.0)
    for name in ("JPY_PARENT_PID", "PAGER", "GIT_PAGER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")


@pytest.mark.parametrize("columns", [1, 5, 14, 20, 30, 40, 80, 120, 300])
@pytest.mark.parametrize("done", [0.0, 0.37, 0.999, 1.0])
def test_a_line_fits_and_says_how_far_it_is(columns: int, done: float) -> None:
    line = bar_line("training", done, PARTS, columns, plain=False)
    assert len(line) <= columns
    if columns >= 14:
        assert f"{int(100 * done)}%" in line


def test_the_width_there_is_gets_used() -> None:
    lines = [bar_line("training", 0.5, PARTS, width, plain=True) for width in (40, 79, 119)]
    assert [len(line) for line in lines] == [40, 79, 119]
    assert lines[0] == "training  50% ########-------- 0:12 left"
    assert lines[1].endswith("- 0:12 left, epoch 2 of 5, loss 2.31, 1.2M words/s")


def test_nothing_in_a_label_moves_the_cursor() -> None:
    line = bar_line("a\r\x1b[2Jb\n", 0.5, [], 40, plain=True)
    assert line.startswith(r"a\r\x1b[2Jb\n  50% ####")


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0"), (950, "950"), (1234, "1.2k"), (99_600, "100k"), (999_900, "1.0M"), (16.4e6, "16M")],
)
def test_short_numbers(number: float, text: str) -> None:
    assert short(number) == text


def test_durations() -> None:
    assert [duration(x) for x in (0, 59.6, 61, 3725, 1e9)] == [
        *("0:00", "1:00", "1:01", "1:02:05", "--:--")
    ]


@pytest.mark.parametrize("columns", [40, 80, 120])
def test_on_a_terminal(columns: int) -> None:
    """What a terminal shows in the end: the lines that stay, and no rest of the bar."""
    pty = pytest.importorskip("pty", reason="no pseudo-terminals here")
    fcntl: Any = pytest.importorskip("fcntl")
    termios: Any = pytest.importorskip("termios")

    code = (
        "from w2v import display\n"
        "display._FIRST_S = display._BAR_EVERY_S = 0.0\n"
        "with display.Display() as shown:\n"
        "    for done in (0.1, 0.5):\n"
        f"        shown.show('training', done, {PARTS!r})\n"
        "    shown.say('one line')\n"
        "    shown.show('training', 0.7, ['0:01 left'])\n"
    )
    child, terminal = pty.fork()
    if child == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # its width is that of standard error
        fcntl.ioctl(2, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        environment = {"PATH": os.environ["PATH"], "TERM": "xterm", "PYTHONIOENCODING": "utf-8"}
        os.execve(sys.executable, [sys.executable, "-c", code], environment)
    written = b""
    try:
        while piece := os.read(terminal, 4096):
            written += piece
    except OSError:  # that is how a terminal ends
        pass
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    lines = written.decode().split("\r\n")
    painted = [paint for line in lines for paint in line.split("\r")]
    assert all(len(paint) < columns for paint in painted)
    bars = [paint for paint in painted if "training" in paint]
    assert len(bars) == 3
    assert max(map(len, bars)) >= min(columns - 1, 100)
    assert ("loss 2.31" in bars[0]) == (columns >= 80)
    assert [screen(line).rstrip() for line in lines] == ["one line", ""]


def screen(line: str) -> str:
    """What is left of a line that was painted over."""
    shown = ""
    for paint in line.split("\r"):
        shown = paint + shown[len(paint) :]
    return shown


def test_in_a_log_lines_now_and_then(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with Display() as shown:
        shown.show("training", 0.0, PARTS)
        shown.hint("compiling")
        assert not capsys.readouterr().err  # nothing is due yet, least of all 0 %
        monkeypatch.setattr(display, "_LINE_EVERY_S", 0.0)
        shown.say("begin")
        shown.show("training", 0.5, PARTS)
    lines = capsys.readouterr().err
    assert lines == "begin\n  training 50%, 0:12 left, epoch 2 of 5, loss 2.31, 1.2M words/s\n"


def test_quiet_is_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    for where in ("terminal", "notebook", "lines"):
        with Display(quiet=True, where=where) as shown:
            shown.show("training", 0.5, PARTS)
            shown.hint("x")
            shown.say("x")
    assert capsys.readouterr() == ("", "")


class Notebook:
    """Of IPython what is used here: the outputs below one cell, each by its name."""

    def __init__(self) -> None:
        self.outputs: list[list[str]] = []

    def display(self, data: dict[str, str], *, raw: bool, display_id: bool) -> Notebook:
        assert raw
        assert display_id
        self.outputs.append([data["text/plain"]])
        return self

    def update(self, data: dict[str, str], *, raw: bool) -> None:
        assert raw
        self.outputs[-1].append(data["text/plain"])


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch) -> Notebook:
    made: Any = types.ModuleType("IPython")
    made.get_ipython = lambda: types.SimpleNamespace(kernel=object())
    inner: Any = types.ModuleType("IPython.display")
    cell = Notebook()
    inner.display = cell.display
    monkeypatch.setitem(sys.modules, "IPython", made)
    monkeypatch.setitem(sys.modules, "IPython.display", inner)
    return cell


def test_in_a_notebook_one_output_is_given_anew(
    notebook: Notebook, capsys: pytest.CaptureFixture[str]
) -> None:
    assert place() == "notebook"
    with Display() as shown:
        shown.say("begin")
        shown.show("training", 0.25, PARTS)
        shown.show("training", 0.75, PARTS)
        shown.say("end")
    (cell,) = notebook.outputs
    assert re.fullmatch(r"begin\ntraining  75% █+░+ 0:12 left · epoch 2 of 5 · .+/s", cell[2])
    assert cell[-1] == "begin\nend"
    assert capsys.readouterr() == ("", "")


def test_ipython_in_a_terminal_is_a_terminal(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["IPython"], "get_ipython", object)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    assert place() == "terminal"


@pytest.mark.parametrize(
    "environment",
    [
        {"JPY_PARENT_PID": "1"},
        {"TERM": "xterm-color", "PAGER": "cat", "GIT_PAGER": "cat"},
        {"TERM": "dumb"},
    ],
)
def test_beneath_a_notebook_there_are_lines(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    assert place() == "terminal"
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert place() == "lines"
