"""What `w2v train` says of a text that is not as it should be: a line or two."""

from __future__ import annotations

from w2v.errors import counted
from w2v.text import Corpus, rawness

_RAW = 0.02  # of the words; a clean text has none, raw novels 0.03 to 0.1
_SHORT = 200_000  # tokens
_MOST_LINES = 2


def notes(corpus: Corpus, *, begins_anew: bool) -> list[str]:
    """Lines to say; none for a text of clean words that is long enough.

    Parameters
    ----------
    corpus : Corpus
    begins_anew : bool            Not with vectors from elsewhere, which help a short text.

    Items of a table are seen in one company only, and mean something sooner than words.
    """
    found = [corpus.remark, corpus.looks or _raw(corpus)]
    tokens = corpus.stats.tokens
    table = corpus.stats.table
    items = table is not None and (table.group is not None or bool(table.columns))
    if tokens < _SHORT and begins_anew and not items:
        found.append(
            f"A short text of {counted(tokens, 'word')}: neighbours mean something from some "
            "hundred thousand on, more from a million; --pretrained begins with known vectors."
        )
    return list(filter(None, found))[:_MOST_LINES]


def _raw(corpus: Corpus) -> str:
    punctuated, capitalised = rawness(corpus.vocabulary)
    if punctuated < _RAW and capitalised < _RAW:
        return ""
    seen = [f"{punctuated:.0%} of the words end in punctuation"] if punctuated >= _RAW else []
    if capitalised >= _RAW:
        seen.append(f"{capitalised:.0%} have a capital that is rarer than none")
    flags = "--tokens unicode" * (punctuated >= _RAW) + " --lower" * (capitalised >= _RAW)
    merged = "King, king" if punctuated < _RAW else "King, king and king,"
    merged = "king and king," if capitalised < _RAW else merged
    flags = f"w2v encode {flags.strip()}" if corpus.is_opened else flags
    return f"{' and '.join(seen)}: {flags.strip()} makes one word of {merged}"
