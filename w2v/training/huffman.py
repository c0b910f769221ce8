"""Word counts to Huffman codes: for each word, the nodes it passes and the turns it takes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray


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
            `counts` is empty or not a vector of whole numbers of at least 1.
        """
        weights = np.asarray(counts)
        if weights.ndim != 1 or not len(weights):
            raise ValueError(f"`counts` must have shape (V,), V at least 1, got {weights.shape}.")
        if not np.issubdtype(weights.dtype, np.integer):
            raise ValueError(f"`counts` must be whole numbers, got {weights.dtype} numbers.")
        if weights.min() < 1:  # ties among zeros would make the tree as deep as it has words
            raise ValueError(f"`counts` must be at least 1, got {weights.min()}.")
        ties = np.arange(len(weights)) if ranks is None else np.asarray(ranks, np.int64)
        if ties.shape != weights.shape:
            raise ValueError(f"`ranks` must have shape {weights.shape}, got {ties.shape}.")
        lightest_first = np.lexsort((-ties, weights))
        joined = _join(weights[lightest_first].tolist())
        parent = np.empty(2 * len(weights) - 1, np.int64)
        code = np.empty(2 * len(weights) - 1, np.uint8)
        parent[joined] = np.arange(len(joined)) // 2
        code[joined] = np.arange(len(joined)) % 2
        leaves = np.empty(len(weights), np.int64)
        leaves[lightest_first] = np.arange(len(weights))
        return cls(*_climb(leaves, parent, code))

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


def _join(ascending: list[int]) -> NDArray[np.int64]:
    """The nodes in the order they are joined, two by two.

    Leaves are 0 to V - 1 in the order given, inner nodes V + 0, V + 1, ...
    Sums never fall, so inner nodes queue up sorted and no heap is needed.
    """
    words = len(ascending)
    never = sum(ascending) + 1  # heavier than any node: marks the end of both queues
    leaf_weights = [*ascending, never]
    inner_weights = [never] * words
    joined = []
    leaf = inner = 0
    for made in range(words - 1):
        weight = 0
        for _ in range(2):
            if leaf_weights[leaf] < inner_weights[inner]:
                weight += leaf_weights[leaf]
                joined.append(leaf)
                leaf += 1
            else:
                weight += inner_weights[inner]
                joined.append(words + inner)
                inner += 1
        inner_weights[made] = weight
    return np.array(joined, dtype=np.int64)


def _climb(
    leaves: NDArray[np.int64], parent: NDArray[np.int64], code: NDArray[np.uint8]
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.uint8]]:
    """Walk up from all leaves at once, a level a step.

    A tree of counts that sum to n has at most about 1.44 log2(n) levels, so the steps are few.
    """
    words = len(leaves)
    root = 2 * words - 2
    lengths = np.zeros(words, np.int64)
    climbers, at = np.arange(words), leaves
    while len(climbers := climbers[at != root]):
        at = words + parent[at[at != root]]
        lengths[climbers] += 1
    offsets = np.concatenate(([0], np.cumsum(lengths)))
    nodes = np.empty(offsets[-1], np.int32)
    codes = np.empty(offsets[-1], np.uint8)
    here, at = offsets[1:], leaves  # paths are filled from their ends
    while len(at):
        climbing = at != root
        here, at = here[climbing] - 1, at[climbing]
        codes[here] = code[at]
        nodes[here] = parent[at]
        at = words + parent[at]
    return offsets, nodes, codes
