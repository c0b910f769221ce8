"""Tokens of any kind as numbers: words with spaces, pairs, page titles, whatever can be a key."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator, Sequence
from itertools import chain

import numpy as np

from w2v.text.arrow_or_not import word_arrays
from w2v.text.number_files import Int64s
from w2v.text.parts import Part
from w2v.text.word_arrays import Coded

_BATCH_TOKENS = 1 << 18


class Keys:
    """The number of each key, in the order in which they turn up.

    `read_sentences` takes it, for tokens that no text file could hold. The words of that corpus are
    the numbers, as decimals: word "7" is ``keys[7]``.

    Parameters
    ----------
    keys : iterable of hashable, optional
        Distinct ones that have the first numbers.

    Raises
    ------
    ValueError
        A key is repeated.

    Examples
    --------
    >>> from w2v import Keys, read_sentences
    >>> keys = Keys()
    >>> corpus = read_sentences([["New York", ("a", 1)], ["New York"]], min_count=1, keys=keys)
    >>> [keys[int(word)] for word in corpus.vocabulary.words], corpus.vocabulary.counts.tolist()
    (['New York', ('a', 1)], [2, 1])
    """

    def __init__(self, keys: Iterable[Hashable] = ()) -> None:
        self._keys: list[Hashable] = list(keys)
        self._numbers = dict(zip(self._keys, range(len(self._keys)), strict=True))
        if len(self._numbers) < len(self._keys):
            repeated = next(k for i, k in enumerate(self._keys) if self._numbers[k] != i)
            raise ValueError(f"Keys must be distinct, {repeated!r:.60} is repeated.")

    def __len__(self) -> int:
        return len(self._keys)

    def __getitem__(self, number: int) -> Hashable:
        return self._keys[number]

    def __iter__(self) -> Iterator[Hashable]:
        return iter(self._keys)

    def __contains__(self, key: object) -> bool:
        return key in self._numbers

    def coded(self, sentences: list[list[Hashable]]) -> Coded:
        """All tokens as places among their numbers; new ones get the next numbers.

        Raises
        ------
        TypeError
            One cannot be a key, such as a list.
        """
        arrays = word_arrays()
        tokens = list(chain.from_iterable(sentences))
        try:
            text = arrays.tokens(tokens) if set(map(type, tokens)) == {str} else None
        except UnicodeEncodeError:  # half of a surrogate pair
            text = None
        if text is not None:
            ids, words = arrays.coded(text)
            numbers = self._of_each(arrays.listed(words))
        else:
            numbers, places = np.unique(self._of_each(tokens), return_inverse=True)
            ids = places.astype(np.int32)
        return Coded(ids, arrays.strings([*map(str, numbers.tolist())]))

    def _of_each(self, tokens: Sequence[Hashable]) -> Int64s:
        known, keys = self._numbers, self._keys
        found = np.empty(len(tokens), np.int64)
        for place, token in enumerate(tokens):
            number = known.get(token)
            if number is None:
                number = known[token] = len(keys)
                keys.append(token)
            found[place] = number
        return found


def parts_of_keys(sentences: Iterable[object], keys: Keys) -> Iterator[Part]:
    """Some whole sentences at a time, as numbers.

    Raises
    ------
    TypeError
        A sentence is no collection of tokens, or a token cannot be a key.
    """
    batch: list[list[Hashable]] = []
    size, stays = 0, isinstance(sentences, list | tuple)
    for number, sentence in enumerate(sentences, start=1):
        batch.append(sentence if stays and type(sentence) is list else _tokens(number, sentence))
        size += len(batch[-1])
        if size + len(batch) >= _BATCH_TOKENS:
            yield _part(batch, keys)
            batch, size = [], 0
    yield _part(batch, keys)


def _part(batch: list[list[Hashable]], keys: Keys) -> Part:
    return Part(np.array([*map(len, batch), 0], np.int32), *keys.coded(batch))


def _tokens(number: int, sentence: object) -> list[Hashable]:
    """A copy, since who gives it may use the list again."""
    if isinstance(sentence, np.ndarray):
        return sentence.tolist()  # type: ignore[no-any-return]  # plain numbers and str
    if isinstance(sentence, str | bytes) or not isinstance(sentence, Collection):
        raise TypeError(
            f"Sentence {number}: expected a list of tokens, got {sentence!r:.60} "
            f"({type(sentence).__name__})."
        )
    return list(sentence)
