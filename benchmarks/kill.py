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
import mmap
import os
import random
import shutil
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import harness
from benchmarks.killed_run import (
    LOG,
    STAGES,
    Alone,
    Plan,
    content,
    differs,
    left_alone,
    names_in,
    process,
    stage_of,
    train,
)
from w2v import W2VError
from w2v.training import throughput

KINDS = [f"{model}-{loss}" for model in ("skipgram", "cbow") for loss in ("ns", "hs", "softmax")]
_KILLED = -9  # by SIGKILL
_AGAIN = 0.6  # of the processes that go on, this part is killed too
_NOT_AGAIN = 30  # kills of one run, at the most


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
        raise SystemExit("This system forks no processes.")
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
            alone[kind, anew] = left_alone(folder / "alone", text, kind, options.workers, anew)
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
    result = _result(options, found) | {"seconds": round(time.perf_counter() - started, 1)}
    harness.write(options.name, result, Path(options.results))
    if found.wrong:
        raise SystemExit(1)
    shutil.rmtree(folder)


def _result(options: argparse.Namespace, found: Found) -> dict[str, Any]:
    names = ("kills", "processes", "workers", "kinds", "seed", "tokens")
    return {
        "environment": harness.environment(["w2v", "numpy", "numba"]),
        "settings": {name: getattr(options, name) for name in names},
        "kills": [
            {"stage": stage, **{who: found.kills[stage, who] for who in ("began", "went on")}}
            for stage in STAGES
        ],
        "resumed": found.resumed,
        "runs": found.runs,
        "equal": found.equal,
        "wrong": found.wrong,
    }


def _text(tokens: int) -> str:
    corpus = throughput.zipf_corpus(tokens, 300)
    words = [corpus.vocabulary.words[i] for i in corpus.ids]
    return "\n".join(" ".join(words[at : at + 20]) for at in range(0, tokens, 20)) + "\n"


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
    log = at.parent / LOG
    for times in range(_NOT_AGAIN):
        went_on = (at / "run" / "run.json").exists()
        command = train(at, text, kind, options.workers)
        if went_on:
            found.resumed += 1
            command = ["resume", str(at / "run")]
        plan = Plan()
        if times + 1 < _NOT_AGAIN and (not times or rng.random() < _AGAIN):
            plan = _plan(rng, alone, went_on, anew)
        before = names_in(at)
        code = process(command, at, plan, anew, mmap.mmap(-1, 8))
        if not code:
            return differs(at, alone, options.workers)
        said = log.read_text(encoding="utf-8", errors="replace")
        if code != _KILLED:
            return f"{' '.join(command)} ended with {code}: {said}"
        try:
            stage = stage_of(at, before, went_on, said)
        except (W2VError, UserWarning) as error:
            return f"After a kill: {error}"
        found.kills[stage, "went on" if went_on else "began"] += 1
        for name, data in alone.files.items():
            if options.workers == 1 and (at / name).exists() and content(at / name) != data:
                return f"{name} was there when {stage}, and is not what it is to be"
    raise AssertionError("the last process was not to be killed")


def _plan(rng: random.Random, alone: Alone, went_on: bool, anew: bool) -> Plan:
    if not anew and rng.random() < 0.5:
        return Plan(call=rng.randint(1, alone.calls))
    if went_on and rng.random() < 0.5:  # it takes a short time to read a checkpoint
        return Plan(alone.seconds * 10 ** rng.uniform(-2, 0))
    return Plan(alone.seconds * rng.uniform(0, 1.05))


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
