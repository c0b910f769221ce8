"""How many threads of this process can run at once; on Linux, macOS and Windows."""

from __future__ import annotations

import contextlib
import math
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

PROC, SYS = Path("/proc"), Path("/sys")  # what Linux says of itself; missing elsewhere
LONGEST_NUMBER = 20  # digits of a number of microseconds, or of bytes


def usable_threads() -> int:
    """Threads of this process that can run at once.

    These are the CPUs that its affinity allows, as the system counts them (a core with two threads
    counts twice), within the CPU quota of its control groups, as of a container.
    """
    share = min(_quotas(), default=math.inf)
    return max(1, math.ceil(min(len(allowed_cpus()), share)))


def usable_cores() -> int:
    """Cores that those threads have: as many as have work that fills a core should be."""
    return min(usable_threads(), _cores_of(allowed_cpus()))


def allowed_cpus() -> list[int]:
    """CPUs that this process may run on; all of them where the system binds no process to some."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    import psutil

    process = psutil.Process()
    if hasattr(process, "cpu_affinity"):  # Windows
        return list(process.cpu_affinity())
    return list(range(psutil.cpu_count() or 1))


def keep_to(cpus: Sequence[int]) -> None:
    """Have this thread, and what it starts from now on, run on these CPUs alone; on Linux.

    Where that is forbidden all stays as it is.
    """
    if hasattr(os, "sched_setaffinity"):
        with contextlib.suppress(OSError):
            os.sched_setaffinity(0, cpus)


def _cores_of(cpus: list[int]) -> int:
    """Cores that these CPUs are threads of."""
    if sys.platform == "linux":
        topology = "devices/system/cpu/cpu{}/topology/thread_siblings_list"
        return len({system_text(SYS / topology.format(cpu)) or cpu for cpu in cpus})
    import psutil

    return psutil.cpu_count(logical=False) or len(cpus)


def _quotas() -> Iterator[float]:
    """CPUs whose time the control groups of this process, and all above them, may spend."""
    for folder in control_groups("cpu", "cpu,cpuacct"):
        quota, period = _quota(folder)
        if quota > 0 and period > 0:
            yield quota / period


def control_groups(controller: str, *mounted: str) -> Iterator[Path]:
    """Folders of the control groups of this process, and of all above them.

    `mounted` are names under which version 1 may have the controller too.
    """
    for line in system_text(PROC / "self/cgroup").splitlines():
        _, controllers, group = line.split(":", 2) if line.count(":") > 1 else ("", "?", "")
        if not controllers:  # version 2
            roots = [""]
        elif controller in controllers.split(","):
            roots = list(dict.fromkeys([controllers, controller, *mounted]))
        else:
            continue
        for root in (SYS / "fs/cgroup" / name for name in roots):
            # in a container its own group may stand at the root, and the path be one of the host
            lowest = root / group.lstrip("/")
            for folder in (lowest, *lowest.parents):
                yield folder
                if folder == root:
                    break


def _quota(group: Path) -> tuple[int, int]:
    """Microseconds of CPU time in each period, and its length; no time is no limit."""
    words = system_text(group / "cpu.max").split()
    words = words or [
        system_text(group / f"cpu.cfs_{name}_us").strip() for name in ("quota", "period")
    ]
    numbers = [int(word) for word in words if word.isdecimal() and len(word) < LONGEST_NUMBER]
    return (numbers[0], numbers[1]) if len(numbers) == len(words) == 2 else (0, 1)


def system_text(path: Path) -> str:
    """What a file of the system says; empty where there is none."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except (OSError, ValueError):  # no name that a file can have
        return ""
