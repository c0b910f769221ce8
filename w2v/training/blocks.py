"""A stretch of corpus as blocks of small matrix products, drawn as a function of position.

Rare words and subsampled tokens go before windows are cut, and windows stop at sentence ends. The
corpus is cut into chunks of fixed length; each chunk is cut into blocks of T tokens, the core, with
`window` tokens on both sides, the halo. Which tokens are kept, how wide a centre's window is and
which number a block has depend only on position, seed and epoch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2v.backends import Array, Backend, Text
from w2v.training import draws

CHUNK = 1 << 15
"""Tokens of the corpus (rare words already out) cut into blocks at a time, at most."""

_AHEAD = 1 << 16  # tokens that are checked before a chunk is cut, after its end
_AHEAD_OF_WINDOW = 128


@dataclass(frozen=True)
class Blocks:
    """C blocks of T core tokens; a pair is a context word and the centre it predicts."""

    core: Array
    """int32 (C, T)"""
    halo: Array
    """int32 (C, T + 2w): the core and its neighbours on both sides."""
    pairs: Array
    """float32 (C, T, T + 2w): 1 where core and halo token are a pair, else 0."""
    numbers: Array
    """int64 (C,): position of each block, the counter of its draws."""
    tokens: int
    """Core tokens that are not padding."""


@dataclass(frozen=True)
class Stretch:
    """The kept tokens of one chunk, padded to whole blocks, with `window` more on both sides."""

    ids: Array
    """int32 (C T + 2w,)"""
    left: Array
    right: Array
    """int16 (C T + 2w,): how far each token's window reaches as a centre."""
    kept: int
    """Tokens that belong to the chunk; what follows is halo and padding."""
    blocks: int
    first_block: int


