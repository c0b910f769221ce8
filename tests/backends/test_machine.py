"""What a process may use of its machine, on machines that are made up."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from w2v import cpus
from w2v.backends import machine, usable_cores, usable_threads


class Machine:
    """What Linux would say in `/proc` and `/sys`."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = root
        self._monkeypatch = monkeypatch
        monkeypatch.setattr(cpus, "PROC", root / "proc")
        monkeypatch.setattr(cpus, "SYS", root / "sys")
        self.allow(range(8))

    def write(self, path: str, text: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text, encoding="utf-8")

    def allow(self, cpus: range) -> None:
        self._monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(cpus), raising=False)

    def siblings(self, *groups: str) -> None:
        for group in groups:
            first, last = map(int, group.split("-"))
            for cpu in range(first, last + 1):
                path = f"sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list"
                self.write(path, group + "\n")


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    return Machine(tmp_path, monkeypatch)


def test_without_a_quota_affinity_counts(box: Machine) -> None:
    assert usable_threads() == 8
    box.allow(range(2, 5))
    assert usable_threads() == 3


@pytest.mark.parametrize(
    ("quota", "cores"),
    [
        ("max 100000", 8),
        ("200000 100000", 2),
        ("150000 100000", 2),
        ("10000 100000", 1),
        ("50000 25000", 2),
        ("1600000 100000", 8),
        ("", 8),
    ],
)
def test_a_quota_is_rounded_up(box: Machine, quota: str, cores: int) -> None:
    box.write("proc/self/cgroup", "0::/jobs/one\n")
    box.write("sys/fs/cgroup/jobs/one/cpu.max", f"{quota}\n")
    assert usable_threads() == cores


def test_the_quota_of_any_group_above_binds(box: Machine) -> None:
    box.write("proc/self/cgroup", "0::/jobs/one\n")
    box.write("sys/fs/cgroup/jobs/one/cpu.max", "400000 100000\n")
    assert usable_threads() == 4
    box.write("sys/fs/cgroup/jobs/cpu.max", "300000 100000\n")
    assert usable_threads() == 3
    box.write("sys/fs/cgroup/cpu.max", "200000 100000\n")
    assert usable_threads() == 2
    box.write("sys/fs/cpu.max", "100000 100000\n")  # not a group
    assert usable_threads() == 2


@pytest.mark.parametrize("path", ["/", "/docker/5e1f", "/../5e1f"])
def test_in_a_container_its_group_is_the_root(box: Machine, path: str) -> None:
    box.write("proc/self/cgroup", f"0::{path}\n")
    box.write("sys/fs/cgroup/cpu.max", "300000 100000\n")
    assert usable_threads() == 3


def test_control_groups_of_the_first_version(box: Machine) -> None:
    box.write("proc/self/cgroup", "5:cpuset:/jobs\n4:cpu,cpuacct:/jobs/one\n0::/\n")
    group = "sys/fs/cgroup/cpu,cpuacct/jobs"
    box.write(f"{group}/one/cpu.cfs_quota_us", "-1\n")
    box.write(f"{group}/one/cpu.cfs_period_us", "100000\n")
    assert usable_threads() == 8
    box.write(f"{group}/cpu.cfs_quota_us", "250000\n")
    box.write(f"{group}/cpu.cfs_period_us", "100000\n")
    assert usable_threads() == 3


def test_the_processor_for_people(box: Machine) -> None:
    assert machine.cpu() == "x86_64 CPU, 8 cores"  # nothing says that they are less
    box.siblings("0-1", "2-3", "4-5", "6-7")
    assert machine.cpu() == "x86_64 CPU, 4 cores, 8 threads"
    box.allow(range(1, 4))
    assert machine.cpu() == "x86_64 CPU, 2 cores, 3 threads"
    box.write("proc/self/cgroup", "0::/\n")
    box.write("sys/fs/cgroup/cpu.max", "100000 100000\n")
    assert machine.cpu() == "x86_64 CPU, 1 core"


def test_a_core_counts_once(box: Machine) -> None:
    box.siblings("0-1", "2-3", "4-5", "6-7")
    assert (usable_threads(), usable_cores()) == (8, 4)
    box.allow(range(1, 4))
    assert (usable_threads(), usable_cores()) == (3, 2)
    box.write("proc/self/cgroup", "0::/\n")
    box.write("sys/fs/cgroup/cpu.max", "250000 100000\n")
    box.allow(range(8))
    assert (usable_threads(), usable_cores()) == (3, 3)  # of four cores the time of three


