"""Two vectors scored on the same files: differences, and whether chance explains them.

A question or pair is compared only where it counts for both, so that a difference can deviate a
little from the difference of the two scores.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from w2v.backends import Backend
from w2v.errors import EvaluationError
from w2v.evaluation import resampling
from w2v.evaluation.scores import AnalogyResult, Flags, PairsResult, Scores
from w2v.evaluation.scoring import Report, evaluate
from w2v.evaluation.test_sets import read_pairs, read_questions
from w2v.files import PathLike, readable
from w2v.queries import search_backend
from w2v.vectors import load


def score_files(
    vectors: Sequence[PathLike],
    analogies: Sequence[PathLike],
    pairs: Sequence[PathLike],
    resamples: int = 2000,
    *,
    restrict_vocab: int | None = 30_000,
    restrict_pairs: int | None = None,
    methods: Sequence[str] = ("3cosadd",),
    oov: str = "skip",
    case: str = "fallback",
    backend: Backend | str = "auto",
    progress: Report | None = None,
) -> dict[str, Any]:
    """Score files of vectors, one after the other, and compare each with the first.

    Parameters
    ----------
    vectors, analogies, pairs : sequence of paths
        Questions and pairs are read first, so that a broken file is told before any work.
    resamples : int
        Of the bootstrap behind the intervals; 0 for none.
    restrict_vocab, restrict_pairs, methods, oov, case, backend, progress
        See `evaluate`.

    Returns
    -------
    dict
        Only what JSON can hold: ``"options"``; ``"vectors"``, the scores of each file, see
        `Scores.as_dict`; ``"comparisons"``, of each but the first with the first, see `compare`.

    Raises
    ------
    EvaluationError, VectorFileError, BackendError
    """
    _check_files(analogies, pairs)
    where = search_backend(backend)
    options: dict[str, Any] = {
        "restrict_vocab": restrict_vocab or None,
        "restrict_pairs": restrict_pairs or None,
        "methods": list(methods),
        "oov": oov,
        "case": case,
    }
    for path in vectors:
        if not os.path.exists(path):
            load(path)  # says so now, not when all others are scored
    first: Scores | None = None
    about = {**options, "resamples": resamples, "backend": where.name}
    result: dict[str, Any] = {"options": about, "vectors": [], "comparisons": []}
    for path in vectors:
        table = load(path)
        found = evaluate(table, analogies, pairs, backend=where, progress=progress, **options)
        none = int((~table.unit.any(axis=1)).sum())
        what = {"file": readable(path), "words": len(table), "dim": table.dim}
        what["words_without_direction"] = none
        result["vectors"].append({**what, **found.as_dict(resamples)})
        if first is not None:
            names = {"first": readable(vectors[0]), "second": readable(path)}
            result["comparisons"].append({**names, **compare(first, found, resamples)})
        first = first or found
    return result


def _check_files(analogies: Sequence[PathLike], pairs: Sequence[PathLike]) -> None:
    for path in (*analogies, *pairs):
        if os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path):
            raise EvaluationError(
                f"{os.fspath(path)} is a pipe or a device, and files of questions and pairs are "
                "read more than once. Save it to a file first."
            )
    for path in analogies:
        read_questions(path)
    for path in pairs:
        read_pairs(path)


def compare(first: Scores, second: Scores, resamples: int = 2000) -> dict[str, Any]:
    """Score of `second` minus that of `first`, for everything both were scored on.

    Analogies are tested by McNemar's exact test, correlations by a paired bootstrap: the pairs are
    resampled once for both. The p values are of single tests, not corrected for their number.

    Parameters
    ----------
    first, second : Scores
        Of one call's files and methods, in one order.
    resamples : int
        Of the bootstrap; with 0 there are no intervals, and no p of correlations.

    Returns
    -------
    dict
        ``"analogies"``, ``"totals"`` and ``"pairs"``, lists in the order of the scores; what is
        undefined is None. docs/evaluation.md says what the keys mean.
    """

    def each(how: Any, ones: Sequence[Any], others: Sequence[Any]) -> list[dict[str, Any]]:
        return [how(a, b, resamples) for a, b in zip(ones, others, strict=True)]

    return {
        "analogies": each(_compare_analogies, first.analogies, second.analogies),
        "totals": each(_compare_analogies, first.totals, second.totals),
        "pairs": each(_compare_pairs, first.pairs, second.pairs),
    }


def _compare_analogies(a: AnalogyResult, b: AnalogyResult, resamples: int) -> dict[str, Any]:
    every = a.counted & b.counted
    gram = np.array([name.startswith("gram") for name in a.section_of])
    return {
        "file": a.file,
        "method": a.method,
        **_compare_answers(a, b, every, resamples),
        "sections": {
            name: _compare_answers(a, b, every & chosen, resamples)
            for name, chosen in a.parts.items()
        },
        "semantic": _compare_answers(a, b, every & ~gram, resamples),
        "syntactic": _compare_answers(a, b, every & gram, resamples),
    }


def _compare_answers(
    a: AnalogyResult, b: AnalogyResult, chosen: Flags, resamples: int
) -> dict[str, Any]:
    total = int(chosen.sum())
    only_a, only_b = (int((x.right & ~y.right & chosen).sum()) for x, y in ((a, b), (b, a)))
    return {
        "difference": (only_b - only_a) / total if total else None,
        "interval": resampling.accuracy_difference(only_a, only_b, total, resamples),
        "p": resampling.mcnemar(only_a, only_b) if total else None,
        "total": total,
        "only_first": only_a,
        "only_second": only_b,
    }


def _compare_pairs(a: PairsResult, b: PairsResult, resamples: int) -> dict[str, Any]:
    both = a.counted & b.counted
    sides, scores = [a.cosines[both], b.cosines[both]], a.scores[both]
    found: dict[str, Any] = {"file": a.file, "pairs": int(both.sum())}
    for kind in ("spearman", "pearson"):
        ranked = kind == "spearman"
        lists = [resampling.ranks(s) for s in (*sides, scores)] if ranked else [*sides, scores]
        one, other = (resampling.correlation(side, lists[-1]) for side in lists[:2])
        resampled = resampling.resampled_correlations(sides, scores, resamples, ranked=ranked)
        differences = resampled[1] - resampled[0]
        found[kind] = {
            "difference": None if one is None or other is None else other - one,
            "interval": resampling.interval(differences),
            "p": resampling.sign_p(differences),
        }
    return found
