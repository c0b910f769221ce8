"""Every choice of a training run, checked once, before any text is read."""

from __future__ import annotations

import math
import numbers
import operator
from dataclasses import asdict, dataclass
from typing import Any

from w2v.errors import ConfigError

MODELS = ("skipgram", "cbow")
LOSSES = ("ns", "hs", "softmax")
CBOW_COMBINERS = ("mean", "sum")
CHANGES = ("bfloat16", "float32")
BACKENDS = ("auto", "cupy", "numba", "numpy")
AUTO = "auto"

_LEAST_CAP = 1e-6  # below, no row moves any more, and float32 ends

_OPTIONAL_NUMBERS = (
    "negative",
    "max_vocab",
    "workers",
    "block_tokens",
    "block_negatives",
    "step_tokens",
    "shards",
)


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
    held_out: float = 0.0
    """Share of the sentences that is set aside: never trained on, and after each epoch the loss
    there is reported."""
    min_count: int = 5
    """Words seen fewer times are dropped."""
    max_vocab: int | None = None
    """Keep only this many of the most frequent words."""
    epochs: int | str = AUTO
    """Passes over the corpus; "auto": 5 over a long text and more over a short one, 15 over a
    million words (docs/decisions/epochs.md)."""
    alpha: float | None = None
    """Learning rate at the start; 0.025, or 0.05 for CBOW."""
    min_alpha: float = 1e-4
    """Learning rate at the end, as a fraction of `alpha`; it falls linearly."""
    cbow: str | None = None
    """"mean" or "sum" of the context vectors; "mean". Model "cbow" only."""
    seed: int = 1
    """Start of all random draws."""
    workers: int | None = None
    """Training threads; all cores. One worker on a CPU gives the same bytes every time."""
    backend: str = "auto"
    """"auto", "cupy", "numba" or "numpy"."""
    block_tokens: int | None = None
    """Tokens in the core of a block; chosen by the backend."""
    block_negatives: int | None = None
    """Noise words a block shares; chosen by the backend. Loss "ns" only."""
    step_tokens: int | None = None
    """Kept tokens in flight: what all workers together read from the same tables before they update
    them; chosen by the backend."""
    row_cap: float = 4.0
    """Bound on (learning rate x terms) that one step may add to one row; see docs/decisions."""
    device: int | None = None
    """Number of the GPU, from 0; the current one if None. A backend with devices only."""
    deterministic: bool = False
    """The same seed gives the same bytes, on a GPU too: one worker, sums in one order. Slower."""
    shards: int | None = None
    """Train in rounds of so many parts of the text, each from the same vectors, which are then
    merged: as on a cluster, and to the same bytes. On a cluster None means by the length of the
    text; else no rounds."""
    changes: str = "bfloat16"
    """"bfloat16" or "float32": as what shards give back how far each number has moved."""

    def __post_init__(self) -> None:
        _one_of("model", self.model, MODELS)
        _one_of("loss", self.loss, LOSSES)
        _one_of("backend", self.backend, BACKENDS)
        _one_of("changes", self.changes, CHANGES)
        self._only_with("negative", self.loss == "ns", "loss 'ns'", 5)
        self._only_with("ns_exponent", self.loss == "ns", "loss 'ns'", 0.75)
        self._only_with("block_negatives", self.loss == "ns", "loss 'ns'", None)
        self._only_with("cbow", self.model == "cbow", "model 'cbow'", "mean")
        if self.cbow is not None:
            _one_of("cbow", self.cbow, CBOW_COMBINERS)
        if self.alpha is None:
            self._set("alpha", 0.05 if self.model == "cbow" else 0.025)
        self._set("window", _whole_number("window", self.window, most=10_000))
        for name in ("dim", "min_count"):
            self._set(name, _whole_number(name, getattr(self, name)))
        self._set("epochs", _whole_number("epochs", self.epochs, instead=AUTO))
        for name in _OPTIONAL_NUMBERS:
            if getattr(self, name) is not None:
                self._set(name, _whole_number(name, getattr(self, name)))
        self._set("seed", _whole_number("seed", self.seed, least=0, most=2**64 - 1))
        self._set("alpha", _real("alpha", self.alpha, 0, above=True))
        self._set("row_cap", _real("row_cap", self.row_cap, _LEAST_CAP))
        for name in ("sample", "min_alpha"):
            self._set(name, _real(name, getattr(self, name), 0))
        self._set("held_out", _real("held_out", self.held_out, 0, most=0.5))
        if self.min_alpha > 1:
            raise ConfigError(
                f"`min_alpha` is a fraction of `alpha` and must be at most 1, got {self.min_alpha}."
            )
        if self.ns_exponent is not None:
            self._set("ns_exponent", _real("ns_exponent", self.ns_exponent, -10, most=10))
        for name in ("fixed_window", "deterministic"):
            if not isinstance(getattr(self, name), bool):
                raise ConfigError(f"`{name}` must be True or False, got {getattr(self, name)!r}.")
        self._only_with("device", self.backend in ("auto", "cupy"), "backend 'cupy'", None)
        if self.device is not None:
            self._set("device", _whole_number("device", self.device, least=0))
        self._check_deterministic()

    def _check_deterministic(self) -> None:
        if self.deterministic and self.workers not in (None, 1):
            raise ConfigError(
                f"`deterministic` training has one worker, got `workers` {self.workers}; leave one "
                "of them out."
            )

    def _only_with(self, name: str, applies: bool, where: str, default: Any) -> None:
        value = getattr(self, name)
        if value is not None and not applies:
            raise ConfigError(
                f"`{name}` has a meaning only with {where}, got {value!r}; leave it out."
            )
        if value is None and applies:
            self._set(name, default)

    def _set(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)

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


def _whole_number(
    name: str, value: Any, *, least: int = 1, most: int = 2**31 - 1, instead: str | None = None
) -> int | str:
    """A plain int, or `instead` where there is such a word."""
    if instead is not None and value == instead:
        return instead
    try:
        number = operator.index(value)
    except TypeError:
        number = None
    if number is None or isinstance(value, bool):
        other = f" or {instead!r}" if instead else ""
        raise ConfigError(f"`{name}` must be a whole number{other}, got {value!r}.")
    if number < least:
        raise ConfigError(f"`{name}` must be at least {least}, got {number}.")
    if number > most:
        raise ConfigError(f"`{name}` must be at most {most}, got {number}.")
    return number


def _real(
    name: str, value: Any, least: float, *, above: bool = False, most: float = math.inf
) -> float:
    """A plain float: np.float64 would widen float32 arrays."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise ConfigError(f"`{name}` must be a number, got {value!r}.")
    try:
        number = float(value)
    except OverflowError:
        number = -math.inf if value <= 0 else math.inf
    if not math.isfinite(number) or not least <= number <= most or (above and number == least):
        rule = f"above {least}" if above else f"at least {least}"
        rule += f" and at most {most}" if math.isfinite(most) else ""
        raise ConfigError(f"`{name}` must be a finite number {rule}, got {number}.")
    return number
