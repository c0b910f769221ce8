"""What every benchmark needs: facts about the machine, timed child processes, results as files."""

from __future__ import annotations

import json
import os
import platform
import re
import select
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from w2v.backends import Others, lanes, processor, usable_cores, usable_threads

RESULTS = Path(__file__).parent / "results"
_POLL_S = 0.05


@dataclass(frozen=True)
class Finished:
    """A child process that ended well."""

    seconds: float
    output: str
    """Standard output and standard error, as they came."""
    progress: list[tuple[float, float]]
    """(seconds since the start, per cent) of each line of progress, if a pattern was given."""
    peak_memory_bytes: int | None
    """The most memory it held at once; None where there is no /proc."""

    @property
    def progress_seconds(self) -> float | None:
        """What 100 % take at the pace between the first and the last line of progress."""
        if not self.progress or self.progress[0][1] >= self.progress[-1][1]:
            return None
        (begin, first), (end, last) = self.progress[0], self.progress[-1]
        return 100 * (end - begin) / (last - first)


def run(command: Sequence[str], progress: str | None = None) -> Finished:
    """Run a command to its end.

    Parameters
    ----------
    command : sequence of str
    progress : str, optional    Pattern of a line of progress; its group is the per cent.
    """
    output, seen, peak = b"", 0, 0
    moments: list[tuple[float, float]] = []
    started = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as child:
        assert child.stdout is not None
        while True:
            ready, _, _ = select.select([child.stdout], [], [], _POLL_S)
            peak = max(peak, _peak_memory_bytes(child.pid))
            if not ready:
                continue
            if not (chunk := os.read(child.stdout.fileno(), 1 << 16)):
                break
            output += chunk
            now = time.perf_counter() - started
            for match in re.compile(progress.encode()).finditer(output, seen) if progress else ():
                moments.append((now, float(match[1])))
                seen = match.end()
    seconds = time.perf_counter() - started
    text = output.decode(errors="replace")
    if child.returncode:
        raise SystemExit(f"{' '.join(command)} failed with {child.returncode}:\n{text}")
    return Finished(seconds, text, moments, peak or None)


def stay_on(cores: int) -> list[int]:
    """Bind this process, and all it starts from now on, to so many CPUs; which ones.

    They are of different cores, as far as there are so many.
    """
    if sys.platform != "linux":
        say("This system binds no process to cores: threads go where they like.")
        return []
    chosen = sorted(one_a_core(os.sched_getaffinity(0))[:cores])
    os.sched_setaffinity(0, chosen)
    return chosen


def one_a_core(cpus: Iterable[int], system: Path = Path("/sys/devices/system/cpu")) -> list[int]:
    """CPUs, first one thread of each core, then the second ones, and so on."""
    seen: dict[str, int] = {}
    ranks = []
    for cpu in sorted(cpus):
        try:
            core = (system / f"cpu{cpu}/topology/thread_siblings_list").read_text(encoding="ascii")
        except OSError:
            core = str(cpu)
        ranks.append((seen.setdefault(core, 0), cpu))
        seen[core] += 1
    return [cpu for _, cpu in sorted(ranks)]


_OTHERS = Others()  # from the start of a benchmark on


def environment(packages: Sequence[str]) -> dict[str, Any]:
    """Commit, machine and versions, to stand beside every result; called at its end."""
    return {
        "commit": _commit(),
        "date": time.strftime("%Y-%m-%d"),
        "cpu": processor(),
        "lanes": lanes(),
        "cores": usable_cores(),
        "threads": usable_threads(),
        "others": _OTHERS.share(),
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in packages},
    }


def about(machine: dict[str, Any]) -> str:
    """Under a table: on what, and how quiet it was, from `environment`."""
    cores, threads = machine["cores"], machine["threads"]
    parts = [machine["cpu"], f"{cores} core{'s' * (cores > 1)}"]
    if threads > cores:
        parts.append(f"{threads} threads")
    if machine["lanes"]:
        parts.append(f"vectors of {machine['lanes']} floats")
    if machine["others"] is not None:
        parts.append(f"others took {machine['others']:.0%} of these cores meanwhile")
    if machine["load"] is not None:
        parts.append(f"load {machine['load']:.1f} at the end")
    return ", ".join(parts) + "."


def write(name: str, result: dict[str, Any], folder: Path = RESULTS) -> Path:
    """Keep a result as ``NAME.json``."""
    folder.mkdir(exist_ok=True, parents=True)
    path = folder / f"{name}.json"
    path.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    say(f"kept in {path}")
    return path


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def say(text: str) -> None:
    """A line for the person who waits."""
    print(text, file=sys.stderr, flush=True)


def _peak_memory_bytes(process: int) -> int:
    """Of its own; a figure from `wait` would be that of the parent, if it is larger."""
    try:
        status = Path(f"/proc/{process}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0
    found = re.search(r"VmHWM:\s*(\d+) kB", status)
    return int(found[1]) * 1024 if found else 0


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, cwd=Path(__file__).parent
        )
    except OSError:  # there is no Git on a machine that got a copy
        return "unknown"
    return done.stdout.strip() or "unknown"


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
