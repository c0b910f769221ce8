"""Where a run is: all that it needs to go on, but for the text."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

from numpy.typing import NDArray

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

    options: dict[str, Any]
    """Of `Config`, as they were asked for."""
    text: dict[str, Any]
    """See `about_text`."""
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

    def start(self, given: Start) -> Start:
        """What the run began with, but for the rows that were known: they have moved.

        Raises
        ------
        ConfigError
            What is given to begin with is not what it began with.
        """
        for name, about in given.about.items():
            if about != self.state.start.get(name):
                raise ConfigError(
                    f"The run of {self.name} did not begin with that (`{name}`: {about}), but with "
                    f"{self.state.start or 'nothing known'}. Leave it out: the checkpoint has it."
                )
        tree, frozen = None, self.arrays.get("frozen")
        if "offsets" in self.arrays:
            tree = HuffmanTree(*(self.arrays[name] for name in _TREE))
        state = self.state
        return Start(tree=tree, frozen=frozen, epochs=state.start_epochs, about=state.start)

    def check(self, options: dict[str, Any], corpus: Corpus) -> None:
        """Refuse to go on with another model or another text.

        Raises
        ------
        ConfigError
            Names the options that differ.
        CheckpointError
            Says what differs of the text.
        """
        was = self.state.options
        others = [
            f"`{name}` was {was.get(name)} and is {value}"
            for name, value in options.items()
            if name not in MAY_CHANGE and was.get(name) != value
        ]
        if others:
            raise ConfigError(
                f"The run of {self.name} goes on with the options it began with: "
                f"{'; '.join(others)}. Leave out what differs."
            )
        text, now = self.state.text, about_text(corpus)
        if text == now:
            return
        what = [
            f"{text[name]:,} {name}, now {now[name]:,}"
            for name in ("tokens", "sentences", "words")
            if text[name] != now[name]
        ]
        raise CheckpointError(
            f"The text is not that of the run of {self.name}"
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
