"""Numba: NumPy's arrays with compiled steps. With its kernels, the only one that imports Numba."""

from __future__ import annotations

import platform
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from w2v.backends import machine, numba_cache
from w2v.backends.base import Array, Fused, FusedPlan, Rows, StepShape, Sums, Text, start_of
from w2v.backends.numba_memory import aligned, of_cbow, of_hot_words
from w2v.backends.numpy_backend import NumpyBackend
from w2v.errors import BackendError

_A_WHILE_S = 2.0
_LINES = (32, 16) if sys.platform == "darwin" and platform.machine() == "arm64" else (16,)  # floats
_MATTERS = 0.05  # of the row-step cap: at usual learning rates, less than 1 % of a step
_EXPOSED = 0.65  # at the most, by the time that parts of a step take
_OF_SECOND_CACHE = 7 / 8  # for copies of nodes: more of them were slower
_GROUPS = 2  # of centres: see docs/decisions/blocks.md
_WORTH_ALIGNING = 1.15  # times the memory
_ON_TABLES = (np.dtype(np.float32), np.dtype(np.float64))


@dataclass(frozen=True)
class NumbaBackend(NumpyBackend):
    """See `Backend`. Arrays are NumPy's; the steps of training are one compiled call."""

    kernels: ModuleType

    def step_shape(self, rows: Rows, *, averaged: bool) -> StepShape:
        if rows == "all":
            return super().step_shape(rows, averaged=averaged)
        if rows == "path":
            return StepShape(block=1, shared=32, step=1, in_turn=True)
        shared, groups = (32, _GROUPS) if averaged else (24, 1)
        return StepShape(block=16, shared=shared, step=16, groups=groups, exposed=_EXPOSED)

    def scatter_add(self, table: Array, ids: Array, rows: Array) -> None:
        if table.dtype != rows.dtype or table.dtype not in _ON_TABLES:
            super().scatter_add(table, ids, rows)
            return
        dim = table.shape[1] if table.ndim > 1 else 1
        flat = np.ascontiguousarray(ids).reshape(-1)
        self.kernels.scatter_add(table.reshape(len(table), dim), flat, rows.reshape(len(flat), dim))

    def random_bits(self, key: int, counter: Array) -> Array:
        out = np.empty(counter.shape, np.uint64)
        flat = np.ascontiguousarray(counter).reshape(-1)
        self.kernels.random_bits(start_of(key), flat, out.reshape(-1))
        return out

    @property
    def apart(self) -> bool:
        return False

    def new_table(self, rows: int, dim: int) -> Array:
        """Rows of whole cache lines, so that no two share one, or at least of whole vectors."""
        widths = [-(-dim // line) * line for line in (*_LINES, self.kernels.whole(1))]
        fitting = [wide for wide in widths if wide <= _WORTH_ALIGNING * dim]
        return aligned((rows, fitting[0] if fitting else dim))

    def fused(self, plan: FusedPlan, text: Text, in_flight: int) -> Fused | None:
        """Blocks one after the other; steps of several are for the layers to compose."""
        if in_flight > plan.block or (plan.paths is not None and plan.block > 1):
            return None
        return _Training(self.kernels, plan, text)

    def prepare(
        self, rows: Rows, *, averaged: bool, waiting: Callable[[str], None] | None = None
    ) -> None:
        if waiting is None:
            self._try_kernels(rows, averaged)
            return
        timer = threading.Timer(_A_WHILE_S, waiting, ["loading compiled steps"])
        timer.daemon = True
        timer.start()

        def compiling() -> None:
            timer.cancel()
            waiting(self._compiling())

        try:
            with numba_cache.misses(compiling):
                self._try_kernels(rows, averaged)
        finally:
            timer.cancel()
        if numba_cache.unkept:
            waiting(f"compiled, but the result cannot be kept: {numba_cache.unkept[-1]}")

    def _compiling(self) -> str:
        if self.kernels.kept_in() is None:
            return "compiling, some ten seconds, as there is no folder to keep the result in"
        return "compiling once for this model and loss, some ten seconds"

    def _try_kernels(self, rows: Rows, averaged: bool) -> None:
        """Call what a training run calls, on next to nothing."""
        words, limits = np.zeros(2, np.int32), np.full(1, 2**32 - 1, np.uint32)
        self.random_bits(0, np.zeros(1, np.uint64))
        if rows == "all":
            for ids in (words, words.astype(np.int64)):
                self.scatter_add(np.zeros(1, np.float32), ids, np.zeros(2, np.float32))
            return
        tables = np.zeros((2, 1, 1), np.float32)
        pair = np.zeros((1, 2), np.uint32)
        noise = (pair[:, 0], pair[:, 1].view(np.int32), 1, 1)
        paths = (np.zeros(2, np.int64), words.copy(), words.astype(np.uint8))
        plan = FusedPlan(
            input=tables[0],
            output=tables[1],
            dim=1,
            averaged="mean" if averaged else "",
            window=1,
            block=1,
            noise=noise if rows == "shared" else None,
            paths=paths if rows == "path" else None,
            cap=1.0,
            workers=1,
            groups=1,
            beside=(None, None),
        )
        text = Text(words, np.array([2]), limits, window=1, fixed=True, chunk=2)
        train = _Training(self.kernels, plan, text)
        train(range(1), token_key=0, key=0, alphas=(0.0, 0.0), loss_key=0, loss_every=1)


class _Training:
    """See `Fused`: one worker's, with memory of its own."""

    at_once = 1  # so that workers get equal shares, and a stop need not wait for more
    in_flight: int

    def __init__(self, kernels: ModuleType, plan: FusedPlan, text: Text) -> None:
        self._kernels, self._plan, self._text = kernels, plan, text
        self.in_flight = plan.block
        self._blocks = -(-text.chunk // plan.block)  # of a chunk that keeps all its tokens
        self._corpus = _read_only(text.ids), _read_only(text.ends)
        self._limits = _until_alike(text.limits)
        self._work = _work(kernels, plan)
        room = min(text.chunk, len(text.ids)) + 2 * text.window + plan.block + kernels.IDS
        self._room = [aligned(room, kind) for kind in (np.int32, np.int16, np.int16)]
        self._beside = [_that_matter(terms, plan.cap) for terms in plan.beside]
        self._most_beside = [0.0 if a is None else float(a.max(initial=0)) for a in plan.beside]
        contexts = 2 * plan.window if text.fixed else plan.window + 1
        self._visit = 1.0 if plan.averaged else float(contexts)
        used = kernels.used(plan.dim)
        self._floats = used if used <= plan.input.shape[1] else plan.dim
        if plan.paths is not None:
            crowd, hot = kernels.CROWD * self._visit, len(self._work.terms_hot)
            met = plan.beside[1]
            crowded = 0 if met is None else min(int((met >= crowd).sum()), hot)
            beside = min(self._most_beside[1], crowd)
            self._paths = kernels.Paths(*plan.paths, hot, crowded, beside, self._floats)

    def __call__(
        self,
        chunks: range,
        *,
        token_key: int,
        key: int,
        alphas: tuple[float, float],
        loss_key: int,
        loss_every: int,
    ) -> Sums:
        sums = aligned(4, np.float64)
        for place, chunk in enumerate(chunks):
            stretch = self.cut(chunk, token_key)
            shares = place / len(chunks), (place + 1) / len(chunks)
            begin, end = (alphas[0] * (1 - share) + alphas[1] * share for share in shares)
            sums[0] += stretch.kept
            sums[1:] += self._steps(stretch, begin, end, key, (loss_every, start_of(loss_key)))
        return lambda: sums

    def cut(self, chunk: int, token_key: int) -> Any:
        """The kept tokens of a chunk, as `w2v.training.blocks.BlockReader` cuts them.

        They stand where those of the chunk before stood: room made anew is made of new pages.
        """
        text, block = self._text, self._plan.block
        lo, hi = chunk * text.chunk, min((chunk + 1) * text.chunk, len(text.ids))
        draws = self._limits, start_of(token_key)
        shape = text.window, text.fixed
        kept = self._kernels.windows(*self._corpus, *draws, lo, hi, *shape, *self._room)
        blocks = -(-kept // block)
        size = blocks * block + 2 * text.window
        cut = (part[:size] for part in self._room)
        return self._kernels.Stretch(*cut, kept, blocks, chunk * self._blocks)

    def _steps(
        self, stretch: Any, begin: float, end: float, key: int, measured: tuple[int, Any]
    ) -> tuple[float, ...]:
        """Loss, pairs and rows met of the blocks where they were measured."""
        plan, kernels = self._plan, self._kernels
        slope = (end - begin) / max(stretch.blocks, 1)
        caps = float(plan.cap), plan.cap / plan.workers, self._visit
        rate = kernels.Rate(
            float(begin), slope, *caps, *measured, *self._beside, *self._most_beside
        )
        tables = (plan.input, plan.output, stretch)
        mean = plan.averaged == "mean"
        found: tuple[float, ...]
        if plan.noise is not None:
            accept, alias, negative, shared = plan.noise
            noise = kernels.Noise(accept, alias, start_of(key), negative, shared)
            drawn = (*tables, noise, rate, plan.window, plan.block)
            if plan.averaged:
                found = kernels.cbow_shared(*drawn, plan.groups, mean, self._floats, self._work)
            else:
                found = kernels.skipgram_shared(*drawn, plan.dim, self._floats, self._work)
            return (*found, 0.0)
        given = (*tables, self._paths, rate, plan.window)
        if plan.averaged:
            found = kernels.cbow_paths(*given, mean, self._work)
        else:
            found = kernels.skipgram_paths(*given, self._work)
        return found


def _work(kernels: ModuleType, plan: FusedPlan) -> Any:
    """Memory for the blocks of a plan; see `numba_kernels.Work`."""
    if plan.noise is not None and plan.averaged:
        return of_cbow(kernels, plan)
    wide, most = kernels.whole(plan.input.shape[1]), kernels.MOST_EXTRA
    span = plan.block + 2 * plan.window
    hidden = kernels.whole(max(plan.block, kernels.TOGETHER)) + most
    if plan.noise is not None:
        copies = of_hot_words(kernels, plan)
        rows = span + hidden + plan.noise[3] + most
        errors = (rows, kernels.whole(plan.block))
    else:
        assert plan.paths is not None
        rows = int(np.diff(plan.paths[0]).max()) + most
        errors = (kernels.TOGETHER, kernels.whole(rows))
        room = int(_OF_SECOND_CACHE * machine.second_cache()) // (2 * wide * kernels.BYTES)
        hot = 0 if plan.workers == 1 else min(room, len(plan.paths[0]) - 2)
        terms_hot = aligned(hot, value=kernels.NONE)
        copies = {"hot": aligned((hot, wide)), "seen": aligned((hot, wide)), "terms_hot": terms_hot}
    inputs = kernels.whole(max(span, hidden) + kernels.TOGETHER) + kernels.MOST_COUNTED
    return kernels.Work(
        hidden=aligned((hidden, wide)),
        d_hidden=aligned((hidden, wide)),
        transposed=aligned((wide, kernels.whole(plan.block))),
        errors=aligned(errors),
        scores=aligned(errors),
        products=aligned((1, kernels.whole(1))),
        labels=aligned(kernels.whole(rows)),
        pairs=aligned(hidden),
        terms=aligned(kernels.whole(rows)),
        terms_in=aligned(inputs),
        squares=aligned(hidden),
        row_squares=aligned((rows + kernels.whole(1), kernels.whole(1))),
        more=aligned(kernels.whole(1)),
        hidden_load=aligned(hidden),
        load=aligned(kernels.whole(rows)),
        others=aligned(max(rows, inputs)),
        factors=aligned(max(rows, inputs)),
        ones=aligned(max(rows, inputs), value=1),
        first=aligned(rows, np.int32),
        last=aligned(rows, np.int32),
        ids=aligned(rows, np.int32),
        next_ids=aligned(rows, np.int32),
        ids_in=aligned(inputs, np.int32),
        columns=aligned((2, plan.noise[3] + kernels.IDS if plan.noise else 0), np.int64),
        hot_places=aligned(rows, np.int64),
        hot_places_in=aligned(hidden, np.int64),
        due=aligned(rows, np.int64),
        due_in=aligned(hidden, np.int64),
        ahead=aligned(kernels.LIST + rows + hidden, np.int64),
        places=aligned(rows, np.int64),
        places_in=aligned(inputs, np.int64),
        places_d=aligned(max(plan.block, 2), np.int64),
        **copies,
    )


def _that_matter(beside: Array | None, cap: float) -> Any:
    """Others' terms of the first words, and nothing for all those behind the last that matters.

    A few numbers stay in the first cache where a table of all words is fetched again and again.
    """
    if beside is None:
        return np.zeros(0, np.float32)
    matter = np.flatnonzero(beside >= _MATTERS * cap)
    return np.append(beside[: matter[-1] + 1 if len(matter) else 0], np.float32(0))


def _until_alike(limits: Array) -> Any:
    """Up to the one after which all are alike: where words are sorted, those of the frequent ones.

    As `_that_matter` has it, so few that they stay in the first cache.
    """
    different = np.flatnonzero(limits != limits[-1])
    return limits[: different[-1] + 2 if len(different) else 1]


def _read_only(array: Array) -> Array:
    """A view: to Numba that is another type, and one kernel is enough."""
    view = array.view()
    view.flags.writeable = False
    return view


def make() -> NumbaBackend:
    """The Numba backend of this process.

    Raises
    ------
    BackendError
        Numba cannot be imported; says why.
    """
    try:
        import numba

        from w2v.backends import numba_blas, numba_kernels

        numba_blas.do_not_load()
    except MemoryError:
        raise
    except Exception as error:  # it checks the versions of what it needs as it is imported
        if isinstance(error, ModuleNotFoundError) and error.name == "numba":
            raise BackendError(
                "Numba is not installed. Run pip install numba.", "not installed"
            ) from error
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise BackendError(f"Numba cannot be imported: {reason.rstrip('.')}.", "broken") from error
    return NumbaBackend(
        name="numba", version=numba.__version__, device=machine.cpu(), kernels=numba_kernels
    )
