"""Huffman trees: the laws of an optimal prefix code, and the tree itself on small cases."""

import heapq
from itertools import pairwise
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from loops import lines_run

from w2v.training.huffman import HuffmanTree, ranks_near_in_text

few_counts = st.lists(st.integers(1, 20), min_size=1, max_size=40)
wild_counts = st.lists(st.integers(1, 2**50), min_size=1, max_size=40)
counts_lists = few_counts | wild_counts


def codes_of(tree: HuffmanTree) -> list[str]:
    return ["".join(map(str, tree.path(word)[1])) for word in range(len(tree))]


def optimal_cost(counts: list[int]) -> int:
    """Sum of the weights that a heap joins: the least total code length there is."""
    heap = list(counts)
    heapq.heapify(heap)
    cost = 0
    while len(heap) > 1:
        joined = heapq.heappop(heap) + heapq.heappop(heap)
        cost += joined
        heapq.heappush(heap, joined)
    return cost


def joined_by_a_heap(counts: list[int], ranks: list[int]) -> list[tuple[list[int], str]]:
    """The path of each word, by the rule for ties: nodes from the root on, and codes."""
    paths: list[tuple[list[int], str]] = [([], "") for _ in counts]
    heap = [(n, 1, -rank, [w]) for w, (n, rank) in enumerate(zip(counts, ranks, strict=True))]
    heapq.heapify(heap)
    for node in range(len(counts) - 1):
        first, second = heapq.heappop(heap), heapq.heappop(heap)
        for code, part in enumerate((first, second)):
            for word in part[3]:
                paths[word] = [node, *paths[word][0]], f"{code}{paths[word][1]}"
        heapq.heappush(heap, (first[0] + second[0], 0, node, first[3] + second[3]))
    return paths


@given(st.lists(st.integers(1, 6), min_size=1, max_size=40) | counts_lists, st.randoms())
def test_the_tree_is_that_of_joining_one_by_one(counts: list[int], chance: Random) -> None:
    ranks = list(range(len(counts)))
    chance.shuffle(ranks)
    tree = HuffmanTree.from_counts(counts, ranks)
    found = [(tree.path(word)[0].tolist(), code) for word, code in enumerate(codes_of(tree))]
    assert found == joined_by_a_heap(counts, ranks)


