"""Does it run, and right? Registers and resident blocks; few tokens beside NumPy; the tests; and
what NVIDIA's compute-sanitizer finds.

    python -m benchmarks.gpu.runs OPTIONS WAY      trains a little of each case, for a tool to watch
"""

from __future__ import annotations

import csv
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.gpu.setting import (
    ROOT,
    WAYS,
    Row,
    Setting,
    Stage,
    WrongError,
    beginning,
    one_epoch,
    outcome,
    train,
)
from w2v import Config, get_backend
from w2v.training import Trained, step_shape

TESTS = ("tests/training/test_fused.py", "tests/backends/test_contract.py")
METRICS = ("smsp__inst_executed.sum", "l1tex__data_bank_conflicts_pipe_lsu.sum")
"""Warp instructions, and wavefronts of shared memory that bank conflicts add."""
STEPS = "_shared|_paths"
"""What the names of the steps' kernels end in."""
TOOLS = ("memcheck", "racecheck", "synccheck")
_CLOSE, _LOSS_CLOSE = 2e-3, 0.05
_TOLD = 2000  # characters of what a tool printed
_TESTED = re.compile(r"(\S+::.*) (PASSED|FAILED|ERROR|SKIPPED)\b")
_FOUND = re.compile(r"SUMMARY: (\d+) (?:errors?|hazards?)")


def stages(setting: Setting) -> list[Stage]:
    found = [Stage("device", 60, partial(device, setting))]
    found += [
        Stage(f"{name}, few tokens", 60, partial(few, setting, config))
        for name, config in setting.cases.items()
    ]
    found.append(Stage("tests", 200, partial(tests, setting)))
    found.append(Stage("instructions", 60, partial(instructions, setting)))
    found += [
        Stage(f"{tool}, {way}", 100, partial(sanitized, setting, tool, way))
        for way, tool in itertools.product(WAYS, TOOLS)
    ]
    return found


def device(setting: Setting) -> Iterator[Row]:
    """Versions and limits, then what each kernel takes for vectors of 100 and 300 numbers."""
    backend = setting.backend_value
    yield {"what": "device", "version": backend.version, **_properties(backend.xp)}
    corpus = beginning(setting.corpus, 2000)
    for dim in (8,) if setting.tiny else (100, 300):
        for name, config in setting.cases.items():
            row = train(one_epoch(config, dim=dim), backend, corpus)
            yield {"what": "step", "case": name, **row}


def _properties(xp: object) -> Row:
    runtime = xp.cuda.runtime  # type: ignore[attr-defined]
    properties = runtime.getDeviceProperties(0)
    names = "major minor multiProcessorCount l2CacheSize totalGlobalMem sharedMemPerMultiprocessor"
    found: Row = {name: int(properties[name]) for name in names.split() if name in properties}
    for call in ("driverGetVersion", "runtimeGetVersion"):
        found[call] = int(getattr(runtime, call)()) if hasattr(runtime, call) else None
    return found


def few(setting: Setting, config: Config) -> Iterator[Row]:
    """One block in flight beside NumPy, which gives the same tables where blocks are as large,
    the default beside that, and rows in bulk."""
    tokens = 600 if setting.tiny else 20_000
    corpus, backend = beginning(setting.corpus, tokens), setting.backend_value
    shape = step_shape(backend, config)
    alone = one_epoch(config, step_tokens=shape.block, sample=0.0)
    if (
        config.loss == "ns"
    ):  # an odd number of noise words: groups of centres have none of their own
        alone = replace(alone, block_tokens=shape.block, block_negatives=shape.shared + 1)
    row, ours = outcome(alone, backend, corpus)
    _, theirs = outcome(alone, get_backend("numpy"), corpus)
    row["loss_of_numpy"] = theirs.loss[-1]
    if config.loss == "ns":
        row["apart"] = _apart(ours, theirs)
    yield {"what": "one block in flight", **row}
    _check_tables(row)
    _check_loss(row, row["loss_of_numpy"])
    full, _ = outcome(one_epoch(config, sample=0.0), backend, corpus)
    yield {"what": "the default in flight", **full}
    _check_loss(full, row["last_loss"])
    row, bulk = outcome(alone, backend, corpus, in_bulk=True)
    row["apart"] = _apart(bulk, ours)
    yield {"what": "one block in flight, rows in bulk", **row}
    _check_tables(row)
    full_in_bulk, _ = outcome(one_epoch(config, sample=0.0), backend, corpus, in_bulk=True)
    yield {"what": "the default in flight, rows in bulk", **full_in_bulk}
    _check_loss(full_in_bulk, full["last_loss"])


def _apart(one: Trained, other: Trained) -> list[float]:
    """The largest difference of each table, of its largest number."""
    pairs = ((one.vectors, other.vectors), (one.output, other.output))
    return [float(np.abs(a - b).max() / np.abs(b).max()) for a, b in pairs]


def _check_tables(row: Row) -> None:
    if not all(share <= _CLOSE for share in row.get("apart", ())):
        raise WrongError(f"of their largest number, tables are {row['apart']} apart")


