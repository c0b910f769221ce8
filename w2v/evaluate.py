"""How good are vectors: analogies and the similarity of word pairs.

`evaluate` scores vectors on any number of files; `w2v.comparison` sets scores side by side.
"""

from __future__ import annotations

import operator
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
import numpy.typing as npt

from w2v import resampling
from w2v.backends import Array, Backend, get_backend
from w2v.cosines import EPSILON
from w2v.errors import BackendError
from w2v.files import PathLike
from w2v.testsets import read_pairs, read_questions
from w2v.vectors import Vectors

Ids = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Report = Callable[[str, int, int], None]

METHODS = ("3cosadd", "3cosmul")
OOV = ("skip", "zero")
CASES = ("fallback", "fold", "exact")

_QUESTIONS, _ROWS = 512, 1 << 15  # scores held at a time: 64 MiB of float32


@dataclass(frozen=True)
class Score:
    """Answers to analogies: questions answered rightly, questions that count, and those of them or
    beside them that lack a word."""

    correct: int = 0
    total: int = 0
    oov: int = 0

    @property
    def accuracy(self) -> float | None:
        """Fraction of the questions that count; None if there are none."""
        return self.correct / self.total if self.total else None

    def __add__(self, other: Score) -> Score:
        return Score(self.correct + other.correct, self.total + other.total, self.oov + other.oov)

    def as_dict(self, resamples: int = 0) -> dict[str, Any]:
        """With `resamples`, an interval of the accuracy too; see `resampling`."""
        scores = {"accuracy": self.accuracy, **asdict(self)}
        if resamples:
            scores["interval"] = resampling.accuracy_interval(self.correct, self.total, resamples)
        return scores


@dataclass(frozen=True, eq=False)
class AnalogyResult:
    """The answers to one file by one method, question by question, in the order of the file."""

    file: str
    method: str
    section_of: list[str]
    """Name of each question's section."""
    known: Flags
    """(Q,): all four words have a vector among those that may be asked."""
    counted: Flags
    """(Q,): as `known`, or all questions where an unknown word is a wrong answer."""
    right: Flags
    """(Q,)"""

    @cached_property
    def sections(self) -> dict[str, Score]:
        """Score of each section, in the order of the file."""
        return {name: self.score(flags) for name, flags in self.parts.items()}

    @cached_property
    def parts(self) -> dict[str, Flags]:
        """Which questions belong to each section, bool (Q,)."""
        names = np.array(self.section_of)
        return {name: names == name for name in dict.fromkeys(self.section_of)}

    def score(self, chosen: Flags) -> Score:
        """Score of some of the questions, bool (Q,)."""
        counts = (self.right & chosen, self.counted & chosen, ~self.known & chosen)
        return Score(*(int(flags.sum()) for flags in counts))

    @property
    def overall(self) -> Score:
        return sum(self.sections.values(), Score())

    @property
    def syntactic(self) -> Score:
        """Sections whose name begins with ``gram``."""
        return self._sum(gram=True)

    @property
    def semantic(self) -> Score:
        """All other sections."""
        return self._sum(gram=False)

    def _sum(self, gram: bool) -> Score:
        chosen = (s for name, s in self.sections.items() if name.startswith("gram") == gram)
        return sum(chosen, Score())

    def as_dict(self, resamples: int = 0) -> dict[str, Any]:
        return {
            "file": self.file,
            "method": self.method,
            **self.overall.as_dict(resamples),
            "sections": {name: score.as_dict(resamples) for name, score in self.sections.items()},
            "semantic": self.semantic.as_dict(resamples),
            "syntactic": self.syntactic.as_dict(resamples),
        }


@dataclass(frozen=True, eq=False)
class PairsResult:
    """Correlation of cosines with the scores of a file; None where it is undefined.

    Undefined means fewer than two pairs that count, or one side constant.
    """

    file: str
    spearman: float | None
    pearson: float | None
    pairs: int
    """Pairs that count."""
    oov: int
    """Pairs that lack a word."""
    cosines: resampling.Floats
    """(P,): of all pairs of the file; 0 where a word is unknown."""
    scores: resampling.Floats
    """(P,): as the file has them."""
    counted: Flags
    """(P,)"""

    def as_dict(self, resamples: int = 0) -> dict[str, Any]:
        """With `resamples`, an interval of each correlation too; see `resampling`."""
        kinds = ("spearman", "pearson")
        intervals = {}
        if resamples:
            for kind in kinds:
                found = resampling.resampled_correlations(
                    [self.cosines[self.counted]],
                    self.scores[self.counted],
                    resamples,
                    ranked=kind == "spearman",
                )
                intervals[f"{kind}_interval"] = resampling.interval(found)
        values = {name: getattr(self, name) for name in ("file", *kinds, "pairs", "oov")}
        return {**values, **intervals}


