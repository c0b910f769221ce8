"""word2vec on the CPU or the GPU, from one set of layers."""

__version__ = "0.1.0"
