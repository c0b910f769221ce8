"""word2vec on the CPU or the GPU, from one set of layers.

>>> import w2v
>>> vectors = w2v.Word2Vec(dim=100).fit("corpus.txt").vectors  # doctest: +SKIP
"""

from w2v.version import __version__

TYPE_CHECKING = False  # `typing` takes longer to load than all else here
if TYPE_CHECKING:
    from w2v.library import *

__all__ = [
    "__version__",
    "Word2Vec",
    "Vectors",
    "Phrases",
    "load",
    "NeighbourIndex",
    "Callback",
    "EarlyStopping",
    "Progress",
    "Config",
    "Corpus",
    "CorpusStats",
    "Vocabulary",
    "Table",
    "Sentences",
    "Keys",
    "Tokenizer",
    "read_corpus",
    "read_sentences",
    "encode",
    "layers",
    "Backend",
    "available_backends",
    "get_backend",
    "W2VError",
    "BackendError",
    "CheckpointError",
    "ConfigError",
    "CorpusError",
    "EvaluationError",
    "ModelFileError",
    "OutputError",
    "PictureError",
    "QueryError",
    "TrainingError",
    "TrainingWarning",
    "UnknownWordError",
    "VectorFileError",
]


def __getattr__(name: str) -> object:
    """Load the library when it is first asked for: help, and Ctrl-C, do not wait for NumPy."""
    if not name.startswith("_") and name not in ("library", "interrupts"):  # which it needs
        from w2v import library

        globals().update((known, it) for known, it in vars(library).items() if known in __all__)
        if name in globals():
            return globals()[name]
        from w2v.renamed import name_elsewhere

        if known := name_elsewhere("w2v", name):
            raise AttributeError(known)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