@dataclass(frozen=True, eq=False)
class Scores:
    """What `evaluate` found, in the order asked for."""

    analogies: list[AnalogyResult]
    """One for each file and method."""
    pairs: list[PairsResult]

    @property
    def totals(self) -> list[AnalogyResult]:
        """All analogies by each method, a section a file; empty where there is one file only."""
        methods: dict[str, list[AnalogyResult]] = {}
        for result in self.analogies:
            methods.setdefault(result.method, []).append(result)
        return [_joined(results) for results in methods.values() if len(results) > 1]

    def as_dict(self, resamples: int = 0) -> dict[str, Any]:
        """Only what JSON can hold: accuracies are fractions, what is undefined is None.

        Parameters
        ----------
        resamples : int
            Of the bootstrap that gives each score its interval; 0 for none.
        """
        return {
            "analogies": [result.as_dict(resamples) for result in self.analogies],
            "totals": [result.as_dict(resamples) for result in self.totals],
            "pairs": [result.as_dict(resamples) for result in self.pairs],
        }


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
    where = choose_backend(backend)
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

    Parameters
    ----------
    vectors : Vectors
    path : str or path
        Lines of four words a b c d, d the answer; lines ``: name`` begin a section.
    restrict_vocab : int or None
        Only the first so many words can be asked or answered; None or 0 for all.
    method : {"3cosadd", "3cosmul"}
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

    Equation
    --------
    All vectors of length 1, w not a, b or c:
    3CosAdd is argmax_w cos(w, b - a + c) (Mikolov, Yih and Zweig 2013, "Linguistic regularities in
    continuous space word representations").
    3CosMul is argmax_w s(w, b) s(w, c) / (s(w, a) + 1e-6) with s = (cos + 1) / 2 (Levy and
    Goldberg 2014, "Linguistic regularities in sparse and explicit word representations", who add
    1e-3; gensim adds 1e-6).
    """
    _check("method", method, METHODS)
    _check("oov", oov, OOV)
    rows = _Rows(vectors, _limit("restrict_vocab", restrict_vocab, vectors), case)
    questions = read_questions(path)
    ids = np.array([[rows.find(word) for word in words] for _, words in questions], np.int64)
    known: Flags = ids.min(axis=1) >= 0
    right = np.zeros(len(ids), np.bool_)

    def report(done: int) -> None:
        if progress:
            progress(os.fspath(path), done, int(known.sum()))

    unit = vectors.unit[: len(rows.groups)]
    right[known] = _answer(choose_backend(backend), unit, rows.groups, ids[known], method, report)
    counted = known if oov == "skip" else np.ones_like(known)
    sections = [section for section, _ in questions]
    return AnalogyResult(os.fspath(path), method, sections, known, counted, right)


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
        See `testsets.read_pairs`.
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
    rows = _Rows(vectors, _limit("restrict_vocab", restrict_vocab, vectors), case)
    pairs = read_pairs(path)
    ids = np.array([[rows.find(pair.left), rows.find(pair.right)] for pair in pairs], np.int64)
    known: Flags = ids.min(axis=1) >= 0
    left, right = (vectors.unit[ids[known, side]].astype(np.float64) for side in range(2))
    cosines = np.zeros(len(pairs))
    cosines[known] = np.einsum("pd,pd->p", left, right)
    scores = np.array([pair.score for pair in pairs])
    counted = known if oov == "skip" else np.ones_like(known)
    x, y = cosines[counted], scores[counted]
    return PairsResult(
        file=os.fspath(path),
        spearman=resampling.correlation(resampling.ranks(x), resampling.ranks(y)),
        pearson=resampling.correlation(x, y),
        pairs=int(counted.sum()),
        oov=int((~known).sum()),
        cosines=cosines,
        scores=scores,
        counted=counted,
    )


def choose_backend(wanted: Backend | str = "auto") -> Backend:
    """Where products are computed: "auto" is CuPy where it can be used, and else NumPy.

    Compiled steps are for training only, so that Numba is no candidate.

    Raises
    ------
    BackendError
    """
    if isinstance(wanted, Backend):
        return wanted
    if wanted != "auto":
        return get_backend(wanted)
    try:
        return get_backend("cupy")
    except BackendError:
        return get_backend("numpy")


def _joined(results: list[AnalogyResult]) -> AnalogyResult:
    return AnalogyResult(
        file="all files",
        method=results[0].method,
        section_of=[result.file for result in results for _ in result.section_of],
        known=np.concatenate([result.known for result in results]),
        counted=np.concatenate([result.counted for result in results]),
        right=np.concatenate([result.right for result in results]),
    )


class _Rows:
    """Finds rows by word among the first `limit` rows.

    groups : int (limit,)     Words that count as the same have the same number.
    """

    def __init__(self, vectors: Vectors, limit: int, case: str) -> None:
        _check("case", case, CASES)
        self._vectors, self._limit, self._case = vectors, limit, case
        self._first: dict[str, int] = {}
        self.groups: Ids = np.arange(limit)
        if case != "exact":
            folded = (word.lower() for word in vectors.words[:limit])
            found = (self._first.setdefault(word, row) for row, word in enumerate(folded))
            self.groups = np.fromiter(found, np.int64, limit)

    def find(self, word: str) -> int:
        """Row of a word, or -1."""
        if self._case != "fold" and word in self._vectors:
            row = self._vectors.index(word)
            if row < self._limit:
                return row
        return self._first.get(word.lower(), -1)


def _answer(
    backend: Backend,
    unit: npt.NDArray[np.float32],
    groups: Ids,
    asked: Ids,
    method: str,
    report: Callable[[int], None],
) -> Flags:
    """Which questions (Q, 4) of rows are answered rightly, bool (Q,).

    Products are of a block of questions and a block of rows, so that memory is bounded, and the
    vectors are read once for many questions.
    """
    table = backend.asarray(unit)
    members = _Members(groups)
    right = np.zeros(len(asked), np.bool_)
    for start in range(0, len(asked), _QUESTIONS):
        ids = asked[start : start + _QUESTIONS]
        best = _best_rows(backend, table, ids, members, method, partial(_further, report, start))
        right[start : start + _QUESTIONS] = (best >= 0) & (groups[best] == groups[ids[:, 3]])
    return right


def _further(report: Callable[[int], None], start: int, part: float) -> None:
    report(start + int(part))


def _best_rows(
    backend: Backend,
    table: Array,
    ids: Ids,
    members: _Members,
    method: str,
    report: Callable[[float], None],
) -> Ids:
    """The best answer to each question of a block, int (B,); -1 where nothing is left to answer."""
    xp = backend.xp
    places, excluded = members.of(ids[:, :3])  # the words of a question are no answer
    words = [table[backend.asarray(ids[:, column])] for column in range(3)]
    best = backend.asarray(np.full(len(ids), -1))
    highest = backend.asarray(np.full(len(ids), -np.inf, np.float32))
    every = xp.arange(len(ids))
    for low in range(0, len(table), _ROWS):
        tile = table[low : low + _ROWS]
        scores = _scores(words, tile, method)
        inside = (excluded >= low) & (excluded < low + len(tile))
        out = (backend.asarray(places[inside]), backend.asarray(excluded[inside] - low))
        scores[out] = -np.inf
        at = scores.argmax(axis=1)
        top = scores[every, at]
        better = top > highest  # of equal scores the first row wins
        best = xp.where(better, at + low, best)
        highest = xp.where(better, top, highest)
        report(len(ids) * (low + len(tile)) / len(table))
    return backend.to_numpy(best)


def _scores(words: list[Array], tile: Array, method: str) -> Array:
    """Score of each row as an answer, float32 (B, rows)."""
    a, b, c = words
    if method == "3cosadd":
        return (b - a + c) @ tile.T
    a, b, c = ((word @ tile.T + 1) / 2 for word in words)
    return b * c / (a + EPSILON)


class _Members:
    """All rows of the groups that some rows belong to."""

    def __init__(self, groups: Ids) -> None:
        self._groups = groups
        self._rows = np.argsort(groups, kind="stable")
        self._sizes = np.bincount(groups, minlength=len(groups))
        self._starts = np.cumsum(self._sizes) - self._sizes

    def of(self, ids: Ids) -> tuple[Ids, Ids]:
        """Pairs of a place in (B, ...) and a row that is in the group of one of that place's."""
        asked = self._groups[ids].reshape(-1)
        sizes = self._sizes[asked]
        places = np.repeat(np.arange(asked.size) // (ids.size // max(1, len(ids))), sizes)
        within = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        return places, self._rows[np.repeat(self._starts[asked], sizes) + within]


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
