"""Where a run is: all that it needs to go on, but for the text."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

from numpy.typing import NDArray

from w2v.config import Config
from w2v.errors import CheckpointError, ConfigError
from w2v.text import Corpus
from w2v.training.huffman import HuffmanTree
from w2v.training.start import Start

MAY_CHANGE = ("workers", "backend", "device")
"""Options that a run may go on with others of."""

_TREE = ("offsets", "nodes", "codes")


@dataclass(frozen=True)
class State:
    """Numbers and names of a run at a position; JSON can hold them."""

    began: dict[str, Any]
    """See `beginning`."""
    epochs: int
    """Of the whole run."""
    chunk: int
    """Tokens of a chunk."""
    epoch: int
    """Epochs that are over, and below chunks of the next that are done."""
    first: int
    done: float
    """Fraction of the whole run."""
    ended: bool
    """Whether there is nothing left to train."""
    tallies: list[dict[str, Any]]
    """Of each epoch so far, the last one perhaps in part: fields of `Tally`."""
    held_out_loss: list[float | None]
    trace: list[dict[str, Any]]
    """Moments of the run: fields of `Progress`."""
    stopped: dict[str, Any] | None
    seconds: float
    """Trained so far, and below what it took to prepare."""
    prepare_seconds: float
    callbacks: list[list[Any]]
    """Name of each and what it is to remember."""
    parts: list[dict[str, Any]]
    """Who trained from where on: see `parts` of a report."""
    checkpoints: dict[str, Any]
    """So far: see `checkpoints` of a report."""
    start_epochs: int
    """Trained before this run, of a model that goes on."""
    start: dict[str, Any] = field(default_factory=dict)
    """What a report says of how the run began."""
    rounds: dict[str, Any] | None = None
    """How epochs are cut into rounds, if they are: fields of `Rounds`."""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class Saved(NamedTuple):
    """A checkpoint that was read."""

    state: State
    arrays: dict[str, NDArray[Any]]
    name: str
    """Of its file."""

    @classmethod
    def of(cls, state: dict[str, Any], arrays: dict[str, NDArray[Any]], name: str) -> Saved:
        """With the fields that a state has; raises `CheckpointError` for others."""
        try:
            saved = cls(State(**state), arrays, name)
        except TypeError as error:
            raise CheckpointError(f"{name} is not the checkpoint of a run.") from error
        if not {"input", "output"} <= arrays.keys():
            raise CheckpointError(f"{name} has no tables.")
        return saved

    def start(self) -> Start:
        """What the run began with, but for the rows that were known: they have moved."""
        tree, frozen, state = None, self.arrays.get("frozen"), self.state
        if "offsets" in self.arrays:
            tree = HuffmanTree(*(self.arrays[name] for name in _TREE))
        return Start(tree=tree, frozen=frozen, epochs=state.start_epochs, about=state.start)


def beginning(config: Config, corpus: Corpus, start: Start) -> dict[str, Any]:
    """What tells one run from another, where it begins; JSON can hold it.

    Its options as they were asked for, its text, and sums of what it begins with.
    """
    return {"options": config.as_dict(), "text": about_text(corpus), "start": start.sums()}


def check_same_run(was: dict[str, Any], now: dict[str, Any], name: str) -> None:
    """Refuse to go on with another model or another text.

    Parameters
    ----------
    was, now : dict     See `beginning`.
    name : str          Of a checkpoint, or of the folder of the run.

    Raises
    ------
    ConfigError
        Names the options that differ, or what it began with.
    CheckpointError
        Says what differs of the text.
    """
    _check_options(was["options"], now["options"], name)
    _check_text(was["text"], now["text"], name)
    for what, found in now["start"].items():
        if was["start"].get(what) != found:
            began = "with other words or vectors" if what in was["start"] else "without"
            raise ConfigError(
                f"The run of {name} began {began} (`{what}`). Give the same; from a checkpoint on "
                "it may be left out."
            )


def _check_options(was: dict[str, Any], now: dict[str, Any], name: str) -> None:
    known = Config(**{option: value for option, value in was.items() if option in now})
    others = [
        f"`{option}` was {value} and is {now.get(option, 'not known to this w2v')}"
        for option, value in {**known.as_dict(), **was}.items()
        if option not in MAY_CHANGE and (option not in now or now[option] != value)
    ]
    if others:
        raise ConfigError(
            f"The run of {name} goes on with the options it began with: "
            f"{'; '.join(others)}. Leave out what differs."
        )


def _check_text(was: dict[str, Any], now: dict[str, Any], name: str) -> None:
    if was == now:
        return
    what = [
        f"{was[part]:,} {part}, now {now[part]:,}"
        for part in ("tokens", "sentences", "words")
        if was[part] != now[part]
    ]
    raise CheckpointError(
        f"The text is not that of the run of {name}"
        f" ({', '.join(what) or 'as many words, but others'}). Give the same text with the "
        "same options, or no text: the run has its own copy."
    )


def about_text(corpus: Corpus) -> dict[str, Any]:
    """What tells one text from another."""
    return {
        "tokens": len(corpus.ids),
        "sentences": len(corpus.ends),
        "words": len(corpus.vocabulary),
        "fingerprint": corpus.fingerprint(),
    }


def start_arrays(start: Start) -> dict[str, NDArray[Any]]:
    """What `Saved.start` needs of a start."""
    arrays: dict[str, NDArray[Any]] = {}
    if start.frozen is not None:
        arrays["frozen"] = start.frozen
    if start.tree is not None:
        arrays |= {name: getattr(start.tree, name) for name in _TREE}
    return arrays
