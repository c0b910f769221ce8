"""The contract every backend keeps: arrays and the few calls the libraries spell differently."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = Any
"""An array of whichever library the backend drives."""

GAMMA = 0x9E3779B97F4A7C15
MIX_1 = 0xBF58476D1CE4E5B9
MIX_2 = 0x94D049BB133111EB
_MASK = 2**64 - 1


Rows: TypeAlias = Literal["shared", "path", "all"]
"""Which output rows a hidden vector meets: samples shared by a block, its own list, or all."""


class StepShape(NamedTuple):
    """How much work a backend likes to be given at once; training options may say otherwise.

    Backends differ only in what is quick for them: with equal numbers they compute the same.
    """

    block: int
    """Tokens in the core of a block of small matrix products."""
    shared: int
    """Sampled rows a block shares."""
    step: int
    """Tokens of all workers together between two updates of the tables; a block at the least."""
    in_turn: bool = False
    """Where a step is one centre against a path: as in word2vec.c, whose terms alone count to the
    row-step cap, and in skip-gram one context after the other."""
    most_workers: int | None = None
    """Threads that may train at once; None for no limit."""
    groups: int = 1
    """CBOW with sampled rows: how many groups a block's centres and sampled rows fall into. Only
    those of one group meet; centres take turns, so the centres of a group are `groups` apart."""
    exposed: float = 1.0
    """Part of a step's time from the reading of its rows to their change, in which what other
    workers change is missing from them."""


@dataclass(frozen=True)
class FusedPlan:
    """What a backend that trains in a way of its own must know; see `w2v.training`."""

    input: Array
    output: Array
    """float32 (V, D) and (rows, D): the tables, changed in place."""
    dim: int
    """Numbers of a row; columns behind these are zero, and stay so."""
    averaged: Literal["", "mean", "sum"]
    """How input rows make hidden vectors; empty where they are the hidden vectors."""
    window: int
    block: int
    """Tokens in the core of a block."""
    noise: tuple[Array, Array, int, int] | None
    """Of sampled rows: acceptance uint32 (V,), alias int32 (V,), how many for a pair, how many a
    block shares."""
    paths: tuple[Array, Array, Array] | None
    """Of lists of rows: int64 (V + 1,) where each begins, int32 rows, uint8 codes."""
    groups: int
    """Into how many groups a block's centres and sampled rows fall; see `StepShape`."""
    cap: float
    """Row-step cap of all workers together."""
    workers: int
    """How many change the tables."""
    beside: tuple[Array | None, Array | None]
    """float32 (V,), of input and output rows: terms that the other workers are expected to put on
    a row meanwhile, endless on rows that stay as they are; None for none."""

    @property
    def longest(self) -> int:
        """Rows of the longest list, at least 1."""
        if self.paths is None:
            return 1
        offsets = self.paths[0]
        return max(1, int((offsets[1:] - offsets[:-1]).max()))


@dataclass(frozen=True, eq=False)
class Text:
    """An encoded corpus, for a backend that cuts windows itself as `w2v.training.blocks` says."""

    ids: NDArray[np.int32]
    """int32 (N,), on the host, perhaps mapped from a file."""
    ends: NDArray[np.int64]
    """int64 (S,): exclusive end of each sentence."""
    limits: Array
    """uint32 (V,) of the backend: a token is kept whose bits are no more than that."""
    window: int
    fixed: bool
    chunk: int
    """Tokens of a chunk; so few that to train on one takes no more than tenths of a second."""


Sums: TypeAlias = Callable[[], NDArray[np.float64]]
"""What a call of `Fused` found, (4,): see there."""


class Fused(Protocol):
    """One worker's training on whole chunks of a text, windows cut and steps taken inside."""

    at_once: int
    """Chunks that a call should get, at most."""
    in_flight: int
    """Tokens that are trained on side by side."""

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
        """Train on some chunks, in steps of one block each, `in_flight` tokens side by side.

        Parameters
        ----------
        chunks : range
        token_key : int        Of the draws of kept tokens and window widths; `key` of noise words,
                               `loss_key` of the blocks where the loss is measured.
        alphas : float, float  Learning rate at the begin of the first chunk and the end of the
                               last; linear in position between.
        loss_every : int       The loss is measured in one of so many blocks, before they change
                               anything; see `w2v.training.draws.is_measured`.

        Returns
        -------
        sums : callable        Gives float64 (4,): kept tokens; where the loss was measured the
                               loss, the pairs, and how many rows they met of those that a list
                               names. Waits until a device is done with these chunks, but not with
                               what it was given after them.
        """


