"""What training takes of the memory of a device or of the process, known before it is taken."""

from __future__ import annotations

from dataclasses import dataclass

from w2v.backends import Backend, Sizes, StepShape
from w2v.config import Config
from w2v.errors import TrainingError, TrainingWarning, in_units, warn
from w2v.training.huffman import HuffmanTree

_FLOAT = 4
_DRAWING = 64 << 20  # bytes for the draws of the first table, a piece at a time, and for sums
_WEIGHED = 96  # bytes a word, see `draws.alias_table`
_COPIES = 5  # of the rows and of the scores of a step that the layers compose, at most
_WORKING_ROWS = 4096  # of a compiled worker, for its blocks and its copy of the top of a tree
_PROCESS = 20 << 20  # of a worker that is one: what it has written to since it was forked
_TEXT_PAGES = 8 << 20  # bytes of token ids that are mapped at a time
_CLOSE = 0.9  # of what can be had


@dataclass(frozen=True)
class MemoryPlan:
    """Bytes by purpose, and what there is: of a device of its own, or for this process."""

    parts: dict[str, int]
    free: int
    """For the plan, with what the process holds already, and what a disk lends."""
    total: int
    device: str
    swap: int = 0
    """Bytes of `free` that a disk lends."""
    limit: str = ""
    """Who sets `free`, for the process; empty for a device with memory of its own."""

    @property
    def planned(self) -> int:
        """Bytes in all."""
        return sum(self.parts.values())

    @property
    def on_device(self) -> bool:
        """Whether the memory is that of a device of its own."""
        return not self.limit

    def check(self) -> None:
        """Refuse what does not fit, and warn of what is close.

        Raises
        ------
        TrainingError
            Names the sizes and what to change.
        """
        if self.planned > self.free:
            raise TrainingError(f"{self._beside_free()} {self._advice()}")
        if not self.on_device and self.planned > _CLOSE * (self.free - self.swap):
            warn(
                f"{self._beside_free()} That is close: with less left, the system may end the "
                f"training, or crawl. {self._advice()}",
                TrainingWarning,
            )

    def _beside_free(self) -> str:
        if self.on_device:
            return (
                f"Training takes {self.named()} on {self.device}, and {in_units(self.free)} of its "
                f"{in_units(self.total)} is free."
            )
        lent = f", {in_units(self.swap)} of it on a disk (swap)" if self.swap else ""
        return (
            f"Training takes {self.named()}, and {self.limit} leaves this process "
            f"{in_units(self.free)}{lent}."
        )

    def _advice(self) -> str:
        elsewhere = ", or take a CPU backend (numba)" if self.on_device else ""
        return f"Lower `dim` or `max_vocab`, or raise `min_count`{elsewhere}."

    def named(self) -> str:
        """The sum and what it is made of, for people."""
        most = sorted(self.parts.items(), key=lambda part: -part[1])
        parts = ", ".join(f"{name} {in_units(size)}" for name, size in most if size)
        return f"{in_units(self.planned)} of memory ({parts})"

    def as_dict(self) -> dict[str, int]:
        """For reports."""
        return {**self.parts, "in all": self.planned}


def plan_memory(
    backend: Backend,
    config: Config,
    shape: StepShape,
    *,
    words: int,
    tokens: int,
    sentences: int,
    tree: HuffmanTree | None,
    workers: int = 1,
    checkpoints: bool = False,
    shards: int = 0,
    trainers: int = 0,
) -> MemoryPlan | None:
    """The plan of a training run; None where the system does not say what there is.

    Parameters
    ----------
    workers : int         Threads, or processes, that train.
    checkpoints : bool    A copy of both tables is held while it is written.
    shards : int          Of a round, if training is in rounds.
    trainers : int        Of shards, in this process or others of this machine.
    """
    rows = max(words - 1, 1) if config.loss == "hs" else words
    width = backend.new_table(1, config.dim).shape[1]
    parts = {
        "vectors": _FLOAT * words * width,
        "output table": _FLOAT * rows * width,
        "checkpoint": _FLOAT * (words + rows) * width * checkpoints,
        "sums and counts of rows": 4 * _FLOAT * (words + rows),  # what is in flight has 64 bits
    }
    if shards:
        both = (words + rows) * config.dim
        sent = 4 if config.changes == "float32" else 2
        # what has changed: where it was found, of shards that wait for their turn, their sum, and
        # what comes of it, which is sent on
        parts["changes"] = (sent * (trainers + min(shards, trainers + 1) + 2) + _FLOAT) * both
        parts["tables of shards"] = 2 * trainers * _FLOAT * (words + rows) * width
    if tree is None:
        parts["noise words"] = 8 * words
    longest = int(tree.lengths.max()) if tree is not None else 0
    memory = backend.memory()
    if memory.free is None:
        if memory.left is None:
            return None
        parts["held already"] = memory.held  # words, counts and the tree among it
        parts["workers"] = workers * _FLOAT * width * _WORKING_ROWS
        if backend.apart and workers > 1:
            parts["workers"] += workers * _PROCESS
        parts["text"] = min(_TEXT_PAGES, 4 * tokens) + 8 * sentences
        parts["a step"] = _composed(config, shape, words, width, longest)
        # of Python's numbers while noise words are weighed, when there is no output table yet
        weighing = _WEIGHED * words if config.loss == "ns" else 0
        parts["drawing"] = max(0, weighing - parts["output table"])
        left = memory.left
        free = memory.held + left.memory + left.swap
        return MemoryPlan(parts, free, memory.total, backend.device, left.swap, left.limit)
    parts["drawing"] = _DRAWING
    if tree is not None:
        parts["paths"] = 2 * (5 * len(tree.nodes) + 12 * (words + 1))
    averaged, other = config.model == "cbow", sum(parts.values())
    sizes = Sizes(config.dim, config.window, averaged, shape, longest, tokens, sentences, other)
    memory = backend.memory(None if config.loss == "softmax" else sizes)
    assert memory.free is not None
    if memory.text is not None:
        return MemoryPlan(parts | memory.text, memory.free, memory.total, backend.device)
    parts["text"] = 64 * 2**15 + 8 * sentences  # a chunk and what is made of it
    parts["a step"] = _composed(config, shape, words, width, longest)
    return MemoryPlan(parts, memory.free, memory.total, backend.device)


def _composed(config: Config, shape: StepShape, words: int, width: int, longest: int) -> int:
    """Bytes of the steps that all workers take at once, where the layers compose them."""
    span = shape.block + 2 * config.window
    others = (2 * config.window + 1) * longest if longest else span + shape.shared
    if config.loss == "softmax":
        others = words
    hidden = shape.block if not longest or config.model == "cbow" else span
    floats = width * (hidden + others) + others * hidden
    return _COPIES * _FLOAT * floats * -(-shape.step // shape.block)