def test_peak_memory(box: Machine) -> None:
    box.write("proc/self/status", "Name:\tpython\nVmPeak:\t 9000 kB\nVmHWM:\t    2000 kB\n")
    assert machine.peak_memory_bytes() == 2000 * 1024


def test_peak_memory_where_there_is_no_proc(box: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    resource = SimpleNamespace(
        RUSAGE_SELF=0, getrusage=lambda _: SimpleNamespace(ru_maxrss=3 << 20)
    )
    monkeypatch.setitem(sys.modules, "resource", resource)
    assert machine.peak_memory_bytes() == 3 << 30
    monkeypatch.setattr(sys, "platform", "darwin")
    assert machine.peak_memory_bytes() == 3 << 20  # there the unit is another


GIB = 1 << 30
MEMINFO = "MemTotal: 16777216 kB\nMemAvailable: 8388608 kB\nSwapFree: 1048576 kB\nHugePages: 0\n"


@pytest.fixture
def memory(box: Machine, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """8 GiB of memory available and 1 of swap; a process of 2 GiB addresses and 1 GiB of data."""
    resource = pytest.importorskip("resource")
    box.write("proc/meminfo", MEMINFO)
    box.write("proc/self/status", "VmSize: 2097152 kB\nVmData: 1048576 kB\nVmRSS: 524288 kB\n")
    box.write("proc/self/cgroup", "0::/jobs/one\n")
    monkeypatch.setattr(resource, "getrlimit", lambda _: (resource.RLIM_INFINITY,) * 2)
    return box


def test_what_is_held(memory: Machine) -> None:
    assert machine.held_memory_bytes() == GIB // 2


def test_memory_that_the_machine_has_left(memory: Machine) -> None:
    assert machine.memory_left() == (8 * GIB, GIB, "the machine")


def test_nothing_is_known_of_a_system_that_says_nothing(box: Machine) -> None:
    assert machine.memory_left() is None
    box.write("proc/meminfo", "MemAvailable: lots\nMemAvailable:\n")
    assert machine.memory_left() is None


def test_memory_of_a_control_group(memory: Machine) -> None:
    group = "sys/fs/cgroup/jobs"
    memory.write(f"{group}/one/memory.max", "max\n")
    memory.write(f"{group}/one/memory.current", f"{3 * GIB}\n")
    assert machine.memory_left() == (8 * GIB, GIB, "the machine")
    memory.write(f"{group}/memory.max", f"{4 * GIB}\n")
    memory.write(f"{group}/memory.current", f"{3 * GIB}\n")
    assert machine.memory_left() == (GIB, GIB, "its control group")
    pages = f"anon 7\ninactive_file {GIB // 2}\nactive_file {GIB // 4}\n"  # they give way
    memory.write(f"{group}/memory.stat", pages)
    memory.write(f"{group}/memory.swap.max", f"{GIB // 2}\n")
    memory.write(f"{group}/memory.swap.current", f"{GIB // 4}\n")
    assert machine.memory_left() == (GIB * 7 // 4, GIB // 4, "its control group")
    memory.write(f"{group}/memory.current", f"{9 * GIB}\n")
    assert machine.memory_left() == (0, GIB // 4, "its control group")


def test_memory_of_a_control_group_of_the_first_version(memory: Machine) -> None:
    memory.write("proc/self/cgroup", "5:cpuset:/jobs\n4:memory:/docker/5e1f\n0::/\n")
    group = "sys/fs/cgroup/memory"  # in a container it is the root
    memory.write(f"{group}/memory.limit_in_bytes", "9223372036854771712\n")
    memory.write(f"{group}/memory.usage_in_bytes", f"{2 * GIB}\n")
    assert machine.memory_left() == (8 * GIB, GIB, "the machine")
    memory.write(f"{group}/memory.limit_in_bytes", f"{3 * GIB}\n")
    memory.write(f"{group}/memory.stat", f"inactive_file 5\ntotal_inactive_file {GIB}\n")
    assert machine.memory_left() == (2 * GIB, GIB, "its control group")


@pytest.mark.parametrize(("limit", "flag"), [("RLIMIT_AS", "-v"), ("RLIMIT_DATA", "-d")])
def test_limits_of_the_process(
    memory: Machine, monkeypatch: pytest.MonkeyPatch, limit: str, flag: str
) -> None:
    resource = pytest.importorskip("resource")
    number, none = getattr(resource, limit), resource.RLIM_INFINITY
    for size, left in ((3 * GIB, (1 if flag == "-v" else 2) * GIB), (GIB // 2, 0)):
        limits = {number: (size, none)}
        monkeypatch.setattr(resource, "getrlimit", lambda n, got=limits: got.get(n, (none, none)))
        assert machine.memory_left() == (left, 0, f"ulimit {flag}")


class _Windows:
    """The psutil of a Windows with two cores of two threads, one of them not for this process."""

    @staticmethod
    def cpu_affinity() -> list[int]:
        return [0, 1, 2]

    @staticmethod
    def memory_info() -> SimpleNamespace:
        return SimpleNamespace(peak_wset=5 << 20, rss=3 << 20)


def test_windows(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    psutil = SimpleNamespace(
        Process=_Windows,
        cpu_count=lambda logical=True: 4 if logical else 2,
        virtual_memory=lambda: SimpleNamespace(total=8 << 30, available=2 << 30),
    )
    monkeypatch.setitem(sys.modules, "psutil", psutil)
    monkeypatch.setattr(cpus, "PROC", tmp_path)
    for name in ("sched_getaffinity", "sysconf"):
        monkeypatch.delattr(os, name, raising=False)
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr("platform.machine", lambda: "AMD64")
    assert machine.cpu() == "AMD64 CPU, 2 cores, 3 threads"
    assert machine.peak_memory_bytes() == 5 << 20
    assert machine.total_memory_bytes() == 8 << 30
    assert machine.held_memory_bytes() == 3 << 20
    assert machine.memory_left() == (2 << 30, 0, "the machine")
    monkeypatch.delattr(_Windows, "cpu_affinity")  # macOS binds no process to CPUs
    assert (usable_threads(), usable_cores()) == (4, 2)


def test_the_second_cache_as_far_as_it_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    assert machine.second_cache() >= 1 << 16
    monkeypatch.setattr(os, "sysconf", lambda _name: 0, raising=False)
    assert machine.second_cache() == 1 << 20
    monkeypatch.delattr(os, "sysconf")
    assert machine.second_cache() == 1 << 20


def test_this_machine() -> None:
    assert 1 <= usable_cores() <= usable_threads() <= (os.cpu_count() or 1)
    assert 1 << 20 < machine.peak_memory_bytes() < machine.total_memory_bytes()
    assert 1 << 20 < machine.held_memory_bytes() < machine.total_memory_bytes()
    left = machine.memory_left()
    assert left is not None
    assert 1 << 20 < left.memory < machine.total_memory_bytes()


@pytest.mark.parametrize(
    ("lines", "quota"),
    [
        ("garbage", "100000 100000"),
        ("0:", "100000 100000"),
        ("", ""),
        ("0::/a\0b", "max 100000"),
        ("0::/", "100000"),
        ("0::/", "100000 0"),
        ("0::/", "\u00b200 100000"),
        ("0::/", "9" * 5000 + " 1"),
        ("0::/", "max max max"),
    ],
)
def test_what_makes_no_sense_is_no_limit(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, lines: str, quota: str
) -> None:
    (tmp_path / "self").mkdir()
    (tmp_path / "self" / "cgroup").write_text(lines, encoding="utf-8")
    (tmp_path / "self" / "status").write_text("VmHWM:\nVmHWM: lots kB\n", encoding="utf-8")
    (tmp_path / "fs" / "cgroup").mkdir(parents=True)
    (tmp_path / "fs" / "cgroup" / "cpu.max").write_text(quota, encoding="utf-8")
    monkeypatch.setattr(cpus, "PROC", tmp_path)
    monkeypatch.setattr(cpus, "SYS", tmp_path)
    assert list(cpus._quotas()) == []
    assert usable_threads() >= usable_cores() >= 1
    assert machine.peak_memory_bytes() > 1 << 20


@pytest.mark.parametrize("mounted", ["cpu", "cpu,cpuacct", "cpuacct,cpu"])
def test_the_first_version_is_mounted_under_several_names(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, mounted: str
) -> None:
    (tmp_path / "self").mkdir()
    (tmp_path / "self" / "cgroup").write_text("3:cpuacct,cpu:/box\n", encoding="utf-8")
    group = tmp_path / "fs" / "cgroup" / mounted / "box"
    group.mkdir(parents=True)
    (group / "cpu.cfs_quota_us").write_text("50000\n", encoding="utf-8")
    (group / "cpu.cfs_period_us").write_text("100000\n", encoding="utf-8")
    monkeypatch.setattr(cpus, "PROC", tmp_path)
    monkeypatch.setattr(cpus, "SYS", tmp_path)
    assert list(cpus._quotas()) == [0.5]
    assert usable_threads() == usable_cores() == 1
