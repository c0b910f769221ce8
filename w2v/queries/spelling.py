"""What to say of words that are not in a vocabulary."""

import difflib
from collections.abc import Sequence

from w2v.errors import counted, quoted


def unknown_words(unknown: Sequence[str], words: Sequence[str], *, suggest: bool = True) -> str:
    """What to say of some words that are not among `words`; near spellings of the first five."""
    shown = unknown[:5]
    some = ", ".join(map(quoted, shown)) + (", ..." if len(unknown) > 5 else "")
    verb = "is" if len(unknown) == 1 else "are"
    message = f"{some} {verb} not among the {counted(len(words), 'word')} of the vocabulary."
    for word in shown if suggest else ():
        if near := ", ".join(map(quoted, close_words(word, words))):
            message += f" Close to {quoted(word) if len(unknown) > 1 else 'it'}: {near}."
    return message


def close_words(word: str, words: Sequence[str], n: int = 3) -> list[str]:
    """Likely spellings of a word: other cases first, then small differences.

    Compared are only words of about its length that begin or end as it does, and
    of these the first thousands, so that it stays quick in large vocabularies.
    """
    target = word.casefold()
    size, third = len(target), max(1, len(target) // 3)
    head, tail = target[:third], target[-third:]
    cases: list[str] = []
    near: dict[str, str] = {}
    for candidate in words:
        if not size - 2 <= len(candidate) <= size + 2:
            continue
        folded = candidate.casefold()
        if folded == target:
            cases.append(candidate)
        elif len(near) < 4000 and (folded.startswith(head) or folded.endswith(tail)):
            near.setdefault(folded, candidate)
    if len(cases) >= n:
        return cases[:n]
    similar = difflib.get_close_matches(target, near, n - len(cases), cutoff=0.7)
    return cases + [near[folded] for folded in similar]
