"""What it takes to carry the words of one document to those of another."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np

from w2v.gensim.keyed_lengths import Array

_NOTHING = 1e-8  # distances that add up to no more are none

_logger = logging.getLogger(__name__)


def word_movers_distance(
    left: list[Any], right: list[Any], vector_of: Callable[[Any], Array]
) -> float:
    """Least cost to move the words of one document to the other's, by their Euclidean distances.

    Each word weighs what share of its document it is. Infinite where a document is empty, or all
    distances are 0 though the words are not the same, as in gensim.

    Raises
    ------
    ImportError
        POT is not installed.
    """
    try:
        from ot import emd2
    except ImportError as error:
        raise ImportError(
            "wmdistance needs POT, which is not installed. Run pip install POT."
        ) from error
    if not left or not right:
        _logger.warning("A document has no known key: the distance is infinite.")
        return float("inf")
    shares = [Counter(document) for document in (left, right)]
    if len(shares[0].keys() | shares[1].keys()) == 1:
        return 0.0
    rows, columns = (
        np.stack([vector_of(key) for key in share]).astype(np.float64) for share in shares
    )
    costs = np.stack([np.linalg.norm(columns - row, axis=1) for row in rows])
    if costs.sum() < _NOTHING:
        return float("inf")
    weights = [np.array([*share.values()]) / share.total() for share in shares]
    return float(emd2(*weights, costs))
