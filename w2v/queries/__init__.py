"""Questions about vectors: their cosines, the words nearest to one, analogies, classes."""

from w2v.queries.best_rows import largest
from w2v.queries.candidates import Candidates
from w2v.queries.cosines import METHODS, sums
from w2v.queries.items import NO_COUNTS, Limit, Query, as_query
from w2v.queries.questions import Queries
from w2v.queries.spelling import unknown_words
from w2v.queries.unit_table import Floats, Ids, UnitTable, search_backend, unit_rows
from w2v.queries.word_classes import word_classes

__all__ = [
    "Candidates",
    "Floats",
    "Ids",
    "Limit",
    "METHODS",
    "NO_COUNTS",
    "Queries",
    "Query",
    "UnitTable",
    "as_query",
    "largest",
    "search_backend",
    "sums",
    "unit_rows",
    "unknown_words",
    "word_classes",
]
