"""Which words changed most from one set of vectors to another, as between two periods."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from w2v.errors import QueryError, UnknownWordError, quoted
from w2v.queries import Limit, cosines_of
from w2v.vectors import Vectors


def change(
    early: Vectors,
    late: Vectors,
    n: int | None = 20,
    words: Sequence[str] | None = None,
    *,
    neighbours: int = 10,
    restrict_vocab: Limit = None,
    min_count: int | None = None,
    anchors: int | None = None,
) -> dict[str, Any]:
    """Words of both by how little their vectors are alike after alignment (Hamilton et al. 2016).

    Rare words have vectors that move by chance, so that they come first unless `min_count` or
    `restrict_vocab` leave them out; how far chance goes, two trainings on one text with two seeds
    show.

    Parameters
    ----------
    early, late : Vectors
        Of one dimension.
    n : int, optional                     How many of the most changed. None for all.
    words : sequence of str, optional     Only these, in place of the most changed.
    neighbours : int                      Nearest words on each side.
    restrict_vocab, min_count             Which words are compared and are neighbours, each side.
    anchors : int, optional               See `Vectors.align`.

    Returns
    -------
    dict
        "words", how many were compared; "median", their median cosine; "changes", for each word
        "word", "place" (1 for the most changed), "cosine", "early" and "late" with "neighbours" and
        "count", which is None where it is not known.

    Raises
    ------
    QueryError
        There are no such words, or no counts.
    """
    sides = (early, late)
    allowed = [set(side.candidates(restrict_vocab, min_count).ids().tolist()) for side in sides]
    both = [
        (early.index(word), row)
        for row, word in enumerate(late.words)
        if row in allowed[1] and word in early
    ]
    rows = np.array([pair for pair in both if pair[0] in allowed[0]], np.intp).reshape(-1, 2)
    if not len(rows):
        raise QueryError(
            "No word is in both and frequent enough there; give `min_count` less, or "
            "`restrict_vocab` more."
        )
    aligned = early.align(late, anchors)
    rows = rows[aligned.unit[rows[:, 0]].any(axis=1) & late.unit[rows[:, 1]].any(axis=1)]
    if not len(rows):
        raise QueryError("No word that is frequent enough in both has a direction in both.")
    cosines = cosines_of(late.table, aligned.unit, rows[:, 0], rows[:, 1])
    order = np.lexsort((rows[:, 1], cosines))
    places = {late.words[rows[at, 1]]: place for place, at in enumerate(order.tolist())}
    chosen = order[:n] if words is None else order[[_place(word, places) for word in words]]
    shown = [late.words[row] for row in rows[chosen, 1]]
    near = [_near(side, shown, neighbours, restrict_vocab, min_count) for side in sides]
    return {
        "words": len(rows),
        "median": float(np.median(cosines)),
        "changes": [
            {
                "word": word,
                "place": places[word] + 1,
                "cosine": float(min(1.0, max(-1.0, cosines[at]))),
                **{
                    name: {
                        "count": None if side.counts is None else int(side.counts[rows[at, half]]),
                        "neighbours": near[half][number],
                    }
                    for half, (name, side) in enumerate((("early", early), ("late", late)))
                },
            }
            for number, (word, at) in enumerate(zip(shown, chosen, strict=True))
        ],
    }


def _place(word: str, places: dict[str, int]) -> int:
    if word not in places:
        raise UnknownWordError(
            f"{quoted(word)} is not among the {len(places):,} words that both have and that are "
            "frequent enough."
        )
    return places[word]


def _near(
    side: Vectors, words: Sequence[str], n: int, limit: Limit, min_count: int | None
) -> list[list[str]]:
    found = side.most_similar_batch(words, n=n, restrict_vocab=limit, min_count=min_count)
    return [[word for word, _ in answers] for answers in found]
