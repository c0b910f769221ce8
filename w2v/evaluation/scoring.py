"""How good are vectors: analogies and the similarity of word pairs.

`evaluate` scores vectors on any number of files; `comparison` sets scores side by side.
"""

from __future__ import annotations

import operator
import os
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from w2v.backends import Backend
from w2v.evaluation import resampling
from w2v.evaluation.letter_case import Members, Rows
from w2v.evaluation.scores import AnalogyResult, Flags, PairsResult, Scores
from w2v.evaluation.test_sets import few_or_tagged, read_pairs, read_questions
from w2v.files import PathLike, readable
from w2v.queries import (
    METHODS,
    Candidates,
    Floats,
    Ids,
    UnitTable,
    largest,
    search_backend,
    sums,
    unit_rows,
)
from w2v.vectors import Vectors

Report = Callable[[str, int, int], None]

OOV = ("skip", "zero")

_QUESTIONS = 1024  # answered at a time


def evaluate(
    vectors: Vectors,
    analogies: PathLike | Sequence[PathLike] = (),
    pairs: PathLike | Sequence[PathLike] = (),
    restrict_vocab: int | None = 30_000,
    *,
    restrict_pairs: int | None = None,
    methods: Sequence[str] = ("3cosadd",),
    oov: str = "skip",
    case: str = "fallback",
    backend: Backend | str = "auto",
    progress: Report | None = None,
) -> Scores:
    """Score vectors on files of analogies and of word pairs.

    Parameters
    ----------
    vectors : Vectors
    analogies, pairs : path, or sequence of paths
    restrict_vocab, restrict_pairs : int or None
        Analogies, and pairs, of the first so many words only; None or 0 for all.
    methods : sequence of {"3cosadd", "3cosmul"}
        Each file of analogies is scored by each; see `evaluate_analogies`.
    oov, case
        See `evaluate_analogies`.
    backend : Backend, or its name
        Where the products of the analogies are computed; "auto" is CuPy where it can be used, and
        else NumPy.
    progress : callable(file, done, total), optional
        Called with questions of a file of analogies, now and then.

    Raises
    ------
    EvaluationError, BackendError
    """
    where = search_backend(backend)
    options: dict[str, Any] = {"oov": oov, "case": case}
    return Scores(
        analogies=[
            evaluate_analogies(
                vectors,
                path,
                restrict_vocab,
                method=method,
                backend=where,
                progress=progress,
                **options,
            )
            for path in _paths(analogies)
            for method in methods
        ],
        pairs=[evaluate_pairs(vectors, path, restrict_pairs, **options) for path in _paths(pairs)],
    )


def evaluate_analogies(
    vectors: Vectors,
    path: PathLike,
    restrict_vocab: int | None = 30_000,
    *,
    method: str = "3cosadd",
    oov: str = "skip",
    case: str = "fallback",
    backend: Backend | str = "auto",
    progress: Report | None = None,
) -> AnalogyResult:
    """Answer questions "a is to b as c is to ?".

    An answer is right if no other word scores as high: of equal scores none is the answer. A word
    whose vector has no direction (zero, or not finite) has none to be asked, and is no answer.

    Parameters
    ----------
    vectors : Vectors
    path : str or path
        Lines of four words a b c d, d the answer; lines ``: name`` begin a section.
    restrict_vocab : int or None
        Only the first so many words can be asked or answered; None or 0 for all.
    method : {"3cosadd", "3cosmul"}
        The answer is what of all but a, b and c has the highest score for b and c less a; see
        `w2v.queries.sums` and `w2v.queries.largest`.
    oov : {"skip", "zero"}
        A question with a word that cannot be asked does not count, or counts as answered wrongly.
    case : {"fallback", "fold", "exact"}
        ``"fallback"`` takes words as spelled if the vocabulary has them, and else as the first that
        differs only in case; ``"fold"`` always takes the first whatever its case, as word2vec.c's
        compute-accuracy and gensim do; under both, words that differ only in case are the same
        answer. They give the same scores for a vocabulary of one case. ``"exact"`` tells case.
    backend, progress
        See `evaluate`.

    Raises
    ------
    EvaluationError
        The file is missing, has no question, or a line has not four words.
    BackendError
    """
    _check("method", method, METHODS)
    _check("oov", oov, OOV)
    rows = Rows(vectors, _limit("restrict_vocab", restrict_vocab, vectors), case)
    questions = read_questions(path)
    ids = np.array([[rows.find(word) for word in words] for _, words in questions], np.intp)
    known = _known(vectors, ids)
    right = np.zeros(len(ids), np.bool_)

    def report(done: int) -> None:
        if progress:
            progress(os.fspath(path), done, int(known.sum()))

    unit = vectors.unit[: len(rows.groups)]
    right[known] = _answer(search_backend(backend), unit, rows.groups, ids[known], method, report)
    counted = known if oov == "skip" else np.ones_like(known)
    sections = [section for section, _ in questions]
    return AnalogyResult(readable(path), method, sections, known, counted, right)


