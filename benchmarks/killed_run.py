"""One run of `benchmarks.kill`: its processes, what each was at when killed, and what it made."""

from __future__ import annotations

import contextlib
import hashlib
import json
import mmap
import os
import runpy
import shutil
import signal
import subprocess
import sys
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from w2v.training import known_run

STAGES = (
    "before the run was written down",
    "reading the text",
    "writing the encoded text",
    "reading a checkpoint",
    "training, or preparing it",
    "writing a checkpoint",
    "letting go of an old one",
    "trained, before outputs are begun",
    "writing outputs",
    "moving outputs to their places",
    "after outputs were written",
)
PREPARING = STAGES[4]
OUTPUTS = ("v.bin", "m.npz", "report.json")
LOG = "log.txt"
"""Beside the folder of a run: what its latest process said."""
_EPOCHS = {"ns": 8, "hs": 6, "softmax": 2}
_CLOSE = 0.05  # losses of two runs with several workers
_CALLS = {"os.rename", "os.remove", "os.mkdir", "os.rmdir"}
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@dataclass
class Plan:
    """When a process is killed: after so many seconds, or before its so many-th call."""

    seconds: float | None = None
    call: int = 0


@dataclass
class Alone:
    """A run that nothing disturbs."""

    files: dict[str, Any]
    """See `_content`."""
    report: dict[str, Any]
    seconds: float
    calls: int


def train(at: Path, text: Path, kind: str, workers: int) -> list[str]:
    model, loss = kind.split("-")
    files = dict(zip(("-o", "--save-model", "--report"), OUTPUTS, strict=True))
    command = ["train", str(text), "--checkpoint", str(at / "run"), "--checkpoint-every", "10%"]
    for option, name in files.items():
        command += [option, str(at / name)]
    command += ["--model", model, "--loss", loss, "--epochs", str(_EPOCHS[loss])]
    return [*command, "--dim", "16", "--min-count", "1", "--workers", str(workers), "--seed", "7"]


def left_alone(at: Path, text: Path, kind: str, workers: int, anew: bool) -> Alone:
    """A run in a process as the others are; the second one: the first compiles."""
    command = train(at, text, kind, workers)
    log = at.parent / LOG
    for _ in range(2):
        shutil.rmtree(at, ignore_errors=True)
        at.mkdir()
        calls = mmap.mmap(-1, 8)
        if not anew:
            _here([*command, "-q"])
            shutil.rmtree(at)
            at.mkdir()
        started = time.perf_counter()
        code = process(command, at, Plan(), anew, calls)
        seconds = time.perf_counter() - started
        if code:
            raise SystemExit(f"A run that nothing disturbed ended with {code}:\n{log.read_text()}")
    files = {name: content(at / name) for name in OUTPUTS[:2]}
    report = json.loads((at / OUTPUTS[2]).read_text(encoding="utf-8"))
    return Alone(files, report, seconds, int.from_bytes(calls[:], "little"))


def process(command: list[str], at: Path, plan: Plan, anew: bool, calls: mmap.mmap) -> int:
    """The exit code of a process that does it, negative if a signal ended it."""
    if sys.platform == "win32":
        raise NotImplementedError("fork")
    with (at.parent / LOG).open("wb") as said:
        if anew:
            new = [sys.executable, "-m", "w2v", *command]
            cold = {"NUMBA_CACHE_DIR": str(at.parent / f"{at.name}-compiled")}
            other = os.environ | (cold if at.name.endswith("9") else {})
            child = subprocess.Popen(new, stdout=said, stderr=said, env=other).pid
        elif not (child := os.fork()):
            os.dup2(said.fileno(), 1)
            os.dup2(said.fileno(), 2)
            sys.addaudithook(_counting(plan, calls))
            os._exit(_here(command))
    if plan.seconds is not None:
        time.sleep(plan.seconds)
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def _here(command: list[str]) -> int:
    """What `w2v` answers to a command, in this process."""
    given, handlers = sys.argv, {number: signal.getsignal(number) for number in _SIGNALS}
    sys.argv = ["w2v", *command]
    try:
        runpy.run_module("w2v", run_name="__main__")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    finally:
        sys.argv = given
        for number, handler in handlers.items():
            signal.signal(number, handler)
    return 0


