"""What do the compiled kernels take, and what do they execute? No GPU is needed.

    pip install nvidia-cuda-nvcc nvidia-cuda-nvdisasm
    python -m benchmarks.gpu.resources [--archs sm_80 sm_90] [--dims 50 100 200 300]

Compiles backends/cupy_kernels.cu by nvcc, with the options that CuPy's compiler is given, and keeps
NAME.json in benchmarks/results: of each kernel registers, spills and instructions; of each pair of
model and loss, by dimensions, shared memory and the blocks that a multiprocessor holds; and what
warps execute for a kept token, by parts of the source and kinds of instructions. That is counted:
the machine code, as nvdisasm prints it, runs warp by warp on the CPU (`sass_program`), started by
w2v's own launches on the tests' stand-in for CuPy, which the tests hold to the layers. One block in
flight, a made-up text by Zipf's law whose tokens are all kept, its vocabulary that of 17 M tokens.
Times of instructions, memory and other warps are not in it.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import subprocess
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks import harness, peers
from benchmarks.gpu import occupancy, sass_code
from benchmarks.gpu.compiling import OPTIONS, SOURCE, compiled, programs, used
from benchmarks.gpu.launches import Launches
from benchmarks.gpu.sass_program import PARAMETERS, Kernel
from benchmarks.gpu.sass_warps import UnknownCodeError
from benchmarks.gpu.setting import ROOT, Row
from w2v import Backend, Config, Corpus, W2VError, get_backend
from w2v.training import Trainer, step_shape, throughput

STEPS = ("skipgram_shared", "cbow_shared", "skipgram_paths", "cbow_paths")
_COLUMNS = (
    *("kernel", "dim", "threads", "registers", "shared_bytes", "blocks", "limited_by"),
    "tokens_in_flight",
)
_TEXT_TOKENS, _WORDS = 17_000_000, 60_000


def main() -> None:
    """Compile, disassemble, run, print the tables, keep the figures."""
    options = _options()
    nvcc, nvdisasm = programs()
    backend = _stand_in()
    corpus = throughput.zipf_corpus(2000 if options.tiny else _TEXT_TOKENS, _WORDS // options.less)
    kernels: dict[str, Any] = {}
    rows: list[Row] = []
    executed: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="w2v-resources-") as folder:
        for arch in options.archs:
            said, sass = compiled(nvcc, nvdisasm, arch, Path(folder), in_bulk=options.in_bulk)
            functions = sass_code.read(sass, SOURCE.name)
            kernels[arch] = used(said)
            for name, one in functions.items():
                kernels[arch][name]["instructions"] = len(one.code)
            for case in options.cases:
                for dim in options.dims:
                    rows.append(held(backend, case, dim, corpus, arch, kernels[arch]))
                for dim in options.executed if arch == options.archs[-1] else ():
                    harness.say(f"{arch}, {case}, {dim} dimensions: counting")
                    executed.append(counted(backend, case, dim, corpus, functions, arch, options))
    version = subprocess.run([nvcc, "--version"], capture_output=True, text=True, check=True)
    result = {
        "environment": harness.environment(["w2v", "numpy"]),
        "compiler": version.stdout.strip().splitlines()[-1],
        "options": OPTIONS,
        "in_bulk": options.in_bulk,
        "kernels": kernels,
        "occupancy": rows,
        "executed": executed,
    }
    before = json.loads(options.before.read_text(encoding="utf-8")) if options.before else None
    print("\n\n".join(table for table in tables(result, before) if table))
    harness.write(options.name, result, options.results)


def held(
    backend: Backend, case: str, dim: int, corpus: Corpus, arch: str, kernels: dict[str, Row]
) -> Row:
    """Shared memory and resident blocks of a case, for vectors of so many dimensions."""
    config, text = _config(case, dim), throughput.beginning(corpus, 64)
    with launching(backend, lambda name: _Silent()), Launches(backend) as launches:
        with contextlib.suppress(W2VError):  # nothing is learnt
            Trainer(config, text, backend).run()
        facts = launches.facts()
    row: Row = {"arch": arch, "case": case, "dim": dim}
    if not facts:
        return {**row, "kernel": None}  # the layers compose it
    one, limits = kernels[facts["kernel"]], occupancy.LIMITS[arch]
    row |= {name: facts[name] for name in ("kernel", "threads", "shared_bytes")}
    shared = facts["shared_bytes"] + one["static_shared_bytes"]
    blocks, by = occupancy.resident(limits, facts["threads"], one["registers"], shared)
    tokens = blocks * limits.multiprocessors * step_shape(backend, config).block
    share = blocks * -(-facts["threads"] // occupancy.WARP) / limits.warps
    row |= {"registers": one["registers"], "blocks": blocks, "limited_by": by}
    return {**row, "warps_held": share, "tokens_in_flight": tokens}


def counted(
    backend: Backend,
    case: str,
    dim: int,
    corpus: Corpus,
    functions: dict[str, sass_code.Function],
    arch: str,
    options: argparse.Namespace,
) -> Row:
    """Warp instructions for a kept token, in all and by part, and passes over shared memory."""
    config = _config(case, dim)
    tokens = options.tokens // (4 if config.loss == "hs" else 1)
    made: dict[str, Kernel] = {}

    def kernel(name: str) -> Kernel:
        return made.setdefault(name, Kernel(functions[name], arch))

    row: Row = {"arch": arch, "case": case, "dim": dim, "tokens": tokens}
    try:
        with launching(backend, kernel), chunks_of(tokens), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # nothing is learnt from so little
            kept = sum(Trainer(config, throughput.beginning(corpus, tokens), backend).run().kept)
    except UnknownCodeError as error:
        return {**row, "not_counted": str(error)}
    (name,) = (name for name in made if name in STEPS)
    one = made[name]
    known = sass_code.parts(SOURCE.read_text(encoding="utf-8"))
    parts: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    slow: Counter[str] = Counter()
    for instruction, times in zip(one.code, one.program.executed.tolist(), strict=True):
        part = sass_code.part_of(instruction.places, known, name)
        parts[part] += times
        kinds[instruction.name.split(".")[0]] += times
        at = instruction.address
        slow[part] += one.passes[at] - one.least[at]
    return {
        **row,
        "kernel": name,
        "instructions": sum(parts.values()) / kept,
        "lanes": int(one.program.lanes.sum()) / sum(parts.values()),
        "by_part": {part: count / kept for part, count in parts.most_common() if count},
        "by_kind": {kind: count / kept for kind, count in kinds.most_common() if count},
        "shared_passes": sum(one.passes.values()) / kept,
        "passes_by_conflicts": sum(slow.values()) / kept,
        "conflicts_by_part": {part: n / kept for part, n in slow.most_common() if n},
    }


def _config(case: str, dim: int) -> Config:
    kind = peers.CASES[case]
    step = 16 if kind["loss"] == "ns" else 1  # one block
    return Config(**kind, dim=dim, sample=0.0, epochs=1, min_count=1, step_tokens=step)  # type: ignore[arg-type]


class _Silent:
    """A kernel that does nothing."""

    max_dynamic_shared_size_bytes = 0
    preferred_shared_memory_carveout = 0
    ptr = 0

    def __init__(self) -> None:
        self.kernel = self

    def __call__(self, *_: Any, **__: Any) -> None:
        pass


def _stand_in() -> Backend:
    """The CuPy backend over arrays of NumPy, whether there is a GPU or not."""
    sys.path.insert(0, str(ROOT / "tests" / "standin"))
    backend = get_backend("cupy")
    assert backend.device.startswith("no device"), backend.device
    return backend


@contextlib.contextmanager
def launching(backend: Backend, make: Callable[[str], Any]) -> Iterator[None]:
    """Has the backend launch these kernels."""
    kernels: Any = backend.kernels  # type: ignore[attr-defined]
    before = kernels.function
    made: dict[str, Any] = {}

    def function(name: str, *_: Any) -> Any:
        return made.get(name) or made.setdefault(name, make(name))

    kernels.function = function
    try:
        yield
    finally:
        kernels.function = before


@contextlib.contextmanager
def chunks_of(tokens: int) -> Iterator[None]:
    """Chunks of a text so short: those of 32,768 tokens are mostly empty then, and take a while."""
    blocks = sys.modules["w2v.training.blocks"]  # no room has a door for that
    before = vars(blocks)["CHUNK"]
    vars(blocks)["CHUNK"] = tokens
    try:
        yield
    finally:
        vars(blocks)["CHUNK"] = before


def tables(result: Row, before: Row | None = None) -> list[str]:
    """Blocks of a multiprocessor; instructions for a kept token, with another result's beside."""
    head = ["", *(name.replace("_", " ") for name in _COLUMNS)]
    lines = [
        [f"{row['arch']}, {row['case']}", *(f"{row.get(name)}" for name in _COLUMNS)]
        for row in result["occupancy"]
    ]
    earlier = {_key(row): row.get("instructions") for row in (before or {}).get("executed", ())}
    parts = [
        [f"{row['case']}, {row['dim']}", *_told(row, earlier.get(_key(row)))]
        for row in result["executed"]
    ]
    more = ["", "warp instructions a kept token", "lanes at work"]
    more += ["passes over shared memory", "by part"]
    return [harness.markdown(head, lines), harness.markdown(more, parts) if parts else ""]


