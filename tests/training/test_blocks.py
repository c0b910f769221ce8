"""Blocks against a loop over the tokens, whatever the sizes."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from w2v.backends import Backend, get_backend
from w2v.training import blocks, draws
from w2v.training.blocks import BlockReader

SEED, EPOCH = 5, 2
Pairs = Counter[tuple[int, int]]


def pairs_by_loop(
    ends: list[int], keep: NDArray[np.float64], window: int, *, fixed: bool
) -> tuple[Pairs, int]:
    """(centre, context) pairs of a corpus whose token at position p is word p."""
    numpy = get_backend("numpy")
    key = draws.stream_key(SEED, draws.TOKEN, EPOCH)
    bits = [int(b) for b in numpy.random_bits(key, np.arange(len(keep), dtype=np.uint64))]
    limits = draws.thresholds(keep)
    found: Pairs = Counter()
    kept_in_all = 0
    for start, end in zip([0, *ends], ends, strict=False):
        kept = [p for p in range(start, end) if bits[p] >> 32 <= int(limits[p])]
        kept_in_all += len(kept)
        for i, centre in enumerate(kept):
            width = window if fixed else ((bits[centre] & 0xFFFFFFFF) * window >> 32) + 1
            for j in range(max(0, i - width), min(len(kept), i + width + 1)):
                if j != i:
                    found[centre, kept[j]] += 1
    return found, kept_in_all


def pairs_of_blocks(
    backend: Backend, reader: BlockReader, *, centre_in_core: bool, span: int, step: int
) -> tuple[Pairs, int, list[int]]:
    found: Pairs = Counter()
    tokens, numbers = 0, []
    for first in range(0, reader.chunks, span):
        chunks = range(first, min(first + span, reader.chunks))
        at: float = chunks.start
        for begin, end, part in reader.steps(EPOCH, chunks, step):
            assert begin == at < end <= chunks.stop
            at = end
            core, halo, near = (backend.to_numpy(x) for x in (part.core, part.halo, part.pairs))
            for c, t, h in np.argwhere(near):
                assert near[c, t, h] == 1
                pair = (int(core[c, t]), int(halo[c, h]))
                found[pair if centre_in_core else pair[::-1]] += 1
            tokens += part.tokens
            numbers += backend.to_numpy(part.numbers).tolist()
    return found, tokens, numbers


@st.composite
def corpora(draw: st.DrawFn) -> tuple[list[int], NDArray[np.float64]]:
    lengths = draw(st.lists(st.integers(1, 60), min_size=1, max_size=12))
    total = sum(lengths)
    keep = draw(st.sampled_from([0.05, 0.3, 0.8, 1.0]))
    return np.cumsum(lengths).tolist(), np.full(total, keep)


@settings(max_examples=150, deadline=None)
@given(
    corpus=corpora(),
    window=st.integers(1, 7),
    block=st.integers(1, 9),
    chunk=st.sampled_from([1, 7, 32, 1000]),
    span=st.integers(1, 3),
    step=st.sampled_from([1, 10, 10_000]),
    centre_in_core=st.booleans(),
    fixed=st.booleans(),
)
def test_every_pair_once_whatever_the_sizes(
    corpus: tuple[list[int], NDArray[np.float64]],
    window: int,
    block: int,
    chunk: int,
    span: int,
    step: int,
    centre_in_core: bool,
    fixed: bool,
) -> None:
    ends, keep = corpus
    backend = get_backend("numpy")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "CHUNK", chunk)
        reader = BlockReader(
            backend,
            np.arange(len(keep), dtype=np.int32),
            np.array(ends),
            keep,
            window=window,
            block=block,
            centre_in_core=centre_in_core,
            fixed_window=fixed,
            seed=SEED,
        )
        found, tokens, numbers = pairs_of_blocks(
            backend, reader, centre_in_core=centre_in_core, span=span, step=step
        )
    expected, kept = pairs_by_loop(ends, keep, window, fixed=fixed)
    assert found == expected
    assert tokens == kept
    assert len(set(numbers)) == len(numbers)  # no two blocks draw the same negatives


def test_on_every_backend(backend: Backend) -> None:
    ends, keep = [40, 41, 200, 2000], np.full(2000, 0.6)
    expected, kept = pairs_by_loop(ends, keep, 5, fixed=False)
    for centre_in_core in (True, False):
        reader = BlockReader(
            backend,
            np.arange(2000, dtype=np.int32),
            np.array(ends),
            keep,
            window=5,
            block=16,
            centre_in_core=centre_in_core,
            seed=SEED,
        )
        found, tokens, _ = pairs_of_blocks(
            backend, reader, centre_in_core=centre_in_core, span=1, step=256
        )
        assert found == expected
        assert tokens == kept


def test_window_widths_are_uniform_and_keep_rates_right() -> None:
    numpy = get_backend("numpy")
    n = 200_000
    reader = BlockReader(
        numpy,
        np.zeros(n, np.int32),
        np.array([n]),
        np.array([0.4]),
        window=4,
        block=64,
        centre_in_core=True,
    )
    kept, widths = 0, []
    for chunk in range(reader.chunks):
        stretch = reader.stretch(0, chunk)
        kept += stretch.kept
        widths += stretch.right[4 : 4 + stretch.kept].tolist()
    assert kept / n == pytest.approx(0.4, abs=0.005)
    shares = np.bincount(widths, minlength=5)[1:] / len(widths)
    assert shares == pytest.approx([0.25] * 4, abs=0.01)


@pytest.mark.parametrize("bad", [-1, 3])
def test_ids_out_of_range_are_refused_once_on_the_host(bad: int) -> None:
    with pytest.raises(ValueError, match=r"\[0, 3\)"):
        BlockReader(
            get_backend("numpy"),
            np.array([0, 1, bad, 2], np.int32),
            np.array([4]),
            np.ones(3),
            window=2,
            block=4,
            centre_in_core=True,
        )
