"""The stand-in's unfair turns: drawn by a seed, and what they would let go wrong is an error."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import unusable

from w2v.backends import Backend

pytestmark = [
    pytest.mark.parametrize("backend", ["cupy"], indirect=True),
    pytest.mark.skipif(unusable("cupy") is None, reason="the real CuPy can be used here"),
]
ARRIVALS = """
extern "C" __global__ void arrive(int* arrived, int* order) {
    if (threadIdx.x == 0) order[atomicAdd(arrived, 1)] = blockIdx.x;
}
"""
COUNTS = """
extern "C" __global__ void count(int* table) { CHANGE; }
"""
NEIGHBOURS = """
extern "C" __global__ void shift(int* out) {
    extern __shared__ __align__(16) float memory[];
    memory[threadIdx.x] = threadIdx.x;
    BARRIER
    out[blockIdx.x * blockDim.x + threadIdx.x] = (int)memory[(threadIdx.x + 1) % blockDim.x];
}
"""


def launched(backend: Backend, code: str, *sizes: int, shared: int = 0) -> list[Any]:
    """Host arrays of the int32 arguments, of these sizes, after 16 blocks of 8 threads."""
    name = code.split("void ")[1].split("(", maxsplit=1)[0]
    arrays = [backend.xp.zeros(size, "int32") for size in sizes]
    kernel = backend.xp.RawModule(code=code).get_function(name)
    kernel((16,), (8,), tuple(arrays), shared_mem=shared)
    return [backend.to_numpy(array).tolist() for array in arrays]


@pytest.fixture
def turns(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Unfair turns of the stand-in, from the first launch on."""
    found = backend.xp.turns
    monkeypatch.setattr(found, "seed", 1)
    monkeypatch.setattr(found, "may_race", ())
    monkeypatch.setattr(found, "launches", 0)
    return found


def test_their_order_is_a_function_of_the_seed(backend: Backend, turns: Any) -> None:
    orders = []
    for turns.seed in (1, 1, 2, None):
        turns.launches = 0
        orders.append(launched(backend, ARRIVALS, 1, 16)[1])
    assert all(sorted(order) == list(range(16)) for order in orders)
    assert orders[0] == orders[1] != orders[2]
    assert orders[3] == list(range(16)) not in orders[:3]


def test_a_change_that_another_block_may_undo_is_a_race(backend: Backend, turns: Any) -> None:
    plain = COUNTS.replace("CHANGE", "table[0] += 1")
    with pytest.raises(RuntimeError, match=r"count has a race on table\[0\]") as caught:
        launched(backend, plain, 1)
    assert "thread" in str(caught.value)
    assert launched(backend, COUNTS.replace("CHANGE", "atomicAdd(table, 1)"), 1) == [[128]]
    turns.seed = None
    assert launched(backend, plain, 1) == [[128]]  # fair turns hide it


def test_reads_race_with_atomics_where_that_is_not_listed(backend: Backend, turns: Any) -> None:
    code = COUNTS.replace("CHANGE", "if (table[0] >= 0) atomicAdd(table, 1)")
    with pytest.raises(RuntimeError, match="a race on table"):
        launched(backend, code, 1)
    turns.may_race = ("table",)
    assert launched(backend, code, 1) == [[128]]


@pytest.mark.usefixtures("turns")
def test_shared_memory_without_a_barrier_is_a_race(backend: Backend) -> None:
    with pytest.raises(RuntimeError, match="shift has a race on shared memory"):
        launched(backend, NEIGHBOURS.replace("BARRIER", ""), 128, shared=32)
    (out,) = launched(backend, NEIGHBOURS.replace("BARRIER", "__syncthreads();"), 128, shared=32)
    assert out == [*range(1, 8), 0] * 16


@pytest.mark.usefixtures("turns")
def test_blocks_have_shared_memory_of_their_own(backend: Backend) -> None:
    """The same address in two blocks is no race."""
    code = NEIGHBOURS.replace("BARRIER", "").replace("+ 1", "+ 0")
    assert launched(backend, code, 128, shared=32)[0] == [*range(8)] * 16
