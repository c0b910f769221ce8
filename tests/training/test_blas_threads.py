"""What a training run leaves to threads of BLAS: nothing, for they would take CPUs from workers."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from w2v import EarlyStopping, Word2Vec
from w2v.backends import get_backend

TASKS = Path("/proc/self/task")
NONE = 77
WORDS = 12_000  # OpenBLAS leaves products of 10,000 numbers to one thread


def ticks() -> dict[str, int]:
    """Processor time of each thread, in hundredths of a second."""
    found = {}
    for task in TASKS.iterdir():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
            fields = (task / "stat").read_text().rpartition(")")[2].split()
            found[task.name] = int(fields[11]) + int(fields[12])
    return found


def settled() -> dict[str, int]:
    """The same when no thread works any more, nor looks for work."""
    before: dict[str, int] = {}
    until = time.monotonic() + 30
    while before != (now := ticks()):
        assert time.monotonic() < until, "a thread goes on working"
        before = now
        time.sleep(0.05)
    return now


def worked(function: Callable[[], object]) -> set[str]:
    """The threads that were there before, but for this one, and took processor time."""
    before = settled()
    function()
    after = settled()
    return {task for task in before if after.get(task, 0) > before[task]} - {str(os.getpid())}


def test_the_limit_holds_in_every_thread() -> None:
    """Whichever has set the first one: some versions of threadpoolctl heed that alone."""
    backend = get_backend("numpy")

    def outside() -> list[int]:
        """Threads of the libraries whose limit is that of the process, as that of NumPy's is."""
        found = [each for each in threadpool_info() if each["user_api"] == "blas"]
        return [each["num_threads"] for each in found if each.get("threading_layer") == "pthreads"]

    def threads() -> set[int]:
        with backend.training():
            return set(outside())

    before = outside()
    assert threads() <= {1}
    for _ in range(2):
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(threads).result() <= {1}
        assert outside() == before
    with backend.training(), ThreadPoolExecutor(1) as pool:
        assert pool.submit(threads).result() <= {1}
        assert set(outside()) <= {1}
    assert outside() == before


def fit_beside_blas(loss: str) -> None:
    """Exits with `NONE` where no thread of BLAS is left after a product."""
    ones = np.ones(WORDS)
    if not (blas := worked(lambda: ones @ ones)):
        sys.exit(NONE)
    text = [[f"w{i + j}" for j in range(10)] for i in range(0, WORDS, 10)]
    model = Word2Vec(dim=8, min_count=1, epochs=2, loss=loss, held_out=0.1, backend="numpy")
    assert not blas & worked(lambda: model.fit(text, callbacks=[EarlyStopping(patience=5)]))


@pytest.mark.skipif(not TASKS.exists(), reason="threads are told apart as Linux does")
@pytest.mark.parametrize("loss", ["ns", "hs"])
def test_threads_of_blas_have_nothing_to_do_in_a_fit(loss: str) -> None:
    """After a product on several threads each of them looks for work for a while, at full speed.

    In a process of its own: threads that other tests have left here may work at any time.
    """
    process = multiprocessing.get_context("spawn").Process(target=fit_beside_blas, args=[loss])
    process.start()
    process.join()
    if process.exitcode == NONE:
        pytest.skip("No thread of BLAS does so here.")
    assert process.exitcode == 0
