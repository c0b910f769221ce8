"""What other programs call things, for messages: `vector_size` of gensim is `dim` here.

The tables are those of docs/migration.md: gensim's names, fastText's and word2vec.c's.
"""

from __future__ import annotations

import difflib
import functools
import inspect
from collections.abc import Callable, Mapping
from typing import ParamSpec, TypeVar

_P = ParamSpec("_P")
_R = TypeVar("_R")

_PAGE = "docs/migration.md says what is called what."

_OPTIONS = {
    **dict.fromkeys(("vector_size", "size", "layer1_size", "dimension", "dims"), "dim"),
    **dict.fromkeys(("embedding_dim", "embedding_size"), "dim"),
    **dict.fromkeys(("iter", "epoch", "n_iter", "num_epochs"), "epochs"),
    **dict.fromkeys(("lr", "learning_rate", "start_alpha"), "alpha"),
    "end_alpha": "min_alpha",
    **dict.fromkeys(("sep", "delimiter"), "separator"),
    **dict.fromkeys(("ws", "window_size", "context"), "window"),
    **dict.fromkeys(("neg", "negatives", "num_neg", "k_negative"), "negative"),
    **dict.fromkeys(("t", "subsample", "threshold"), "sample"),
    **dict.fromkeys(("minCount", "mincount", "min_freq", "minn_count"), "min_count"),
    **dict.fromkeys(("threads", "thread", "n_jobs", "num_workers", "nproc"), "workers"),
    **dict.fromkeys(("max_final_vocab", "max_vocab_words"), "max_vocab"),
    **dict.fromkeys(("random_state", "random_seed"), "seed"),
    **dict.fromkeys(("topn", "top_n", "k"), "n"),
    "common_terms": "connector_words",
    "output_file": "output",
    "out": "output",
    "pretrainedVectors": "pretrained",
    "read_vocab": "vocab",
}
"""Options whose value means the same under another name."""

_OTHER_OPTIONS = {
    "sg": '`model="skipgram"` is for sg=1 and `model="cbow"` for sg=0',
    "hs": '`loss="hs"` is for hs=1 and `loss="ns"` for hs=0',
    "cbow_mean": '`cbow="mean"` is for cbow_mean=1 and `cbow="sum"` for cbow_mean=0',
    "shrink_windows": "`fixed_window=True` is for shrink_windows=False",
    "compute_loss": 'the loss is always measured: `report["loss"]`',
    "sentences": "the text goes to `fit`: Word2Vec(...).fit(sentences)",
    "corpus_file": "the text goes to `fit`: Word2Vec(...).fit(path)",
    "corpus_iterable": "the text goes to `fit`: Word2Vec(...).fit(sentences)",
    "input": "the text goes to `fit`: Word2Vec(...).fit(path)",
    "train": "the text is the argument: w2v train FILE",
    "callbacks": "`callbacks` go to `fit`",
    "trim_rule": "a `w2v.Vocabulary` of your own is given to `fit`",
    "total_examples": "`fit` counts for itself; leave it out",
    "total_words": "`fit` counts for itself; leave it out",
    "update": "`partial_fit` adds the words of more text",
    "verbose": "`progress` of `fit` says whether a bar is shown; on the command line --quiet",
    "debug": "`progress` of `fit` says whether a bar is shown; on the command line --quiet",
    "binary": "the extension of the output names its format: `.bin` is binary, `.vec` text",
    "word_list": "give the words as `positive`",
    "indexer": "all words are compared; `Vectors.on` does so on a GPU",
    "clip_start": "`restrict_vocab=(start, stop)` is for clip_start and clip_end",
    "clip_end": "`restrict_vocab=(start, stop)` is for clip_start and clip_end",
    "lrUpdateRate": "the learning rate falls at every step; leave it out",
    **dict.fromkeys(
        ("max_vocab_size", "sorted_vocab", "batch_words", "hashfxn", "null_word", "progress_per"),
        "nothing depends on it here; leave it out",
    ),
    **dict.fromkeys(("supervised", "label", "quantize"), "w2v trains vectors and no classifier"),
    **dict.fromkeys(
        ("minn", "maxn", "bucket", "min_n", "max_n", "wordNgrams", "word_ngrams"),
        "w2v trains whole words and no parts of them; leave it out",
    ),
}
"""Options that are something else here, or nothing."""

