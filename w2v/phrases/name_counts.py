"""Words and pairs of neighbours counted by name: a dictionary that can be added to, and pruned.

The name of a pair is its words with a delimiter between, and pairs of one name are one. Where
`bigrams` counts pairs as numbers, exactly and once, this holds some 100 bytes for each name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from itertools import chain, pairwise
from typing import NamedTuple, NoReturn


class NameCounts(NamedTuple):
    """What `count_names` found."""

    counts: dict[str, int]
    """Of words and of pairs, in the order in which they turned up; connector words have none."""
    tokens: int
    """Words of the text, connector words too."""
    least: int
    """1 and one more for each time that names were pruned: the least count the next would leave."""


def count_names(
    sentences: Iterable[Iterable[str]],
    *,
    delimiter: str = "_",
    connector_words: AbstractSet[str] = frozenset(),
    most: float = float("inf"),
) -> NameCounts:
    """Count words, and pairs with nothing but connector words between them, however many.

    Parameters
    ----------
    sentences : iterable of iterable of str
        Read once. Any str is a word, one with white space or none in it too.
    delimiter : str
        Between the words of a pair.
    connector_words : set of str
        They are not counted, and neither begin nor end a pair.
    most : int, optional
        Names to hold. When there are more at the end of a sentence, those with a count below
        `least` go, and `least` is one more from then on: the first time none goes.

    Raises
    ------
    TypeError
        A sentence is no iterable, or a token of a pair no str.
    """
    counts: Counter[str] = Counter()
    tokens, least = 0, 1
    for number, sentence in enumerate(sentences, start=1):
        try:
            items = iter(sentence)
        except TypeError:
            _refuse_sentence(number, sentence)
        words = list(items)
        try:
            places, names = neighbours(words, delimiter, connector_words)
        except TypeError:
            _refuse_token(number, words)
        content = words if len(places) == len(words) else [words[place] for place in places]
        second = chain.from_iterable(zip(content[1:], names, strict=True))
        counts.update(chain(content[:1], second))
        tokens += len(words)
        if len(counts) > most:
            prune_names(counts, least)
            least += 1
    return NameCounts(dict(counts), tokens, least)


def neighbours(
    words: Sequence[str], delimiter: str, connector_words: AbstractSet[str]
) -> tuple[Sequence[int], list[str]]:
    """The pairs of a sentence.

    Returns
    -------
    places : int (M,)       Of the words that are no connector words.
    names : str (M - 1,)    Of the pair of each and the next, connector words included.

    Raises
    ------
    TypeError
        A word of a pair is no str.
    """
    if connector_words.isdisjoint(words):
        return range(len(words)), list(map(delimiter.join, pairwise(words)))
    places, names = [], []
    name = ""
    for place, word in enumerate(words):
        if word in connector_words:
            name += delimiter + word
        else:
            places.append(place)
            names.append(name + delimiter + word)
            name = word
    return places, names[1:]


def prune_names(counts: dict[str, int], least: int) -> None:
    """Take out names that were counted less often."""
    for name in [name for name, count in counts.items() if count < least]:
        del counts[name]


def _refuse_sentence(number: int, sentence: object) -> NoReturn:
    raise TypeError(
        f"Sentence {number}: expected a list of words, got {sentence!r:.60} "
        f"({type(sentence).__name__})."
    ) from None


def _refuse_token(number: int, words: list[str]) -> NoReturn:
    token = next(word for word in words if not isinstance(word, str))
    raise TypeError(
        f"Sentence {number}: a token must be a str, got {token!r:.60} ({type(token).__name__}). "
        "Make str of all, as `str(token)` does."
    ) from None
