"""Ids as a corpus: arrays, and columns of Arrow, are read as the text of the same numbers."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from reading import assert_same
from walks import ENDS, FLAT, LISTS, TEXTS, WALKS, rows

import w2v
from w2v.text import Corpus, Sentences, Table, read_corpus, read_sentences, read_source

RNG = np.random.default_rng(3)


def as_tensor(array: NDArray[Any]) -> Any:
    """What another library may have."""

    class Tensor:
        shape = array.shape

        def __array__(self, dtype: Any = None, copy: Any = None) -> NDArray[Any]:
            return array

        def __iter__(self) -> Iterator[Any]:
            return map(as_tensor, array)

    return Tensor()


WORDS = pa.array(TEXTS)
KINDS: dict[str, Callable[[], Any]] = {
    "lists": lambda: LISTS,
    "tuples, once": lambda: (tuple(walk) for walk in LISTS),
    "lists of str": lambda: TEXTS,
    "NumPy's numbers in lists": lambda: [list(walk) for walk in WALKS],
    "arrays": lambda: WALKS,
    "arrays, once": lambda: iter(WALKS),
    "arrays of many types": lambda: [
        walk.astype(kind) for walk, kind in zip(WALKS, ["i8", "u8", ">i4", "u1"] * 2, strict=True)
    ],
    "arrays and lists": lambda: [walk if i % 2 else walk.tolist() for i, walk in enumerate(WALKS)],
    "an empty array of floats": lambda: [w if len(w) else np.array([]) for w in WALKS],
    "arrays of str": lambda: [walk.astype(str) for walk in WALKS],
    "arrays of objects": lambda: [walk.astype(object) for walk in WALKS],
    "ends": lambda: Sentences(FLAT, ENDS),
    "offsets": lambda: Sentences(FLAT, np.append(0, ENDS).astype(np.uint16)),
    "a list and ends": lambda: Sentences(FLAT.tolist(), ENDS.tolist()),
    "every second of an array": lambda: Sentences(np.repeat(FLAT, 2)[::2], ENDS),
    "str and ends": lambda: Sentences(FLAT.astype(str), ENDS),
    "padded rows": lambda: Sentences(rows(-1), padding=-1),
    "padded rows of uint64": lambda: Sentences(rows(2**64 - 1, np.uint64), padding=2**64 - 1),
    "padded rows of Fortran": lambda: Sentences(np.asfortranarray(rows(99, np.uint8)), padding=99),
    "padded rows of str": lambda: Sentences(rows(-1).astype(str), padding="-1"),
    "padded lists": lambda: Sentences([[-1, *walk, -1] for walk in LISTS], padding=-1),
    "padded arrays": lambda: Sentences(list(rows(-1)), padding=-1),
    "a tensor": lambda: Sentences(as_tensor(rows(50)), padding=50),
    "tensors": lambda: [as_tensor(walk) for walk in WALKS],
    "list<int>": lambda: pa.array(LISTS),
    "list<string>": lambda: WORDS,
    "large_list<large_string>": lambda: WORDS.cast(pa.large_list(pa.large_string())),
    "list<uint8>": lambda: pa.array(LISTS, pa.list_(pa.uint8())),
    "list<dictionary>": lambda: pa.ListArray.from_arrays(
        WORDS.offsets, WORDS.values.dictionary_encode()
    ),
    "dictionary of ids": lambda: pa.ListArray.from_arrays(
        WORDS.offsets, pa.array(FLAT).dictionary_encode()
    ),
    "dictionary<list>": lambda: pa.DictionaryArray.from_arrays(pa.array(range(len(LISTS))), WORDS),
    "chunked": lambda: pa.chunked_array([WORDS[:3], WORDS[3:3], WORDS[3:]]),
    "a slice": lambda: pa.array([[1, 2], *LISTS, [3]])[1:-1],
    "fixed_size_list, nulls": lambda: pa.FixedSizeListArray.from_arrays(
        pa.array(rows(-1).reshape(-1), mask=rows(-1).reshape(-1) < 0), 30
    ),
    "list<float>": lambda: pa.array([[float(n) for n in walk] + [np.nan] for walk in LISTS]),
    "list<decimal>": lambda: pa.array(LISTS, pa.list_(pa.decimal128(5))),
    "nulls inside": lambda: pa.array([[None, *walk, None] for walk in LISTS]),
    "null lists": lambda: pa.array([walk or None for walk in LISTS]),
    "texts": lambda: pa.array([" ".join(walk) for walk in TEXTS]),
    "texts with a dictionary": lambda: pa.array(map(" ".join, TEXTS)).dictionary_encode(),
    "a table": lambda: Table({"walk": pa.array(LISTS)}, token="walk"),
    "rows of a table": lambda: Table(
        {str(i): pa.array(column, mask=column < 0) for i, column in enumerate(rows(-1).T)},
        columns="all",
    ),
    "grouped": lambda: Table(
        {"g": np.repeat(np.arange(8), list(map(len, WALKS))), "t": FLAT}, group="g", token="t"
    ),
}


def of_text(folder: Path, **options: Any) -> Corpus:
    (folder / "walks.txt").write_text("".join(" ".join(walk) + "\n" for walk in TEXTS))
    return read_corpus(folder / "walks.txt", **options)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("parts", ["small", "large"])
def test_all_are_read_as_the_text_of_the_same_numbers(
    kind: str, parts: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    text = of_text(tmp_path, min_count=2)
    assert text.stats.rare
    if parts == "small":
        request.getfixturevalue("small_parts")
    assert_same(read_source(KINDS[kind](), min_count=2), text)


@pytest.mark.parametrize("kind", ["lists", "arrays", "ends", "padded rows", "list<int>"])
def test_the_same_seed_gives_the_same_bytes(kind: str, tmp_path: Path) -> None:
    of_text(tmp_path, min_count=1)
    options: Any = {"dim": 8, "min_count": 2, "epochs": 2, "workers": 1, "sample": 0}
    options |= {"backend": "numpy"}
    want = w2v.Word2Vec(**options).fit(tmp_path / "walks.txt").vectors
    found = w2v.Word2Vec(**options).fit(KINDS[kind]()).vectors
    assert found.words == want.words
    assert found.matrix.tobytes() == want.matrix.tobytes()


numbers = st.lists(st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 9), max_size=6), max_size=8)


@given(numbers)
def test_numbers_up_to_64_bits(walks: list[list[int]]) -> None:
    text = [list(map(str, walk)) for walk in walks]
    flat = np.array([n for walk in walks for n in walk], np.uint64)
    if not len(flat):
        return
    ends = np.cumsum([len(walk) for walk in walks])
    want = read_sentences(text, min_count=1)
    assert_same(read_sentences(walks, min_count=1), want)
    assert_same(read_sentences(Sentences(flat, ends), min_count=1), want)
    assert_same(read_sentences(np.split(flat, ends[:-1]), min_count=1), want)
    if flat.max() < 2**63:
        assert_same(read_sentences(Sentences(flat.astype(np.int64), ends), min_count=1), want)


def test_wider_numbers_are_words_too() -> None:
    with read_sentences([[2**70, 7], [np.uint64(2**64 - 1)]], min_count=1) as corpus:
        assert set(corpus.vocabulary.words) == {str(2**70), "7", str(2**64 - 1)}
    with pytest.raises(ValueError, match=r"^Sentence 2: an id is -3, and ids are 0 or more\."):
        read_sentences([[2**70], [7, -3]], min_count=1)


def test_a_vocabulary_that_is_known(small_parts: None, tmp_path: Path) -> None:
    words = w2v.Vocabulary.from_counts({7: 3, 8: 2, 39: 1})
    for options in ({"vocabulary": words}, {"known": words, "min_count": 2}):
        found = read_sentences(Sentences(rows(-1), padding=-1), **options)
        assert_same(found, of_text(tmp_path, **options))


def test_no_loop_over_tokens() -> None:
    """A loop over these takes 25 times as long as the sum that both are measured by."""
    walks = RNG.integers(0, 10_000, (12_500, 80))
    flat, ends = walks.reshape(-1), np.arange(80, 1_000_001, 80)
    lists = pa.LargeListArray.from_arrays(np.append(0, ends), pa.array(flat))
    read_sentences(walks[:10], min_count=1)  # Arrow is loaded

    def seconds(work: Callable[[], object]) -> float:
        times = []
        for _ in range(3):
            started = time.process_time()
            work()
            times.append(time.process_time() - started)
        return min(times)

    loop = seconds(lambda: [token + 1 for token in flat.tolist()])
    for source in (walks, list(walks), Sentences(flat, ends), lists):
        assert seconds(partial(read_source, source)) < 5 * loop


def test_memory_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By different ids and parts, whatever the length; a mapped array is read as it goes by."""
    monkeypatch.setattr("w2v.text.side_by_side.usable_threads", lambda: 2)
    monkeypatch.setattr("w2v.text.sentences._PART_TOKENS", 1 << 18)
    walks = np.lib.format.open_memmap(
        tmp_path / "walks.npy", "w+", dtype=np.int64, shape=(100_000, 80)
    )
    walks[:] = RNG.integers(0, 1000, walks.shape)
    read_sentences(walks[:100]).close()
    tracemalloc.start()
    try:
        read_sentences(walks).close()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < walks.nbytes / 2  # a third by pieces that the two threads have in hand
