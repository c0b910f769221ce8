"""Word counts to Huffman codes: for each word, the nodes it passes and the turns it takes."""

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike, NDArray

from w2v.backends import get_backend

_NEAR = 16
"""Words of one count that are mixed; see docs/decisions/huffman-ties.md."""


@dataclass(frozen=True, eq=False)
class HuffmanTree:
    """Paths from the root to every word, one after the other.

    Parameters
    ----------
    offsets : int64 (V + 1,)      Path of word w is [offsets[w], offsets[w + 1]) of the other two.
    nodes : int32 (offsets[V],)   Inner nodes, each in [0, V - 1), root first.
    codes : uint8 (offsets[V],)   Turn taken at that node, 0 or 1.

    Notes
    -----
    Inner nodes are numbered as they are made, so the root is node V - 2. A
    single word needs no node: its path is empty.
    """

    offsets: NDArray[np.int64]
    nodes: NDArray[np.int32]
    codes: NDArray[np.uint8]

    @classmethod
    def from_counts(cls, counts: ArrayLike, ranks: ArrayLike | None = None) -> "HuffmanTree":
        """Build the tree of least total code length.

        The two lightest nodes are joined until one is left; the lighter one
        gets code 0. Ties are broken by a rule, so that equal counts give equal
        trees: an older inner node comes before a newer one, an inner node
        before a word, and a word of higher rank before one of lower rank. For
        counts in descending order and ranks that are ids this is the tree of
        word2vec.c.

        Parameters
        ----------
        counts : int (V,)             In any order.
        ranks : int (V,), optional    Ids if left out. Words of equal count and neighbouring rank
                                      end up as neighbours, so let them have something in common.

        Raises
        ------
        ValueError
            `counts` is empty or not a vector of whole numbers of at least 1, or they add up to
            2**63 or more.
        """
        weights = np.asarray(counts)
        if weights.ndim != 1 or not len(weights):
            raise ValueError(f"`counts` must have shape (V,), V at least 1, got {weights.shape}.")
        if not np.issubdtype(weights.dtype, np.integer):
            raise ValueError(f"`counts` must be whole numbers, got {weights.dtype} numbers.")
        if weights.min() < 1:  # ties among zeros would make the tree as deep as it has words
            raise ValueError(f"`counts` must be at least 1, got {weights.min()}.")
        if weights.sum(dtype=np.float64) >= 2.0**63:
            raise ValueError("`counts` must add up to less than 2**63.")
        ties = np.arange(len(weights)) if ranks is None else np.asarray(ranks, np.int64)
        if ties.shape != weights.shape:
            raise ValueError(f"`ranks` must have shape {weights.shape}, got {ties.shape}.")
        weights = weights.astype(np.int64)
        lightest_first = _in_order(weights, _in_order(ties.max() - ties))
        joined = _join(weights[lightest_first])
        return cls(*_descend(lightest_first, joined))

    def grown(
        self, counts: ArrayLike, ranks: ArrayLike | None = None
    ) -> tuple["HuffmanTree", NDArray[np.int64]]:
        """A tree that has more words, and in which those of this one keep their turns.

        This tree becomes a leaf of a Huffman tree of the new words. So every inner node goes on
        deciding between the same words, and what was learnt of it stays true; a word of this tree
        has a few turns more at the start of its path, mostly one or two.

        Parameters
        ----------
        counts : int (V',)            Of the words of this tree, by their ids, and then of others.
        ranks : int (V',), optional   As for `from_counts`; only those of the new words count.

        Returns
        -------
        tree : HuffmanTree            Over V' words.
        places : int64 (V - 1,)       What its inner nodes are called there.

        Notes
        -----
        Inner nodes are numbered by weight, so that the last ones are the most used here too.
        """
        weights = np.asarray(counts, np.int64)
        old = len(self)
        if len(weights) == old:
            return self, np.arange(self.inner_nodes)
        heads = np.concatenate(([weights[:old].sum()], weights[old:]))
        ties = None if ranks is None else np.concatenate(([-1], np.asarray(ranks)[old:]))
        upper = HuffmanTree.from_counts(heads, ties)
        nodes, codes = upper.path(0)
        above = len(nodes)
        lengths = np.concatenate((self.lengths + above, upper.lengths[1:]))
        offsets = np.concatenate(([0], np.cumsum(lengths)))
        all_nodes = np.empty(offsets[-1], np.int64)
        all_codes = np.empty(offsets[-1], np.uint8)
        for i in range(above):
            all_nodes[offsets[:old] + i] = nodes[i] + self.inner_nodes
            all_codes[offsets[:old] + i] = codes[i]
        moved = np.arange(len(self.nodes))
        moved += np.repeat(offsets[:old] + above - self.offsets[:-1], self.lengths)
        all_nodes[moved], all_codes[moved] = self.nodes, self.codes
        all_nodes[offsets[old] :] = upper.nodes[above:].astype(np.int64) + self.inner_nodes
        all_codes[offsets[old] :] = upper.codes[above:]
        passing = np.zeros(len(weights) - 1, np.int64)
        np.add.at(passing, all_nodes, np.repeat(weights, lengths))
        places = np.empty(len(passing), np.int64)
        places[np.argsort(passing, kind="stable")] = np.arange(len(passing))
        tree = HuffmanTree(offsets, places[all_nodes].astype(np.int32), all_codes)
        return tree, places[: self.inner_nodes]

    def reordered(self, words: NDArray[np.int64]) -> "HuffmanTree":
        """The same tree, where the word that was `words[i]` is called i."""
        lengths = self.lengths[words]
        offsets = np.concatenate(([0], np.cumsum(lengths)))
        at = np.arange(offsets[-1]) + np.repeat(self.offsets[:-1][words] - offsets[:-1], lengths)
        return HuffmanTree(offsets, self.nodes[at], self.codes[at])

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def inner_nodes(self) -> int:
        """Number of inner nodes, V - 1."""
        return len(self) - 1

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Code length of each word, int64 (V,)."""
        return np.diff(self.offsets)

    def passing(self, shares: NDArray[np.float64]) -> NDArray[np.float64]:
        """Of each inner node, the shares of the words whose paths meet it, float64 (V - 1,)."""
        passing = np.zeros(self.inner_nodes)
        np.add.at(passing, self.nodes, np.repeat(shares, self.lengths))
        return passing

    def is_one(self, words: int) -> bool:
        """Whether it is a tree at all, and of so many words; one that a file holds may not be.

        Each turn at a node leads to one place; all nodes but the root, and all words, are one.
        """
        offsets, nodes, codes = self.offsets, self.nodes.astype(np.int64), self.codes
        if offsets.shape != (words + 1,) or nodes.ndim != 1 or nodes.shape != codes.shape:
            return False
        if offsets[0] != 0 or offsets[-1] != len(nodes) or (np.diff(offsets) < (words > 1)).any():
            return False
        if words == 1:
            return True
        if nodes.min() < 0 or nodes.max() >= words - 1 or codes.max() > 1:
            return False
        root = nodes[0]
        places = np.append(nodes[1:], 0)  # where each turn leads: to the next node of its path,
        places[offsets[1:] - 1] = np.arange(words - 1, 2 * words - 1)  # or at its end to its word
        turns = 2 * nodes + codes
        leads = np.full(2 * (words - 1), -1, np.int64)
        leads[turns] = places
        if (nodes[offsets[:-1]] != root).any() or (leads[turns] != places).any() or -1 in leads:
            return False
        led = np.bincount(leads, minlength=2 * words - 1)
        return bool(led[root] == 0 and (np.delete(led, root) == 1).all())

    def path(self, word: int) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
        """Nodes and codes of one word, root first, as views."""
        here = slice(self.offsets[word], self.offsets[word + 1])
        return self.nodes[here], self.codes[here]


def ranks_near_in_text(
    counts: NDArray[np.int64], first_seen: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Ranks with which words of one count stay near those that first stand near them in a text.

    So near and no nearer: each 16 of them are mixed, always in the same way, so that equal counts
    and places give equal trees.

    Parameters
    ----------
    counts : int64 (V,)
    first_seen : int64 (V,)      Where each word first stands, see `Corpus.first_seen`.

    Returns
    -------
    ranks : int64 (V,)           For `HuffmanTree.from_counts`; no two are the same.
    """
    chance = get_backend("numpy").random_bits(0, np.arange(_NEAR, dtype=np.uint64))
    mixed, place = np.argsort(chance), np.arange(len(counts))
    ranks = np.empty(len(counts), np.int64)
    ranks[_in_order(counts, _in_order(first_seen))] = place - place % _NEAR + mixed[place % _NEAR]
    return ranks


