"""Tokens of any kind as numbers: words with spaces, pairs, page titles, whatever can be a key."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator
from itertools import chain

import numpy as np

from w2v.text.number_files import Int64s
from w2v.text.parts import Part, as_numpy, part_of

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

    def numbers(self, tokens: list[Hashable]) -> Int64s:
        """Of each token, (N,); those that are new get the next numbers.

        Raises
        ------
        TypeError
            One cannot be a key, such as a list.
        """
        import pyarrow as pa

        if not all(issubclass(kind, str) for kind in set(map(type, tokens))):
            return self._of_each(tokens)
        try:
            found = pa.array(tokens, pa.large_string()).dictionary_encode()
        except UnicodeEncodeError:  # half of a surrogate pair, which is a key as good as others
            return self._of_each(tokens)
        return self._of_each(found.dictionary.to_pylist()).take(as_numpy(found.indices))

    def _of_each(self, tokens: list[Hashable]) -> Int64s:
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
    import pyarrow as pa

    batch: list[list[Hashable]] = []
    size = 0

    def part() -> Part:
        lengths = np.array([*map(len, batch), 0])
        return part_of(lengths, pa.array(keys.numbers(list(chain.from_iterable(batch)))))

    for number, sentence in enumerate(sentences, start=1):
        batch.append(_tokens(number, sentence))
        size += len(batch[-1])
        if size + len(batch) >= _BATCH_TOKENS:
            yield part()
            batch, size = [], 0
    yield part()


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
