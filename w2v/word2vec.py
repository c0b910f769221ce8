"""The library's front door: `Word2Vec(...).fit(text)` gives word vectors.

It is long because each option is listed and each method says here what it takes; what they do is
done elsewhere, mostly in `w2v.training`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from w2v import interrupts
from w2v.backends import choose_backend
from w2v.cluster import joined
from w2v.config import Config
from w2v.errors import W2VError, warn
from w2v.files import PathLike
from w2v.queries import Limit, Query
from w2v.renamed import name_elsewhere, names_checked
from w2v.text import Corpus, Source, Tokenizer, Vocabulary, is_encoded, is_path, read_source
from w2v.training import (
    FRESH,
    Answers,
    Callback,
    Checkpoints,
    Estimator,
    Every,
    Fitted,
    HuffmanTree,
    Joint,
    Pretrained,
    Progress,
    RunFolder,
    Trained,
    Trainer,
    UnderWay,
    beginning,
    check_same,
    checked,
    continue_from,
    fitted_of,
    known_run,
    load_model,
    narrating,
    new_run,
    save_model,
    training_report,
    with_frozen,
    word_list,
)
from w2v.vectors import Vectors

_OF_OTHERS = {
    field.name: "it is an option of `Word2Vec`, or of `set_params`" for field in fields(Config)
} | {
    name: f"columns are named beside their table, w2v.Table(source, {name}=...), which `fit` takes"
    for name in ("group", "order", "token", "columns", "text", "weight", "separator", "header")
}
_OF_OTHERS |= {
    name: f"it goes with the sentences, w2v.Sentences(sentences, {ours}=...), which `fit` takes"
    for name, ours in {
        "ends": "ends",
        "padding": "padding",
        "weights": "weights",
        "sample_weight": "weights",
    }.items()
}


class _Named(type):
    """Knows what gensim's class is asked for."""

    if not TYPE_CHECKING:

        def __getattr__(cls, name: str) -> object:
            known = name_elsewhere("model", name)  # of a model that is there
            raise AttributeError(known or f"type object {cls.__name__!r} has no attribute {name!r}")


