"""How good are vectors: analogies and the similarity of word pairs.

Words of the files are taken as spelled if the vocabulary has them, and else as
the first word that differs from them only in case. For a vocabulary of one case
this is what word2vec.c's compute-accuracy and gensim do, and scores are the same;
both fold all words to upper case, so for a vocabulary of mixed case they may take
another row.
"""

import operator
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from w2v.errors import EvaluationError
from w2v.files import PathLike, check_name
from w2v.vectors import Vectors

Ids = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_BATCH_SCORES = 1 << 24  # float32 numbers held at a time, 64 MiB


@dataclass(frozen=True)
class Score:
    """Answers to analogies: questions asked, answered rightly, and not asked for lack of words."""

    correct: int = 0
    total: int = 0
    oov: int = 0

    @property
    def accuracy(self) -> float | None:
        """Fraction of the asked questions answered rightly; None if none was asked."""
        return self.correct / self.total if self.total else None

    def __add__(self, other: "Score") -> "Score":
        return Score(self.correct + other.correct, self.total + other.total, self.oov + other.oov)

    def as_dict(self) -> dict[str, Any]:
        return {"accuracy": self.accuracy, **asdict(self)}


@dataclass(frozen=True)
class AnalogyResult:
    """Score of each section, in the order of the file."""

    sections: dict[str, Score]

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

    def as_dict(self) -> dict[str, Any]:
        return {
            **self.overall.as_dict(),
            "sections": {name: score.as_dict() for name, score in self.sections.items()},
            "semantic": self.semantic.as_dict(),
            "syntactic": self.syntactic.as_dict(),
        }


@dataclass(frozen=True)
class PairsResult:
    """Correlation of cosines with the scores of a file; None where it is undefined.

    Undefined means fewer than two pairs in the vocabulary, or one side constant.
    """

    file: str
    spearman: float | None
    pearson: float | None
    pairs: int
    oov: int


def evaluate_analogies(
    vectors: Vectors, path: PathLike, restrict_vocab: int | None = 30_000
) -> AnalogyResult:
    """Answer questions "a is to b as c is to ?" with the word nearest to b - a + c.

    Parameters
    ----------
    vectors : Vectors
    path : str or path
        Lines of four words a b c d, d the answer; lines ``: name`` begin a section.
    restrict_vocab : int or None
        Only the first so many words can be asked or answered; None or 0 for all.
        A question with another word is counted in `oov` and not in `total`.

    Returns
    -------
    AnalogyResult

    Raises
    ------
    EvaluationError
        The file is missing, has no question, or a line has not four words.

    Equation
    --------
    argmax_w cos(w, b - a + c), all vectors of length 1, w not a, b or c in any case
    (3CosAdd; Mikolov, Yih and Zweig 2013, "Linguistic regularities in continuous space word
    representations").
    """
    limit = operator.index(restrict_vocab or len(vectors))
    if limit < 0:
        raise ValueError(f"`restrict_vocab` must not be negative, got {limit}.")
    limit = min(limit, len(vectors))
    rows = _Rows(vectors, limit)
    sections: dict[str, Score] = {}
    asked: list[list[int]] = []
    asked_in: list[str] = []
    for section, words in _read_questions(path):
        ids = [rows.find(word) for word in words]
        known = -1 not in ids
        sections[section] = sections.get(section, Score()) + Score(oov=int(not known))
        if known:
            asked.append(ids)
            asked_in.append(section)
    right = _answer(vectors.unit[:limit], rows.groups, np.array(asked, np.int64).reshape(-1, 4))
    for section, correct in zip(asked_in, right.tolist(), strict=True):
        sections[section] += Score(correct=int(correct), total=1)
    return AnalogyResult(sections)


