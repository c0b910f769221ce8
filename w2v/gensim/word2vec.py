"""gensim's `Word2Vec`, by w2v's trainer.

It is long because it has all of gensim's arguments and says what becomes of each; what they do is
done elsewhere.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2v.config import Config
from w2v.errors import ConfigError, CorpusError, warn
from w2v.files import PathLike
from w2v.gensim import model_file
from w2v.gensim.counting import TrimRule
from w2v.gensim.keyed_vectors import KeyedVectors
from w2v.gensim.reading import Source, check_source, each, read
from w2v.gensim.run import Order, Tables, plain_seed, put, reach, train, workers_of
from w2v.gensim.vocabulary import Counted
from w2v.text import Corpus, Keys
from w2v.training import Likelihood, Trained

logger = logging.getLogger(__name__)

_ONCE_CALLED = {"size": "vector_size", "iter": "epochs"}
_MOVED = (
    *(
        "most_similar",
        "similarity",
        "doesnt_match",
        "n_similarity",
        "wmdistance",
        "similar_by_word",
    ),
    *("similar_by_word", "similar_by_vector", "most_similar_cosmul"),
    *("evaluate_word_pairs", "index2word", "vocab", "syn0"),
)


class _OfTheClass(classmethod):  # type: ignore[type-arg]
    """A class method that refuses to be called on a model: it would leave that as it was."""

    def __get__(self, instance: object, owner: type | None = None) -> Callable[..., Any]:
        if instance is not None:
            raise AttributeError("load")  # for `__getattr__` to say why
        return super().__get__(instance, owner)


class Word2Vec(Counted):
    """Skip-gram or CBOW word vectors, with the names, defaults and types of gensim 4.

    Sentences are lists of tokens, which may be anything that a dictionary can have as a key.

    Parameters
    ----------
    sentences : iterable of lists of tokens, optional
        Asked for once; if left out, call `build_vocab` and `train`.
    corpus_file : path, optional      A sentence a line, in place of `sentences`.
    vector_size : int                 Numbers in a vector.
    alpha, min_alpha : float          Learning rate at the start and the end.
    window : int                      Words on each side, at most.
    min_count : int                   Rarer tokens are dropped.
    max_vocab_size : int, optional    Rare tokens are dropped while counting, to stay below.
    sample : float                    Subsampling threshold; from 1 on, a count.
    seed : int or None                None for another one each time.
    workers : int                     Threads, no more than there are cores.
    sg, hs, negative                  1 for skip-gram; 1 for hierarchical softmax; noise words. With
                                      `hs` hierarchical softmax alone is trained, with a warning
                                      where there are noise words too.
    ns_exponent, cbow_mean, epochs, compute_loss, max_final_vocab, shrink_windows
        As in gensim.
    trim_rule : callable, optional    Says which tokens stay, see `keep_vocab_item`.
    sorted_vocab : {1, 0}             Whether rows stand by frequency.
    callbacks : iterable of CallbackAny2Vec
    comment : str, optional           Kept.
    hashfxn, batch_words
        Have no meaning here, and change nothing.
    null_word : 0                     There is none.

    Attributes
    ----------
    wv : KeyedVectors
    syn1neg : float32 (V, D)          Output table of negative sampling.
    syn1 : float32 (V, D)             Of hierarchical softmax; the last row is unused.

    Raises
    ------
    TypeError, ValueError
        An argument is of no use, or both sources are given.
    RuntimeError
        There is no vocabulary to train.
    ConfigError, CorpusError, BackendError, TrainingError
    """

    def __init__(
        self,
        sentences: Source | None = None,
        corpus_file: str | None = None,
        vector_size: int = 100,
        alpha: float = 0.025,
        window: int = 5,
        min_count: int = 5,
        max_vocab_size: int | None = None,
        sample: float = 1e-3,
        seed: int | None = 1,
        workers: int = 3,
        min_alpha: float = 0.0001,
        sg: int = 0,
        hs: int = 0,
        negative: int = 5,
        ns_exponent: float = 0.75,
        cbow_mean: int = 1,
        hashfxn: Callable[..., Any] | None = None,
        epochs: int = 5,
        null_word: int = 0,
        trim_rule: TrimRule | None = None,
        sorted_vocab: int = 1,
        batch_words: int = 10_000,
        compute_loss: bool = False,
        callbacks: Iterable[Any] = (),
        comment: str | None = None,
        max_final_vocab: int | None = None,
        shrink_windows: bool = True,
        **others: Any,
    ) -> None:
        _refuse(others, null_word)
        _check(min_count, max_vocab_size, max_final_vocab, trim_rule)
        self.vector_size, self.window = vector_size, window
        self.alpha, self.min_alpha = alpha, min_alpha
        self.min_count, self.max_vocab_size = min_count, max_vocab_size
        self.max_final_vocab, self.sorted_vocab = max_final_vocab, sorted_vocab
        self.sample, self.seed, self.workers = sample, seed, workers
        self.sg, self.hs, self.negative = int(bool(sg)), int(bool(hs)), negative
        self.ns_exponent, self.cbow_mean = ns_exponent, cbow_mean
        self.epochs, self.shrink_windows = epochs, shrink_windows
        self.compute_loss, self.comment = compute_loss, comment
        self.null_word, self.batch_words = null_word, batch_words
        self.effective_min_count = min_count
        self.corpus_count, self.corpus_total_words = 0, 0
        self.raw_vocab = {}
        self.running_training_loss = 0.0
        self.train_count, self.total_train_time = 0, 0.0
        self.min_alpha_yet_reached = alpha
        self._tree, self._epochs = None, 0
        self._check_losses()
        self._config(
            epochs, self._rate(0, None), 1, np.ones(1, np.int64)
        )  # which checks the numbers
        self.wv = KeyedVectors(self.vector_size)
        if sentences is None and corpus_file is None:
            if trim_rule is not None:
                warn("`trim_rule` was given without a corpus, and has no say in `build_vocab`.")
            return
        check_source(sentences, corpus_file)
        with self._counted(sentences, corpus_file, trim_rule) as corpus:
            self._train(corpus, Order(self._counts()), callbacks, epochs, compute_loss)

    @property
    def layer1_size(self) -> int:
        """The same as `vector_size`."""
        return self.vector_size

    def train(
        self,
        corpus_iterable: Source | None = None,
        corpus_file: str | None = None,
        total_examples: int | None = None,
        total_words: int | None = None,
        epochs: int | None = None,
        start_alpha: float | None = None,
        end_alpha: float | None = None,
        word_count: int = 0,
        queue_factor: int = 2,
        report_delay: float = 1.0,
        compute_loss: bool = False,
        callbacks: Iterable[Any] = (),
        **kwargs: Any,
    ) -> tuple[int, int]:
        """Train on a corpus, with the vocabulary as it is; may be called again and again.

        Parameters
        ----------
        corpus_iterable, corpus_file
            As of `Word2Vec`; tokens that are not in the vocabulary are left out.
        total_examples, total_words : int
            One of them has to be given, as in gensim; here the corpus is counted.
        epochs : int                  Has to be given.
        start_alpha, end_alpha : float, optional
            In place of `alpha` and `min_alpha`.
        word_count : int              Tokens that were trained before, of the learning rate's fall.
        queue_factor, report_delay
            Have no meaning here.

        Returns
        -------
        (tokens trained, tokens read)    In all epochs.

        Raises
        ------
        RuntimeError
            There is no vocabulary, or nothing to train it with.
        ValueError
            `epochs` or the size is left out.
        """
        check_source(corpus_iterable, corpus_file)
        if start_alpha:
            self.alpha = float(start_alpha)
        if end_alpha:
            self.min_alpha = float(end_alpha)
        self._check_trained(corpus_file, total_examples, total_words, epochs)
        assert epochs is not None
        order = Order(self._counts())
        keys = None if corpus_file is not None else Keys(self.wv.index_to_key)
        names = [str(key) for key in self.wv.index_to_key] if keys is None else None
        rate = self._rate(word_count, total_words)
        try:
            corpus = read(corpus_iterable, corpus_file, keys, vocabulary=order.vocabulary(names))
        except CorpusError as error:
            if corpus_file is not None:
                raise
            warn(f"Nothing was trained. {error}")
            return 0, 0
        with corpus:
            return self._train(corpus, order, callbacks, epochs, compute_loss, rate)

    def get_latest_training_loss(self) -> float:
        """Nats of all pairs of the latest call of `train` so far; 0 without `compute_loss`."""
        return self.running_training_loss

    def score(
        self,
        sentences: Source,
        total_sentences: int = 1_000_000,
        chunksize: int = 100,
        queue_factor: int = 2,
        report_delay: float = 1.0,
    ) -> NDArray[np.float32]:
        """Log-likelihood of each sentence, (N,), by hierarchical softmax; see `w2v.Word2Vec.score`.

        Raises
        ------
        RuntimeError
            The model was trained with negative sampling.
        """
        if not self.hs:
            raise RuntimeError("`score` needs a model of hierarchical softmax: hs=1, negative=0.")
        likelihood = Likelihood(self.wv.vectors, self.syn1[: max(len(self.wv) - 1, 1)], self._tree)
        rows, averaged = self.wv.key_to_index, None
        if not self.sg:
            averaged = "mean" if self.cbow_mean else "sum"
        found: list[float] = []
        for sentence in each(sentences):
            if len(found) == total_sentences:
                break
            ids = [rows[token] for token in sentence if token in rows]
            found.append(likelihood.of_sentence(ids, self.window, averaged))
        return np.array(found, np.float32)

    def predict_output_word(
        self, context_words_list: Sequence[Any], topn: int = 10
    ) -> list[tuple[Hashable, float]] | None:
        """The words that a context makes likely, with their probabilities; None for no known word.

        Softmax over all words, of the mean of the context's vectors (the sum without `cbow_mean`).

        Raises
        ------
        RuntimeError
            There is no output table of negative sampling.
        """
        if not self.negative or not hasattr(self, "syn1neg"):
            raise RuntimeError(
                "The words of a context are predicted by the output table of negative sampling, "
                "and this model has none. Train it with `negative` above 0 and `hs` 0."
            )
        rows = self._rows_of(context_words_list)
        if not rows:
            warn("All words of the context are unknown to the model.")
            return None
        hidden = self.wv.vectors[rows].sum(axis=0)
        if self.cbow_mean:
            hidden /= len(rows)
        scores = (self.syn1neg @ hidden).astype(np.float64)
        likely = np.exp(scores - scores.max())
        likely /= likely.sum()
        best = np.argsort(-likely, kind="stable")[:topn].tolist()
        return [(self.wv.index_to_key[row], float(likely[row])) for row in best]

    def save(self, fname_or_handle: PathLike, **options: Any) -> None:
        """Write all of the model to one file of w2v's own, in which nothing can be run.

        gensim's options on how to split and pickle it (`separately`, `sep_limit`, `ignore`,
        `pickle_protocol`) have no meaning here.

        Raises
        ------
        OutputError
            It cannot be written.
        """
        model_file.save(fname_or_handle, self)

    @_OfTheClass
    def load(cls: Any, /, fname: PathLike, mmap: str | None = None, **options: Any) -> Any:  # noqa: N805
        """Read what `save` wrote, here or in gensim 3.8 to 4.4, whose pickle is not run.

        Raises
        ------
        ModelFileError, VectorFileError
            The file is missing, foreign or damaged.
        AttributeError
            It holds vectors alone.
        """
        model = cls()
        model_file.load(fname, model)
        return model

    def __str__(self) -> str:
        words = len(self.wv.index_to_key)
        about = f"vocab={words}, vector_size={self.vector_size}, alpha={self.alpha}"
        return f"{type(self).__name__}<{about}>"

    def __getattr__(self, name: str) -> Any:
        """Only for names that are not there: where they are."""
        if name == "load":
            raise AttributeError(
                "`load` gives a new model and leaves this one as it is: call it on the class, "
                f"{type(self).__name__}.load(path)."
            )
        where = f"`model.wv.{name}`"
        if name in _MOVED:
            raise AttributeError(f"`model.{name}` was gensim 3's; today it is {where}.")
        raise AttributeError(f"{type(self).__name__!r} has no attribute {name!r}.")

    def _check_losses(self) -> None:
        if not self.hs and self.negative <= 0:
            raise ValueError(
                f"Either `hs` must be 1 or `negative` above 0, got hs={self.hs}, "
                f"negative={self.negative}: there would be nothing to learn from."
            )

    def _check_trained(
        self,
        corpus_file: str | None,
        total_examples: int | None,
        total_words: int | None,
        epochs: int | None,
    ) -> None:
        self._check_losses()
        if self.alpha > self.min_alpha_yet_reached:
            logger.warning(
                "The learning rate begins at %g, above the %g that training has come down to.",
                self.alpha,
                self.min_alpha_yet_reached,
            )
        if not self.wv.key_to_index:
            raise RuntimeError("There is no vocabulary to train. Call `build_vocab` first.")
        if epochs is None:
            raise ValueError("`epochs` must be given, such as epochs=model.epochs.")
        if corpus_file is not None and total_words is None:
            raise ValueError("`total_words` must be given, such as model.corpus_total_words.")
        if corpus_file is None and total_examples is None and total_words is None:
            raise ValueError("`total_examples` must be given, such as model.corpus_count.")
        if not (hasattr(self, "syn1") if self.hs else hasattr(self, "syn1neg")):
            raise RuntimeError(
                "This model has no output table, so that its training cannot go on. Vectors alone "
                "are no model: call `build_vocab`."
            )

    def _rate(self, word_count: int, total_words: int | None) -> tuple[float, float]:
        """Learning rate at the start and the end."""
        begun = min(1.0, word_count / total_words) if word_count and total_words else 0.0
        return self.alpha - (self.alpha - self.min_alpha) * begun, self.min_alpha

    def _rows_of(self, words: Sequence[Any]) -> list[int]:
        known, rows = self.wv.key_to_index, len(self.wv.index_to_key)
        found = []
        for word in words:
            if word in known:
                found.append(known[word])
            elif isinstance(word, int | np.integer) and 0 <= word < rows:
                found.append(int(word))
        return found

    def _config(
        self, epochs: int, rate: tuple[float, float], tokens: int, lengths: NDArray[np.int64]
    ) -> Config:
        """For a text of so many tokens, rare ones left out, in sentences of these lengths."""
        loss = "hs" if self.hs else "ns"
        start, end = rate
        window, fixed = reach(self.window, self.shrink_windows, lengths)
        options: dict[str, Any] = dict(
            model="skipgram" if self.sg else "cbow",
            loss=loss,
            dim=self.vector_size,
            window=window,
            fixed_window=fixed,
            negative=None if self.hs else self.negative,
            ns_exponent=None if self.hs else self.ns_exponent,
            sample=self._threshold(tokens),
            min_count=1,
            epochs=epochs,
            alpha=start,
            min_alpha=min(1.0, max(0.0, end / start)) if start else 1.0,
            cbow=None if self.sg else ("mean" if self.cbow_mean else "sum"),
            seed=plain_seed(self.seed),
            workers=workers_of(self.workers),
        )
        try:
            return Config(**options)
        except ConfigError as error:
            raise ConfigError(str(error).replace("`dim`", "`vector_size`")) from None

    def _tables(self) -> Tables:
        return Tables(
            vectors=self.wv.vectors,
            output=self.syn1 if self.hs else self.syn1neg,
            tree=self._tree if self.hs else None,
            lock=np.asarray(getattr(self.wv, "vectors_lockf", np.ones(1)), np.float32),
            epochs=self._epochs,
        )

    def _train(
        self,
        corpus: Corpus,
        order: Order,
        callbacks: Iterable[Any],
        epochs: int,
        compute_loss: bool,
        rate: tuple[float, float] | None = None,
    ) -> tuple[int, int]:
        if self.hs and self.negative:
            logger.warning(
                "hs=1 and negative=%s: hierarchical softmax alone is trained. Give negative=0 to "
                "say so, or hs=0 for negative sampling.",
                self.negative,
            )
        started = time.perf_counter()
        tokens = int(self._counts().sum())
        lengths = np.diff(corpus.ends, prepend=0)
        config = self._config(epochs, rate or self._rate(0, None), tokens, lengths)
        tables = self._tables()
        self.compute_loss = compute_loss
        self.running_training_loss = 0.0
        watched = _Watched(self, list(callbacks or ()), config, order, tables)
        watched.begin()
        trained = train(config, corpus, order, tables, watched if watched.callbacks else None)
        if trained is not None:
            self._epochs += epochs
            self._note_loss(trained)
        self.wv.norms = None
        self.train_count += 1
        self.total_train_time += time.perf_counter() - started
        self.min_alpha_yet_reached = self.min_alpha
        watched.end()
        return sum(trained.kept) if trained else 0, corpus.stats.tokens * epochs

    def _note_loss(self, trained: Trained) -> None:
        if self.compute_loss:
            told = zip(trained.loss, trained.pairs, strict=True)
            self.running_training_loss = sum((loss or 0.0) * pairs for loss, pairs in told)


class _Watched:
    """Callbacks of one call of `train`."""

    def __init__(
        self, model: Word2Vec, callbacks: list[Any], config: Config, order: Order, tables: Tables
    ) -> None:
        self.callbacks = callbacks
        self._model, self._given = model, (config, order, tables)

    def begin(self) -> None:
        self._call("on_train_begin")
        self._call("on_epoch_begin")

    def end(self) -> None:
        self._call("on_train_end")

    def after_epoch(self, trained: Callable[[], Trained], last: bool) -> None:
        found = trained()
        put(*self._given, found)
        self._model._note_loss(found)
        self._model.wv.norms = None
        self._call("on_epoch_end")
        if not last:
            self._call("on_epoch_begin")

    def _call(self, when: str) -> None:
        for callback in self.callbacks:
            getattr(callback, when)(self._model)


def _check(
    min_count: Any, max_vocab_size: Any, max_final_vocab: Any, trim_rule: TrimRule | None
) -> None:
    """Raise for limits of the vocabulary that are none."""
    limits = {"max_vocab_size": max_vocab_size, "max_final_vocab": max_final_vocab}
    for name, limit in {"min_count": min_count, **limits}.items():
        if limit is None and name != "min_count":
            continue
        if not isinstance(limit, Real) or limit < (name != "min_count"):
            expected = "0 or more" if name == "min_count" else "1 or more, or None for no limit"
            raise ValueError(f"`{name}` must be a number, {expected}; got {limit!r}.")
    if trim_rule is not None and not callable(trim_rule):
        raise TypeError(f"`trim_rule` must be a function, got {trim_rule!r}.")


def _refuse(others: Mapping[str, Any], null_word: int) -> None:
    for name in others:
        if name in _ONCE_CALLED:
            raise TypeError(f"`{name}` was gensim 3's; today it is `{_ONCE_CALLED[name]}`.")
        raise TypeError(f"Word2Vec has no argument `{name}`.")
    if null_word:
        raise ValueError("There is no null word here; leave `null_word` out.")