class Sizes(NamedTuple):
    """How large a training run is, while nothing of it is there."""

    dim: int
    window: int
    averaged: bool
    """Hidden vectors are averages or sums of input rows, instead of rows."""
    shape: StepShape
    longest: int
    """Rows of the longest path; 0 without paths."""
    tokens: int
    sentences: int
    other_bytes: int
    """To be taken for all that is no text."""


class Left(NamedTuple):
    """Bytes that a process can have beyond what it holds."""

    memory: int
    swap: int
    """More, on a disk: a training that needs it crawls."""
    limit: str
    """Whose limit it is, for people."""


class Memory(NamedTuple):
    """Bytes of the memory that arrays are in: the process's on a CPU, the device's on a GPU."""

    peak: int
    """The most used so far."""
    total: int
    """What the machine or the device has."""
    free: int | None = None
    """What is free of a device's own; None where it is the process's."""
    text: dict[str, int] | None = None
    """What `Backend.fused` takes for the text of a run, by purpose; None where it is no way for it,
    or no run was given."""
    held: int = 0
    """What the process holds now, where that is the memory meant."""
    left: Left | None = None
    """What it can have beyond that, where that is known."""


@dataclass(frozen=True)
class Backend(ABC):
    """An array library and a device, as one value handed to whoever computes.

    A member exists only where the libraries differ, or for the one way of its own that a backend
    may have to train, `fused`; all else goes through `xp`. Row ids must lie in range: NumPy would
    raise, CuPy would wrap, so callers check once, on the host.
    """

    name: str
    version: str
    device: str

    @property
    @abstractmethod
    def xp(self) -> Any:
        """The namespace of the array library."""

    @abstractmethod
    def step_shape(self, rows: Rows, *, averaged: bool) -> StepShape:
        """Shapes that are quick and learn well.

        Parameters
        ----------
        rows : "shared", "path" or "all"
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
    def memory(self, run: Sizes | None = None) -> Memory:
        """The memory that arrays are in, and what a training run takes of it for its text."""

    @property
    def apart(self) -> bool:
        """Whether each of several workers should be a process of its own: as threads of one they
        would keep each other waiting for Python's lock."""
        return False

    def new_table(self, rows: int, dim: int) -> Array:
        """float32 zeros (rows, dim or more), the way training reads them fastest.

        Columns beyond `dim` are there for the alignment of rows; what is zero in both tables stays
        zero in training.
        """
        return self.xp.zeros((rows, dim), self.xp.float32)

    def fused(self, plan: FusedPlan, text: Text, in_flight: int) -> Fused | None:
        """A way of the backend's own to train, where it has one for this plan.

        It draws, cuts and learns what the layers do, up to rounding, with one block in flight;
        blocks in flight together share the row-step cap.

        Parameters
        ----------
        in_flight : int    Tokens to train on side by side, at most; a block at the least.
        """
        return None

    def prepare(  # noqa: B027 (most have nothing to do)
        self, rows: Rows, *, averaged: bool, waiting: Callable[[str], None] | None = None
    ) -> None:
        """Whatever takes a while before the first step, such as compiling.

        `waiting` is called with a sentence, from another thread, if it does take a while.
        """

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
        z += start_of(key)
        z ^= z >> u64(30)
        z *= u64(MIX_1)
        z ^= z >> u64(27)
        z *= u64(MIX_2)
        z ^= z >> u64(31)
        return z


def start_of(key: int) -> Any:
    """What is added to the counters of the draws of a key, see `Backend.random_bits`."""
    return np.uint64((key + GAMMA) & _MASK)


def mixed(value: int) -> int:
    """The first output of SplitMix64 seeded with `value`, in [0, 2**64)."""
    z = (value + GAMMA) & _MASK
    z = ((z ^ (z >> 30)) * MIX_1) & _MASK
    z = ((z ^ (z >> 27)) * MIX_2) & _MASK
    return z ^ (z >> 31)
