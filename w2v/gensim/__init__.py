"""gensim's names over w2v's own trainer and queries: change the import, and the code runs.

Models     word2vec (vocabulary, counting, run, reading), callbacks
Vectors    keyed_vectors
Phrases    phrases
Texts      sentences
By name    installing
"""

from w2v.gensim.callbacks import CallbackAny2Vec
from w2v.gensim.counting import RULE_DEFAULT, RULE_DISCARD, RULE_KEEP, keep_vocab_item
from w2v.gensim.installing import install
from w2v.gensim.keyed_vectors import KeyedVectors
from w2v.gensim.phrases import (
    ENGLISH_CONNECTOR_WORDS,
    FrozenPhrases,
    Phraser,
    Phrases,
    npmi_scorer,
    original_scorer,
)
from w2v.gensim.sentences import (
    LineSentence,
    PathLineSentences,
    Text8Corpus,
    simple_preprocess,
)
from w2v.gensim.word2vec import Word2Vec

__all__ = [
    "CallbackAny2Vec",
    "ENGLISH_CONNECTOR_WORDS",
    "FrozenPhrases",
    "KeyedVectors",
    "LineSentence",
    "PathLineSentences",
    "Phraser",
    "Phrases",
    "RULE_DEFAULT",
    "RULE_DISCARD",
    "RULE_KEEP",
    "Text8Corpus",
    "Word2Vec",
    "install",
    "keep_vocab_item",
    "npmi_scorer",
    "original_scorer",
    "simple_preprocess",
]