def evaluate_pairs(vectors: Vectors, path: PathLike) -> PairsResult:
    """Correlate the cosines of word pairs with the scores people gave them.

    Parameters
    ----------
    vectors : Vectors
    path : str or path
        Lines ``word1 word2 score`` separated by tabs, commas or white space;
        further columns are ignored, as are ``#`` comments, blank lines and a
        header: a first line whose third column is not a number. A pair with a
        word that has no vector is counted in `oov` only.

    Raises
    ------
    EvaluationError
        The file is missing, has no pair, or a line is not two words and a number.
    """
    rows = _Rows(vectors, len(vectors))
    pairs = [(rows.find(a), rows.find(b), score) for a, b, score in _read_pairs(path)]
    known = [pair for pair in pairs if -1 not in pair[:2]]
    left = vectors.unit[[a for a, _, _ in known]].astype(np.float64)
    right = vectors.unit[[b for _, b, _ in known]].astype(np.float64)
    cosines = np.einsum("pd,pd->p", left, right)
    scores = np.array([score for _, _, score in known], dtype=np.float64)
    return PairsResult(
        file=os.fspath(path),
        spearman=_pearson(_ranks(cosines), _ranks(scores)),
        pearson=_pearson(cosines, scores),
        pairs=len(known),
        oov=len(pairs) - len(known),
    )


def evaluate(
    vectors: Vectors,
    analogies: PathLike | None = None,
    pairs: PathLike | Sequence[PathLike] = (),
    restrict_vocab: int | None = 30_000,
) -> dict[str, Any]:
    """Run the asked-for tests; the result holds only what JSON can.

    Parameters
    ----------
    vectors : Vectors
    analogies : str or path, optional
    pairs : path or sequence of paths
    restrict_vocab : int or None
        For the analogies; see `evaluate_analogies`.

    Returns
    -------
    dict
        ``"analogies"`` and ``"pairs"``, each only if asked for. Accuracies are
        fractions; what is undefined is None.
    """
    result: dict[str, Any] = {}
    if analogies is not None:
        result["analogies"] = evaluate_analogies(vectors, analogies, restrict_vocab).as_dict()
    files = [pairs] if isinstance(pairs, str | os.PathLike) else list(pairs)
    if files:
        result["pairs"] = [asdict(evaluate_pairs(vectors, file)) for file in files]
    return result


def format_table(result: dict[str, Any]) -> str:
    """The result of `evaluate` as a plain-text table for people, with a hint if nothing matched."""
    lines: list[tuple[str, ...]] = []
    if "analogies" in result:
        found = result["analogies"]
        lines.append(("analogies", "accuracy", "correct", "total", "oov"))
        named = [*found["sections"].items()]
        named += [(name, found[name]) for name in ("semantic", "syntactic")] + [("all", found)]
        for name, score in named:
            accuracy = "-" if score["accuracy"] is None else f"{100 * score['accuracy']:.1f} %"
            counts = (f"{score[key]:,}" for key in ("correct", "total", "oov"))
            lines.append((f"  {name}", accuracy, *counts))
    if "pairs" in result:
        lines.append(("pairs", "spearman", "pearson", "pairs", "oov"))
        for score in result["pairs"]:
            both = (score["spearman"], score["pearson"])
            correlations = ("-" if value is None else f"{value:.3f}" for value in both)
            counts = (f"{score[key]:,}" for key in ("pairs", "oov"))
            lines.append((f"  {os.path.basename(score['file'])}", *correlations, *counts))
    width = max((len(line[0]) for line in lines), default=0)
    table = [line[0].ljust(width) + "".join(f"{c:>10}" for c in line[1:]) for line in lines]
    return "\n".join(table + _hints(result))


def _hints(result: dict[str, Any]) -> list[str]:
    """A line for each file of which no word, or too few, are known."""
    ask = "Are the vectors of another language, or of too few words?"
    hints = []
    if "analogies" in result and not result["analogies"]["total"]:
        hints.append(f"No analogy could be asked: each has a word without a vector. {ask}")
    for score in result.get("pairs", ()):
        if not score["pairs"]:
            name = os.path.basename(score["file"])
            hints.append(
                f"No pair of {name} could be scored: each has a word without a vector. {ask}"
            )
    return hints


