"""What to say of words that are not in a vocabulary."""

import heapq
from collections.abc import Iterator, Sequence

from w2v.errors import counted, few, quoted

_COMPARED = 8000  # words, the most frequent that may be meant


def unknown_words(unknown: Sequence[str], words: Sequence[str], *, suggest: bool = True) -> str:
    """What to say of some words that are not among `words`; near spellings of the first five."""
    some = few(unknown, quoted) + (" is" if len(unknown) == 1 else " are")
    message = f"{some} not among the {counted(len(words), 'word')} of the vocabulary."
    if len(unknown) > 1 and (joined := "_".join(unknown)) in words:
        return f"{message} As one word there is {quoted(joined)}."
    for word in unknown[:5] if suggest else ():
        if near := ", ".join(map(quoted, close_words(word, words))):
            message += f" Close to {quoted(word) if len(unknown) > 1 else 'it'}: {near}."
    return message


def close_words(word: str, words: Sequence[str], n: int = 3) -> list[str]:
    """Likely spellings of a word: other cases first, then the fewest slips, then earlier words.

    Compared are words of about its length that begin or end as it does, the first thousands of
    them, so that it stays quick in large vocabularies. A third of the letters may be wrong, two at
    the most.
    """
    if not word:
        return []
    target = word.casefold()
    most = min(2, max(1, len(target) // 3))
    near = ((slips(target, folded, most), row, words[row]) for row, folded in _alike(target, words))
    return [word for _, _, word in heapq.nsmallest(n, (one for one in near if one[0] <= most))]


def _alike(target: str, words: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Rows of words that may be meant, and how they read in lower case."""
    size, third = len(target), max(1, len(target) // 3)
    head, tail = target[:third], target[-third:]
    compared = 0
    for row, word in enumerate(words):
        if not size - 2 <= len(word) <= size + 2:
            continue
        folded = word.casefold()
        if folded == target:
            yield row, folded
        elif compared < _COMPARED and (folded.startswith(head) or folded.endswith(tail)):
            compared += 1
            yield row, folded


def slips(a: str, b: str, most: int) -> int:
    """Letters put in, left out, changed, or swapped with the next, between two words.

    The distance of Damerau (1964, "A technique for computer detection and correction of spelling
    errors") with no letter touched twice; any number above `most` where it is above that.
    """
    if abs(len(a) - len(b)) > most:
        return most + 1
    far, wide = most + 1, 2 * most + 1
    # cells of a row are b's places i - most to i + most; others are too far
    before = last = [abs(k - most) if k >= most else far for k in range(wide)]
    for i, letter in enumerate(a, 1):
        now = [far] * wide
        for k in range(wide):
            j = i - most + k
            if j == 0:
                now[k] = i
            if not 1 <= j <= len(b):
                continue
            left, above = now[k - 1] if k else far, last[k + 1] if k + 1 < wide else far
            now[k] = min(left + 1, above + 1, last[k] + (letter != b[j - 1]))
            if i > 1 and j > 1 and letter == b[j - 2] and a[i - 2] == b[j - 1]:
                now[k] = min(now[k], before[k] + 1)
        if min(now) > most and min(last) > most:
            return far
        before, last = last, now
    return last[len(b) - len(a) + most]
