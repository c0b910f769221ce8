"""What training takes of a device's memory, known before any of it is taken."""

from __future__ import annotations

from dataclasses import dataclass

from w2v.backends import Backend, Sizes, StepShape
from w2v.config import Config
from w2v.errors import TrainingError, in_units
from w2v.training.huffman import HuffmanTree

_FLOAT = 4
_DRAWING = 64 << 20  # bytes for the draws of the first table, a piece at a time, and for sums
_COPIES = 5  # of the rows and of the scores of a step that the layers compose, at most


@dataclass(frozen=True)
class MemoryPlan:
    """Bytes by purpose, and what the device has."""

    parts: dict[str, int]
    free: int
    total: int
    device: str

    @property
    def planned(self) -> int:
        """Bytes in all."""
        return sum(self.parts.values())

    def check(self) -> None:
        """Refuse what does not fit.

        Raises
        ------
        TrainingError
            Names the sizes and what to change.
        """
        if self.planned > self.free:
            raise TrainingError(
                f"Training takes {self.named()} on {self.device}, and {in_units(self.free)} of its "
                f"{in_units(self.total)} is free. Lower dim or max_vocab, raise min_count, or take "
                "a CPU backend (numba)."
            )

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
) -> MemoryPlan | None:
    """The plan of a training run; None where the backend works in the memory of the process."""
    if backend.memory().free is None:
        return None
    rows = max(words - 1, 1) if config.loss == "hs" else words
    parts = {
        "vectors": _FLOAT * words * config.dim,
        "output table": _FLOAT * rows * config.dim,
        "sums and counts of rows": 4 * _FLOAT * (words + rows),  # what is in flight has 64 bits
        "drawing": _DRAWING,
    }
    if tree is not None:
        parts["paths"] = 2 * (5 * len(tree.nodes) + 12 * (words + 1))
    else:
        parts["noise words"] = 8 * words
    longest = int(tree.lengths.max()) if tree is not None else 0
    sizes = Sizes(config.dim, config.window, shape, longest, tokens, sentences, sum(parts.values()))
    memory = backend.memory(None if config.loss == "softmax" else sizes)
    assert memory.free is not None
    if memory.text is not None:
        return MemoryPlan(parts | memory.text, memory.free, memory.total, backend.device)
    parts["text"] = 64 * 2**15 + 8 * sentences  # a chunk and what is made of it
    span = shape.block + 2 * config.window
    others = (2 * config.window + 1) * max(longest, 1) if tree else span + shape.shared
    if config.loss == "softmax":
        others = words
    hidden = shape.block if tree is None or config.model == "cbow" else span
    floats = config.dim * (hidden + others) + others * hidden
    parts["a step"] = _COPIES * _FLOAT * floats * -(-shape.step // shape.block)
    return MemoryPlan(parts, memory.free, memory.total, backend.device)
