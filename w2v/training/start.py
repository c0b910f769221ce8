"""What a training run begins with: vectors from elsewhere, frozen words, an older model."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2v.config import Config
from w2v.errors import ConfigError, TrainingError
from w2v.files import PathLike, readable
from w2v.text import Corpus
from w2v.training.fitted import Fitted
from w2v.training.huffman import HuffmanTree, ranks_near_in_text
from w2v.vectors import Vectors, load
from w2v.words import as_words, is_whole_number

_SAME = ("model", "loss", "dim")


@dataclass(frozen=True)
class Start:
    """What training begins with in place of a fresh table, and what it must not change."""

    words: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    """(K,): words that have a vector already."""
    vectors: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    """(K, D): theirs."""
    output_rows: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    """(M,): rows of the output table that are known."""
    output: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    """(M, D): what they are."""
    tree: HuffmanTree | None = None
    """That the output rows belong to; None for a new one."""
    frozen: NDArray[np.bool_] | None = None
    """(V,): words whose input rows stay as they are."""
    epochs: int = 0
    """Trained before; the draws go on from there."""
    about: dict[str, Any] = field(default_factory=dict)
    """What a report says of it."""

    def sums(self) -> dict[str, int]:
        """Checksums of what there is, by the names of `about`: to tell it from others."""
        known = (self.words, self.vectors, self.output_rows, self.output)
        frozen = () if self.frozen is None else (self.frozen,)
        return {name: _sum(frozen if name == "frozen" else known) for name in self.about}


FRESH = Start()
"""Nothing is known and every word is to learn."""


class Pretrained:
    """Vectors from elsewhere, that a table may begin with.

    Parameters
    ----------
    vectors : Vectors, or the path of a vector file
    dim : int                   Numbers in a vector of the model.

    Raises
    ------
    VectorFileError
        The file cannot be read.
    ConfigError
        The vectors have another number of dimensions.
    """

    def __init__(self, vectors: Vectors | PathLike, dim: int) -> None:
        if not isinstance(vectors, Vectors | str | os.PathLike):
            raise TypeError(
                "`pretrained` must be `w2v.Vectors` or the path of a vector file, got "
                f"{type(vectors).__name__}. A model has them as `model.vectors`."
            )
        self.file = None if isinstance(vectors, Vectors) else readable(vectors)
        self.vectors = vectors if isinstance(vectors, Vectors) else load(vectors)
        if self.vectors.dim != dim:
            raise ConfigError(
                f"`dim` is {dim}, and the pretrained vectors have {self.vectors.dim} numbers. "
                f"Set `dim` to {self.vectors.dim}."
            )

    def start(self, corpus: Corpus) -> Start:
        """Begin with the vectors of those words of a corpus that have one.

        Raises
        ------
        TrainingError
            No word has one, or one that has is not finite.
        """
        words, given = corpus.vocabulary, self.vectors
        known = np.array([i for i, word in enumerate(words.words) if word in given], np.int64)
        if not len(known):
            raise TrainingError(
                f"None of the {len(given):,} pretrained words is among the {len(words):,} of the "
                f"vocabulary; the first are {given.words[0]!r} and {words.words[0]!r}. "
                "Are they in another language or another case?"
            )
        matrix = given.matrix[[given.index(words.words[i]) for i in known.tolist()]]
        bad = known[~np.isfinite(matrix).all(axis=1)]
        if len(bad):
            raise TrainingError(
                f"The pretrained vector of {words.words[bad[0]]!r} is not finite, and training "
                "cannot begin with that. Leave the word out of the pretrained vectors."
            )
        about = {
            "file": self.file,
            "words": len(given),
            "matched": len(known),
            "share_of_vocabulary": len(known) / len(words),
            "share_of_tokens": float(words.counts[known].sum() / words.total),
        }
        return replace(FRESH, words=known, vectors=matrix, about={"pretrained": about})


def continue_from(config: Config, fitted: Fitted, corpus: Corpus) -> Start:
    """Begin with all that a model has learnt; its words are among those of the corpus.

    Raises
    ------
    ConfigError
        The model was trained with another `model`, `loss` or `dim`.
    """
    check_same(config, fitted)
    index, before = corpus.vocabulary.index, fitted.vectors
    if any(word not in index for word in before.words):
        raise ConfigError(
            "The corpus was read without the words of the model; read it with "
            "`vocabulary_options(known=True)`, as `partial_fit` does."
        )
    rows = np.fromiter((index[word] for word in before.words), np.int64, len(before))
    about = {"words": len(before), "new": len(index) - len(before), "epochs": fitted.epochs}
    begin = Start(
        words=rows,
        vectors=before.matrix,
        output_rows=rows,
        output=fitted.output,
        epochs=fitted.epochs,
        about={"continued": about},
    )
    if fitted.tree is not None:
        is_new = np.ones(len(index), np.bool_)
        is_new[rows] = False
        order = np.concatenate((rows, np.flatnonzero(is_new)))
        counts, first_seen = corpus.vocabulary.counts[order], corpus.first_seen()[order]
        tree, places = fitted.tree.grown(counts, ranks_near_in_text(counts, first_seen))
        tree = tree.reordered(np.argsort(order))
        begin = replace(begin, tree=tree, output_rows=places, output=fitted.output[: len(places)])
    return begin


def check_same(config: Config, fitted: Fitted) -> None:
    """Refuse to go on with a model of another kind."""
    for name in _SAME:
        was, now = fitted.trained_as[name], getattr(config, name)
        if was != now:
            raise ConfigError(f"The model was trained with `{name}` {was}, and it is {now} now.")


def word_list(words: Iterable[str] | Iterable[int]) -> list[str]:
    """Distinct words in their order, 7 as "7"; `TypeError` for one string or what is no word."""
    if isinstance(words, str):
        raise TypeError(f"`freeze` must be words, got the string {words!r:.60}. Give a list.")
    if not isinstance(words, Iterable):
        raise TypeError(f"`freeze` must be words, got {words!r:.60}. Give a list.")
    for word in (listed := list(words)):
        if not isinstance(word, str) and not is_whole_number(word):
            raise TypeError(f"`freeze` must be words, got {word!r:.60} ({type(word).__name__}).")
    return list(dict.fromkeys(as_words(listed)))


def with_frozen(start: Start, corpus: Corpus, words: list[str]) -> Start:
    """The same start, with the vectors of some words frozen.

    Raises
    ------
    TrainingError
        None of them is in the vocabulary.
    """
    index = corpus.vocabulary.index
    found = [index[word] for word in words if word in index]
    if not found:
        raise TrainingError(
            f"No word to freeze is among the {len(index):,} of the vocabulary; the first to freeze "
            f"is {words[0]!r}. Are they in another language or another case?"
        )
    mask = np.zeros(len(index), np.bool_)
    mask[found] = True
    about = {"asked": len(words), "matched": len(found)}
    return replace(start, frozen=mask, about={**start.about, "frozen": about})


def _sum(arrays: Iterable[NDArray[Any]]) -> int:
    found = 0
    for array in arrays:
        found = zlib.crc32(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data, found)
    return found
