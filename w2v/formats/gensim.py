"""Vectors to and from gensim, in memory."""

from __future__ import annotations

from typing import Any

import numpy as np

from w2v.errors import W2VError
from w2v.formats.table import Table


def to_gensim(table: Table) -> Any:
    """A `gensim.models.KeyedVectors` with a copy of the vectors, and the counts if there are any.

    Raises
    ------
    W2VError
        gensim is not installed.
    """
    try:
        from gensim.models import KeyedVectors
    except ImportError as error:
        raise W2VError(f"gensim cannot be imported ({error}). Run pip install gensim.") from error
    keyed = KeyedVectors(table.matrix.shape[1])
    keyed.add_vectors(list(table.words), table.matrix)
    if table.counts is not None:
        keyed.expandos["count"] = table.counts.copy()
    return keyed


def from_gensim(model: Any) -> Table:
    """The words and a copy of the vectors of gensim's `KeyedVectors`, or of a model that has some.

    gensim invents counts for files that have none: from the number of words down to 1. Such are
    left out.

    Raises
    ------
    TypeError
        It is something else, or has keys that are not words.
    """
    keyed = getattr(model, "wv", model)
    try:
        words, matrix = list(keyed.index_to_key), np.array(keyed.vectors, dtype=np.float32)
        counts = keyed.expandos.get("count")
    except AttributeError as error:
        expected = "expected KeyedVectors of gensim 4, or a model with `wv`"
        raise TypeError(f"{expected}, got {type(model).__name__}.") from error
    if odd := [word for word in words if not isinstance(word, str)]:
        raise TypeError(f"A key of gensim's vectors must be a word (str), got {odd[0]!r:.60}.")
    if counts is not None:
        invented = np.arange(len(words), 0, -1)
        known = counts.dtype.kind in "iu" and not np.array_equal(counts, invented)
        counts = counts.astype(np.int64) if known else None
    return Table(words, matrix, counts, "gensim")