class Word2Vec(Estimator, Answers, metaclass=_Named):
    """Skip-gram or CBOW word vectors.

    Its parameters are the options of `w2v.Config`, which says what each means; None stands for a
    default that depends on other options or on the backend.

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
    >>> model = Word2Vec(dim=20, min_count=1, sample=0, epochs=50, workers=1)
    >>> model = model.fit([["a", "small", "corpus"], ["another", "small", "sentence"]])
    >>> model["small"].shape
    (20,)
    """

    @names_checked(
        positional="Word2Vec takes its options by name, and the text goes to `fit`: "
        "Word2Vec(dim=100).fit(sentences)."
    )
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
        held_out: float = 0.0,
        min_count: int = 5,
        max_vocab: int | None = None,
        epochs: int | str = "auto",
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
        device: int | None = None,
        deterministic: bool = False,
        shards: int | None = None,
        changes: str = Config.changes,
    ) -> None:
        super().__init__(
            model=model,
            loss=loss,
            dim=dim,
            window=window,
            fixed_window=fixed_window,
            negative=negative,
            ns_exponent=ns_exponent,
            sample=sample,
            held_out=held_out,
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
            device=device,
            deterministic=deterministic,
            shards=shards,
            changes=changes,
        )
        self._fitted = None
        self._now = None

    @names_checked(_OF_OTHERS)
    def fit(
        self,
        source: Source | None = None,
        y: object = None,
        *,
        vocabulary: Vocabulary | None = None,
        errors: str = "strict",
        tokenizer: Tokenizer | None = None,
        pretrained: Vectors | PathLike | None = None,
        freeze: Iterable[str] | Iterable[int] = (),
        callbacks: Sequence[Callback] = (),
        checkpoint: PathLike | None = None,
        checkpoint_every: str | None = None,
        resume: PathLike | None = None,
        cluster: str | None = None,
        progress: bool | None = None,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> Word2Vec:
        """Read a corpus and train on it, from the beginning.

        Parameters
        ----------
        source : path, list of `pathlib.Path`, Table, Sentences, array, or iterable of token lists
            A file, folder, glob pattern or ``-`` (standard input), see `read_corpus`; a
            `w2v.Table`, of CSV, Parquet or a data frame; or sentences that are lists or arrays of
            tokens, a one-shot iterator included, rows of a 2-D array, or a column of Arrow, see
            `read_sentences` and `w2v.Sentences`. Whole numbers are words.
        vocabulary : Vocabulary, optional
            Words and counts to use instead of the corpus's own; `min_count` and `max_vocab` apply
            to it as well.
        errors : {"strict", "replace", "ignore"}
            What to do with bytes that are not UTF-8: refuse them, put U+FFFD, or leave
            them out.
        tokenizer : Tokenizer, optional
            What sentences and words of a text are, where they are not lines and what stands between
            white space. With one, `source` may be texts too: strings, each whole by itself.
        pretrained : Vectors or path of a vector file, optional
            Words of the vocabulary that have a vector there begin with it. Other words of it are
            not added. `report` says how many matched.
        freeze : iterable of str or int, optional
            Words whose vectors stay as they are at the start, bit for bit; those that are not in
            the vocabulary are counted in `report`. `Vectors` iterate over their words, so
            ``fit(text, pretrained=v, freeze=v)`` freezes all that matched.
        callbacks : sequence of Callback, optional
            Look on, and may stop the training.
        checkpoint : path, optional
            A folder, made if it is not there, that keeps the text and now and then a checkpoint, so
            that the run can go on if it is cut off. Ctrl-C, SIGTERM and SIGUSR1 leave one too.
        checkpoint_every : str, optional
            How often: ``"10min"``, ``"5%"`` of the run, ``"1epoch"``; ``"10min"`` if left out.
        resume : path, optional
            The folder of such a run, which goes on from its latest checkpoint, with the same
            options but for `workers`, `backend` and `device`. `source` may be left out, since the
            folder has the text; if it is given, it must be the same. One worker ends with the bytes
            that the run would have ended with.
        cluster : str, optional
            Where to train in place of this process: ``"local:4"`` is four workers that are started
            here, ``"auto"`` the Ray cluster that runs here or that RAY_ADDRESS names, and
            ``"ray://HOST:PORT"`` one elsewhere. Each has `workers` threads. The result depends on
            `shards`, and with one thread on nothing else. See docs/cluster.md.
        progress : bool, optional
            Whether to show a bar on standard error, or below the cell of a notebook. If left out,
            it is shown on a terminal and in a notebook, unless there is `on_progress`.
        on_progress : callable(Progress), optional
            Called several times a second.
        y
            Ignored; pipelines of scikit-learn give one.

        Returns
        -------
        Word2Vec
            This object, trained.

        Raises
        ------
        CorpusError, BackendError, ConfigError, TrainingError, VectorFileError
        OutputError, CheckpointError
            The folder cannot be written, holds another run, or has nothing to go on from.
        """
        self._check_idle()
        choose_backend(self.config.backend, self.config.device)  # first: it may fail
        freeze, callbacks = word_list(freeze), checked(callbacks)
        known = None if pretrained is None else Pretrained(pretrained, self.config.dim)
        words = self.vocabulary_options(vocabulary)
        words |= {"errors": errors, "tokenizer": tokenizer}
        given: dict[str, Any] = {"pretrained": known, "freeze": freeze, "callbacks": callbacks}
        begins = ["pretrained"] * (known is not None) + ["freeze"] * bool(freeze)
        with (
            self._folder(checkpoint, resume, checkpoint_every, begins) as run,
            joined(cluster, self.config) as joint,
        ):
            given |= {"run": run, "checkpoint_every": checkpoint_every, "cluster": joint}
            kept = run.open_corpus() if source is None and run and resume else source
            if joint and not (run or (is_path(source) and is_encoded(source))):
                joint.check_folder()
            return self._read_and_train(kept, words, progress, on_progress, **given)

    @names_checked(_OF_OTHERS)
    def partial_fit(
        self,
        source: Source,
        y: object = None,
        *,
        errors: str = "strict",
        tokenizer: Tokenizer | None = None,
        freeze: Iterable[str] | Iterable[int] = (),
        callbacks: Sequence[Callback] = (),
        checkpoint: PathLike | None = None,
        checkpoint_every: str | None = None,
        progress: bool | None = None,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> Word2Vec:
        """Go on training on more text, with the words it adds; the first time it is `fit`.

        All words are kept, with both their tables and for hierarchical softmax the inner nodes.
        Words that occur `min_count` times in the new text are added, as far as `max_vocab` lets
        them, and counts add up, so the order of the words may change. The learning rate begins
        again at `alpha`, for `epochs` epochs of the new text; `set_params` may lower it before.

        Its parameters are those of `fit`; ``fit(resume=...)`` goes on with its checkpoints, too.

        Raises
        ------
        ConfigError
            The model was trained with another `model`, `loss` or `dim`; and as for `fit`.
        """
        self._check_idle()
        if self._fitted is None:
            given: dict[str, Any] = {"freeze": freeze, "callbacks": callbacks}
            given |= {"errors": errors, "tokenizer": tokenizer, "checkpoint": checkpoint}
            given |= {"checkpoint_every": checkpoint_every}
            return self.fit(source, progress=progress, on_progress=on_progress, **given)
        choose_backend(self.config.backend, self.config.device)
        freeze, callbacks = word_list(freeze), checked(callbacks)
        words = self.vocabulary_options(known=True)
        words |= {"errors": errors, "tokenizer": tokenizer}
        given = {"continued": True, "freeze": freeze, "callbacks": callbacks}
        begins = ["partial_fit"] + ["freeze"] * bool(freeze)
        with self._folder(checkpoint, None, checkpoint_every, begins) as run:
            given |= {"run": run, "checkpoint_every": checkpoint_every}
            return self._read_and_train(source, words, progress, on_progress, **given)

    @contextmanager
    def _folder(
        self, new: PathLike | None, known: PathLike | None, every: str | None, begins: list[str]
    ) -> Iterator[RunFolder | None]:
        """The folder of a run that begins, or goes on; None for neither."""
        if new is not None and known is not None:
            raise TypeError(
                "Give `checkpoint`, for a run that begins, or `resume`, for one that goes on."
            )
        if every is not None:
            Every.parsed(every)  # before the text is read
            if new is None and known is None:
                raise TypeError("`checkpoint_every` needs `checkpoint`, or `resume`: a folder.")
        if known is not None:
            with known_run(known) as run:
                run.check_beginning(begins)
                yield run
        elif new is not None:
            asked = {"options": self.plain_options(), "begins": begins, "checkpoint_every": every}
            with new_run(new, asked) as run:
                yield run
        else:
            yield None

    def _read_and_train(
        self,
        source: Source | Corpus | None,
        reading: dict[str, Any],
        progress: bool | None,
        on_progress: Callable[[Progress], None] | None,
        **given: Any,
    ) -> Word2Vec:
        """`read_source` and `train`, with what is shown meanwhile."""
        with narrating(progress, on_progress) as shown:
            if is_path(source):
                reading["progress"] = shown.reading
                if cluster := given.get("cluster"):
                    reading["elsewhere"] = cluster.readers()
            with (
                source if isinstance(source, Corpus) else read_source(source, **reading)  # type: ignore[arg-type]
            ) as corpus:
                for note in filter(None, (corpus.looks, corpus.remark)):
                    warn(note)
                told = {"on_progress": shown.also(on_progress), "on_waiting": shown.waiting}
                self.train(corpus, **told, **given)
            shown.trained(self.report)
        return self

    def vocabulary_options(
        self, vocabulary: Vocabulary | None = None, *, known: bool = False
    ) -> dict[str, Any]:
        """What `read_corpus` and `read_sentences` are to be told about the vocabulary.

        `known` adds the words of this model, to continue it; `ConfigError` if that is not possible.
        """
        limits: dict[str, Any] = {
            "min_count": self.config.min_count,
            "max_vocab": self.config.max_vocab,
        }
        if vocabulary is not None and not isinstance(vocabulary, Vocabulary):
            raise TypeError(
                f"`vocabulary` must be a `w2v.Vocabulary`, got {vocabulary!r:.60}. "
                "`Vocabulary.from_counts` makes one of a dictionary of counts."
            )
        if vocabulary is not None:
            vocabulary = Vocabulary.from_counts(vocabulary.words, vocabulary.counts, **limits)
        if known:
            fitted = self._done()
            check_same(self.config, fitted)
            assert fitted.vectors.counts is not None
            limits["known"] = Vocabulary(tuple(fitted.vectors.words), fitted.vectors.counts)
        return {**limits, "vocabulary": vocabulary}

    @names_checked(_OF_OTHERS)
    def train(
        self,
        corpus: Corpus,
        *,
        continued: bool = False,
        pretrained: Pretrained | None = None,
        freeze: Iterable[str] | Iterable[int] = (),
        callbacks: Sequence[Callback] = (),
        run: RunFolder | None = None,
        checkpoint_every: str | None = None,
        cluster: Joint | None = None,
        on_start: Callable[[Trainer, str], None] | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        on_waiting: Callable[[str], None] | None = None,
    ) -> Word2Vec:
        """Train on a corpus that is read already.

        Parameters
        ----------
        corpus : Corpus
        continued : bool
            Go on from this model, whose words the corpus must have been read with; see
            `vocabulary_options`.
        pretrained, freeze, callbacks
            As for `fit`; `pretrained` has been read already.
        run : RunFolder, optional
            Where to leave checkpoints, and what to go on from.
        checkpoint_every
            As for `fit`.
        cluster : Joint, optional
            Whose workers train.
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
        if not isinstance(corpus, Corpus):
            raise TypeError(
                f"`train` takes a `w2v.Corpus`, as `read_corpus` makes, got {corpus!r:.60}. "
                "The text itself goes to `fit`."
            )
        self._check_idle()
        freeze, callbacks = word_list(freeze), checked(callbacks)
        config = self.config  # a callback may change that of the model
        checkpoints = Checkpoints(run, checkpoint_every) if run else None
        backend, why = choose_backend(config.backend, config.device, in_order=config.deterministic)
        begin = pretrained.start(corpus) if pretrained else FRESH
        if continued:
            begin = continue_from(config, self._done(), corpus)
        if freeze:
            begin = with_frozen(begin, corpus, freeze)
        if run:
            corpus = run.begin(beginning(config, corpus, begin), corpus)
        crew = None
        if cluster:
            corpus, crew = cluster.reachable(corpus), cluster.crew(backend)
            config = replace(config, workers=cluster.threads)
        trainer = Trainer(
            config,
            corpus,
            backend,
            on_progress,
            on_waiting,
            start=begin,
            callbacks=callbacks,
            checkpoints=checkpoints,
            crew=crew,
        )
        if on_start:
            on_start(trainer, why)

        def fitted(trained: Trained) -> Fitted:
            words = corpus.vocabulary
            return Fitted(
                vectors=Vectors(words.words, trained.vectors, words.counts),
                output=trained.output,
                tree=trained.tree,
                report=training_report(trainer, trained, why),
                trained_as=trainer.config.as_dict(),
                epochs=trainer.start.epochs + len(trained.loss),
            )

        self._now = UnderWay(trainer.so_far, fitted)
        try:
            with interrupts.heeded():
                self._fitted = fitted(trainer.run())
        finally:
            self._now = None
        return self

    def _check_idle(self) -> None:
        if self._now is not None:
            raise W2VError(
                "This model is being trained, and a callback cannot begin another training of it. "
                "Make a model of its own for that, or wait until `fit` has ended."
            )

    if not TYPE_CHECKING:  # or every attribute would be there

        def __getattr__(self, name: str) -> object:
            """Only for names that are not there: what they are called here."""
            known = name_elsewhere("model", name, Vectors)
            raise AttributeError(known or f"{type(self).__name__!r} has no attribute {name!r}")

    def __getitem__(self, word: str) -> NDArray[np.float32]:
        """See `Vectors`."""
        return self.vectors[word]

    def __contains__(self, word: object) -> bool:
        return word in self.vectors

    @names_checked()
    def most_similar(
        self,
        positive: Query | Sequence[Query] = (),
        negative: Query | Sequence[Query] = (),
        n: int | None = 10,
        restrict_vocab: Limit = None,
        *,
        min_count: int | None = None,
    ) -> list[tuple[str, float]]:
        """See `Vectors.most_similar`; `vectors` has the other questions."""
        return self.vectors.most_similar(positive, negative, n, restrict_vocab, min_count=min_count)

    def similarity(self, a: Query, b: Query) -> float:
        """See `Vectors.similarity`."""
        return self.vectors.similarity(a, b)

    def fit_transform(
        self, sentences: Iterable[list[str] | tuple[str, ...]], y: object = None
    ) -> NDArray[np.float32]:
        """`fit` and `transform` on the same sentences, for scikit-learn."""
        sentences = list(sentences)
        return self.fit(sentences, y).transform(sentences)

    def save_model(self, path: PathLike) -> None:
        """Write all that scoring and further training need to a file of its own kind.

        In a callback that is the model as far as it is trained.

        `save` writes the vectors alone, for other programs.
        """
        save_model(path, self.plain_options(), self._done())

    @classmethod
    def from_tables(
        cls,
        vectors: Vectors,
        output: ArrayLike,
        *,
        tree: Any = None,
        trained: int = 1,
        **options: Any,
    ) -> Word2Vec:
        """A model of tables that were trained elsewhere: it answers, and goes on, as after `fit`.

        Parameters
        ----------
        vectors : Vectors           With counts.
        output : float (V, D), or (V - 1, D) inner nodes for hierarchical softmax
        tree : object, optional     For hierarchical softmax: what has `offsets`, `nodes` and
                                    `codes` as `w2v.training.HuffmanTree`, such as the tree of a
                                    file of gensim.
        trained : int               Epochs so far; the draws of later ones are others.
        options
            Those of `Word2Vec`; `dim` is that of the vectors.

        Raises
        ------
        ConfigError
        ValueError
            The tables do not fit each other or the loss, or hold NaN or infinity.
        """
        model = cls(**{"dim": vectors.dim, **options})
        if model.config.dim != vectors.dim:
            raise ValueError(f"`dim` is {model.config.dim}, and `vectors` have {vectors.dim}.")
        model._fitted = fitted_of(model.config, vectors, output, tree, trained)
        return model

    @property
    def tree(self) -> HuffmanTree | None:
        """After `fit` with hierarchical softmax: the Huffman tree of the words; else None.

        `tree.path(row)` has the inner nodes that a word's path meets, root first, int32 (L,), and
        its code, the turns taken there, uint8 (L,). Row i of `output` belongs to inner node i:
        p(word | h) is the product of s((1 - 2 code) (output[node] . h)) over the path, s being
        1 / (1 + exp(-x)).

        Examples
        --------
        >>> model = Word2Vec(loss="hs", dim=4, min_count=1, sample=0, workers=1)
        >>> model = model.fit([["to", "be", "or", "not", "to", "be"]] * 9)
        >>> nodes, code = model.tree.path(model.vectors.index("or"))
        >>> nodes.tolist(), code.tolist()
        ([2, 1, 0], [1, 0, 1])
        >>> dict(zip(model.vectors.words, model.tree.lengths.tolist(), strict=True))
        {'be': 2, 'to': 1, 'not': 3, 'or': 3}
        """
        return self._done().tree

    def plain_options(self) -> dict[str, Any]:
        """As given, but plain numbers."""
        return {
            name: value if value is None else getattr(self.config, name)
            for name, value in self._options.items()
        }

    @classmethod
    def load_model(cls, path: PathLike) -> Word2Vec:
        """Read what `save_model` wrote.

        Raises
        ------
        ModelFileError
            The file is missing, foreign, damaged or of a later version.
        """
        options, fitted = load_model(path)
        model = cls(**options)
        model._fitted = fitted
        return model

    def save(self, path: PathLike) -> None:
        """See `Vectors.save`; the seconds it takes are added to the report."""
        started = time.perf_counter()
        self.vectors.save(path)
        self.report["seconds"]["save"] = time.perf_counter() - started
