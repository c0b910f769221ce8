"""Words that stand side by side more often than by chance, joined to one."""

from w2v.phrases.association import SCORINGS
from w2v.phrases.passes import PassStats
from w2v.phrases.phrases import Phrases

__all__ = [
    "PassStats",
    "Phrases",
    "SCORINGS",
]
