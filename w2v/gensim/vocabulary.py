"""The vocabulary and the tables of gensim's `Word2Vec`: counted, chosen, made, and grown.

It is long because each of these steps is a method there, with arguments of its own.
"""

from __future__ import annotations

import logging
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2v.backends import get_backend
from w2v.errors import CorpusError
from w2v.gensim.counting import TrimRule, chosen, counted_within
from w2v.gensim.keyed_vectors import KeyedVectors
from w2v.gensim.reading import Source, check_source, each, lines, read
from w2v.gensim.run import Floats, Order, plain_seed
from w2v.layers import Embedding
from w2v.text import Corpus, Keys, Vocabulary
from w2v.training import INITIAL, HuffmanTree, ranks_near_in_text, stream_key

logger = logging.getLogger(__name__)

_NOISE_PLACES = 2**31 - 1
_KEEP_PLACES = 2**32 - 1


class Counted:
    """What `Word2Vec` knows of words, and its tables before they are trained."""

    wv: KeyedVectors
    syn1: Floats
    syn1neg: Floats
    vector_size: int
    hs: int
    seed: int | None
    sample: float
    ns_exponent: float
    min_count: int
    effective_min_count: int
    max_vocab_size: int | None
    max_final_vocab: int | None
    sorted_vocab: int
    raw_vocab: dict[Hashable, int]
    corpus_count: int
    corpus_total_words: int
    _tree: HuffmanTree | None
    _epochs: int
    """Of all calls of `train`."""

    def build_vocab(
        self,
        corpus_iterable: Source | None = None,
        corpus_file: str | None = None,
        update: bool = False,
        progress_per: int = 10_000,
        keep_raw_vocab: bool = False,
        trim_rule: TrimRule | None = None,
        **kwargs: Any,
    ) -> None:
        """Count tokens, choose the vocabulary, and make the tables; `update` adds new words.

        Raises
        ------
        TypeError
            Both sources are given, or none.
        """
        check_source(corpus_iterable, corpus_file)
        self.scan_vocab(corpus_iterable, corpus_file, progress_per, trim_rule=trim_rule)
        self.prepare_vocab(update, keep_raw_vocab, trim_rule, **kwargs)

    def build_vocab_from_freq(
        self,
        word_freq: Mapping[Hashable, int],
        keep_raw_vocab: bool = False,
        corpus_count: int | None = None,
        trim_rule: TrimRule | None = None,
        update: bool = False,
    ) -> None:
        """The same of counts that are there already."""
        self.raw_vocab = dict(word_freq)
        self.corpus_count = corpus_count or 0
        self.corpus_total_words = sum(self.raw_vocab.values())
        self.prepare_vocab(update, keep_raw_vocab, trim_rule)

    def scan_vocab(
        self,
        corpus_iterable: Source | None = None,
        corpus_file: str | None = None,
        progress_per: int = 10_000,
        workers: int | None = None,
        trim_rule: TrimRule | None = None,
    ) -> tuple[int, int]:
        """Count tokens, into `raw_vocab`; how many there are, and how many sentences."""
        if self.max_vocab_size:
            sentences = lines(corpus_file) if corpus_file is not None else each(corpus_iterable)
            self.raw_vocab, *found = counted_within(sentences, self.max_vocab_size, trim_rule)
            self.corpus_total_words, self.corpus_count = found
            return self.corpus_total_words, self.corpus_count

        def count(words: list[str], counts: NDArray[np.int64]) -> Vocabulary:
            self.raw_vocab = dict(zip(self._named(words, keys), counts.tolist(), strict=True))
            return Vocabulary(tuple(words), counts)

        keys = None if corpus_file is not None else Keys()
        try:
            with read(corpus_iterable, corpus_file, keys, choose=count) as corpus:
                self._note_size(corpus)
        except CorpusError as error:
            if corpus_file is not None:
                raise
            self.raw_vocab, self.corpus_total_words, self.corpus_count = {}, 0, 0
            logger.warning("%s", error)
        return self.corpus_total_words, self.corpus_count

    def prepare_vocab(
        self,
        update: bool = False,
        keep_raw_vocab: bool = False,
        trim_rule: TrimRule | None = None,
        min_count: int | None = None,
        sample: float | None = None,
        dry_run: bool = False,
    ) -> dict[str, Any]:
        """Choose the vocabulary of what `scan_vocab` has counted, and make the tables.

        Returns
        -------
        dict
            How many different tokens are dropped ("drop_unique"), how many tokens stay
            ("retain_total") of how many words ("num_retained_words"), and what subsampling leaves
            of them, about ("downsample_unique", "downsample_total").
        """
        least = self.min_count if min_count is None else min_count
        if sample is not None and not dry_run:
            self.sample = sample
        found, effective = chosen(self.raw_vocab, least, self.max_final_vocab, trim_rule)
        if not dry_run:
            self.effective_min_count = effective
            if min_count is not None:
                self.min_count = min_count
            self._add(found.counts) if update else self._set(found.counts)
            if not keep_raw_vocab:
                self.raw_vocab = {}
        total = sum(found.counts.values())
        kept = self._keep(np.array([*found.counts.values()], np.int64), sample)
        return {
            "drop_unique": found.unique - len(found.counts),
            "retain_total": total,
            "num_retained_words": len(found.counts),
            "downsample_unique": int((kept < 1).sum()),
            "downsample_total": round(float(kept @ np.array([*found.counts.values()], np.int64))),
        }

    def reset_from(self, other_model: Counted) -> None:
        """Take the vocabulary of another model, with fresh tables."""
        other = other_model.wv
        self.corpus_count = other_model.corpus_count
        self.corpus_total_words = other_model.corpus_total_words
        counts = dict(zip(other.index_to_key, other.expandos["count"].tolist(), strict=True))
        self._set(counts, in_order=True)

    def init_weights(self) -> None:
        """Tables as before the first step: small random vectors, and output rows of zero."""
        words = len(self.wv.index_to_key)
        self.wv.vectors = np.zeros((words, self.vector_size), np.float32)
        self._fill(0)
        self.wv.vectors_lockf = np.ones(1, np.float32)
        self._make_output(0)
        self._epochs = 0

    @property
    def cum_table(self) -> NDArray[np.uint32]:
        """(V,): where each word ends among 2**31 - 1 places from which noise is drawn."""
        shares = self._counts() ** float(self.ns_exponent)
        ends: NDArray[np.float64] = np.cumsum(shares) / shares.sum() * _NOISE_PLACES
        return np.array(ends.round(), np.uint32)

    def _counted(
        self, sentences: Source | None, corpus_file: str | None, trim_rule: TrimRule | None
    ) -> Corpus:
        """The corpus as it is trained on, read once where that can be."""
        if self.max_vocab_size:
            self.scan_vocab(sentences, corpus_file, trim_rule=trim_rule)
            self.prepare_vocab(trim_rule=trim_rule)
            self._check_any()
            keys = None if corpus_file is not None else Keys(self.wv.index_to_key)
            names = [str(key) for key in self.wv.index_to_key] if keys is None else None
            vocabulary = Order(self._counts()).vocabulary(names)
            return read(sentences, corpus_file, keys, vocabulary=vocabulary)
        keys = None if corpus_file is not None else Keys()

        def choose(words: list[str], counts: NDArray[np.int64]) -> Vocabulary:
            named = self._named(words, keys)
            self.raw_vocab = dict(zip(named, counts.tolist(), strict=True))
            words_of = dict(zip(named, words, strict=True))
            self.prepare_vocab(trim_rule=trim_rule)
            self._check_any()
            names = [words_of[key] for key in self.wv.index_to_key]
            return Order(self._counts()).vocabulary(names)

        try:
            corpus = read(sentences, corpus_file, keys, choose=choose)
        except CorpusError as error:
            if corpus_file is not None:
                raise
            raise RuntimeError(f"There is no vocabulary to train. {error}") from error
        self._note_size(corpus)
        return corpus

    def _check_any(self) -> None:
        if not len(self.wv.index_to_key):
            raise RuntimeError(
                f"There is no vocabulary to train: no token was counted "
                f"{self.effective_min_count:,} times. Lower `min_count` or give more text."
            )

    def _named(self, words: list[str], keys: Keys | None) -> Sequence[Hashable]:
        return words if keys is None else [keys[int(word)] for word in words]

    def _note_size(self, corpus: Corpus) -> None:
        self.corpus_total_words = corpus.stats.tokens
        self.corpus_count = corpus.stats.lines

    def _counts(self) -> NDArray[np.int64]:
        """Of the rows, each at least 1."""
        counts: NDArray[np.int64] = self.wv.expandos["count"].astype(np.int64)
        return np.maximum(counts, 1)

    def _keep(self, counts: NDArray[np.int64], sample: float | None = None) -> NDArray[np.float64]:
        """Chance of each word to survive subsampling."""
        if not len(counts):
            return np.ones(0)
        threshold = self._threshold(int(counts.sum()), sample)
        words = tuple(map(str, range(len(counts))))
        return Vocabulary(words, np.maximum(counts, 1)).keep_probabilities(threshold)

    def _threshold(self, total: int, sample: float | None = None) -> float:
        """As a share of the text; in gensim one from 1 on is a count."""
        found = float((self.sample if sample is None else sample) or 0)
        return found if found < 1 else found / max(total, 1)

    def _set(self, counts: Mapping[Hashable, int], in_order: bool = False) -> None:
        """Begin with these words."""
        keys, found = list(counts), np.array([*counts.values()], np.int64)
        seen = np.arange(len(keys))  # whose order is that in which they first stand in the text
        if self.sorted_vocab and not in_order:
            order = np.argsort(found, kind="stable")[::-1]  # of one count the last comes first
            keys, found, seen = [keys[i] for i in order.tolist()], found[order], seen[order]
        self.wv = KeyedVectors(self.vector_size)
        self.wv.index_to_key = keys
        self.wv.key_to_index = dict(zip(keys, range(len(keys)), strict=True))
        self.wv.next_index = len(keys)
        self._tell_counts(found)
        self._tree = None
        if self.hs and keys:
            every = self._counts()
            self._tree = HuffmanTree.from_counts(every, ranks_near_in_text(every, seen))
        self.init_weights()

    def _add(self, counts: Mapping[Hashable, int]) -> None:
        """Words that are new, after those that are there; counts add up."""
        known, old = self.wv.key_to_index, len(self.wv.index_to_key)
        found = [*self.wv.expandos["count"].tolist()] if old else []
        for key, count in counts.items():
            if key in known:
                found[known[key]] += count
            else:
                known[key] = len(self.wv.index_to_key)
                self.wv.index_to_key.append(key)
                found.append(count)
        table = np.zeros((len(found), self.vector_size), np.float32)
        if old:
            table[:old] = self.wv.vectors
        self.wv.vectors, self.wv.next_index = table, len(found)
        self._tell_counts(np.array(found, np.int64))
        self._fill(old)
        lock = getattr(self.wv, "vectors_lockf", np.ones(1, np.float32))
        if len(lock) > 1:
            lock = np.concatenate((lock, np.ones(len(found) - len(lock), np.float32)))
        self.wv.vectors_lockf = lock
        self._make_output(old)

    def _tell_counts(self, counts: NDArray[np.int64]) -> None:
        self.wv.expandos["count"] = counts
        keep = self._keep(counts)
        self.wv.expandos["sample_int"] = (keep * _KEEP_PLACES).astype(np.uint32)

    def _fill(self, first: int) -> None:
        """Rows from there on as at a start."""
        numpy = get_backend("numpy")
        key = stream_key(plain_seed(self.seed), INITIAL, self._epochs)
        Embedding.fill_uniform(numpy, self.wv.vectors, key, slice(first, None))

    def _make_output(self, old: int) -> None:
        """Rows of zero for words from `old` on, and a tree that has them."""
        name, words = ("syn1" if self.hs else "syn1neg"), len(self.wv.index_to_key)
        table = np.zeros((words, self.vector_size), np.float32)
        before = getattr(self, name, None) if old else None
        if self.hs and words:
            places = self._grow(old)
            if before is not None and len(places):
                table[places] = before[: len(places)]
        elif before is not None:
            table[:old] = before
        setattr(self, name, table)

    def _grow(self, old: int) -> NDArray[np.int64]:
        """A tree of all words; where the inner nodes of the one before are there."""
        places = np.zeros(0, np.int64)
        if self._tree is None:
            self._tree = HuffmanTree.from_counts(self._counts())
        elif old:
            self._tree, places = self._tree.grown(self._counts())
        self._tell_tree()
        return places

    def _tell_tree(self) -> None:
        tree = self._tree
        assert tree is not None
        bounds = list(zip(tree.offsets[:-1].tolist(), tree.offsets[1:].tolist(), strict=True))
        for name, values in (("code", tree.codes), ("point", tree.nodes)):
            told = np.empty(len(bounds), object)
            told[:] = [values[begin:end] for begin, end in bounds]
            self.wv.expandos[name] = told