def test_no_loop_over_words() -> None:
    few, many = (
        lines_run(HuffmanTree.from_counts, 10**7 // np.arange(1, words))
        for words in (1_000, 20_000)
    )
    assert 0 < many < 2 * few < 3_000


def test_tree_worked_by_hand() -> None:
    # 1 + 2 = node 0 (3), 3 + node 0 = node 1 (6), node 1 + 8 = node 2, the root
    tree = HuffmanTree.from_counts([8, 3, 2, 1])
    assert tree.offsets.tolist() == [0, 1, 3, 6, 9]
    assert tree.nodes.tolist() == [2, 2, 1, 2, 1, 0, 2, 1, 0]
    assert codes_of(tree) == ["1", "01", "001", "000"]
    assert tree.lengths.tolist() == [1, 2, 3, 3]
    assert tree.inner_nodes == 3


def test_order_of_counts_does_not_matter_to_the_shape() -> None:
    assert codes_of(HuffmanTree.from_counts([1, 8, 2, 3])) == ["000", "1", "001", "01"]


def test_ties_follow_the_rule() -> None:
    # among words the higher id first; 1 + 1 = node 0 (2) before the words of 2
    assert codes_of(HuffmanTree.from_counts([1, 1])) == ["1", "0"]
    assert codes_of(HuffmanTree.from_counts([2, 2, 1, 1])) == ["0", "11", "101", "100"]
    assert codes_of(HuffmanTree.from_counts([1, 1, 1, 1])) == ["11", "10", "01", "00"]


def test_array_types() -> None:
    tree = HuffmanTree.from_counts(np.array([3, 2, 1], np.uint32))
    assert tree.offsets.dtype == np.int64
    assert tree.nodes.dtype == np.int32
    assert tree.codes.dtype == np.uint8
    assert tree.lengths.dtype == np.int64


def test_one_word_has_an_empty_path() -> None:
    tree = HuffmanTree.from_counts([7])
    assert len(tree) == 1
    assert tree.inner_nodes == 0
    assert tree.offsets.tolist() == [0, 0]
    assert tree.nodes.shape == tree.codes.shape == (0,)


@given(counts_lists)
def test_codes_are_prefix_free_and_complete(counts: list[int]) -> None:
    tree = HuffmanTree.from_counts(counts)
    codes = sorted(codes_of(tree))
    assert len(set(codes)) == len(counts)
    assert not any(b.startswith(a) for a, b in pairwise(codes))
    longest = max(map(len, codes))
    assert sum(2 ** (longest - len(code)) for code in codes) == 2**longest


@given(counts_lists)
def test_cost_is_optimal(counts: list[int]) -> None:
    lengths = HuffmanTree.from_counts(counts).lengths.tolist()
    cost = sum(count * length for count, length in zip(counts, lengths, strict=True))
    assert cost == optimal_cost(counts)


@given(counts_lists)
def test_paths_make_one_binary_tree(counts: list[int]) -> None:
    """Every inner node is left by both turns, each leading to one place, and all start at V - 2."""
    tree = HuffmanTree.from_counts(counts)
    turns: dict[tuple[int, int], tuple[str, int]] = {}
    for word in range(len(tree)):
        nodes, codes = (array.tolist() for array in tree.path(word))
        assert nodes[:1] == [len(counts) - 2][: len(nodes)]
        assert nodes == sorted(nodes, reverse=True)
        places = [("node", node) for node in nodes[1:]] + [("word", word)]
        for node, code, place in zip(nodes, codes, places, strict=False):
            assert turns.setdefault((node, code), place) == place
    assert set(turns) == {(node, code) for node in range(len(counts) - 1) for code in (0, 1)}
    assert len(set(turns.values())) == len(turns)


@given(counts_lists)
def test_lighter_words_are_no_shorter(counts: list[int]) -> None:
    counts = sorted(counts, reverse=True)
    assert (np.diff(HuffmanTree.from_counts(counts).lengths) >= 0).all()


def test_deepest_tree_int64_can_hold() -> None:
    counts = [1, 1]
    while counts[-1] < 2**60:
        counts.append(counts[-1] + counts[-2])
    lengths = HuffmanTree.from_counts(counts).lengths
    assert lengths.max() == len(counts) - 1
    assert lengths.sum() == sum(range(1, len(counts))) + len(counts) - 1


def test_a_hundred_thousand_words() -> None:
    counts = 10**7 // np.arange(1, 100_001)
    tree = HuffmanTree.from_counts(counts)
    assert int((counts * tree.lengths).sum()) == optimal_cost(counts.tolist())
    assert np.ldexp(1.0, -tree.lengths).sum() == 1.0
    assert tree.nodes.max() == len(counts) - 2


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ([], r"shape \(V,\), V at least 1, got \(0,\)"),
        ([[1, 2]], r"V at least 1, got \(1, 2\)"),
        ([3, 0], "at least 1, got 0"),
        ([3, -2], "at least 1, got -2"),
        ([1.5, 2.0], "whole numbers, got float64"),
        ([2**62, 2**62], r"add up to less than 2\*\*63"),
    ],
)
def test_counts_that_make_no_tree(counts: list[float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        HuffmanTree.from_counts(counts)


def test_ranks_decide_between_equal_counts() -> None:
    counts = [9, 4, 4, 4, 4, 1]
    ranks = [0, 2, 5, 1, 4, 3]
    tree = HuffmanTree.from_counts(counts, ranks)
    by_rank = HuffmanTree.from_counts([9, 4, 4, 4, 4, 1])  # of ids 3, 1, 4, 2 in that order
    for word, place in ((0, 0), (3, 1), (1, 2), (4, 3), (2, 4), (5, 5)):
        for found, expected in zip(tree.path(word), by_rank.path(place), strict=True):
            np.testing.assert_array_equal(found, expected)
    with pytest.raises(ValueError, match="`ranks` must have shape"):
        HuffmanTree.from_counts(counts, [1, 2])


def test_words_of_one_count_are_near_those_near_them_in_the_text_but_not_next_to_them() -> None:
    rng = np.random.default_rng(3)
    first_seen = rng.permutation(4096)
    counts = np.repeat([9, 5], 2048)
    ranks = ranks_near_in_text(counts, first_seen)
    assert sorted(ranks) == list(range(4096))
    assert ranks_near_in_text(counts, first_seen).tobytes() == ranks.tobytes()
    neighbours = 0
    for alike in (slice(0, 2048), slice(2048, 4096)):
        by_text = np.argsort(np.argsort(first_seen[alike]))
        by_rank = np.argsort(np.argsort(ranks[alike]))
        assert np.abs(by_text - by_rank).max() < 16
        neighbours += (np.abs(np.diff(by_text[np.argsort(by_rank)])) == 1).sum()
    assert neighbours < 0.25 * 4096
    few = ranks_near_in_text(np.array([7, 7, 3]), np.array([5, 0, 9]))
    assert len(HuffmanTree.from_counts([7, 7, 3], few)) == len(set(few)) == 3


@given(few_counts, few_counts, few_counts)
def test_a_grown_tree_keeps_the_turns_of_its_words(
    before: list[int], seen: list[int], added: list[int]
) -> None:
    tree = HuffmanTree.from_counts(before)
    counts = [n + seen[i % len(seen)] for i, n in enumerate(before)] + added
    grown, places = tree.grown(counts)
    assert len(grown) == len(counts)
    codes = codes_of(grown)
    above = len(codes[0]) - len(codes_of(tree)[0])
    heads = HuffmanTree.from_counts([sum(counts[: len(before)]), *added])
    for word, code in enumerate(codes_of(tree)):
        assert codes[word] == codes_of(heads)[0] + code
        nodes, _ = grown.path(word)
        assert nodes[above:].tolist() == places[tree.path(word)[0]].tolist()
    assert codes[len(before) :] == codes_of(heads)[1:]
    # a prefix code with a node for each way it branches, the root last and none heavier below
    assert sum(2.0 ** -len(code) for code in codes) == 1
    prefixes: dict[int, set[str]] = {}
    weights = np.zeros(len(counts) - 1, np.int64)
    for word, code in enumerate(codes):
        for depth, node in enumerate(grown.path(word)[0].tolist()):
            prefixes.setdefault(node, set()).add(code[:depth])
            weights[node] += counts[word]
    assert sorted(prefixes) == list(range(len(counts) - 1))
    assert all(len(found) == 1 for found in prefixes.values())
    assert len(set(map(min, prefixes.values()))) == len(prefixes)
    assert prefixes[len(counts) - 2] == {""}
    assert (np.diff(weights) >= 0).all()


def test_nodes_are_met_by_the_words_below_them() -> None:
    tree = HuffmanTree.from_counts([8, 3, 2, 1])
    assert tree.passing(np.array([0.5, 0.3, 0.2, 0.0])) == pytest.approx([0.2, 0.5, 1.0])


def test_a_tree_without_new_words_is_itself() -> None:
    tree = HuffmanTree.from_counts([5, 3, 2])
    grown, places = tree.grown([9, 3, 4])
    assert grown is tree
    assert places.tolist() == [0, 1]


@given(few_counts)
def test_a_reordered_tree_is_the_same_for_other_ids(counts: list[int]) -> None:
    tree = HuffmanTree.from_counts(counts)
    words = np.random.default_rng(len(counts)).permutation(len(counts))
    again = tree.reordered(words)
    for i, word in enumerate(words.tolist()):
        for ours, theirs in ((again.path(i)[k], tree.path(word)[k]) for k in (0, 1)):
            assert np.array_equal(ours, theirs)
