"""Weights that are none, and places where there are none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from weighted import TOKENS, WEIGHTS

import w2v
from w2v import CorpusError
from w2v.text import Sentences, Table, read_source

REFUSED: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "negative": (
        lambda: Sentences(TOKENS, weights=[1, 2, -0.5, 1, 1, 1]),
        ValueError,
        r"^`weights` must be finite numbers, from 0 to .*; number 3 is -0\.5\.$",
    ),
    "NaN": (
        lambda: Sentences(TOKENS, weights=[1, np.nan, 1, 1, 1, 1]),
        ValueError,
        r"; number 2 is nan\.$",
    ),
    "infinite": (lambda: Sentences(TOKENS, weights=[np.inf] * 6), ValueError, r"; number 1 is inf"),
    "text": (
        lambda: Sentences(TOKENS, weights=["1"] * 6),
        TypeError,
        r"^`weights` must be numbers along one axis, got <U1 of the shape \(6,\)\.$",
    ),
    "too few": (
        lambda: Sentences(TOKENS, weights=[1] * 5),
        ValueError,
        r"^`weights` must have a number for each sentence, at least 6; it has 5\.$",
    ),
    "too many for an iterator": (
        lambda: Sentences(iter(TOKENS), weights=[1] * 7),
        ValueError,
        r"^`weights` must have a number for each sentence, 6; it has 7\.$",
    ),
    "too few for an iterator": (
        lambda: Sentences(iter(TOKENS), weights=[1] * 2),
        ValueError,
        r"a number for each sentence, at least 3; it has 2\.$",
    ),
    "all zero": (
        lambda: Sentences(TOKENS, weights=[0.0] * 6),
        CorpusError,
        r"^By their weights none of 5 sentences stands in the text: .* about 1 or more\.$",
    ),
    "absurd": (
        lambda: Sentences(TOKENS, weights=[1e11] * 6),
        CorpusError,
        r"^The weights make more than 68,719,476,736 tokens of \d+, .* Divide them all by one",
    ),
    "table, negative": (
        lambda: Table({"w": TOKENS, "n": [1, 1, 1, -2, 1, 1]}, token="w", weight="n"),
        CorpusError,
        r"^The weights in the column 'n' must be finite .*; number 4 is -2\.$",
    ),
    "table, NaN": (
        lambda: Table({"w": TOKENS, "n": pa.array([1, np.nan] * 3)}, token="w", weight="n"),
        CorpusError,
        r"^The weights in the column 'n' must be finite .*; number 2 is nan\.$",
    ),
    "table, null": (
        lambda: Table({"w": TOKENS, "n": [1, 1, None, 1, 1, 1]}, token="w", weight="n"),
        CorpusError,
        r"^Row 3 has no weight: there is nothing in the column 'n'\. Give each row a number",
    ),
    "table, no cell": (
        lambda: Table({"w": TOKENS, "n": ["1", " ", "1", "1", "1", "1"]}, token="w", weight="n"),
        CorpusError,
        r"^Row 2 has no weight",
    ),
    "table, text": (
        lambda: Table({"w": TOKENS, "n": ["1", "many", "", "", "", "1"]}, token="w", weight="n"),
        CorpusError,
        r"^Row 3 has no weight",
    ),
    "table, words": (
        lambda: Table({"w": TOKENS, "n": ["1", "many", *"1111"]}, token="w", weight="n"),
        CorpusError,
        r"^The column 'n' \(large_string\) does not hold weights: .*many.* A weight is a number",
    ),
    "table, a time": (
        lambda: Table({"w": TOKENS, "n": pa.array([0] * 6, pa.date32())}, token="w", weight="n"),
        CorpusError,
        r"^The column 'n' \(date32\[day\]\) does not hold weights",
    ),
    "table, no column": (
        lambda: Table({"w": TOKENS, "count": WEIGHTS}, token="w", weight="counts"),
        w2v.ConfigError,
        r"has no column 'counts'\. .* Did you mean 'count'\?",
    ),
    "a group of two minds": (
        lambda: Table(
            {"g": [1, 2, 1], "t": [7, 8, 9], "n": [1, 2, 3]}, group="g", token="t", weight="n"
        ),
        CorpusError,
        r"^The rows of the group '1' have different weights, 1 and 3\. A weight is of a whole",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(case: str) -> None:
    make, error, message = REFUSED[case]
    with pytest.raises(error, match=message):
        read_source(make(), min_count=1)


def test_a_text_as_it_is_has_no_weights(tmp_path: Path) -> None:
    table = Table({"words": TOKENS, "n": WEIGHTS}, token="words", weight="n")
    with pytest.raises(w2v.ConfigError, match=r"^`weight` says how often .* Leave it out\.$"):
        table.pieces()
    for source in (table, Sentences(TOKENS, weights=WEIGHTS)):
        with pytest.raises(w2v.ConfigError, match=r"^Weights say how often sentences are trained"):
            w2v.Phrases().fit(source)


def test_where_weights_are_given() -> None:
    for name in ("weights", "sample_weight"):
        named: dict[str, Any] = {name: WEIGHTS}
        with pytest.raises(TypeError, match=r"w2v\.Sentences\(sentences, weights=\.\.\.\)"):
            w2v.Word2Vec().fit(TOKENS, **named)
    with pytest.raises(TypeError, match=r"w2v\.Table\(source, weight=\.\.\.\)"):
        w2v.Word2Vec().fit(TOKENS, weight="n")  # type: ignore[call-arg]
