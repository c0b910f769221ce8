"""How fast, by tokens in flight, threads of a block and dimensions? One epoch over the corpus, over
and over to 100 M tokens; the defaults first, then rows in bulk."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import partial

from benchmarks import kernels
from benchmarks.gpu.setting import WAYS, Row, Setting, Stage, beginning, one_epoch, train, within
from w2v import Config
from w2v.training import step_shape

IN_FLIGHT = {
    "ns": (1024, 4096, 8192, 16_384, 1 << 20),
    "hs": (256, 1024, 2048, 4096, 1 << 20),
}
"""Tokens; the last is more than any device holds, and so what this one does."""
THREADS = {"ns": (128, 256), "hs": (64, 128)}
DIMS = (100, 300)
_REPEATS = 3
_LIMIT_S = 50.0


def stages(setting: Setting) -> list[Stage]:
    ways = (("defaults", defaults), ("in bulk", in_bulk))
    found = [
        Stage(f"{name}, {what}", _LIMIT_S, partial(measure, setting, name, config))
        for what, measure in ways
        for name, config in setting.cases.items()
    ]
    for dim, (name, config) in itertools.product(DIMS, setting.cases.items()):
        wide = config if setting.tiny else one_epoch(config, dim=dim)
        found.append(Stage(f"{name}, {dim}", _LIMIT_S, partial(grid, setting, name, wide)))
    return found


def defaults(setting: Setting, name: str, config: Config) -> Iterator[Row]:
    """As a user has it, after a run in which whatever compiles has compiled."""
    backend, long = setting.backend_value, setting.long
    one = one_epoch(config)
    train(one, backend, beginning(setting.corpus, 2000))
    rows_of_token = kernels.work(one, step_shape(backend, one), long)[1]
    for _ in range(_repeats(setting)):
        row = train(one, backend, long)
        moved = row["kept_tokens_per_second"] * 12 * one.dim * rows_of_token  # read twice, written
        yield {"what": "default", "case": name, **row, "bytes_per_second": moved}


def in_bulk(setting: Setting, name: str, config: Config) -> Iterator[Row]:
    """Rows by threads and in bulk by turns; apart, since a fault of theirs would end the above."""
    backend, long = setting.backend_value, setting.long
    one = one_epoch(config)
    for way in WAYS.values():
        train(one, backend, beginning(setting.corpus, 2000), in_bulk=way)
    for _, (what, way) in itertools.product(range(_repeats(setting)), WAYS.items()):
        yield {"what": what, "case": name, **train(one, backend, long, in_bulk=way)}


def _repeats(setting: Setting) -> int:
    return 1 if setting.tiny else _REPEATS


def grid(setting: Setting, name: str, config: Config) -> Iterator[Row]:
    """Each number of tokens in flight, with each number of threads."""
    backend, long = setting.backend_value, setting.long
    steps = IN_FLIGHT[config.loss]
    points = list(itertools.product(steps[1::3] if setting.tiny else steps, THREADS[config.loss]))
    for step, threads in within(0.7 * _LIMIT_S, points):
        chosen = one_epoch(config, step_tokens=step)
        point: Row = {"what": "grid", "case": name, "step_tokens": step, "threads": threads}
        try:
            train(chosen, backend, beginning(setting.corpus, 2000), threads=threads)
            row = train(chosen, backend, long, threads=threads)
        except Exception as error:  # a kernel may be compiled for fewer threads
            yield point | {"dim": config.dim, "refused": f"{type(error).__name__}: {error}"[:300]}
        else:
            yield row | point