def _key(row: Row) -> tuple[str, ...]:
    return tuple(f"{row[name]}" for name in ("arch", "case", "dim"))


def _told(row: Row, before: float | None) -> list[str]:
    if "not_counted" in row:
        return ["-", "-", "-", f"not counted: {row['not_counted']}"]
    most = [f"{part} {count:.0f}" for part, count in row["by_part"].items() if count >= 20]
    passes = f"{row['shared_passes']:.0f}, {row['passes_by_conflicts']:.0f} of them by conflicts"
    ratio = f", {row['instructions'] / before:.2f} of {before:.0f}" if before else ""
    lanes = f"{row['lanes']:.1f}" if "lanes" in row else "-"
    return [f"{row['instructions']:.0f}{ratio}", lanes, passes, ", ".join(most)]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.gpu.resources",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--archs", nargs="+", choices=PARAMETERS, default=list(PARAMETERS))
    parser.add_argument("--cases", nargs="+", choices=peers.CASES, default=list(peers.CASES))
    parser.add_argument("--dims", nargs="+", type=int, default=[50, 100, 200, 300])
    parser.add_argument(
        "--executed", nargs="*", type=int, default=[100, 300], help="dimensions, on the last arch"
    )
    parser.add_argument("--tokens", type=int, default=256, help="that run; a fourth of them for hs")
    parser.add_argument("--in-bulk", action="store_true", help="rows by the copying unit of sm_90")
    parser.add_argument("--before", type=Path, help="an earlier result, to set beside this one")
    parser.add_argument("--tiny", action="store_true", help="less, to see that it runs")
    parser.add_argument("--name", default="gpu-resources")
    parser.add_argument("--results", type=Path, default=harness.RESULTS)
    options = parser.parse_args()
    options.less = 1
    if options.tiny:
        options.tokens, options.less = 32, 100
    return options


if __name__ == "__main__":
    main()
