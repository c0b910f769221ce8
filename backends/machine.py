"""What the machine has, and what of it this process may use; on Linux, macOS and Windows."""

from __future__ import annotations

import math
import os
import platform
import sys
from collections.abc import Iterator
from pathlib import Path

from w2v.backends.base import Left
from w2v.errors import counted

_PROC, _SYS = Path("/proc"), Path("/sys")  # what Linux says of itself; missing elsewhere
_SECOND_CACHE = 2**20
_LONGEST = 20  # digits of a number of microseconds


def usable_threads() -> int:
    """Threads of this process that can run at once.

    These are the CPUs that its affinity allows, as the system counts them (a core with two threads
    counts twice), within the CPU quota of its control groups, as of a container.
    """
    share = min(_quotas(), default=math.inf)
    return max(1, math.ceil(min(len(_allowed_cpus()), share)))


def usable_cores() -> int:
    """Cores that those threads have: as many as have work that fills a core should be."""
    return min(usable_threads(), _cores_of(_allowed_cpus()))


def cpu() -> str:
    """This machine's processor, as far as the process may use it, for people."""
    threads, cores = usable_threads(), usable_cores()
    beside = f", {threads} threads" if threads > cores else ""
    return f"{platform.machine()} CPU, {counted(cores, 'core')}{beside}"


def peak_memory_bytes() -> int:
    """The most memory that this process has held so far."""
    if sys.platform != "win32":
        if peak := _sizes(_text(_PROC / "self/status")).get("VmHWM"):
            return peak
        import resource  # not on Linux: there its figure is that of the parent, if that is larger

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024
    import psutil

    return int(psutil.Process().memory_info().peak_wset)


def second_cache() -> int:
    """Bytes of a core's second-level cache, as far as the system tells; elsewhere 1 MiB."""
    try:
        return os.sysconf("SC_LEVEL2_CACHE_SIZE") or _SECOND_CACHE
    except (AttributeError, ValueError, OSError):  # not POSIX, or without that name
        return _SECOND_CACHE


def total_memory_bytes() -> int:
    """Memory of the machine."""
    if hasattr(os, "sysconf"):
        return int(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    import psutil

    return int(psutil.virtual_memory().total)


def held_memory_bytes() -> int:
    """The memory that this process holds."""
    if sys.platform == "linux":
        return _sizes(_text(_PROC / "self/status")).get("VmRSS", 0)
    import psutil

    return int(psutil.Process().memory_info().rss)


def memory_left() -> Left | None:
    """What this process can have beyond what it holds, by the tightest of all limits.

    These are what the machine has available, the control groups of the process and all above them,
    as of a container or a batch job, and its own limits (`ulimit -v`, `ulimit -d`). Pages of files
    that are in memory give way, and do not count. None where the system says nothing.
    """
    if sys.platform != "linux":
        import psutil

        return Left(int(psutil.virtual_memory().available), 0, "the machine")
    machine = _sizes(_text(_PROC / "meminfo"))
    if "MemAvailable" not in machine:
        return None
    swap = machine.get("SwapFree", 0)
    found = [Left(machine["MemAvailable"], swap, "the machine")]
    found += [
        Left(max(0, limit - used), min(swap, more), "its control group")
        for limit, used, more in _memory_limits()
    ]
    found += [Left(left, 0, f"ulimit {flag}") for left, flag in _own_limits()]
    return min(found, key=lambda left: left.memory + left.swap)


def _own_limits() -> list[tuple[int, str]]:
    """What the limits of the process leave of addresses and of data, with their flags."""
    if sys.platform != "linux":
        return []
    try:
        import resource
    except ImportError:  # a Python that was made without it
        return []
    status = _sizes(_text(_PROC / "self/status"))
    limits = (resource.RLIMIT_AS, "VmSize", "-v"), (resource.RLIMIT_DATA, "VmData", "-d")
    return [
        (max(0, most - status.get(used, 0)), flag)
        for most, used, flag in ((resource.getrlimit(n)[0], used, flag) for n, used, flag in limits)
        if most != resource.RLIM_INFINITY
    ]


def _memory_limits() -> Iterator[tuple[int, int, int]]:
    """Of each control group that limits memory: the limit, what is used of it, and its swap."""
    for folder in _groups("memory"):
        limit = _number(folder / "memory.max") or _number(folder / "memory.limit_in_bytes")
        used = _number(folder / "memory.current") or _number(folder / "memory.usage_in_bytes")
        if limit is None or used is None:
            continue
        about = dict(line.split()[:2] for line in _text(folder / "memory.stat").splitlines())
        files = [f"{kind}active_file" for kind in ("in", "")]
        files = [f"total_{name}" if f"total_{name}" in about else name for name in files]
        given = sum(int(about[name]) for name in files if about.get(name, "").isdecimal())
        swap_limit = _number(folder / "memory.swap.max")
        swap_used = _number(folder / "memory.swap.current") or 0
        swap = 2**63 if swap_limit is None else max(0, swap_limit - swap_used)
        yield limit, max(0, used - given), swap


def _number(path: Path) -> int | None:
    """A number that a file of the system holds; None where there is no file, or no limit."""
    word = _text(path).strip()
    return int(word) if word.isdecimal() and len(word) < _LONGEST else None


def _sizes(text: str) -> dict[str, int]:
    """Bytes of the lines `Name:  12 kB`."""
    lines = (line.partition(":") for line in text.splitlines())
    return {
        name: int(size.split()[0]) * 1024
        for name, _, size in lines
        if size.strip().endswith("kB") and size.split()[0].isdecimal()
    }


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
    for folder in _groups("cpu", "cpu,cpuacct"):
        quota, period = _quota(folder)
        if quota > 0 and period > 0:
            yield quota / period


def _groups(controller: str, *mounted: str) -> Iterator[Path]:
    """Folders of the control groups of this process, and of all above them.

    `mounted` are names under which version 1 may have the controller too.
    """
    for line in _text(_PROC / "self/cgroup").splitlines():
        _, controllers, group = line.split(":", 2) if line.count(":") > 1 else ("", "?", "")
        if not controllers:  # version 2
            roots = [""]
        elif controller in controllers.split(","):
            roots = list(dict.fromkeys([controllers, controller, *mounted]))
        else:
            continue
        for root in (_SYS / "fs/cgroup" / name for name in roots):
            # in a container its own group may stand at the root, and the path be one of the host
            lowest = root / group.lstrip("/")
            for folder in (lowest, *lowest.parents):
                yield folder
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
