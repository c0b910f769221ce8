"""The contract every backend keeps: arrays and the few calls the libraries spell differently."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = Any
"""An array of whichever library the backend drives."""

GAMMA = 0x9E3779B97F4A7C15
MIX_1 = 0xBF58476D1CE4E5B9
MIX_2 = 0x94D049BB133111EB


class StepShape(NamedTuple):
    """How much work a backend likes to be given at once; training options may say otherwise.

    Backends differ only in what is quick for them: with equal numbers they compute the same.
    """

    block: int
    """Tokens in the core of a block of small matrix products."""
    shared: int
    """Sampled rows a block shares."""
    step: int
    """Tokens of all workers together between two updates of the tables."""


@dataclass(frozen=True)
class Backend(ABC):
    """An array library and a device, as one value handed to whoever computes.

    Members exist only where NumPy and CuPy differ; all else goes through `xp`. Row ids must lie in
    range: NumPy would raise, CuPy would wrap, so callers check once, on the host.
    """

    name: str
    version: str
    device: str

    @property
    @abstractmethod
    def xp(self) -> Any:
        """The namespace of the array library."""

    @property
    @abstractmethod
    def max_workers(self) -> int | None:
        """Threads that may train on this backend at once; None for no limit."""

    @abstractmethod
    def step_shape(self, *, paths: bool, averaged: bool) -> StepShape:
        """Shapes that are quick and learn well.

        Parameters
        ----------
        paths : bool       A list of output rows per word, instead of samples shared by a block.
        averaged : bool    Hidden vectors are averages of input rows, instead of rows.
        """

    @abstractmethod
    def asarray(self, values: Any, dtype: Any = None) -> Array:
        """Values as an array of this backend, copied only if they are not one already."""

    @abstractmethod
    def to_numpy(self, array: Array) -> NDArray[Any]:
        """The array on the host; waits for the device."""

    @abstractmethod
    def scatter_add(self, table: Array, ids: Array, rows: Array) -> None:
        """``table[ids] += rows`` in place, every repetition of an id counted.

        Parameters
        ----------
        table : float (V, D) or (V,)    Contiguous; changed in place.
        ids : int (...)                 Each in [0, V); not checked here.
        rows : float (..., D) or (...)  Of the table's dtype.
        """

    @abstractmethod
    def synchronize(self) -> None:
        """Wait until all work handed to the device is done."""

    @abstractmethod
    def training(self) -> AbstractContextManager[Any]:
        """Entered around training, and by each worker thread within.

        The backend's device is current; a call runs in the calling thread only, so that workers do
        not collide and sums have one order; overflow gives infinities without a warning.
        """

    @abstractmethod
    def peak_memory_bytes(self) -> int:
        """The most memory used so far: of the process on the CPU, of the device on a GPU."""

    @abstractmethod
    def total_memory_bytes(self) -> int:
        """Memory of the machine or of the device."""

    def random_bits(self, key: int, counter: Array) -> Array:
        """The `counter`-th outputs of SplitMix64 seeded with `key`; the same bits everywhere.

        A draw is a function of (key, counter), so no generator has a state to keep, share or save.

        Parameters
        ----------
        key : int                 In [0, 2**64).
        counter : uint64 (...)

        Returns
        -------
        bits : uint64 (...)

        References
        ----------
        Steele, Lea, Flood 2014, "Fast splittable pseudorandom number generators", fig. 17.
        """
        u64 = np.uint64
        z = counter * u64(GAMMA)
        z += u64((key + GAMMA) % 2**64)
        z ^= z >> u64(30)
        z *= u64(MIX_1)
        z ^= z >> u64(27)
        z *= u64(MIX_2)
        z ^= z >> u64(31)
        return z