_NAMES = {
    "model": {
        "wv": "{}.vectors",
        **dict.fromkeys(("syn1", "syn1neg"), "{}.output"),
        **dict.fromkeys(("vector_size", "layer1_size"), "{}.config.dim"),
        "build_vocab": "{}.fit(sentences), which does both,",
        "build_vocab_from_freq": "{}.fit(sentences, vocabulary=Vocabulary.from_counts(counts))",
        "get_latest_training_loss": '{}.report["loss"][-1]',
        "intersect_word2vec_format": "{}.fit(sentences, pretrained=path)",
        "load": "Word2Vec.load_model(path)",
        **dict.fromkeys(("epochs", "alpha", "window", "min_count", "workers"), "{}.config.@"),
        **dict.fromkeys(("corpus_count", "corpus_total_words", "total_train_time"), "{}.report"),
        "running_training_loss": '{}.report["loss"]',
        **dict.fromkeys(("estimate_memory", "reset_from", "init_weights"), ""),
    },
    "vectors": {
        **dict.fromkeys(("index_to_key", "index2word", "index2entity", "get_words"), "{}.words"),
        **dict.fromkeys(("key_to_index", "get_index", "get_word_id"), "{}.index(word)"),
        **dict.fromkeys(("vectors", "syn0"), "{}.matrix"),
        **dict.fromkeys(("vectors_norm", "syn0norm", "get_normed_vectors"), "{}.unit"),
        **dict.fromkeys(("vector_size", "get_dimension"), "{}.dim"),
        **dict.fromkeys(("get_vecattr", "vocab"), "{}.counts"),
        **dict.fromkeys(("get_vector", "get_word_vector", "word_vec"), "{}[word]"),
        **dict.fromkeys(("has_index_for", "contains"), "word in {}"),
        "save_word2vec_format": '{}.save("vectors.bin")',
        **dict.fromkeys(("load_word2vec_format", "load"), "w2v.load(path)"),
        **dict.fromkeys(("add_vector", "add_vectors"), "w2v.Vectors(words, matrix), made anew,"),
        **dict.fromkeys(("init_sims", "fill_norms", "unit_normalize_all", "wmdistance"), ""),
        **dict.fromkeys(("similar_by_word", "similar_by_key"), "{}.most_similar(word)"),
        "similar_by_vector": "{}.most_similar(vector)",
        "get_nearest_neighbors": "{}.most_similar(word, n=k)",
        "get_analogies": "{}.analogy(a, b, c)",
        **dict.fromkeys(("get_mean_vector", "get_sentence_vector"), "{}.mean_vector(words)"),
        "words_closer_than": "{}.closer_than(a, b)",
        **dict.fromkeys(
            ("evaluate_word_analogies", "evaluate_word_pairs", "accuracy"), "the command w2v eval"
        ),
    },
    "w2v": {
        **dict.fromkeys(
            ("KeyedVectors", "Word2VecKeyedVectors"), "{}.Vectors (from a file: {}.load(path))"
        ),
        **dict.fromkeys(("load_word2vec_format", "load_facebook_vectors"), "{}.load(path)"),
        **dict.fromkeys(("FastText", "Doc2Vec", "fasttext"), ""),
        "models": "{}.Word2Vec, {}.Vectors and {}.Phrases",
        "load_model": "{}.Word2Vec.load_model(path), and {}.load(path) for vectors,",
        "train_unsupervised": "{}.Word2Vec(...).fit(path)",
        **dict.fromkeys(
            ("LineSentence", "PathLineSentences", "Text8Corpus"), "{}.read_corpus(path)"
        ),
        **dict.fromkeys(("Phraser", "FrozenPhrases"), "{}.Phrases"),
    },
}
"""Of a model, of its vectors, of the library: names elsewhere, and what to write here, if anything:
`{}` is the owner, `@` the name."""


def option_elsewhere(name: str) -> str | None:
    """What to say of an option that is called otherwise here; None if it is not known."""
    advice = _advice(name)
    return f"{advice}. {_PAGE}" if advice else None


def _advice(name: str) -> str | None:
    plain = name.replace("-", "_")
    for called in (name, plain, plain.lower()):
        if called in _OPTIONS:
            return f"it is called `{_OPTIONS[called]}` here"
        if called in _OTHER_OPTIONS:
            return _OTHER_OPTIONS[called]
    return None


def name_elsewhere(of: str, name: str, vectors: object = None) -> str | None:
    """What to say of an attribute that has another name here; None if it is not known.

    Parameters
    ----------
    of : {"model", "vectors", "w2v"}
    vectors : object    What a model has in `vectors`, where the attribute may be.
    """
    here = _NAMES[of].get(name)
    if here is None and of == "model":
        here = _NAMES["vectors"].get(name, "{}." + name if hasattr(vectors, name) else None)
        of_here = "model.vectors"
    else:
        of_here = of
    if here is None:
        return None
    if not here:
        return f"There is no `{of}.{name}` here, and nothing in its place. {_PAGE}"
    return f"`{of}.{name}` is {here.replace('{}', of_here).replace('@', name)} here. {_PAGE}"


def names_checked(
    also: Mapping[str, str] | None = None, *, positional: str = ""
) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]:
    """For a method: a keyword it does not have is refused by what it is called here.

    Parameters
    ----------
    also : mapping, optional    Of keywords that are no option of it: what to do with them.
    positional : str            What to say where no argument may stand without its name.
    """

    def checked(method: Callable[_P, _R]) -> Callable[_P, _R]:
        parameters = list(inspect.signature(method).parameters)
        owner, _, name = method.__qualname__.rpartition(".")
        name = owner if name == "__init__" else name

        @functools.wraps(method)
        def call(*args: _P.args, **kwargs: _P.kwargs) -> _R:
            if positional and len(args) > 1:
                raise TypeError(positional)
            if unknown := [given for given in kwargs if given not in parameters]:
                raise TypeError(
                    f"{name} has no option " + _unknown(unknown, parameters, also or {})
                )
            return method(*args, **kwargs)

        return call

    return checked


def _unknown(unknown: list[str], parameters: list[str], also: Mapping[str, str]) -> str:
    """Each of the names that are no parameters, and what to write in its place."""
    told = []
    for given in unknown:
        advice = also.get(given) or _advice(given)
        if not advice and (near := difflib.get_close_matches(given, parameters, 1)):
            advice = f"did you mean `{near[0]}`?"
        told.append(f"`{given}`" + (f": {advice}" if advice else ""))
    page = f" {_PAGE}" if any(map(_advice, unknown)) else ""
    return f"{'; '.join(told)}.{page}".replace("?.", "?")
