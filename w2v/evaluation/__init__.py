"""How good vectors are: test sets, scores and how sure they are, comparisons, tables for people."""

from w2v.evaluation.comparison import compare, score_files
from w2v.evaluation.scoreboard import format_table
from w2v.evaluation.scores import Scores
from w2v.evaluation.scoring import evaluate, evaluate_analogies, evaluate_pairs

__all__ = [
    "Scores",
    "compare",
    "evaluate",
    "evaluate_analogies",
    "evaluate_pairs",
    "format_table",
    "score_files",
]
