"""How far something is, where a person sees it: always on standard error, never on standard output.

On a terminal and in a notebook a bar that is painted over; elsewhere lines now and then, so that a
log stays readable. A command that a notebook runs by `!` is told that it has a terminal, but what
it paints over stays in the saved notebook; it gets lines.
"""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Literal

from w2v.terminal import Terminal, shown

Place = Literal["terminal", "notebook", "lines"]

_FIRST_S = 0.5  # what takes no longer needs no bar
_BAR_EVERY_S = 0.1
_LINE_EVERY_S = 10.0
_SHORTEST_BAR, _LONGEST_BAR = 10, 60  # columns
_NOTEBOOK_COLUMNS = 100


def place() -> Place:
    """Where this process shows what it says."""
    if _notebook() is not None:
        return "notebook"
    environment = os.environ
    beneath_notebook = "JPY_PARENT_PID" in environment or (  # set by whoever starts a kernel, and
        # by kernels for what they run: colours, but nobody who could turn pages
        environment.get("TERM") == "xterm-color"
        and environment.get("PAGER") == environment.get("GIT_PAGER") == "cat"
    )
    dumb = environment.get("TERM") == "dumb" or beneath_notebook
    terminal = sys.stderr is not None and sys.stderr.isatty() and not dumb
    return "terminal" if terminal else "lines"


def _notebook() -> Any:
    """IPython's shell if it is that of a notebook's kernel; nothing is imported to find out."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell if hasattr(shell, "kernel") else None


class Display:
    """Lines that stay, and one bar below them.

    Parameters
    ----------
    quiet : bool    Say nothing; also where nobody can hear it.
    where : {"terminal", "notebook", "lines"}, optional    As `place` finds it.
    """

    def __init__(self, *, quiet: bool = False, where: Place | None = None) -> None:
        self._place = where or place()
        self._quiet = quiet or (sys.stderr is None and self._place != "notebook")
        self._lock = threading.RLock()  # some is said by other threads
        self._width = 0  # of the line that the bar has painted
        now = time.monotonic()
        self._next_bar, self._next_line = now + _FIRST_S, now + _LINE_EVERY_S
        self._cell = _Cell()
        self.painted = False  # whether there was a bar

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        self.clear()

    def say(self, *lines: str) -> None:
        """Lines that stay; what would steer a terminal, or forge a line, is escaped in each."""
        text = "\n".join(map(shown, lines))
        with self._lock:
            self.clear()
            self.begin()
            if self._place == "notebook":
                self._try(lambda: self._cell.add(text))
            else:
                self._try(lambda: print(text, file=sys.stderr, flush=True))

    def show(self, label: str, done: float, parts: Sequence[str], line: str = "") -> None:
        """How far something is.

        Parameters
        ----------
        label : str             What it is that is so far.
        done : float            Fraction, 0 to 1.
        parts : list of str     More about it, the most important first: as many as there is
                                room for.
        line : str              All of it, for a log; made of the rest if it is left out.
        """
        if self._quiet:
            return
        if self._place == "lines":
            if self.line_is_due():
                self.say(line or f"  {label} {_percent(done)}, {', '.join(parts)}")
            return
        now = time.monotonic()
        if now >= self._next_bar:
            self._next_bar = now + _BAR_EVERY_S
            self._paint(lambda columns, plain: bar_line(label, done, parts, columns, plain=plain))

    def hint(self, text: str) -> None:
        """A line in place of the bar, while it cannot be said how far something is."""
        if self._place != "lines" and not self._quiet:
            self._paint(lambda columns, plain: shown(text)[:columns])

    def _paint(self, line: Callable[[int, bool], str]) -> None:
        """What `line` makes for so many columns, of ASCII or not, in place of the last one."""
        with self._lock:
            self.painted = True
            if self._place == "notebook":
                self._try(lambda: self._cell.paint(line(_NOTEBOOK_COLUMNS, False)))
                return
            columns = _columns()
            text = line(columns, not _can_print("█░·", sys.stderr))
            self._try(lambda: _write("\r" + text.ljust(min(self._width, columns))))
            self._width = len(text)

    def line_is_due(self) -> bool:
        """Whether a log should have another line; then the next one has time again."""
        if time.monotonic() < self._next_line:
            return False
        self.begin()
        return True

    def begin(self) -> None:
        """Something new begins, of which nothing is to be told yet."""
        self._next_line = time.monotonic() + _LINE_EVERY_S

    def clear(self) -> None:
        """Take the bar away; the next one comes when something has taken a while again."""
        with self._lock:
            if self._place == "notebook":
                self._try(self._cell.clear)
            elif self._width:
                blank = " " * min(self._width, _columns())
                self._width = 0
                self._try(lambda: _write(f"\r{blank}\r"))

    def _try(self, write: Callable[[], None]) -> None:
        """A log that cannot be written ends nothing."""
        if self._quiet:
            return
        try:
            write()
        except OSError:
            self._quiet = True


class _Cell:
    """The output of a notebook's cell: it is one text, given anew as a whole."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._handle: Any = None
        self._bar = ""

    def add(self, text: str) -> None:
        self._lines.append(text)
        self._update()

    def paint(self, bar: str) -> None:
        self._bar = bar
        self._update()

    def clear(self) -> None:
        if self._bar:
            self.paint("")

    def _update(self) -> None:
        from IPython.display import display

        text = {"text/plain": "\n".join([*self._lines, *filter(None, [self._bar])])}
        if self._handle is None:
            self._handle = display(text, raw=True, display_id=True)
        else:
            self._handle.update(text, raw=True)


def bar_line(label: str, done: float, parts: Sequence[str], columns: int, *, plain: bool) -> str:
    """A line with a bar, of no more than `columns`: as many of the parts as fit, then the bar.

    Nothing that could move the cursor is in it.
    """
    full, empty, between = "#-," if plain else "█░ "
    between = ", " if plain else " · "
    head = f"{shown(label)} {_percent(done):>4} "
    tail = ""
    for part in map(shown, parts):
        longer = f"{tail}{between}{part}" if tail else f" {part}"
        if len(head) + _SHORTEST_BAR + len(longer) > columns:
            break
        tail = longer
    room = columns - len(head) - len(tail)
    if room < _SHORTEST_BAR:  # not even the bar
        return head[: max(columns, 0)].rstrip()
    room = min(room, _LONGEST_BAR)
    filled = int(done * room)
    return f"{head}{full * filled}{empty * (room - filled)}{tail}"


def _percent(done: float) -> str:
    return f"{int(100 * done)}%"  # 100 only when it is


def _can_print(text: str, stream: Any) -> bool:
    try:
        text.encode(stream.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True


def _columns() -> int:
    """Of the terminal that standard error is; one less, since in the last column some wrap."""
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns - 1
    except (OSError, ValueError):
        return shutil.get_terminal_size().columns - 1


def _write(text: str) -> None:
    """To standard error; the bar moves the cursor itself."""
    stream = sys.stderr.stream if isinstance(sys.stderr, Terminal) else sys.stderr
    stream.write(text)
    stream.flush()


def duration(seconds: float) -> str:
    """In minutes and seconds, with hours where there are any; a guess without bound is --:--."""
    if seconds > 1e6:
        return "--:--"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def short(count: float) -> str:
    """A count in three digits or so: 950, 12k, 1.2M, 16M."""
    for unit, size in (("M", 1e6), ("k", 1e3)):
        if count >= 0.9995 * size:
            value = count / size
            return f"{value:.1f}{unit}" if value < 9.95 else f"{value:,.0f}{unit}"
    return f"{count:.0f}"
