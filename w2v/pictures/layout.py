"""Words on a plane: which are drawn, and where."""

from __future__ import annotations

import contextlib
import io
import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from w2v.errors import PictureError
from w2v.vectors import Vectors

METHODS = ("pca", "tsne", "umap")
LEAST = {"pca": 2, "tsne": 4, "umap": 10}
"""Words a method needs at the least."""

_LIBRARIES = {
    "pca": ("sklearn", "matplotlib scikit-learn"),
    "tsne": ("sklearn", "matplotlib scikit-learn"),
    "umap": ("umap", "matplotlib scikit-learn umap-learn"),
}
_NAMES = {"pca": "PCA", "tsne": "t-SNE", "umap": "UMAP"}
_MANY = 2000  # words; for more, a sentence says that it takes a while
_ITERATIONS = 1000  # of t-SNE
_SIZES = 0.85, 1.5  # of letters, at the least and at the most
_TILE = 1 << 22  # cosines held at a time, 16 MiB


@dataclass(frozen=True, eq=False)
class Layout:
    """Some words of some vectors and their places.

    Attributes
    ----------
    words : list of str (N,)       The first to be labelled first.
    rows : int64 (N,)              Where the words are among the vectors.
    places : float64 (N, 2)
    caption : str                  How the places were found.
    sizes : float64 (N,)           Of letters and dots, 1 where counts are not known.
    centres : int                  So many of the first words are those that were asked about.
    """

    words: list[str]
    rows: NDArray[np.int64]
    places: NDArray[np.float64]
    caption: str
    sizes: NDArray[np.float64]
    centres: int = 0


def rows_around(
    vectors: Vectors,
    words: Sequence[str],
    n: int,
    *,
    first: int = 0,
    limit: int | None = None,
    min_count: int | None = None,
) -> NDArray[np.int64]:
    """Rows of some words, and then of the `n` nearest of each, the most frequent first.

    Parameters
    ----------
    first, limit : int
        Neighbours stand in the rows [first, limit).
    min_count : int, optional
        And were counted so often.

    Raises
    ------
    UnknownWordError, QueryError
        See `w2v.queries.Queries`.
    PictureError
        There are no rows [first, limit).
    """
    centres = dict.fromkeys(vectors.index(word) for word in words)
    among = (first, len(vectors) if limit is None else min(limit, len(vectors)))
    if among[0] >= among[1]:
        raise PictureError(
            f"No neighbours are left: {first:,} words are passed over (--skip-frequent) of the "
            f"{among[1]:,} that are searched. Pass over fewer."
        )
    found = vectors.most_similar_batch(list(words), n=n, restrict_vocab=among, min_count=min_count)
    near = {vectors.index(word) for answers in found for word, _ in answers} - set(centres)
    return np.array([*centres, *sorted(near)], np.int64)


def choose_rows(vectors: Vectors, words: Sequence[str]) -> tuple[NDArray[np.int64], list[str]]:
    """Rows of those words that have a vector, in the order of the rows, and the other words.

    Raises
    ------
    PictureError
        None has.
    """
    known = {vectors.index(word) for word in words if word in vectors}
    if not known:
        raise PictureError(
            f"None of the {len(words):,} words asked for has a vector. Are they spelled as in the "
            "vectors, in lower case for instance?"
        )
    unknown = [word for word in dict.fromkeys(words) if word not in vectors]
    return np.array(sorted(known), np.int64), unknown


def check_library(method: str) -> None:
    """Refuse a method whose library is not installed, before any work is done.

    Raises
    ------
    PictureError
    """
    library, packages = _LIBRARIES[method]
    if find_spec(library) is None:
        raise PictureError(
            f"{_NAMES[method]} needs a library that is not installed. Run pip install {packages}."
        )


