"""What the CuPy backend asks of a device, as the stand-in hears it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import devices
import numpy as np
import pytest
from conftest import unusable

from w2v.backends import Backend, Text, cupy_backend, cupy_kernels
from w2v.config import Config

pytestmark = [
    pytest.mark.parametrize("backend", ["cupy"], indirect=True),
    pytest.mark.skipif(unusable("cupy") is None, reason="the real CuPy can be used here"),
]
kinds = pytest.mark.parametrize("kind", devices.KINDS, ids=lambda kind: "-".join(kind.values()))
SHARED = 227 * 1024
"""Bytes of shared memory that a block of the stand-in's device may have."""


def config_of(kind: dict[str, Any], **options: Any) -> Config:
    return Config(**kind, **({"dim": 8, "min_count": 1} | options))


@kinds
def test_blocks_of_threads_share_out_the_work(backend: Backend, kind: dict[str, Any]) -> None:
    """Of a chunk that keeps a half there is work for some blocks of threads only, each time."""
    at_once, chunks = 16, 8
    rounds = []
    for side_by_side in (1, at_once):
        block = 16 if kind["loss"] == "ns" else 1
        config = config_of(kind, step_tokens=block * side_by_side)
        chunk = 2 * block * at_once
        worker = devices.worker_of(backend, config, tokens=chunks * chunk, keep=0.52, chunk=chunk)
        assert worker.in_flight == block * side_by_side
        devices.losses(worker, epochs=1, alpha=0.025, chunks=chunks)
        rounds.append(backend.xp.turns.rounds)
    assert rounds[1] <= 1.2 * rounds[0] / at_once


@kinds
def test_sums_of_a_piece_are_read_while_the_next_is_under_way(
    backend: Backend, kind: dict[str, Any]
) -> None:
    stream = backend.xp.stream
    chunk, chunks = 256, 4
    config = config_of(kind)
    worker = devices.worker_of(backend, config, tokens=chunk * chunks, chunk=chunk)
    spans = [range(at, at + 1) for at in range(chunks)]
    under_way, tokens = [], 0
    for step in worker.train(0, spans, learning_rate=lambda _: 0.1, **devices.LEARNING):
        tokens += step.tokens
        under_way.append(stream.handed - stream.done)
    assert tokens == chunk * chunks
    launches_of_a_piece = 3
    assert all(each >= launches_of_a_piece for each in under_way[:-1])
    assert under_way[-1] == 0


def test_shared_memory_suffices_in_any_order_of_sizes(backend: Backend) -> None:
    for dim in (300, 200, 300, 100):
        worker = devices.worker_of(backend, config_of(devices.KINDS[0], dim=dim), tokens=64)
        assert worker.in_flight > 16
        devices.losses(worker, epochs=1, alpha=0.025)


@kinds
def test_all_memory_that_can_be_shared_memory_is(backend: Backend, kind: dict[str, Any]) -> None:
    """Left to the driver, it may keep blocks waiting that fit beside each other."""
    cupy_backend._kernels.cache_clear()
    worker = devices.worker_of(backend, config_of(kind), tokens=64)
    devices.losses(worker, epochs=1, alpha=0.025)
    name = worker._own._size.kernel  # type: ignore[union-attr]
    kernel = cupy_backend._kernels(backend.xp, 0).function(name)
    assert kernel.preferred_shared_memory_carveout == 100
    assert kernel.max_dynamic_shared_size_bytes == SHARED


@kinds
def test_a_step_is_composed_only_where_it_does_not_fit_itself(
    backend: Backend, kind: dict[str, Any]
) -> None:
    """CBOW and skip-gram take more or less than each other, by the window."""
    block = 16 if kind["loss"] == "ns" else 1
    found = devices.worker_of(backend, config_of(kind), words=9, tokens=64)._own
    longest = 0 if block > 1 else int(found._longest)  # type: ignore[union-attr]
    for window in (2, 40):

        def fits(dim: int, window: int = window) -> bool:
            averaged = kind["model"] == "cbow"
            size = cupy_kernels.step_size(
                dim, window, block, shared=32, longest=longest, averaged=averaged
            )
            return size.shared <= SHARED

        widest = max(filter(fits, range(4, 8000, 8)))
        for dim in (widest, widest + 8):
            config = config_of(kind, dim=dim, window=window)
            worker = devices.worker_of(backend, config, words=9, tokens=64)
            assert (worker._own is not None) == fits(dim)


@pytest.mark.skipif(np.dtype(np.intp).itemsize < 8, reason="needs a 64-bit machine")
def test_more_sentences_than_an_int_can_count(backend: Backend, tmp_path: Path) -> None:
    """Most of them empty, and in a file with nothing in it, so that they take no memory."""
    ids, few = devices.text_of(27, 600)
    many = np.memmap(tmp_path / "ends", np.int64, "w+", shape=(1 << 31) + len(few))
    many[-len(few) :] = few
    cut = []
    for ends in (few, many):
        text = Text(
            ids,
            backend.xp.ndarray._of(ends),  # where the device would have a copy
            backend.asarray(np.full(27, 2**32 - 1, np.uint32)),
            window=3,
            fixed=False,
            chunk=600,
        )
        held = cupy_kernels.DeviceText(cupy_backend._kernels(backend.xp, 0), text, 1 << 20)
        cut.append([backend.to_numpy(part)[:600] for part in held.cut(range(1), 7)[:3]])
    for few_sentences, many_sentences in zip(*cut, strict=True):
        np.testing.assert_array_equal(few_sentences, many_sentences)
    assert cut[0][1].max() == 3
