"""Every choice of a training run, checked once, before any text is read."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from w2v.errors import ConfigError

MODELS = ("skipgram", "cbow")
LOSSES = ("ns", "hs", "softmax")
CBOW_COMBINERS = ("mean", "sum")
BACKENDS = ("auto", "numpy", "cupy")


@dataclass(frozen=True, kw_only=True)
class Config:
    """What to train and how. None means a default that depends on other options, as stated.

    Raises
    ------
    ConfigError
        A value out of range, or an option given that the chosen model or loss does not have.
    """

    model: str = "skipgram"
    """"skipgram" or "cbow"."""
    loss: str = "ns"
    """"ns" (negative sampling), "hs" (hierarchical softmax) or "softmax" (all words; slow)."""
    dim: int = 100
    """Numbers in a word vector."""
    window: int = 5
    """Words on each side of the centre, at most."""
    fixed_window: bool = False
    """Use the whole window always, instead of a width drawn from 1 to `window` for each centre."""
    negative: int | None = None
    """Negative samples per pair; 5. Loss "ns" only."""
    ns_exponent: float | None = None
    """Noise words are drawn in proportion to their count to this power; 0.75. Loss "ns" only."""
    sample: float = 1e-3
    """Subsampling threshold for frequent words; 0 keeps every token."""
    min_count: int = 5
    """Words seen fewer times are dropped."""
    max_vocab: int | None = None
    """Keep only this many of the most frequent words."""
    epochs: int = 5
    """Passes over the corpus."""
    alpha: float | None = None
    """Learning rate at the start; 0.025, or 0.05 for CBOW."""
    min_alpha: float = 1e-4
    """Learning rate at the end, as a fraction of `alpha`; it falls linearly."""
    cbow: str | None = None
    """"mean" or "sum" of the context vectors; "mean". Model "cbow" only."""
    seed: int = 1
    """Start of all random draws."""
    workers: int | None = None
    """Training threads; all cores. One worker on NumPy gives the same bytes every time."""
    backend: str = "auto"
    """"auto", "numpy" or "cupy"."""
    block_tokens: int | None = None
    """Centres in a block; chosen by the backend."""
    block_negatives: int | None = None
    """Noise words a block shares; chosen by the backend. Loss "ns" only."""
    step_tokens: int | None = None
    """Kept tokens between two updates of the tables; chosen by the backend."""
    row_cap: float = 4.0
    """Bound on (learning rate x terms) that one step may add to one row; see docs/decisions."""

    def __post_init__(self) -> None:
        for name in ("ns_exponent", "sample", "alpha", "min_alpha", "row_cap"):
            value = getattr(self, name)
            if isinstance(value, float):  # np.float64 is one, and would widen float32 arrays
                object.__setattr__(self, name, float(value))
        _one_of("model", self.model, MODELS)
        _one_of("loss", self.loss, LOSSES)
        _one_of("backend", self.backend, BACKENDS)
        self._only_with("negative", self.loss == "ns", "loss 'ns'", 5)
        self._only_with("ns_exponent", self.loss == "ns", "loss 'ns'", 0.75)
        self._only_with("block_negatives", self.loss == "ns", "loss 'ns'", None)
        self._only_with("cbow", self.model == "cbow", "model 'cbow'", "mean")
        if self.cbow is not None:
            _one_of("cbow", self.cbow, CBOW_COMBINERS)
        if self.alpha is None:
            object.__setattr__(self, "alpha", 0.05 if self.model == "cbow" else 0.025)
        whole = ("dim", "window", "min_count", "epochs", "negative", "max_vocab", "workers")
        for name in (*whole, "block_tokens", "block_negatives", "step_tokens"):
            _whole_number(name, getattr(self, name), 1)
        _whole_number("seed", self.seed, 0)
        _real("alpha", self.alpha, 0, above=True)
        _real("row_cap", self.row_cap, 0, above=True)
        _real("sample", self.sample, 0)
        _real("min_alpha", self.min_alpha, 0)
        if self.min_alpha > 1:
            raise ConfigError(
                f"`min_alpha` is a fraction of `alpha` and must be at most 1, got {self.min_alpha}."
            )
        if self.ns_exponent is not None and not math.isfinite(self.ns_exponent):
            raise ConfigError(f"`ns_exponent` must be a finite number, got {self.ns_exponent}.")

    def _only_with(self, name: str, applies: bool, where: str, default: Any) -> None:
        value = getattr(self, name)
        if value is not None and not applies:
            raise ConfigError(f"`{name}` has a meaning only with {where}; leave it out.")
        if value is None and applies:
            object.__setattr__(self, name, default)

    def learning_rate(self, done: float) -> float:
        """Learning rate after a fraction `done` (0 to 1) of the training."""
        assert self.alpha is not None
        return self.alpha * (1.0 - (1.0 - self.min_alpha) * done)

    def as_dict(self) -> dict[str, Any]:
        """All options by name, for reports."""
        return asdict(self)


def _one_of(name: str, value: object, known: tuple[str, ...]) -> None:
    if value not in known:
        raise ConfigError(f"`{name}` must be one of {', '.join(known)}; got {value!r}.")


def _whole_number(name: str, value: object, least: int) -> None:
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int):
        raise ConfigError(f"`{name}` must be a whole number, got {value!r}.")
    if value < least:
        raise ConfigError(f"`{name}` must be at least {least}, got {value}.")


def _real(name: str, value: object, least: float, *, above: bool = False) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ConfigError(f"`{name}` must be a number, got {value!r}.")
    if not math.isfinite(value) or value < least or (above and value == least):
        rule = f"above {least}" if above else f"at least {least}"
        raise ConfigError(f"`{name}` must be a finite number {rule}, got {value}.")