def _in_order(keys: NDArray[np.int64], order: NDArray[np.int64] | None = None) -> NDArray[np.int64]:
    """Places of keys, none below 0, from low to high; those of one key stay in the order given.

    By 16 bits at a time, for which NumPy counts: a third of the time that comparing takes.
    """
    order = np.arange(len(keys)) if order is None else order
    for shift in range(0, int(keys.max()).bit_length(), 16):
        digits = (keys >> shift).astype(np.uint16)
        order = order[np.argsort(digits[order], kind="stable")]
    return order


def _join(ascending: NDArray[np.int64]) -> NDArray[np.int64]:
    """The nodes in the order they are joined, two by two.

    Leaves are 0 to V - 1 in the order given, inner nodes V + 0, V + 1, ...
    Sums never fall, so inner nodes queue up sorted and no heap is needed. All that comes before
    the sum of the two lightest is joined at once: no sum is lighter. That sum grows by half each
    time at least, so counts that sum to n take some 1.7 log2(n) rounds at most.
    """
    words = len(ascending)
    joined = np.empty(2 * (words - 1), np.int64)
    inner_weights = np.empty(words - 1, np.int64)
    leaf = inner = made = 0
    while made < words - 1:
        queued = inner_weights[inner:made]
        lightest = np.sort(np.concatenate((queued[:2], ascending[leaf : leaf + 2])))[:2].sum()
        leaves = ascending[leaf : np.searchsorted(ascending, lightest)]
        inners = queued[: np.searchsorted(queued, lightest, side="right")]
        ready = np.concatenate((inners, leaves))
        order = np.argsort(ready, kind="stable")  # of equal weight, inner nodes first
        order = order[: len(order) // 2 * 2]
        is_leaf = order >= len(inners)
        joined[2 * made : 2 * made + len(order)] = order + np.where(
            is_leaf, leaf - len(inners), words + inner
        )
        pairs = len(order) // 2
        inner_weights[made : made + pairs] = ready[order].reshape(pairs, 2).sum(axis=1)
        made += pairs
        leaf += int(np.count_nonzero(is_leaf))
        inner += len(order) - int(np.count_nonzero(is_leaf))
    return joined


def _descend(
    words: NDArray[np.int64], joined: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.uint8]]:
    """Walk down from the root to all leaves at once, a level a step.

    Parameters
    ----------
    words : int64 (V,)            The word of each leaf.
    joined : int64 (2 V - 2,)     As `_join` gives them: inner node i is made of 2 i and 2 i + 1.
    """
    levels, lengths = _levels(words, joined)
    offsets = np.concatenate(([0], np.cumsum(lengths)))
    turns = np.empty(offsets[-1], np.int32)  # node i, or ~i where the path takes turn 1
    above = np.empty((1, len(levels)), np.int32)  # to each inner node of a level, and some room
    for depth, (level, leaves, leaf_words, inners) in enumerate(levels, 1):
        last = np.column_stack((level, ~level)).ravel()
        paths = above[leaves >> 1]
        paths[:, depth - 1] = last[leaves]
        ends = sliding_window_view(turns, depth, writeable=True)
        ends[offsets[leaf_words]] = paths[:, :depth]
        above = above[inners >> 1]
        above[:, depth - 1] = last[inners]
    is_one = turns < 0
    nodes = np.invert(turns, out=turns, where=is_one)
    return offsets, nodes, is_one.view(np.uint8)


_Level = tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]


def _levels(
    words: NDArray[np.int64], joined: NDArray[np.int64]
) -> tuple[list[_Level], NDArray[np.int64]]:
    """The inner nodes of each level from the root down, and how long the path of each word is.

    Of each level: the inner nodes; which of their children are leaves, and the words of these;
    which are inner nodes. Child 2 i + c is where turn c at the i-th leads.
    """
    count = len(words)
    children = joined.reshape(-1, 2)
    lengths = np.zeros(count, np.int64)
    levels: list[_Level] = []
    level = np.array([count - 2] if count > 1 else [], np.int64)
    while len(level):
        below = children[level].ravel()
        is_leaf = below < count
        leaf_words = words[below[is_leaf]]
        inners = np.flatnonzero(~is_leaf)
        levels.append((level.astype(np.int32), np.flatnonzero(is_leaf), leaf_words, inners))
        lengths[leaf_words] = len(levels)
        level = below[inners] - count
    return levels, lengths