def _counting(plan: Plan, calls: mmap.mmap) -> Any:
    """Counts calls that change a disk, and ends the process before the one that is planned."""
    number = 0

    def hook(event: str, given: tuple[Any, ...]) -> None:
        nonlocal number
        writes = event == "open" and isinstance(given[2], int) and given[2] & (os.O_WRONLY | 2)
        if writes or event in _CALLS:
            number += 1
            calls[:] = number.to_bytes(8, "little")
            if number == plan.call and sys.platform != "win32":
                os.kill(os.getpid(), signal.SIGKILL)

    return hook


def content(path: Path) -> Any:
    """The bytes of a file; of a model those of each part, but for the times in its report."""
    if path.suffix != ".npz":
        return path.read_bytes()
    with np.load(path) as parts:
        found = {name: parts[name].tobytes() for name in parts.files}
    about = json.loads(found.pop("about"))
    report = about.pop("report")
    return found, about, report["loss"], report["tokens"]


def names_in(at: Path) -> dict[str, bool]:
    """Of all in a run's folders, in order, and whether each is a folder."""
    return {path.relative_to(at).as_posix(): path.is_dir() for path in sorted(at.glob("**/*"))}


def stage_of(at: Path, before: dict[str, bool], went_on: bool, said: str) -> str:
    """What a process was at that is no more."""
    run, now = at / "run", names_in(at)
    new = {name: is_folder for name, is_folder in now.items() if name not in before}
    drafts = [name for name in new if name.endswith(".tmp")]
    outputs = [name for name in OUTPUTS if name in new]
    kept = [name for name in now if name.startswith("run/checkpoint-")]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with known_run(run) if "run/run.json" in now else contextlib.nullcontext() as known:
            ended = known is not None and known.saved is not None and known.saved.state.ended
    stages = {
        "before the run was written down": "run/run.json" not in now,
        "writing the encoded text": any(new[name] for name in drafts),
        "reading the text": "run/corpus" not in now,
        "writing a checkpoint": any(name.startswith("run/") for name in drafts),
        "letting go of an old one": len(kept) > 2 and kept[-1] in new,
        "after outputs were written": "\nsaved  " in said,
        "moving outputs to their places": bool(outputs),
        "writing outputs": bool(drafts),
        "reading a checkpoint": went_on and bool(kept) and "\nresumed  " not in said,
        "trained, before outputs are begun": ended,
    }
    return next((stage for stage, at_it in stages.items() if at_it), PREPARING)


def differs(at: Path, alone: Alone, workers: int) -> str:
    """What is not as in the run that nothing disturbed; nothing if all is."""
    left = sorted(set(names_in(at)) - {"run", *OUTPUTS, "run/run.json"})
    checkpoints = [name for name in left if name.startswith("run/checkpoint-")]
    others = [name for name in left if not name.startswith(("run/checkpoint-", "run/corpus"))]
    report = json.loads((at / "report.json").read_text(encoding="utf-8"))
    sums = {file["path"]: file["sha256"] for file in report["files"]}
    found = {name: hashlib.sha256(Path(name).read_bytes()).hexdigest() for name in sums}
    losses, others_losses = report["loss"], alone.report["loss"]
    far = max(abs(a / b - 1) for a, b in zip(losses, others_losses, strict=True))
    wrong = {
        f"files are left over: {', '.join(left)}": others or len(checkpoints) != 2,
        f"it has trained on other tokens: {report['tokens']}, {report['done']}": (
            (report["tokens"], report["done"]) != (alone.report["tokens"], 1)
        ),
        "a file is not that of the report": found != sums,
        f"its losses are others: {losses}, {others_losses}": far > (0 if workers == 1 else _CLOSE),
        "its vectors or its model differ": workers == 1
        and any(content(at / name) != data for name, data in alone.files.items()),
    }
    return "; ".join(what for what, is_so in wrong.items() if is_so)
