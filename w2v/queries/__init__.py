"""Questions about vectors: cosines, the nearest words of one or all, analogies, classes."""

from w2v.queries.alignment import rotation, turned
from w2v.queries.best_rows import largest, named
from w2v.queries.candidates import Candidates
from w2v.queries.cosines import METHODS, sums
from w2v.queries.exact import Exact, cosines_of
from w2v.queries.items import NO_COUNTS, Limit, Query, as_query, integer
from w2v.queries.neighbours import Neighbours, blocks
from w2v.queries.questions import Queries
from w2v.queries.spelling import unknown_words
from w2v.queries.unit_table import Floats, Ids, UnitTable, search_backend, unit_rows
from w2v.queries.word_classes import word_classes

__all__ = [
    "Candidates",
    "Exact",
    "Floats",
    "Ids",
    "Limit",
    "METHODS",
    "NO_COUNTS",
    "Neighbours",
    "Queries",
    "Query",
    "UnitTable",
    "as_query",
    "blocks",
    "cosines_of",
    "integer",
    "largest",
    "named",
    "rotation",
    "search_backend",
    "sums",
    "turned",
    "unit_rows",
    "unknown_words",
    "word_classes",
]
