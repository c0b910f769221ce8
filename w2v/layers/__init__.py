"""Layers: written once against a backend, each with its hand-made gradient."""

from w2v.layers.bag import Bags, Combiner, EmbeddingBag, flatten_bags
from w2v.layers.embedding import Embedding, RowGrad
from w2v.layers.hierarchical_softmax import HierarchicalSoftmax
from w2v.layers.logistic import Gradients, logistic_step, row_sums
from w2v.layers.negative_sampling import NegativeSampling
from w2v.layers.partitioned import (
    PartitionedEmbedding,
    PartitionStrategy,
    embedding_lookup,
    partition,
)
from w2v.layers.softmax import MOST_SCORES, Softmax
from w2v.layers.update import RowUpdater

__all__ = [
    "MOST_SCORES",
    "Bags",
    "Combiner",
    "Embedding",
    "EmbeddingBag",
    "Gradients",
    "HierarchicalSoftmax",
    "NegativeSampling",
    "PartitionStrategy",
    "PartitionedEmbedding",
    "RowGrad",
    "RowUpdater",
    "Softmax",
    "embedding_lookup",
    "flatten_bags",
    "logistic_step",
    "partition",
    "row_sums",
]
