"""What adding and reading rows costs by itself: atomics of a float and of four, bulk reductions and
bulk copies, for ids by Zipf's law and for even ones; and sums as they come beside sorted ones."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.gpu.setting import Row, Setting, Stage, WrongError
from w2v import Backend, get_backend
from w2v.training import throughput

WIDTHS = (100, 300)
WAYS = ("add_floats", "add_float4s", "add_bulk", "read_floats", "read_float4s", "read_bulk")
_OF_HOPPER = {"add_float4s", "add_bulk", "read_bulk"}
_SHARED = {"add_bulk": 1, "read_bulk": 8}  # rows of a warp in shared memory
_WORDS, _ROWS, _SORTED = 60_000, 1 << 20, 1 << 16
_WARPS, _BLOCKS = 4, 16  # of a block of threads; of a multiprocessor
_ENOUGH_S = 0.3


def stages(setting: Setting) -> list[Stage]:
    found = [
        Stage(f"{way}, {width}", 30, partial(rows, setting, way, width))
        for way, width in itertools.product(WAYS, WIDTHS)
    ]
    return [
        *found,
        Stage("copy", 20, partial(copied, setting)),
        Stage("sums", 40, partial(sums, setting)),
    ]


def rows(setting: Setting, way: str, width: int) -> Iterator[Row]:
    """Rows a second of one way, each added or read once and checked."""
    backend = setting.backend_value
    xp: Any = backend.xp
    if way in _OF_HOPPER and int(xp.cuda.runtime.getDeviceProperties(0).get("major", 0)) < 9:
        yield {"way": way, "left_out": "needs a device of compute capability 9.0"}
        return
    source = Path(__file__).with_name("atomics.cu").read_text(encoding="utf-8")
    function = xp.RawModule(code=source, options=("--std=c++17",)).get_function(way)
    warp = 32
    shared = 4 * width * _WARPS * _SHARED.get(way, 0)
    if shared > 48 * 1024:
        function.max_dynamic_shared_size_bytes = shared
    blocks = int(xp.cuda.Device().attributes["MultiProcessorCount"]) * _BLOCKS
    for name, ids in _ids(setting).items():
        where = backend.asarray(ids), np.int32(len(ids))
        table = xp.zeros((_words(setting), width), "float32")
        sum_ = xp.zeros(1, "float64")
        if way.startswith("read"):
            table += backend.asarray(np.arange(len(table), dtype=np.float32) % 64)[:, None]
        end = (sum_,) if way.startswith("read") else ()
        arguments = (table, np.int32(width), *where, *end)
        launch = partial(function, (blocks,), (warp * _WARPS,), arguments, shared_mem=shared)
        launch()
        _check(backend, way, ids, width, table, sum_)
        seconds = quickest(backend, launch, 0.002 if setting.tiny else _ENOUGH_S)
        rate = len(ids) / seconds
        yield {
            "way": way,
            "width": width,
            "ids": name,
            "rows_per_second": rate,
            "bytes_per_second": 4 * width * rate,
        }


def _check(
    backend: Backend, way: str, ids: NDArray[Any], width: int, table: Any, found: Any
) -> None:
    if way.startswith("add"):
        counts = np.bincount(ids, minlength=len(table)).astype(np.float32)
        right = np.array_equal(backend.to_numpy(table), np.repeat(counts[:, None], width, 1))
    else:
        expected = width * float((ids % 64).sum(dtype=np.int64))
        right = math.isclose(float(found[0]), expected, rel_tol=1e-4)
    if not right:
        raise WrongError(f"{way} of {len(ids)} rows of {width} floats gives other sums")


def _words(setting: Setting) -> int:
    return 300 if setting.tiny else _WORDS


def _ids(setting: Setting) -> dict[str, NDArray[np.int32]]:
    count, words = (500, 300) if setting.tiny else (_ROWS, _WORDS)
    even = np.random.default_rng(0).integers(0, words, count, np.int32)
    return {"Zipf": np.asarray(throughput.zipf_corpus(count, words).ids), "even": even}


def copied(setting: Setting) -> Iterator[Row]:
    """Bytes a second read and written by a large copy."""
    backend = setting.backend_value
    source = backend.xp.ones(1 << 10 if setting.tiny else 1 << 28, "float32")
    target = backend.xp.zeros_like(source)

    def copy() -> None:
        target[...] = source

    seconds = quickest(backend, copy, 0.002 if setting.tiny else _ENOUGH_S)
    yield {"way": "copy", "bytes_per_second": 2 * int(source.nbytes) / seconds}


def sums(setting: Setting) -> Iterator[Row]:
    """`Backend.scatter_add` as sums come, and sorted as `--deterministic` has them."""
    ids = _ids(setting)["Zipf"][:_SORTED]
    for in_order in (False, True):
        backend = get_backend(setting.backend, in_order=in_order)
        table = backend.new_table(_words(setting), WIDTHS[0])
        added = backend.xp.ones((len(ids), WIDTHS[0]), "float32")
        adding = partial(backend.scatter_add, table, backend.asarray(ids), added)
        seconds = quickest(backend, adding, 0.002 if setting.tiny else _ENOUGH_S)
        yield {
            "way": "sorted" if in_order else "as they come",
            "rows_per_second": len(ids) / seconds,
        }


def quickest(backend: Backend, action: Callable[[], Any], enough_s: float) -> float:
    """Seconds of the quickest of the calls that fit into `enough_s`, the first left out."""
    action()
    backend.synchronize()
    best, end = math.inf, time.perf_counter() + enough_s
    while (started := time.perf_counter()) < end or best == math.inf:
        action()
        backend.synchronize()
        best = min(best, time.perf_counter() - started)
    return best
