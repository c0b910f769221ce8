"""How good vectors are, how stable, and what changed between two: scores and tables for people."""

from w2v.evaluation.change import change
from w2v.evaluation.comparison import compare, score_files
from w2v.evaluation.resampling import correlation, ranks
from w2v.evaluation.scoreboard import format_table
from w2v.evaluation.scores import Scores
from w2v.evaluation.scoring import evaluate, evaluate_analogies, evaluate_pairs
from w2v.evaluation.stability import stability

__all__ = [
    "Scores",
    "change",
    "compare",
    "correlation",
    "evaluate",
    "evaluate_analogies",
    "evaluate_pairs",
    "format_table",
    "ranks",
    "score_files",
    "stability",
]
