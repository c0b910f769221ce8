"""One pass over a text: its pairs counted and scored, the best of them joined."""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple

import numpy as np

from w2v.errors import CorpusError
from w2v.phrases.association import Counts, Scoring, score_of
from w2v.phrases.bigrams import Joiner, Pairing, TokenFile, count_pairs
from w2v.phrases.phrase_table import Phrase
from w2v.text import Int32s


@dataclass(frozen=True)
class PassStats:
    """One pass over the text."""

    tokens: int
    """Of the text before the pass."""
    words: int
    """Different ones."""
    pairs: int
    """Different ones that were counted."""
    phrases: int
    joined: int
    """Tokens fewer after the pass."""
    seconds: float


class Search(NamedTuple):
    """What every pass looks for; see `Phrases`."""

    scoring: Scoring
    min_count: int
    delimiter: str
    connectors: int
    """Ids below this are connector words."""


def find_and_join(
    text: TokenFile, words: Any, search: Search, threshold: float
) -> tuple[list[Phrase], PassStats]:
    """Join the pairs that score above `threshold`; both `text` and `words` change.

    Raises
    ------
    CorpusError
        There is no word in the text.
    """
    started = time.perf_counter()
    before = text.size
    counts = text.counts(len(words))
    tokens, types = int(counts.sum()), int(np.count_nonzero(counts))
    if not tokens:
        raise CorpusError("There is no word in the text.")
    score = score_of(search.scoring)
    # pairs of rare words are rare; only gensim's score, or a function, asks how many there are
    least = 1 if score.asks_for_types else max(1, search.min_count)
    content = np.flatnonzero(counts >= least)
    content = content[content >= search.connectors]
    pairing = Pairing(len(words), content, content, np.arange(search.connectors))
    keys, found, pairs = count_pairs(text, pairing, max(1, search.min_count))
    a, b = (counts[end].astype(np.float64) for end in pairing.ends(keys))
    ab = found.astype(np.float64)
    scores = score.formula(Counts(ab, a, b, search.min_count, tokens, types + pairs))
    kept = np.flatnonzero(scores > threshold)
    kept = kept[np.argsort(-scores[kept], kind="stable")]
    ids = pairing.words(keys[kept])
    spelled = _spelled(ids, words)
    names = [*map(search.delimiter.join, spelled)]
    text.join(Joiner(len(words), ids, _ids_of(names, words)))
    seconds = time.perf_counter() - started
    stats = PassStats(tokens, types, pairs, len(kept), before - text.size, seconds)
    return [*map(Phrase, spelled, names, found[kept].tolist(), scores[kept].tolist())], stats


def _spelled(pairs: list[tuple[int, ...]], words: Any) -> list[tuple[str, ...]]:
    """The words of each pair of ids."""
    spelled = iter(words.take(np.array([id for pair in pairs for id in pair], np.int64)))
    return [tuple(islice(spelled, len(pair))) for pair in pairs]


def _ids_of(names: list[str], words: Any) -> Int32s:
    """Id of each phrase; those that are no words yet are added to `words`."""
    unique = list(dict.fromkeys(names))
    places = words.positions(unique)
    known = np.flatnonzero(places >= 0)
    ids = {unique[places[word]]: int(word) for word in known}
    new = [name for name in unique if name not in ids]
    ids.update((name, len(words) + k) for k, name in enumerate(new))
    words.append(new)
    return np.array([ids[name] for name in names], np.int32)
