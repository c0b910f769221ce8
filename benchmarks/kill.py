"""Is anything lost when a training with checkpoints is killed, at any moment, again and again?

Runs of all six pairs of model and loss on a small made-up text are ended by SIGKILL, go on with
`w2v resume`, are killed again at random, and at their end compared with a run that was left alone:
the bytes of vectors and model and the figures of the report, and that no file is left over. With
more than one worker no two runs are the same; what must be is which tokens were trained on.

Half of the kills come by the clock, at a moment between a process's first and its last; half at one
of its calls that open a file for writing, move or remove one. What the process was at is told from
what lies in its folders and from what it said. Most processes are forked from one that has compiled
all kernels; those of the first `--processes` kills are new ones, and one in ten of their runs finds
no kernels in a cache.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import mmap
import os
import random
import runpy
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import harness
from w2v import W2VError
from w2v.training import known_run, throughput

KINDS = [f"{model}-{loss}" for model in ("skipgram", "cbow") for loss in ("ns", "hs", "softmax")]
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
_CALLS = {"os.rename", "os.remove", "os.mkdir", "os.rmdir"}
_OUTPUTS = ("v.bin", "m.npz", "report.json")
_EPOCHS = {"ns": 8, "hs": 6, "softmax": 2}
_LOG = "log.txt"
_AGAIN = 0.6  # of the processes that go on, this part is killed too
_NOT_AGAIN = 30  # kills of one run, at the most
_CLOSE = 0.05  # losses of two runs with several workers


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


@dataclass
class Found:
    """What came of all runs so far."""

    kills: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By stage, and by whether the process had begun the run or went on with it."""
    resumed: int = 0
    runs: int = 0
    equal: int = 0
    wrong: list[str] = field(default_factory=list)


def main() -> None:
    options = _options()
    if not hasattr(os, "fork"):
        raise SystemExit("This system forks no processes, and kills none.")
    folder = Path(tempfile.mkdtemp(prefix="w2v-kill-", dir=options.folder))
    text = folder / "text.txt"
    text.write_text(_text(options.tokens), encoding="utf-8")
    rng, found = random.Random(options.seed), Found()
    started = time.perf_counter()
    alone: dict[tuple[str, bool], Alone] = {}
    number = 0
    while (killed := found.kills.total()) < options.kills:
        kind = options.kinds[number % len(options.kinds)]
        anew = killed < options.processes
        at = folder / f"{kind}-{number}"
        if (kind, anew) not in alone:
            alone[kind, anew] = _alone(folder / "alone", text, kind, options.workers, anew)
        trouble = _run(at, text, kind, options, alone[kind, anew], rng, found, anew)
        found.runs += 1
        found.equal += not trouble
        if trouble:
            found.wrong.append(f"{at}: {trouble}")
            harness.say(found.wrong[-1])
        else:
            shutil.rmtree(at)
        number += 1
        if sum(found.kills.values()) // 100 > killed // 100:
            harness.say(f"{found.kills.total():,} kills, {found.equal:,} of {found.runs:,} equal")
    print(_markdown(found))
    print(_sentence(found, options.workers))
    names = ("kills", "processes", "workers", "kinds", "seed", "tokens")
    result = {
        "environment": harness.environment(["w2v", "numpy", "numba"]),
        "settings": {name: getattr(options, name) for name in names},
        "seconds": round(time.perf_counter() - started, 1),
        "kills": [
            {"stage": stage, **{who: found.kills[stage, who] for who in ("began", "went on")}}
            for stage in STAGES
        ],
        "resumed": found.resumed,
        "runs": found.runs,
        "equal": found.equal,
        "wrong": found.wrong,
    }
    harness.write(options.name, result, Path(options.results))
    if found.wrong:
        raise SystemExit(1)
    shutil.rmtree(folder)


def _text(tokens: int) -> str:
    corpus = throughput.zipf_corpus(tokens, 300)
    words = [corpus.vocabulary.words[i] for i in corpus.ids]
    return "\n".join(" ".join(words[at : at + 20]) for at in range(0, tokens, 20)) + "\n"


def _train(at: Path, text: Path, kind: str, workers: int) -> list[str]:
    model, loss = kind.split("-")
    files = dict(zip(("-o", "--save-model", "--report"), _OUTPUTS, strict=True))
    command = ["train", str(text), "--checkpoint", str(at / "run"), "--checkpoint-every", "10%"]
    for option, name in files.items():
        command += [option, str(at / name)]
    command += ["--model", model, "--loss", loss, "--epochs", str(_EPOCHS[loss])]
    return [*command, "--dim", "16", "--min-count", "1", "--workers", str(workers), "--seed", "7"]


def _alone(at: Path, text: Path, kind: str, workers: int, anew: bool) -> Alone:
    """A run in a process as the others are; the second one: the first compiles."""
    command = _train(at, text, kind, workers)
    log = at.parent / _LOG
    for _ in range(2):
        shutil.rmtree(at, ignore_errors=True)
        at.mkdir()
        calls = mmap.mmap(-1, 8)
        if not anew:
            _here([*command, "-q"])
            shutil.rmtree(at)
            at.mkdir()
        started = time.perf_counter()
        code = _process(command, at, Plan(), anew, calls)
        seconds = time.perf_counter() - started
        if code:
            raise SystemExit(f"A run that nothing disturbed ended with {code}:\n{log.read_text()}")
    files = {name: _content(at / name) for name in _OUTPUTS[:2]}
    report = json.loads((at / _OUTPUTS[2]).read_text(encoding="utf-8"))
    return Alone(files, report, seconds, int.from_bytes(calls[:], "little"))


