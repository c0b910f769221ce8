"""Classes of words: k-means on the directions of their vectors."""

import numpy as np
import numpy.typing as npt

from w2v.queries.unit_table import Floats

_MOST_ROUNDS = 100
_SETTLED = 1e-3  # share of the words that change class in a round
_WORDS_AT_ONCE = 1 << 13


def word_classes(unit: Floats, classes: int) -> npt.NDArray[np.int32]:
    """Put words into classes of much the same direction (spherical k-means).

    As in word2vec.c, word r starts in class r modulo `classes`, so that the same vectors give the
    same classes. It goes ten rounds over vectors of any length, of which the long ones decide; here
    all have length 1, rounds go on until hardly a word changes its class, and a class that has
    lost all its words starts again from the word that fits its own class worst.

    Parameters
    ----------
    unit : float32 (V, D)         Rows of length 1, or 0.
    classes : int                 From 1 to V.

    Returns
    -------
    int32 (V,)                    Class of each word, from 0; none is empty.
    """
    if not 1 <= classes <= len(unit):
        raise ValueError(f"`classes` must be from 1 to {len(unit)}, the words; got {classes}.")
    member = (np.arange(len(unit)) % classes).astype(np.int32)
    for _ in range(_MOST_ROUNDS):
        now, fit = _nearest(unit, _centres(unit, member, classes))
        _fill_empty(now, fit, classes)
        changed = int(np.count_nonzero(now != member))
        member = now
        if changed <= _SETTLED * len(unit):
            break
    return member


def _centres(unit: Floats, member: npt.NDArray[np.int32], classes: int) -> Floats:
    """Mean direction of each class, (classes, D)."""
    order = np.argsort(member, kind="stable")
    starts = np.searchsorted(member[order], np.arange(classes))
    centres: Floats = np.add.reduceat(unit[order], starts, axis=0)
    length = np.linalg.norm(centres, axis=1, keepdims=True)
    length[length == 0] = 1
    centres /= length
    return centres


def _nearest(unit: Floats, centres: Floats) -> tuple[npt.NDArray[np.int32], Floats]:
    """For each word the class whose centre has the largest cosine with it, and that cosine."""
    member = np.empty(len(unit), np.int32)
    fit = np.empty(len(unit), np.float32)
    for start in range(0, len(unit), _WORDS_AT_ONCE):
        some = slice(start, start + _WORDS_AT_ONCE)
        scores = unit[some] @ centres.T
        member[some] = scores.argmax(axis=1)
        fit[some] = scores.max(axis=1)
    return member, fit


def _fill_empty(member: npt.NDArray[np.int32], fit: Floats, classes: int) -> None:
    """Give each empty class the worst-fitting word of those in classes of several."""
    sizes = np.bincount(member, minlength=classes)
    empty = np.flatnonzero(sizes == 0).tolist()
    if not empty:
        return
    for word in np.argsort(fit, kind="stable").tolist():
        if sizes[member[word]] > 1:
            sizes[member[word]] -= 1
            member[word] = empty.pop()
            if not empty:
                return
