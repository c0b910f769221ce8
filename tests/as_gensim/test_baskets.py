"""Windows that are wider than sentences are long, as for items of a basket, which have no order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from w2v.gensim import Word2Vec
from w2v.gensim.run import reach

BASKETS = [
    [f"item{(basket * 7 + place * place) % 12}" for place in range(2 + basket % 5)]
    for basket in range(300)
]
OPTIONS: dict[str, Any] = {"vector_size": 8, "min_count": 1, "sample": 0, "workers": 1, "epochs": 2}


@pytest.mark.parametrize("window", [100, 1000, 10**6])
@pytest.mark.parametrize("losses", [{}, {"hs": 1, "negative": 0}])
@pytest.mark.parametrize("sg", [0, 1])
def test_a_wide_window_is_the_whole_basket(window: int, losses: dict[str, Any], sg: int) -> None:
    wide = Word2Vec(BASKETS, window=window, sg=sg, **losses, **OPTIONS)
    whole = Word2Vec(BASKETS, window=5, shrink_windows=False, sg=sg, **losses, **OPTIONS)
    assert np.array_equal(wide.wv.vectors, whole.wv.vectors)
    assert wide.window == window


@pytest.mark.parametrize(
    ("window", "shrinks", "lengths", "expected"),
    [
        (5, True, [1000], (5, False)),
        (5, False, [1000], (5, True)),
        (10, False, [2, 4], (3, True)),
        (47, True, [4, 4], (47, False)),
        (48, True, [4, 4], (3, True)),
        (48, True, [1], (1, True)),
        (100, True, [4] * 1000 + [100], (99, True)),  # one is long, and its windows are few
        (100, True, [4] * 1000 + [102], (100, False)),
        (100, True, [4, 100], (100, False)),
        (10**6, True, [], (1, True)),
    ],
)
def test_how_wide_the_trainer_takes_windows(
    window: int, shrinks: bool, lengths: list[int], expected: tuple[int, bool]
) -> None:
    assert reach(window, shrinks, np.array(lengths, np.int64)) == expected


def test_a_window_that_is_none_is_refused() -> None:
    for window in (0, -1000, 2.5, "wide", None):
        with pytest.raises(ValueError, match="`window` must be"):
            Word2Vec(window=window)  # type: ignore[arg-type]
