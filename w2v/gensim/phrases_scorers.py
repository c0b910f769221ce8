"""The two scores of a pair that have a name, and words that phrases of English have inside."""

from __future__ import annotations

from math import inf, log

from w2v.errors import ConfigError
from w2v.phrases import Scorer, check_scorer

ENGLISH_CONNECTOR_WORDS = frozenset(
    [
        *("a", "an", "the"),
        *("at", "by", "for", "from", "in", "of", "on", "to", "with", "without"),
        *("and", "or"),
    ]
)
"""Articles, prepositions and conjunctions that phrases of English have inside."""


def original_scorer(
    worda_count: int,
    wordb_count: int,
    bigram_count: int,
    len_vocab: int,
    min_count: float,
    corpus_word_count: int,
) -> float:
    """The score called "default", for the arguments of a `w2v.phrases.Scorer`.

    Equation
    --------
    (ab - min_count) / (a b) T, for counts ab of the pair, a and b of its words, and T names in all;
    -inf for words that do not occur. Mikolov et al. 2013 (arXiv:1310.4546), eq. 6, times T.
    """
    both = worda_count * wordb_count
    return (bigram_count - min_count) / float(both) * len_vocab if both else -inf


def npmi_scorer(
    worda_count: int,
    wordb_count: int,
    bigram_count: int,
    len_vocab: int,
    min_count: float,
    corpus_word_count: int,
) -> float:
    """The score called "npmi", for the arguments of a `w2v.phrases.Scorer`.

    Equation
    --------
    ln(p(ab) / (p(a) p(b))) / -ln(p(ab)), from -1 to 1, where p is a count by that of all words
    (Bouma 2009); -inf for pairs rarer than min_count, or if a count is 0.
    """
    if bigram_count < min_count or not worda_count * wordb_count * bigram_count:
        return -inf
    total = float(corpus_word_count)
    together = bigram_count / total
    apart = (worda_count / total) * (wordb_count / total)
    return log(together / apart) / -log(together)


SCORERS: dict[str, Scorer] = {"default": original_scorer, "npmi": npmi_scorer}


def scorer(scoring: str | Scorer) -> Scorer:
    """The function that `scoring` is, or names; raises `ConfigError` where it is neither."""
    if not isinstance(scoring, str) and callable(scoring):
        check_scorer(scoring)
        return scoring
    if not isinstance(scoring, str) or scoring not in SCORERS:
        raise ConfigError(f"`scoring` must be 'default', 'npmi' or a function, got {scoring!r}.")
    return SCORERS[scoring]