class BlockReader:
    """Cuts an encoded corpus into blocks.

    Parameters
    ----------
    ids : int32 (N,)            Word ids, in [0, V).
    ends : int64 (S,)           Exclusive end of each sentence.
    keep : float64 (V,)         Probability of keeping a token of each word.
    window : int                w, tokens on each side at most; of kept ones, within a sentence.
    block : int                 T.
    centre_in_core : bool       Whether the core holds the centres and the halo their contexts, or
                                the core the contexts and the halo the centres: the same pairs.
    fixed_window : bool         Every window has w tokens on each side, in place of 1 to w.
    seed : int                  Of the draws.
    chunk : int, optional       Tokens of a chunk; `CHUNK` if left out.
    check : callable(int), optional
        Sees to it that the ids before a position lie in [0, V), as `Corpus.check`. If it is left
        out, all of them are looked at here.
    """

    def __init__(
        self,
        backend: Backend,
        ids: NDArray[np.int32],
        ends: NDArray[np.int64],
        keep: NDArray[np.float64],
        *,
        window: int,
        block: int,
        centre_in_core: bool,
        fixed_window: bool = False,
        seed: int = 1,
        chunk: int | None = None,
        check: Callable[[int], object] | None = None,
    ) -> None:
        if check is None:
            _check_ids(ids, len(keep))
        else:
            check(0)  # which looks at the sentence ends
        self._check = check
        self.backend = backend
        self.window = window
        self.block = block
        self.chunk = chunk or CHUNK
        self.chunks = -(-len(ids) // self.chunk)
        self._ids = ids
        self._ends = ends
        self._thresholds = backend.asarray(draws.thresholds(keep))
        self._fixed_window = fixed_window
        self._seed = seed
        self._centre_in_core = centre_in_core
        self.text = Text(ids, ends, self._thresholds, window, fixed_window, self.chunk)

    @cached_property
    def _distance(self) -> Array:
        """From each core token (down) to each halo token (across); itself is no pair."""
        span = self.block + 2 * self.window
        kind = np.int16 if span < np.iinfo(np.int16).max else np.int32
        across = np.arange(span, dtype=kind) - kind(self.window)
        distance = across[None, :] - np.arange(self.block, dtype=kind)[:, None]
        distance[distance == 0] = np.iinfo(kind).max
        return self.backend.asarray(distance)

    def token_key(self, epoch: int) -> int:
        """Key of the draws of an epoch: which tokens are kept, how wide their windows are."""
        return draws.stream_key(self._seed, draws.TOKEN, epoch)

    def check(self, chunks: range) -> None:
        """See to it that compiled code may cut these chunks.

        It reads on until it has kept enough tokens or a sentence ends, and a GPU somewhat further.
        """
        if self._check is not None:
            stop = min(chunks.stop * self.chunk, len(self._ids))
            sentence_end = self._sentence_bounds(stop - 1, stop)[1]
            self._check(max(sentence_end, stop + max(_AHEAD, _AHEAD_OF_WINDOW * self.window)))

    def stretch(self, epoch: int, chunk: int) -> Stretch:
        """The kept tokens of a chunk; each epoch keeps others."""
        lo, hi = chunk * self.chunk, min((chunk + 1) * self.chunk, len(self._ids))
        first_block = chunk * -(-self.chunk // self.block)
        xp = self.backend.xp
        ids, left, right, first, kept = self._kept(epoch, lo, hi)
        w, blocks = self.window, -(-kept // self.block)
        size = blocks * self.block + 2 * w
        begin = max(first - w, 0)  # fewer than w before it only where nothing reaches further
        end = min(first - w + size, len(ids))
        out = []
        for values in (ids, left, right):
            padded = xp.zeros(size, values.dtype)
            padded[begin - (first - w) : end - (first - w)] = values[begin:end]
            out.append(padded)
        return Stretch(out[0], out[1], out[2], kept, blocks, first_block)

    def _kept(self, epoch: int, lo: int, hi: int) -> tuple[Array, Array, Array, int, int]:
        """Kept ids and reaches around [lo, hi), where its own begin, and how many they are."""
        sentence_lo, sentence_hi = self._sentence_bounds(lo, hi)
        margin = 16 * self.window
        while True:
            begin, end = max(sentence_lo, lo - margin), min(sentence_hi, hi + margin)
            ids = self.backend.asarray(self._ids[begin:end])
            at, bits = self._draw(epoch, begin, ids)
            bounds = self.backend.asarray([lo - begin, hi - begin])
            found = self.backend.xp.searchsorted(at, bounds)
            first, last = self.backend.to_numpy(found).tolist()
            enough_left = begin == sentence_lo or first >= self.window
            enough_right = end == sentence_hi or len(at) - last >= self.window
            if enough_left and enough_right:
                break
            margin *= 4
        left, right = self._reach(begin, end, at, bits)
        return ids[at], left, right, first, last - first

    def _draw(self, epoch: int, begin: int, ids: Array) -> tuple[Array, Array]:
        """Positions of kept tokens and their random bits."""
        xp = self.backend.xp
        key = self.token_key(epoch)
        position = xp.arange(begin, begin + len(ids), dtype=xp.uint64)
        bits = self.backend.random_bits(key, position)
        at = xp.flatnonzero(draws.high(bits) <= self._thresholds[ids])
        return at, bits[at]

    def _reach(self, begin: int, end: int, at: Array, bits: Array) -> tuple[Array, Array]:
        """How far each kept token's window reaches to both sides, within its sentence."""
        xp = self.backend.xp
        if self._fixed_window:
            width = xp.full(len(at), self.window, xp.int64)
        else:
            width = draws.below(self.window, draws.low(bits)).astype(xp.int64) + 1
        a, b = np.searchsorted(self._ends, [begin, end], side="right")
        inner = self.backend.asarray(self._ends[a:b] - begin)
        stop = xp.searchsorted(at, inner)  # kept tokens before each sentence end
        edges = xp.concatenate([xp.zeros(1, stop.dtype), stop, xp.full(1, len(at), stop.dtype)])
        sentence = xp.searchsorted(inner, at, side="right")
        index = xp.arange(len(at))
        left = xp.minimum(width, index - edges[sentence])
        right = xp.minimum(width, edges[sentence + 1] - 1 - index)
        return left.astype(xp.int16), right.astype(xp.int16)

    def _sentence_bounds(self, lo: int, hi: int) -> tuple[int, int]:
        """Start of the sentence that holds token lo, end of the one that holds token hi - 1."""
        a = int(np.searchsorted(self._ends, lo, side="right"))
        b = int(np.searchsorted(self._ends, hi - 1, side="right"))
        return (int(self._ends[a - 1]) if a else 0), int(self._ends[b])

    def steps(
        self, epoch: int, chunks: range, tokens: int
    ) -> Iterator[tuple[float, float, Blocks]]:
        """The blocks of some chunks in steps of about so many tokens, each with its position.

        One chunk is cut into equal steps; several chunks make one step.

        Yields
        ------
        begin, end : float    In chunks.
        blocks : Blocks
        """
        if len(chunks) > 1:
            stretches = (self.stretch(epoch, chunk) for chunk in chunks)
            whole = [
                all_of_it for s in stretches if s.kept for all_of_it in self._cut(s, [0, s.blocks])
            ]
            if whole:
                yield chunks.start, chunks.stop, _joined(self.backend.xp, whole)
            return
        stretch = self.stretch(epoch, chunks.start)
        steps = min(max(1, round(stretch.kept / tokens)), stretch.blocks)
        edges = [step * stretch.blocks // steps for step in range(steps + 1)] if steps else []
        for (first, last), blocks in zip(pairwise(edges), self._cut(stretch, edges), strict=True):
            yield (
                chunks.start + first / stretch.blocks,
                chunks.start + last / stretch.blocks,
                blocks,
            )

    def _cut(self, stretch: Stretch, edges: list[int]) -> Iterator[Blocks]:
        """The blocks of a stretch, from each of the edges to the next."""
        xp, t, w = self.backend.xp, self.block, self.window
        cores, left, right = (
            x[w : len(x) - w].reshape(-1, t) for x in (stretch.ids, stretch.left, stretch.right)
        )
        halos = self._spans(stretch.ids)
        if self._centre_in_core:
            distance, left, right = self._distance, left[..., None], right[..., None]
        else:
            distance = -self._distance
            left, right = (self._spans(x)[:, None] for x in (stretch.left, stretch.right))
        for first, last in pairwise(edges):
            near = distance <= right[first:last]
            near &= distance >= -left[first:last]
            pairs = near.astype(xp.float32)
            tokens = min(stretch.kept - first * t, (last - first) * t)
            if tokens < (last - first) * t:  # only a chunk's last block is not full
                pairs[-1, tokens - (last - first) * t :] = 0
            numbers = xp.arange(stretch.first_block + first, stretch.first_block + last)
            yield Blocks(cores[first:last], halos[first:last], pairs, numbers, tokens)

    def _spans(self, values: Array) -> Array:
        """What the core and the halo of each block cover of (C T + 2w,), a view."""
        span = self.block + 2 * self.window
        return windows(self.backend.xp, values[None], span, self.block)[0]


def windows(xp: Any, values: Array, size: int, step: int = 1) -> Array:
    """Overlapping stretches of the second axis, a view: (A, n, ...) to (A, m, size, ...)."""
    count = (values.shape[1] - size) // step + 1
    strides = values.strides
    return xp.lib.stride_tricks.as_strided(
        values,
        (values.shape[0], count, size, *values.shape[2:]),
        (strides[0], strides[1] * step, *strides[1:]),
    )


def _joined(xp: Any, parts: list[Blocks]) -> Blocks:
    def join(name: str) -> Array:
        return xp.concatenate([getattr(part, name) for part in parts])

    tokens = sum(part.tokens for part in parts)
    return Blocks(join("core"), join("halo"), join("pairs"), join("numbers"), tokens)


def _check_ids(ids: NDArray[np.int32], words: int) -> None:
    """NumPy would raise, CuPy would wrap, and compiled code would read what is somewhere else."""
    for first in range(0, len(ids), CHUNK * 16):
        piece = ids[first : first + CHUNK * 16]
        if piece.min() < 0 or piece.max() >= words:
            raise ValueError(
                f"word ids must lie in [0, {words}), found {piece.min()} to {piece.max()}"
            )