def _run(
    at: Path,
    text: Path,
    kind: str,
    options: argparse.Namespace,
    alone: Alone,
    rng: random.Random,
    found: Found,
    anew: bool,
) -> str:
    """One run, killed and resumed until it ends; what is wrong with it, or nothing."""
    at.mkdir()
    log = at.parent / _LOG
    for times in range(_NOT_AGAIN):
        went_on = (at / "run" / "run.json").exists()
        command = _train(at, text, kind, options.workers)
        if went_on:
            found.resumed += 1
            command = ["resume", str(at / "run")]
        plan = Plan()
        if times + 1 < _NOT_AGAIN and (not times or rng.random() < _AGAIN):
            plan = _plan(rng, alone, went_on, anew)
        before = _names(at)
        code = _process(command, at, plan, anew, mmap.mmap(-1, 8))
        if not code:
            return _differs(at, alone, options.workers)
        said = log.read_text(encoding="utf-8", errors="replace")
        if code != -signal.SIGKILL:
            return f"{' '.join(command)} ended with {code}: {said}"
        try:
            stage = _stage(at, before, went_on, said)
        except (W2VError, UserWarning) as error:
            return f"After a kill: {error}"
        found.kills[stage, "went on" if went_on else "began"] += 1
        for name, data in alone.files.items():
            if options.workers == 1 and (at / name).exists() and _content(at / name) != data:
                return f"{name} was there when {stage}, and is not what it is to be"
    raise AssertionError("the last process was not to be killed")


def _plan(rng: random.Random, alone: Alone, went_on: bool, anew: bool) -> Plan:
    if not anew and rng.random() < 0.5:
        return Plan(call=rng.randint(1, alone.calls))
    if went_on and rng.random() < 0.5:  # it takes a short time to read a checkpoint
        return Plan(alone.seconds * 10 ** rng.uniform(-2, 0))
    return Plan(alone.seconds * rng.uniform(0, 1.05))


def _process(command: list[str], at: Path, plan: Plan, anew: bool, calls: mmap.mmap) -> int:
    """The exit code of a process that does it, negative if a signal ended it."""
    with (at.parent / _LOG).open("wb") as said:
        if anew:
            new = [sys.executable, "-m", "w2v", *command]
            cold = {"NUMBA_CACHE_DIR": str(at.parent / f"{at.name}-compiled")}
            other = os.environ | (cold if at.name.endswith("0") else {})
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


_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def _counting(plan: Plan, calls: mmap.mmap) -> Any:
    """Counts calls that change a disk, and ends the process before the one that is planned."""
    number = 0

    def hook(event: str, given: tuple[Any, ...]) -> None:
        nonlocal number
        writes = event == "open" and isinstance(given[2], int) and given[2] & (os.O_WRONLY | 2)
        if writes or event in _CALLS:
            number += 1
            calls[:] = number.to_bytes(8, "little")
            if number == plan.call:
                os.kill(os.getpid(), signal.SIGKILL)

    return hook


def _content(path: Path) -> Any:
    """The bytes of a file; of a model those of each part, but for the times in its report."""
    if path.suffix != ".npz":
        return path.read_bytes()
    with np.load(path) as parts:
        found = {name: parts[name].tobytes() for name in parts.files}
    about = json.loads(found.pop("about"))
    report = about.pop("report")
    return found, about, report["loss"], report["tokens"]


def _names(at: Path) -> dict[str, bool]:
    """Of all in a run's folders, in order, and whether each is a folder."""
    return {path.relative_to(at).as_posix(): path.is_dir() for path in sorted(at.glob("**/*"))}


def _stage(at: Path, before: dict[str, bool], went_on: bool, said: str) -> str:
    """What a process was at that is no more."""
    run, now = at / "run", _names(at)
    new = {name: is_folder for name, is_folder in now.items() if name not in before}
    drafts = [name for name in new if name.endswith(".tmp")]
    outputs = [name for name in _OUTPUTS if name in new]
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
    return next((stage for stage, at_it in stages.items() if at_it), STAGES[4])


def _differs(at: Path, alone: Alone, workers: int) -> str:
    """What is not as in the run that nothing disturbed; nothing if all is."""
    left = sorted(set(_names(at)) - {"run", *_OUTPUTS, "run/run.json"})
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
        and any(_content(at / name) != data for name, data in alone.files.items()),
    }
    return "; ".join(what for what, is_so in wrong.items() if is_so)


def _markdown(found: Found) -> str:
    rows = [
        [stage, *(f"{found.kills[stage, who]:,}" for who in ("began", "went on"))]
        for stage in STAGES
    ]
    return harness.markdown(["killed while", "beginning", "going on"], rows)


def _sentence(found: Found, workers: int) -> str:
    same = "equal to one left alone, byte for byte" if workers == 1 else "whose figures add up"
    return (
        f"{found.kills.total():,} kills and {found.resumed:,} resumes of {found.runs:,} runs, "
        f"{found.equal:,} {same}"
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("kills", type=int, metavar="N", help="how many processes are killed")
    parser.add_argument("--processes", type=int, default=0, metavar="N", help="new ones, not forks")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS, metavar="KIND")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tokens", type=int, default=60_000, help="of the made-up text")
    parser.add_argument("--folder", help="where runs are made [default: that of temporary files]")
    parser.add_argument("--results", default=str(harness.RESULTS), help="folder")
    parser.add_argument("--name", default="kill")
    return parser.parse_args()


if __name__ == "__main__":
    main()
