"""What memory and processor the machine has, and what of it this process may use."""

from __future__ import annotations

import contextlib
import os
import platform
import sys
from collections.abc import Iterator
from pathlib import Path

from w2v import cpus
from w2v.backends.base import Left
from w2v.cpus import control_groups, system_text, usable_cores, usable_threads
from w2v.errors import counted

_SECOND_CACHE = 2**20


def cpu() -> str:
    """This machine's processor, as far as the process may use it, for people."""
    threads, cores = usable_threads(), usable_cores()
    beside = f", {threads} threads" if threads > cores else ""
    return f"{platform.machine()} CPU, {counted(cores, 'core')}{beside}"


def peak_memory_bytes() -> int:
    """The most memory that this process has held so far."""
    if sys.platform != "win32":
        if peak := _sizes(system_text(cpus.PROC / "self/status")).get("VmHWM"):
            return peak
        import resource  # not on Linux: there its figure is that of the parent, if that is larger

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024
    import psutil

    return int(psutil.Process().memory_info().peak_wset)


def second_cache() -> int:
    """Bytes of a core's second-level cache, as far as the system tells; elsewhere 1 MiB."""
    found = 0
    if hasattr(os, "sysconf"):
        with contextlib.suppress(ValueError, OSError):  # no such name
            found = os.sysconf("SC_LEVEL2_CACHE_SIZE")
    return found if found > 0 else _SECOND_CACHE


def total_memory_bytes() -> int:
    """Memory of the machine."""
    if hasattr(os, "sysconf"):
        return int(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    import psutil

    return int(psutil.virtual_memory().total)


def held_memory_bytes() -> int:
    """The memory that this process holds."""
    if sys.platform == "linux":
        return _sizes(system_text(cpus.PROC / "self/status")).get("VmRSS", 0)
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
    machine = _sizes(system_text(cpus.PROC / "meminfo"))
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
    status = _sizes(system_text(cpus.PROC / "self/status"))
    limits = (resource.RLIMIT_AS, "VmSize", "-v"), (resource.RLIMIT_DATA, "VmData", "-d")
    return [
        (max(0, most - status.get(used, 0)), flag)
        for most, used, flag in ((resource.getrlimit(n)[0], used, flag) for n, used, flag in limits)
        if most != resource.RLIM_INFINITY
    ]


def _memory_limits() -> Iterator[tuple[int, int, int]]:
    """Of each control group that limits memory: the limit, what is used of it, and its swap."""
    for folder in control_groups("memory"):
        limit = _number(folder / "memory.max") or _number(folder / "memory.limit_in_bytes")
        used = _number(folder / "memory.current") or _number(folder / "memory.usage_in_bytes")
        if limit is None or used is None:
            continue
        about = dict(line.split()[:2] for line in system_text(folder / "memory.stat").splitlines())
        files = [f"{kind}active_file" for kind in ("in", "")]
        files = [f"total_{name}" if f"total_{name}" in about else name for name in files]
        given = sum(int(about[name]) for name in files if about.get(name, "").isdecimal())
        swap_limit = _number(folder / "memory.swap.max")
        swap_used = _number(folder / "memory.swap.current") or 0
        swap = 2**63 if swap_limit is None else max(0, swap_limit - swap_used)
        yield limit, max(0, used - given), swap


def _number(path: Path) -> int | None:
    """A number that a file of the system holds; None where there is no file, or no limit."""
    word = system_text(path).strip()
    return int(word) if word.isdecimal() and len(word) < cpus.LONGEST_NUMBER else None


def _sizes(text: str) -> dict[str, int]:
    """Bytes of the lines `Name:  12 kB`."""
    lines = (line.partition(":") for line in text.splitlines())
    return {
        name: int(size.split()[0]) * 1024
        for name, _, size in lines
        if size.strip().endswith("kB") and size.split()[0].isdecimal()
    }