def lay_out(
    vectors: Vectors,
    rows: NDArray[np.int64],
    method: str = "tsne",
    *,
    seed: int = 1,
    centres: int = 0,
    say: Callable[[str], None] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Layout:
    """Places of words on a plane, from their vectors scaled to length 1.

    What t-SNE and UMAP find has no up and down: it is turned so that it is wider than high.

    Parameters
    ----------
    vectors : Vectors
    rows : int64 (N,)
    method : {"pca", "tsne", "umap"}
        The two directions of most variance; or t-SNE (van der Maaten and Hinton 2008) or UMAP
        (McInnes, Healy and Melville 2018), which keep near words near and say little of far ones.
    seed : int
        Of t-SNE and UMAP.
    centres : int
        So many of the first words are to be marked.
    say : callable(str), optional
        Called with a sentence before something that takes a while.
    progress : callable(done, total), optional
        Called with steps of t-SNE.

    Raises
    ------
    PictureError
        The library is not installed, or there are too few words.
    """
    if method not in METHODS:
        raise ValueError(f"`method` must be one of {', '.join(METHODS)}; got {method!r}.")
    check_library(method)
    if len(rows) < LEAST[method]:
        other = " or take --method pca" if len(rows) >= LEAST["pca"] else ""
        raise PictureError(
            f"{_NAMES[method]} needs at least {LEAST[method]} words, got {len(rows)}. "
            f"Name more words{other}."
        )
    unit = vectors.unit[rows]
    if unit.shape[1] == 1:  # a plane has two axes
        unit = np.hstack([unit, np.zeros_like(unit)])
    if say and len(rows) > _MANY and method != "pca":
        say(
            f"{_NAMES[method]} of {len(rows):,} words can take minutes; fewer words, or "
            "--method pca, take seconds."
        )
    caption = _NAMES[method]
    if method == "pca":
        places, shares = _pca(unit)
        caption += f", {shares[0]:.0%} and {shares[1]:.0%} of the variance"
    elif method == "tsne":
        places = _turned(_tsne(unit, seed, progress))
    else:
        places = _turned(_umap(unit, seed))
    words = [vectors.words[row] for row in rows.tolist()]
    return Layout(words, rows, places.astype(np.float64), caption, _sizes(vectors, rows), centres)


def neighbours(
    vectors: Vectors, rows: NDArray[np.int64], n: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The nearest of the same words to each by cosine: places in `rows` and cosines, (N, n).

    `n` is cut to the number of other words.
    """
    unit = vectors.unit[rows]
    n = min(n, len(rows) - 1)
    near = np.empty((len(rows), n), np.int64)
    cosines = np.empty((len(rows), n), np.float32)
    step = max(1, _TILE // len(rows))
    for start in range(0, len(rows), step):
        scores = unit[start : start + step] @ unit.T
        own = np.arange(len(scores))
        scores[own, start + own] = -np.inf
        best = np.argpartition(-scores, n - 1, axis=1)[:, :n] if n else near[: len(scores)]
        order = np.argsort(-np.take_along_axis(scores, best, 1), axis=1, kind="stable")
        best = np.take_along_axis(best, order, 1)
        near[start : start + step] = best
        cosines[start : start + step] = np.take_along_axis(scores, best, 1)
    return near, cosines


def _sizes(vectors: Vectors, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """By the fifth root of the counts: ten times as frequent is half as large again."""
    if vectors.counts is None:
        return np.ones(len(rows))
    counts = np.maximum(vectors.counts[rows], 1).astype(np.float64)
    sizes: NDArray[np.float64] = np.clip((counts / np.median(counts)) ** 0.2, *_SIZES)
    return sizes


def _turned(places: NDArray[Any]) -> NDArray[Any]:
    """The direction in which they spread most becomes the first axis."""
    centred = places - places.mean(axis=0)
    _, axes = np.linalg.eigh(centred.T @ centred)
    turned: NDArray[Any] = centred @ axes[:, ::-1]
    return turned


def _pca(unit: NDArray[np.float32]) -> tuple[NDArray[Any], list[float]]:
    from sklearn.decomposition import PCA

    model = PCA(2, svd_solver="full")
    with np.errstate(invalid="ignore"):  # of words that all have one place
        places = model.fit_transform(unit)
    return places, np.nan_to_num(model.explained_variance_ratio_).tolist()


def _tsne(
    unit: NDArray[np.float32], seed: int, progress: Callable[[int, int], None] | None
) -> NDArray[Any]:
    from sklearn.manifold import TSNE

    model = TSNE(
        perplexity=min(30.0, (len(unit) - 1) / 3),
        init="pca",
        random_state=seed,
        max_iter=_ITERATIONS,
        verbose=2,
    )
    places: NDArray[Any]
    # one thread: where other work shares the cores, its threads spin waiting for each other, and
    # 2,000 words took 92 s instead of 20
    with (
        threadpool_limits(1, user_api="openmp"),
        contextlib.redirect_stdout(_Iterations(progress)),
        np.errstate(invalid="ignore"),
    ):
        places = model.fit_transform(unit)
    if progress:
        progress(_ITERATIONS, _ITERATIONS)  # it may have settled before
    return places


def _umap(unit: NDArray[np.float32], seed: int) -> NDArray[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about one thread, which a seed needs, and its own imports
        from umap import UMAP

        near = min(15, len(unit) - 1)
        model = UMAP(n_neighbors=near, metric="cosine", random_state=seed)
        places: NDArray[Any] = model.fit_transform(unit)
    return places


class _Iterations(io.TextIOBase):
    """Hears how far t-SNE is: scikit-learn tells it on standard output only.

    Where it told it in other words, there would be no progress.
    """

    def __init__(self, progress: Callable[[int, int], None] | None) -> None:
        self._progress = progress

    def write(self, text: str) -> int:
        found = re.search(r"Iteration (\d+)", text)
        if found and self._progress:
            self._progress(int(found[1]), _ITERATIONS)
        return len(text)