def evaluate_pairs(
    vectors: Vectors,
    path: PathLike,
    restrict_vocab: int | None = None,
    *,
    oov: str = "skip",
    case: str = "fallback",
) -> PairsResult:
    """Correlate the cosines of word pairs with the scores people gave them.

    Parameters
    ----------
    vectors : Vectors
    path : str or path
        See `w2v.evaluation.test_sets.read_pairs`.
    restrict_vocab : int or None
        Only the first so many words have a vector; None or 0 for all.
    oov : {"skip", "zero"}
        A pair with a word that has no vector does not count, or counts with a cosine of 0.
    case
        See `evaluate_analogies`.

    Raises
    ------
    EvaluationError
        The file is missing, has no pair, or a line is not two words and a number.
    """
    _check("oov", oov, OOV)
    rows = Rows(vectors, _limit("restrict_vocab", restrict_vocab, vectors), case)
    pairs, remarks = read_pairs(path)
    ids = np.array([[rows.find(pair.left), rows.find(pair.right)] for pair in pairs], np.intp)
    known = _known(vectors, ids)
    left, right = (vectors.unit[ids[known, side]].astype(np.float64) for side in range(2))
    cosines = np.zeros(len(pairs))
    cosines[known] = np.einsum("pd,pd->p", left, right)
    scores = np.array([pair.score for pair in pairs])
    counted = known if oov == "skip" else np.ones_like(known)
    x, y = cosines[counted], scores[counted]
    return PairsResult(
        file=readable(path),
        spearman=resampling.correlation(resampling.ranks(x), resampling.ranks(y)),
        pearson=resampling.correlation(x, y),
        pairs=int(counted.sum()),
        oov=int((~known).sum()),
        cosines=cosines,
        scores=scores,
        counted=counted,
        remarks=[*remarks, *few_or_tagged(pairs, int(known.sum()))],
    )


def _known(vectors: Vectors, ids: Ids) -> Flags:
    """Whether all of some rows (N, W) are there, -1 being none, and have a direction; bool (N,)."""
    known: Flags = ids.min(axis=1) >= 0
    known[known] = (vectors.unit[ids[known]] != 0).any(axis=2).all(axis=1)
    return known


def _answer(
    backend: Backend,
    unit: Floats,
    groups: Ids,
    asked: Ids,
    method: str,
    report: Callable[[int], None],
) -> Flags:
    """Which questions (Q, 4) of rows are answered rightly, bool (Q,)."""
    table = UnitTable(backend, backend.asarray(unit))
    members = Members(groups)
    candidates = Candidates(range(len(groups)), np.flatnonzero(~unit.any(axis=1)))
    most = int(np.bincount(groups).max()) + 1  # the best, and the best of another word
    right = np.zeros(len(asked), np.bool_)
    for start in range(0, len(asked), _QUESTIONS):
        some = asked[start : start + _QUESTIONS]
        named, places = np.unique(some[:, :3], return_inverse=True)
        terms = [((b, c), (a,)) for a, b, c in places.reshape(-1, 3).tolist()]
        items = unit[named]
        found = largest(
            table,
            items if method == "3cosmul" else unit_rows(sums(items, terms)),
            members.of(some[:, :3]),  # the words of a question are no answer
            most,
            candidates,
            terms if method == "3cosmul" else None,
            partial(_further, report, start, len(some)),
        )
        answers = [_group_of_best(groups[at], scores) for at, scores in found]
        right[start : start + _QUESTIONS] = np.array(answers) == groups[some[:, 3]]
    return right


def _group_of_best(groups: Ids, scores: npt.NDArray[np.float64]) -> int:
    """The group of the best of some rows, which are in order; -1 if another has its score."""
    return int(groups[0]) if len(set(groups[scores == scores[:1]].tolist())) == 1 else -1


def _further(report: Callable[[int], None], start: int, questions: int, part: float) -> None:
    report(start + int(questions * part))


def _limit(name: str, restrict: int | None, vectors: Vectors) -> int:
    limit = operator.index(restrict or len(vectors))
    if limit < 0:
        raise ValueError(f"`{name}` must not be negative, got {limit}.")
    return min(limit, len(vectors))


def _check(name: str, value: str, choices: Sequence[str]) -> None:
    if value not in choices:
        raise ValueError(f"`{name}` must be one of {', '.join(choices)}; got {value!r}.")


def _paths(paths: PathLike | Sequence[PathLike]) -> list[PathLike]:
    return [paths] if isinstance(paths, str | os.PathLike) else list(paths)
