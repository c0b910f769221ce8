"""A disk on which one call fails, or after which nothing more happens: see `w2v/files/disk.py`."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from w2v.files import disk

ERRORS = ("EIO", "ENOSPC", "EDQUOT", "EINTR")
"""What a call can fail with: a broken disk, a full one, a full quota, a signal."""


class FailingDisk:
    """Does what `disk.call` does, but for one call.

    Parameters
    ----------
    at : int
        The number of that call, from 1.
    trouble : str
        A name of `errno`; "short", a write of a part of the bytes; or "kill", the end of the
        process, as by SIGKILL. A write that fails, or is the last, has written a part; one that a
        signal interrupts (EINTR) has not, and Python makes it again.
    lasting : bool
        Whether all calls after that fail too.

    Attributes
    ----------
    done : list of str
        The calls that were made and did not fail.
    failed : str
        The one that failed first.
    """

    def __init__(self, at: int, trouble: str, *, lasting: bool = False) -> None:
        self.at, self.trouble, self.lasting = at, trouble, lasting
        self.number = 0
        self.done: list[str] = []
        self.failed = ""

    def __call__(self, function: Callable[..., Any], *given: Any, **named: Any) -> Any:
        self.number += 1
        if self.number == self.at or (self.failed and self.lasting):
            self.failed = self.failed or function.__name__
            if self.trouble != "short":
                self._fail(function, given)
            if function is os.write:
                given = (given[0], _half(given[1]))
        # what reaches the disk itself, and when, no reader can tell
        result = None if function is os.fsync else function(*given, **named)
        self.done.append(function.__name__)
        return result

    def _fail(self, function: Callable[..., Any], given: tuple[Any, ...]) -> None:
        if function is os.write and self.trouble != "EINTR":
            os.write(given[0], _half(given[1]))
        if self.trouble == "kill" and sys.platform != "win32":
            os.kill(os.getpid(), signal.SIGKILL)
        raise OSError(getattr(errno, self.trouble), self.reason)

    def mend(self) -> None:
        """From now on nothing fails."""
        self.at, self.lasting = 0, False

    @property
    def made_again(self) -> bool:
        """Whether the call that failed is one that Python makes again."""
        return self.failed == "write" and self.trouble == "EINTR"

    @property
    def reason(self) -> str:
        """What messages call the trouble."""
        return os.strerror(getattr(errno, self.trouble, 0))


def _half(data: Any) -> memoryview:
    return memoryview(data)[: (memoryview(data).nbytes + 1) // 2]


def each_call(
    monkeypatch: pytest.MonkeyPatch, trouble: str, *, lasting: bool = False, block: int = 512
) -> Iterator[FailingDisk]:
    """A disk whose first call fails, then one whose second does, until none fails any more.

    A write is of `block` bytes, few, so that a file takes several of them.
    """
    at, failing = 1, None
    while failing is None or failing.failed:
        failing = FailingDisk(at, trouble, lasting=lasting)
        with monkeypatch.context() as patch:
            patch.setattr(disk, "call", failing)
            patch.setattr(disk, "BLOCK_BYTES", block)
            yield failing
        at += 1


def killed_at_each_call(save: Callable[[], object], after: Callable[[], object]) -> int:
    """Kill a process at its first call, the next at its second, until one comes to its end.

    Parameters
    ----------
    save : callable
        What the processes do; they are forked from this one, which should have no threads.
    after : callable
        Called after each was killed.

    Returns
    -------
    int
        How many were killed.
    """
    if sys.platform == "win32":
        raise NotImplementedError("fork")
    vars(disk)["BLOCK_BYTES"] = 512
    at = 0
    while True:
        at += 1
        child = os.fork()
        if not child:
            vars(disk)["call"] = FailingDisk(at, "kill")
            save()
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if os.waitstatus_to_exitcode(status) == 0:
            return at - 1
        assert os.WTERMSIG(status) == signal.SIGKILL
        after()


def kills_of(file: str, *arguments: object) -> list[int]:
    """How many `kill` of a file of tests has killed; it is called in a process of its own.

    It forks, which a process with threads should not, and prints the numbers.
    """
    module, here = Path(file).stem, Path(file).parent
    program = f"import sys; from {module} import kill; kill(*sys.argv[1:])"
    done = subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, [here, Path(__file__).parent]))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return list(map(int, done.stdout.split()))


def content(folder: Path) -> dict[str, bytes]:
    """All files below a folder, by their names within it."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}
