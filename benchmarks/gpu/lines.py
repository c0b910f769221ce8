"""JSON lines as they come: a piece runs in a process of its own, which is ended when it hangs.

    python -m benchmarks.gpu.lines PIECE OPTIONS STAGE [STAGE ...]      OPTIONS as JSON

measures some stages of a piece and writes their rows to standard output, all else to standard
error. It ends with the first stage that fails, since a device may be of no use after an error;
`run` then begins another process with the stages that are left.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from benchmarks import harness
from benchmarks.gpu import atomics, commands, quality, runs, speed
from benchmarks.gpu.setting import NO_GPU, ROOT, Row, Setting, Stage, Told

PIECES: dict[str, Callable[[Setting], list[Stage]]] = {
    "runs": runs.stages,
    "speed": speed.stages,
    "quality": quality.stages,
    "commands": commands.stages,
    "atomics": atomics.stages,
}
"""The stages of each, those first that a target depends on."""
COMMAND = (sys.executable, "-m", "benchmarks.gpu.lines")
STARTING_S = 90.0
"""Seconds that a process has to import what it needs and to find the device."""


def run(piece: str, told: Told, path: Path, seconds: float) -> list[str]:
    """Measure a piece, and keep each line in a file as soon as it is there.

    Parameters
    ----------
    path : Path        Written anew.
    seconds : float    For all stages; those that are not begun by then are left out.

    Returns
    -------
    failures : list of str    Stages that failed or were left out, and why.
    """
    end = time.monotonic() + seconds
    names = [(stage.name, stage.limit_s) for stage in PIECES[piece](Setting(**vars(told)))]
    failures: list[str] = []
    with path.open("w", encoding="utf-8") as file:

        def keep(row: Row) -> None:
            file.write(json.dumps({"piece": piece, **row}) + "\n")
            file.flush()
            if why := row.get("failed"):
                failures.append(f"{piece}, {row['stage']}: {why}")
                harness.say(failures[-1])

        keep({"stage": "", "environment": harness.environment(["w2v", "numpy", "numba", "gensim"])})
        while names and time.monotonic() < end:
            names = _in_child(piece, told, names, keep, end)
        for name, _ in names:
            keep({"stage": name, "failed": f"not begun: the {seconds:.0f} s of the piece are over"})
    return failures


def _in_child(
    piece: str,
    told: Told,
    stages: list[tuple[str, float]],
    keep: Callable[[Row], None],
    end: float,
) -> list[tuple[str, float]]:
    """Measure until a stage fails; which ones are left."""
    options = [piece, told.as_json(), *(name for name, _ in stages)]
    child = subprocess.Popen(
        [*COMMAND, *options],
        stdout=subprocess.PIPE,
        cwd=ROOT,
        start_new_session=True,
    )
    assert child.stdout is not None
    came: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    reader = threading.Thread(target=_read, args=(child.stdout, came), daemon=True)
    reader.start()
    began, left = time.monotonic(), list(stages)
    limit = STARTING_S + left[0][1]
    try:
        while left:
            try:
                line = came.get(timeout=max(0.0, min(began + limit, end) - time.monotonic()))
            except queue.Empty:
                over = "the piece" if time.monotonic() >= end else f"its {limit:.0f} s"
                keep({"stage": left[0][0], "failed": f"took longer than {over} had"})
                return left[1:]
            if not line:
                keep({"stage": left[0][0], "failed": f"its process ended with {child.wait()}"})
                return left[1:]
            row = json.loads(line)
            keep(row)
            if "failed" in row:
                return left[1:]
            if row.get("ended"):
                left.pop(0)
                began, limit = time.monotonic(), left[0][1] if left else 0.0
        return []
    finally:
        _end(child)
        reader.join()
        child.stdout.close()


def _read(pipe: IO[bytes], into: queue.SimpleQueue[bytes]) -> None:
    for line in pipe:
        into.put(line)
    into.put(b"")


def _end(child: subprocess.Popen[bytes]) -> None:
    """And all that it has started."""
    if sys.platform == "win32":
        child.kill()
    else:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def main(arguments: Sequence[str]) -> None:
    """Measure some stages of a piece; see above."""
    piece, options, *names = arguments
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what libraries and commands print is no row

    def tell(row: Row) -> None:
        print(json.dumps(row, default=float), file=out, flush=True)

    setting = Setting(**json.loads(options))
    stages = {stage.name: stage for stage in PIECES[piece](setting)}
    for name in names:
        harness.say(f"{piece}: {name}")
        began = time.monotonic()
        try:
            for row in _rows(stages[name], setting):
                tell({"stage": name, **row})
        except (Exception, SystemExit) as error:
            traceback.print_exc()
            tell({"stage": name, "failed": f"{type(error).__name__}: {error}"[:2000]})
            return
        tell({"stage": name, "ended": True, "took_s": time.monotonic() - began})


def _rows(stage: Stage, setting: Setting) -> Iterator[dict[str, Any]]:
    device = setting.backend_value.device
    for row in stage.rows():
        yield {"gpu": not device.startswith(NO_GPU), "device": device, **row}


if __name__ == "__main__":
    main(sys.argv[1:])
