"""What the machine has, and what of it this process may use; on Linux, macOS and Windows."""

from __future__ import annotations

import math
import os
import platform
import sys
from collections.abc import Iterator
from pathlib import Path

from w2v.errors import counted

_PROC, _SYS = Path("/proc"), Path("/sys")  # what Linux says of itself; missing elsewhere
_LONGEST = 20  # digits of a number of microseconds


def usable_cores() -> int:
    """Threads of this process that can run at once.

    These are the CPUs that its affinity allows, as the system counts them (a core with two threads
    counts twice), within the CPU quota of its control groups, as of a container.
    """
    share = min(_quotas(), default=math.inf)
    return max(1, math.ceil(min(len(_allowed_cpus()), share)))


def cpu() -> str:
    """This machine's processor, as far as the process may use it, for people."""
    threads = usable_cores()
    cores = min(threads, _cores_of(_allowed_cpus()))
    beside = f", {threads} threads" if threads > cores else ""
    return f"{platform.machine()} CPU, {counted(cores, 'core')}{beside}"


def peak_memory_bytes() -> int:
    """The most memory that this process has held so far."""
    if sys.platform != "win32":
        for line in _text(_PROC / "self/status").splitlines():
            name, _, size = line.partition(":")
            if name == "VmHWM" and size.removesuffix("kB").strip().isdecimal():
                return int(size.removesuffix("kB")) * 1024
        import resource  # not on Linux: there its figure is that of the parent, if that is larger

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024
    import psutil

    return int(psutil.Process().memory_info().peak_wset)


def total_memory_bytes() -> int:
    """Memory of the machine."""
    if hasattr(os, "sysconf"):
        return int(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    import psutil

    return int(psutil.virtual_memory().total)


def _allowed_cpus() -> list[int]:
    """CPUs that this process may run on; all of them where the system binds no process to some."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    import psutil

    process = psutil.Process()
    if hasattr(process, "cpu_affinity"):  # Windows
        return list(process.cpu_affinity())
    return list(range(psutil.cpu_count() or 1))


def _cores_of(cpus: list[int]) -> int:
    """Cores that these CPUs are threads of."""
    if sys.platform == "linux":
        topology = "devices/system/cpu/cpu{}/topology/thread_siblings_list"
        return len({_text(_SYS / topology.format(cpu)) or cpu for cpu in cpus})
    import psutil

    return psutil.cpu_count(logical=False) or len(cpus)


def _quotas() -> Iterator[float]:
    """CPUs whose time the control groups of this process, and all above them, may spend."""
    for line in _text(_PROC / "self/cgroup").splitlines():
        _, controllers, group = line.split(":", 2) if line.count(":") > 1 else ("", "?", "")
        if not controllers:  # version 2
            roots = [""]
        elif "cpu" in controllers.split(","):
            roots = list(dict.fromkeys([controllers, "cpu", "cpu,cpuacct"]))
        else:
            continue
        for root in (_SYS / "fs/cgroup" / name for name in roots):
            # in a container its own group may stand at the root, and the path be one of the host
            lowest = root / group.lstrip("/")
            for folder in (lowest, *lowest.parents):
                quota, period = _quota(folder)
                if quota > 0 and period > 0:
                    yield quota / period
                if folder == root:
                    break


def _quota(group: Path) -> tuple[int, int]:
    """Microseconds of CPU time in each period, and its length; no time is no limit."""
    words = _text(group / "cpu.max").split()
    words = words or [_text(group / f"cpu.cfs_{name}_us").strip() for name in ("quota", "period")]
    numbers = [int(word) for word in words if word.isdecimal() and len(word) < _LONGEST]
    return (numbers[0], numbers[1]) if len(numbers) == len(words) == 2 else (0, 1)


def _text(path: Path) -> str:
    """What a file of the system says; empty where there is none."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except (OSError, ValueError):  # no name that a file can have
        return ""
