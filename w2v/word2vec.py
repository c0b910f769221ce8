"""The library's front door: `Word2Vec(...).fit(text)` gives word vectors."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2v.backends import choose_backend
from w2v.config import Config
from w2v.corpus import Corpus, read_corpus, read_sentences
from w2v.errors import W2VError
from w2v.files import PathLike
from w2v.trainer import Progress, Trained, Trainer
from w2v.vectors import Query, Vectors
from w2v.vocab import Vocabulary


class Word2Vec:
    """Skip-gram or CBOW word vectors.

    Parameters
    ----------
    The options of `w2v.Config`, which says what each means; None stands for a default that depends
    on other options or on the backend.

    Attributes
    ----------
    config : Config
    vectors : Vectors       After `fit`.
    output : float32        After `fit`: the output table, a row per word (V, D), or per inner node
                            of the Huffman tree (V - 1, D) for hierarchical softmax.
    report : dict           After `fit`: what was read, dropped and trained, how long it took, and
                            the loss of each epoch; ready for `json.dump`.

    Raises
    ------
    ConfigError
        An option is out of range or contradicts another.

    Examples
    --------
    >>> model = Word2Vec(dim=20, min_count=1, workers=1)
    >>> model = model.fit([["a", "small", "corpus"], ["another", "small", "sentence"]])
    >>> model["small"].shape
    (20,)
    """

    def __init__(
        self,
        *,
        model: str = "skipgram",
        loss: str = "ns",
        dim: int = 100,
        window: int = 5,
        fixed_window: bool = False,
        negative: int | None = None,
        ns_exponent: float | None = None,
        sample: float = 1e-3,
        min_count: int = 5,
        max_vocab: int | None = None,
        epochs: int = 5,
        alpha: float | None = None,
        min_alpha: float = 1e-4,
        cbow: str | None = None,
        seed: int = 1,
        workers: int | None = None,
        backend: str = "auto",
        block_tokens: int | None = None,
        block_negatives: int | None = None,
        step_tokens: int | None = None,
        row_cap: float = Config.row_cap,
    ) -> None:
        self.config = Config(
            model=model,
            loss=loss,
            dim=dim,
            window=window,
            fixed_window=fixed_window,
            negative=negative,
            ns_exponent=ns_exponent,
            sample=sample,
            min_count=min_count,
            max_vocab=max_vocab,
            epochs=epochs,
            alpha=alpha,
            min_alpha=min_alpha,
            cbow=cbow,
            seed=seed,
            workers=workers,
            backend=backend,
            block_tokens=block_tokens,
            block_negatives=block_negatives,
            step_tokens=step_tokens,
            row_cap=row_cap,
        )
        self._fitted: tuple[Vectors, NDArray[np.float32], dict[str, Any]] | None = None

    def fit(
        self,
        source: PathLike | Sequence[Path] | Iterable[list[str] | tuple[str, ...]],
        *,
        vocabulary: Vocabulary | None = None,
        errors: str = "strict",
        on_progress: Callable[[Progress], None] | None = None,
    ) -> Word2Vec:
        """Read a corpus and train on it.

        Parameters
        ----------
        source : path, list of `pathlib.Path`, or iterable of token lists
            A file, folder, glob pattern or ``-`` (standard input), see `read_corpus`; or sentences
            that are lists of tokens, a one-shot iterator included, see `read_sentences`.
        vocabulary : Vocabulary, optional
            Words and counts to use instead of the corpus's own; `min_count` and `max_vocab` apply
            to it as well.
        errors : {"strict", "replace"}
            What to do with bytes that are not UTF-8.
        on_progress : callable(Progress), optional

        Returns
        -------
        Word2Vec
            This object, trained.

        Raises
        ------
        CorpusError, BackendError, TrainingError
        """
        choose_backend(self.config.backend)  # fails before the reading, if it does
        options = self.vocabulary_options(vocabulary)
        if _is_path(source):
            corpus = read_corpus(source, errors=errors, **options)  # type: ignore[arg-type]
        else:
            corpus = read_sentences(source, **options)  # type: ignore[arg-type]
        with corpus:
            return self.train(corpus, on_progress=on_progress)

    def vocabulary_options(self, vocabulary: Vocabulary | None = None) -> dict[str, Any]:
        """What `read_corpus` and `read_sentences` are to be told about the vocabulary."""
        limits: dict[str, Any] = {
            "min_count": self.config.min_count,
            "max_vocab": self.config.max_vocab,
        }
        if vocabulary is not None:
            vocabulary = Vocabulary.from_counts(vocabulary.words, vocabulary.counts, **limits)
        return {**limits, "vocabulary": vocabulary}

    def train(
        self,
        corpus: Corpus,
        *,
        on_start: Callable[[Trainer, str], None] | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        on_waiting: Callable[[str], None] | None = None,
    ) -> Word2Vec:
        """Train on a corpus that is read already.

        Parameters
        ----------
        corpus : Corpus
        on_start : callable(Trainer, str), optional
            Called once before training, with what is about to run and a line on the backend.
        on_progress : callable(Progress), optional
        on_waiting : callable(str), optional
            Called with a sentence, from another thread, if something takes a while before training.

        Returns
        -------
        Word2Vec
            This object, trained.

        Raises
        ------
        BackendError, TrainingError
        """
        backend, why = choose_backend(self.config.backend)
        trainer = Trainer(self.config, corpus, backend, on_progress, on_waiting)
        if on_start:
            on_start(trainer, why)
        trained = trainer.run()
        words = corpus.vocabulary
        vectors = Vectors(words.words, trained.vectors, words.counts)
        self._fitted = (vectors, trained.output, _report(trainer, trained, why))
        return self

    @property
    def vectors(self) -> Vectors:
        return self._done()[0]

    @property
    def output(self) -> NDArray[np.float32]:
        return self._done()[1]

    @property
    def report(self) -> dict[str, Any]:
        return self._done()[2]

    def __getitem__(self, word: str) -> NDArray[np.float32]:
        """See `Vectors`."""
        return self.vectors[word]

    def __contains__(self, word: object) -> bool:
        return word in self.vectors

    def most_similar(
        self, positive: Query | Sequence[Query], negative: Query | Sequence[Query] = (), n: int = 10
    ) -> list[tuple[str, float]]:
        """See `Vectors.most_similar`."""
        return self.vectors.most_similar(positive, negative, n)

    def similarity(self, a: Query, b: Query) -> float:
        """See `Vectors.similarity`."""
        return self.vectors.similarity(a, b)

    def save(self, path: PathLike) -> None:
        """See `Vectors.save`; the seconds it takes are added to the report."""
        started = time.perf_counter()
        self.vectors.save(path)
        self.report["seconds"]["save"] = time.perf_counter() - started

    def _done(self) -> tuple[Vectors, NDArray[np.float32], dict[str, Any]]:
        if self._fitted is None:
            raise W2VError("This model has no vectors yet. Call `fit` with a corpus first.")
        return self._fitted


def _is_path(source: object) -> bool:
    if isinstance(source, list | tuple) and source:
        return all(isinstance(item, os.PathLike) for item in source)
    return isinstance(source, str | os.PathLike)


def _trace(trainer: Trainer, trained: Trained) -> list[dict[str, Any]]:
    """Of each moment: how far, the loss of its epoch so far, and the speed since the one before."""
    words = trainer.corpus.stats.tokens * trainer.config.epochs
    points = []
    done, seconds = 0.0, 0.0
    for at in trained.trace:
        points.append(
            {
                "done": at.done,
                "epoch": at.epoch,
                "seconds": at.seconds,
                "loss": at.loss,
                "learning_rate": at.learning_rate,
                "raw_words_per_second": words * (at.done - done) / (at.seconds - seconds),
            }
        )
        done, seconds = at.done, at.seconds
    return points


def _report(trainer: Trainer, trained: Trained, why: str) -> dict[str, Any]:
    from w2v import __version__

    corpus, backend = trainer.corpus, trainer.backend
    stats = corpus.stats
    return {
        "config": trainer.config.as_dict(),
        "versions": {
            "w2v": __version__,
            "python": platform.python_version(),
            "numpy": np.__version__,
            backend.name: backend.version,
        },
        "backend": {"name": backend.name, "device": backend.device, "why": why},
        "workers": trainer.workers,
        "step": {
            "block_tokens": trainer.shape.block,
            "block_negatives": trainer.shape.shared if trainer.config.loss == "ns" else None,
            "step_tokens": trainer.step_tokens,
        },
        "vocabulary": len(corpus.vocabulary),
        "tokens": {
            "read": stats.tokens,
            "rare": stats.rare,
            "subsampled": [stats.kept - kept for kept in trained.kept],
            "kept": trained.kept,
        },
        "sentences": stats.sentences,
        "types": stats.types,
        "loss": trained.loss,
        "loss_measured_every_steps": trained.loss_every,
        "trace": _trace(trainer, trained),
        "seconds": {
            **corpus.seconds,
            "prepare": trained.prepare_seconds,
            "train": trained.seconds,
        },
        "raw_words_per_second": trained.raw_words_per_second,
        "kept_tokens_per_second": trained.kept_tokens_per_second,
        "peak_memory_bytes": backend.peak_memory_bytes(),
    }