class _Rows:
    """Finds rows by word, whatever the case, among the first `limit` rows.

    groups : int (limit,)     Words that differ only in case have the same number.
    """

    def __init__(self, vectors: Vectors, limit: int) -> None:
        self._vectors, self._limit = vectors, limit
        self._first: dict[str, int] = {}
        folded = (word.lower() for word in vectors.words[:limit])
        found = (self._first.setdefault(word, row) for row, word in enumerate(folded))
        self.groups: Ids = np.fromiter(found, np.int64, limit)

    def find(self, word: str) -> int:
        """Row of a word, or -1."""
        if word in self._vectors and (row := self._vectors.index(word)) < self._limit:
            return row
        return self._first.get(word.lower(), -1)


def _answer(unit: npt.NDArray[np.float32], groups: Ids, asked: Ids) -> npt.NDArray[np.bool_]:
    """Which questions (Q, 4) of rows are answered rightly, bool (Q,)."""
    right = np.zeros(len(asked), dtype=np.bool_)
    step = max(1, _BATCH_SCORES // len(unit))
    for start in range(0, len(asked), step):
        ids = asked[start : start + step]
        a, b, c = (unit[ids[:, column]] for column in range(3))
        scores = (b - a + c) @ unit.T
        np.put_along_axis(scores, ids[:, :3], -np.inf, axis=1)
        best = scores.argmax(axis=1)
        own = groups[ids[:, :3]]
        while True:  # a question word in another case is no answer either
            clash = (groups[best][:, np.newaxis] == own).any(axis=1)
            again = np.flatnonzero(clash & (scores[np.arange(len(ids)), best] > -np.inf))
            if not again.size:
                break
            scores[again, best[again]] = -np.inf
            best[again] = scores[again].argmax(axis=1)
        right[start : start + step] = (groups[best] == groups[ids[:, 3]]) & ~clash
    return right


def _lines(path: PathLike) -> Iterator[tuple[int, str]]:
    """Numbered lines that are not blank, without surrounding white space."""
    name = check_name(path, "the evaluation file", EvaluationError)
    try:
        with open(name, encoding="utf-8-sig") as file:
            for number, line in enumerate(file, 1):
                if stripped := line.strip():
                    yield number, stripped
    except OSError as error:
        raise EvaluationError(f"Cannot read {name}: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise EvaluationError(f"{name} is not a UTF-8 text file.") from error


def _read_questions(path: PathLike) -> Iterator[tuple[str, list[str]]]:
    section, empty = "unnamed", True
    for number, line in _lines(path):
        if line.startswith(":"):
            section = line[1:].strip() or "unnamed"
            continue
        words = line.split()
        if len(words) != 4:
            raise EvaluationError(
                f"{os.fspath(path)}, line {number}: expected the four words of an analogy or "
                f"': section', found {line[:60]!r}."
            )
        empty = False
        yield section, words
    if empty:
        raise EvaluationError(f"{os.fspath(path)} holds no analogy; expected lines of four words.")


def _read_pairs(path: PathLike) -> list[tuple[str, str, float]]:
    pairs: list[tuple[str, str, float]] = []
    header_may_come = True
    for number, line in _lines(path):
        if line.startswith("#"):
            continue
        separator = "\t" if "\t" in line else "," if "," in line else None
        fields = [field.strip() for field in line.split(separator)]
        score = _number(fields[2]) if len(fields) > 2 else None
        if score is not None:
            pairs.append((fields[0], fields[1], score))
        elif len(fields) < 3 or not header_may_come:
            raise EvaluationError(
                f"{os.fspath(path)}, line {number}: expected two words and a number "
                f"separated by tab, comma or white space, found {line[:60]!r}."
            )
        header_may_come = False
    if not pairs:
        raise EvaluationError(f"{os.fspath(path)} holds no pair of words with a score.")
    return pairs


def _number(field: str) -> float | None:
    try:
        number = float(field)
    except ValueError:
        return None
    return number if np.isfinite(number) else None


def _ranks(values: Floats) -> Floats:
    """Ranks from 1, equal values share the mean of their ranks."""
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks: Floats = (np.cumsum(counts) - (counts - 1) / 2)[places]
    return ranks


def _pearson(x: Floats, y: Floats) -> float | None:
    if len(x) < 2 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return None
    x, y = x - x.mean(), y - y.mean()
    return float(np.clip(x @ y / np.sqrt((x @ x) * (y @ y)), -1, 1))
