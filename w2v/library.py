"""The names of `import w2v`, from the rooms that they stand in."""

try:
    from w2v.backends import Backend, available_backends, get_backend
except ImportError as error:
    if error.name != "w2v.backends":
        raise
    raise ImportError(
        "w2v/backends should be a symbolic link to ../backends, and this checkout has none. "
        "Install w2v with `pip install -e .`, which needs no links, or get the link with "
        "`git config core.symlinks true` and `git checkout -- w2v/backends`."
    ) from error

from w2v import layers
from w2v.config import Config
from w2v.errors import (
    BackendError,
    CheckpointError,
    ConfigError,
    CorpusError,
    EvaluationError,
    ModelFileError,
    OutputError,
    PictureError,
    QueryError,
    TrainingError,
    TrainingWarning,
    UnknownWordError,
    VectorFileError,
    W2VError,
)
from w2v.index import NeighbourIndex
from w2v.phrases import Phrases
from w2v.text import (
    Corpus,
    CorpusStats,
    Keys,
    Sentences,
    Table,
    Tokenizer,
    Vocabulary,
    encode,
    read_corpus,
    read_sentences,
)
from w2v.training import Callback, EarlyStopping, Progress
from w2v.vectors import Vectors, load
from w2v.word2vec import Word2Vec

__all__ = [
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