def _check_loss(row: Row, expected: float | None) -> None:
    loss = row["last_loss"]
    if loss is None or expected is None or not loss <= (1 + _LOSS_CLOSE) * expected:
        raise WrongError(f"the loss is {loss}, and {expected} was expected")


def tests(setting: Setting) -> Iterator[Row]:
    """The tests of the steps and of the contract, on this device; warnings are none of ours."""
    chosen = "cupy and frozen and skipgram and hs" if setting.tiny else "cupy"
    command = [sys.executable, "-m", "pytest", "-v", "-k", chosen, *TESTS]
    command += ["-o", "filterwarnings=default", "-p", "no:cacheprovider"]
    places = {**os.environ, "W2V_REQUIRE_BACKENDS": "cupy", "PYTHONUNBUFFERED": "1"}
    found: dict[str, list[str]] = {}
    printed = ""
    with subprocess.Popen(
        command, cwd=ROOT, env=places, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as child:
        assert child.stdout is not None
        for line in child.stdout:
            printed += line
            if match := _TESTED.match(line):
                yield {"test": match[1], "outcome": match[2]}
                found.setdefault(match[2], []).append(match[1])
    bad = [*found.get("FAILED", []), *found.get("ERROR", [])]
    yield {"passed": len(found.get("PASSED", [])), "bad": bad, "printed": printed[-_TOLD:]}
    if child.returncode:
        raise WrongError(f"pytest ended with {child.returncode}, {len(bad)} tests failed")


def instructions(setting: Setting) -> Iterator[Row]:
    """What warps execute for a kept token, counted by Nsight Compute where that is installed."""
    if (program := shutil.which("ncu")) is None:
        yield {"what": "instructions", "left_out": "no ncu on the PATH"}
        return
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log.csv"
        command = [program, "--csv", "--log-file", str(log), "--metrics", ",".join(METRICS)]
        command += ["--clock-control", "none", "--kernel-name", f"regex:{STEPS}"]
        done = _watched(command, setting, "by threads")
        printed = log.read_text(encoding="utf-8") if log.exists() else ""
    if done.returncode:
        raise WrongError(f"ncu ended with {done.returncode}: {(printed + done.stderr)[-_TOLD:]}")
    yield from counted(printed, [json.loads(x) for x in done.stdout.splitlines() if x[:1] == "{"])


def counted(printed: str, told: Sequence[Row]) -> list[Row]:
    """Counts of each launch for a kept token.

    Parameters
    ----------
    printed : str              By Nsight Compute, as CSV: a line a launch and metric.
    told : sequence of dict    Of each launch in turn its "case" and its "kept" tokens.
    """
    lines = [line for line in printed.splitlines() if line.startswith('"')]
    launches: dict[int, Row] = {}
    for line in csv.DictReader(lines):
        launch = launches.setdefault(int(line["ID"]), {"kernel": line["Kernel Name"]})
        launch[line["Metric Name"]] = float(line["Metric Value"].replace(",", ""))
    if len(launches) != len(told):
        raise WrongError(f"Nsight Compute saw {len(launches)} launches of {len(told)}")
    return [
        {"what": "instructions", "case": case["case"], "kernel": launch["kernel"]}
        | {name: launch[name] / case["kept"] for name in METRICS if name in launch}
        for (_, launch), case in zip(sorted(launches.items()), told, strict=True)
    ]


def sanitized(setting: Setting, tool: str, way: str) -> Iterator[Row]:
    """A little of each case under compute-sanitizer, where that is installed."""
    program = shutil.which("compute-sanitizer")
    if program is None:
        yield {"what": tool, "left_out": "no compute-sanitizer on the PATH"}
        return
    done = _watched([program, "--tool", tool], setting, way)
    printed = done.stdout + done.stderr
    found = [int(count) for count in _FOUND.findall(printed)]
    yield {"what": tool, "found": found, "status": done.returncode, "printed": printed[-_TOLD:]}
    if done.returncode or not found or any(found):
        raise WrongError(f"{tool} ended with {done.returncode} and found {found}")


def _watched(tool: Sequence[str], setting: Setting, way: str) -> subprocess.CompletedProcess[str]:
    command = [*tool, sys.executable, "-m", "benchmarks.gpu.runs", setting.as_json(), way]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def main(arguments: Sequence[str]) -> None:
    """Some tokens of each case, with memory that is not from a pool, so that its ends are seen; a
    line for each of how many were kept."""
    setting = Setting(**json.loads(arguments[0]))
    backend = setting.backend_value
    if hasattr(backend.xp.cuda, "set_allocator"):
        backend.xp.cuda.set_allocator(None)
    corpus = beginning(setting.corpus, 3000)
    in_bulk = WAYS[arguments[1]]
    for name, config in setting.cases.items():
        _, trained = outcome(one_epoch(config), backend, corpus, in_bulk=in_bulk)
        print(json.dumps({"case": name, "kept": sum(trained.kept)}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
