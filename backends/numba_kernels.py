"""Compiled kernels: what NumPy does in many array calls, in one pass over the tokens.

Each equals a piece that the layers compose, up to the rounding of float32 sums: `windows` the
drawing and cutting of a stretch of corpus, the others the training step of a block. Blocks follow
one another and each starts from the tables that the one before left. None of them holds the
interpreter's lock, so several threads may train the same tables; they take none of their own, and
where two write one row at once, one change may be lost.
"""

from __future__ import annotations

from w2v.backends.numba_arguments import CbowWork, Noise, Paths, Rate, Stretch, Work
from w2v.backends.numba_cap import ABREAST
from w2v.backends.numba_cbow import cbow_shared
from w2v.backends.numba_compiling import BYTES, used, whole
from w2v.backends.numba_copies import NONE
from w2v.backends.numba_draws import random_bits
from w2v.backends.numba_llvm import LANES
from w2v.backends.numba_nodes import CROWD
from w2v.backends.numba_paths import cbow_paths, skipgram_paths
from w2v.backends.numba_products import TOGETHER
from w2v.backends.numba_rows import IDS, LIST
from w2v.backends.numba_skipgram import skipgram_shared
from w2v.backends.numba_text import scatter_add, windows

__all__ = [
    "BYTES",
    "CROWD",
    "CbowWork",
    "HOT_WORDS",
    "IDS",
    "LIST",
    "MOST_COUNTED",
    "MOST_EXTRA",
    "NONE",
    "Noise",
    "Paths",
    "Rate",
    "Stretch",
    "TOGETHER",
    "Work",
    "cbow_paths",
    "cbow_shared",
    "kept_in",
    "random_bits",
    "scatter_add",
    "skipgram_paths",
    "skipgram_shared",
    "used",
    "whole",
    "windows",
]

MOST_EXTRA = 2 * LANES
"""Rows beyond its own that a product may read and spoil."""
MOST_COUNTED = ABREAST * LANES
"""Rows beyond its own that a sum of terms may read and write."""
HOT_WORDS = 64
"""Rows of the most frequent words, in each table, of which each of several workers has copies."""


def kept_in() -> str | None:
    """The folder where compiled kernels are kept, if there is one."""
    return str(windows.stats.cache_path) if windows.stats.cache_path else None
