"""Words that stand side by side more often than by chance, joined to one."""

from w2v.phrases.association import SCORINGS, Scoring, scoring_name, scoring_named
from w2v.phrases.name_counts import NameCounts, count_names, neighbours, prune_names
from w2v.phrases.passes import PassStats
from w2v.phrases.phrases import Phrases
from w2v.phrases.scorers import Scorer, check_scorer

__all__ = [
    "NameCounts",
    "PassStats",
    "Phrases",
    "SCORINGS",
    "Scorer",
    "Scoring",
    "check_scorer",
    "count_names",
    "neighbours",
    "prune_names",
    "scoring_name",
    "scoring_named",
]
