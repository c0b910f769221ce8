"""How far the nearest words of a word are the same in several trainings on one text."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from w2v.errors import QueryError
from w2v.vectors import Vectors

_BANDS = (0, 100, 1_000, 10_000, 100_000, 1_000_000)


def stability(
    vectors: Sequence[Vectors], n: int = 10, *, sample: int = 1000, restrict_vocab: int = 0
) -> dict[str, Any]:
    """Overlap of the n nearest words between each two of several vectors, by frequency.

    The share of common ones is the stability of Wendlandt, Kummerfeld and Mihalcea 2018
    (arXiv:1804.09692); Antoniak and Mimno 2018 ("Evaluating the stability of embedding-based word
    similarities") take Jaccard's index, which is share / (2 - share) of one word.

    Parameters
    ----------
    vectors : sequence of Vectors       Two or more. Compared are the words that all have.
    n : int
    sample : int                        Words of a band, evenly spaced; 0 for all.
    restrict_vocab : int                Only the first so many words of the first; 0 for all.

    Returns
    -------
    dict
        "words", that all have; "n"; "bands", for each "from" and "to" (places by frequency in the
        first vectors, from 1), "words" (looked at), "share" and "jaccard" (means over words and
        pairs), "least" and "most" (shares of the pair that agrees least, and most), and "counts"
        of its rarest and its most frequent word, or None.

    Raises
    ------
    QueryError
        There are fewer than two, or fewer than n + 1 words that all have.
    """
    if len(vectors) < 2:
        raise QueryError(f"Stability is of two vectors or more, got {len(vectors)}.")
    first, *others = vectors
    limit = restrict_vocab or len(first)
    shared = [word for word in first.words[:limit] if all(word in other for other in others)]
    if len(shared) <= n:
        raise QueryError(
            f"All have {len(shared):,} words in common; for the {n} nearest of a word it takes "
            f"more than {n}. Are these trainings on one text?"
        )
    asked = _asked(len(shared), sample)
    near = [_near(one, shared, asked, n) for one in vectors]
    pairs = [_common(a, b) for a, b in itertools.combinations(near, 2)]
    shares = np.array(pairs) / n  # (pairs, words)
    counts = None if first.counts is None else first.counts[[first.index(w) for w in shared]]
    return {
        "words": len(shared),
        "n": n,
        "bands": [
            {
                "from": low + 1,
                "to": high,
                "words": int(inside.sum()),
                "share": float(shares[:, inside].mean()),
                "jaccard": float((shares[:, inside] / (2 - shares[:, inside])).mean()),
                "least": float(shares[:, inside].mean(axis=1).min()),
                "most": float(shares[:, inside].mean(axis=1).max()),
                "counts": None
                if counts is None
                else [int(counts[low:high].min()), int(counts[low:high].max())],
            }
            for low, high in _bands(len(shared))
            if (inside := (asked >= low) & (asked < high)).any()
        ],
    }


def _bands(size: int) -> list[tuple[int, int]]:
    ends = [end for end in _BANDS if end < size] + [size]
    return list(itertools.pairwise(ends))


def _asked(size: int, sample: int) -> npt.NDArray[np.intp]:
    """Places of the words that are looked at, so many a band."""
    return np.concatenate(
        [
            np.unique(np.linspace(low, high - 1, min(high - low, sample or size)).astype(np.intp))
            for low, high in _bands(size)
        ]
    )


def _near(
    one: Vectors, shared: Sequence[str], asked: npt.NDArray[np.intp], n: int
) -> npt.NDArray[np.intp]:
    """Nearest words (words, n) among those that all have, as places there."""
    same = Vectors(shared, one[list(shared)])
    blocks = same.neighbours(n, [shared[place] for place in asked.tolist()])
    return np.concatenate([block.ids for block in blocks])


def _common(a: npt.NDArray[np.intp], b: npt.NDArray[np.intp]) -> list[int]:
    """How many neighbours two sides have in common, for each word."""
    rows = zip(a.tolist(), b.tolist(), strict=True)
    return [len((set(left) & set(right)) - {-1}) for left, right in rows]
