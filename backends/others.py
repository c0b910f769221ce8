"""How busy others keep the processor while something is measured."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

_STAT = Path("/proc/stat")
_CPU = re.compile(r"^cpu(\d+) (.*)$", re.MULTILINE)
_IDLE = slice(3, 5)  # of the times of a CPU: idle, and waiting for a disk
_TIMES = 8  # what follows is part of these


class Others:
    """What others take of the CPUs that this process may use, from its making on; on Linux.

    That is their time that was neither idle nor spent by this process and by the children that it
    has waited for. Time that a virtual machine was kept waiting counts as taken.
    """

    def __init__(self) -> None:
        self._began, self._own = _times(), _own_seconds()

    def share(self) -> float | None:
        """So far, of all there was, from 0 to 1; None where the system does not say."""
        now = _times()
        ours = [cpu for cpu in _bound_to() if cpu in now and cpu in self._began]
        busy, whole = (sum(now[cpu][i] - self._began[cpu][i] for cpu in ours) for i in (0, 1))
        own = _own_seconds() - self._own
        return min(1.0, max(0.0, (busy - own) / whole)) if whole > 0 else None


def _bound_to() -> set[int]:
    if sys.platform == "linux":
        return os.sched_getaffinity(0)
    return set()


def _own_seconds() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _times() -> dict[int, tuple[float, float]]:
    """Seconds that each CPU was busy, and in all, since the machine began; none but on Linux."""
    if sys.platform != "linux":
        return {}
    try:
        text = _STAT.read_text(encoding="ascii")
    except OSError:
        return {}
    tick = os.sysconf("SC_CLK_TCK")
    found = {}
    for number, numbers in _CPU.findall(text):
        times = [int(time) / tick for time in numbers.split()[:_TIMES]]
        whole = sum(times)
        found[int(number)] = whole - sum(times[_IDLE]), whole
    return found
