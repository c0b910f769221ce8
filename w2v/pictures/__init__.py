"""Words and trainings drawn: on a plane, as a page, as curves."""

from w2v.pictures.plot import plot_reports, plot_words, read_words

__all__ = [
    "plot_reports",
    "plot_words",
    "read_words",
]
