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
from pyarrow import ipc, parquet

import w2v
from w2v.text import (
    Corpus,
    Sentences,
    Table,
    read_corpus,
    read_sentences,
    read_source,
    table_rows,
    token_lists,
)
from w2v.text import sentences as sentences_module

RNG = np.random.default_rng(3)
WALKS = [RNG.integers(0, 40, size) for size in (5, 0, 12, 1, 7, 30, 2, 9)]
FLAT = np.concatenate(WALKS)
ENDS = np.cumsum([len(walk) for walk in WALKS])
LISTS = [walk.tolist() for walk in WALKS]
TEXTS = [list(map(str, walk)) for walk in LISTS]


def rows(fill: int, kind: type = np.int64) -> NDArray[Any]:
    """The walks as rows of one array, filled up."""
    array: NDArray[Any] = np.full((len(WALKS), 30), fill, kind)
    for row, walk in zip(array, WALKS, strict=True):
        row[: len(walk)] = walk
    return array


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


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of a few tokens."""
    monkeypatch.setattr(token_lists, "_BATCH_TOKENS", 4)
    monkeypatch.setattr(sentences_module, "_PART_TOKENS", 11)
    monkeypatch.setattr(table_rows, "_LIST_TOKENS", 6)
    monkeypatch.setattr("w2v.text.splitting._MERGE_WORDS", 4)


def of_text(folder: Path, **options: Any) -> Corpus:
    (folder / "walks.txt").write_text("".join(" ".join(walk) + "\n" for walk in TEXTS))
    return read_corpus(folder / "walks.txt", **options)


def same(found: Corpus, text: Corpus) -> bool:
    assert found.vocabulary == text.vocabulary
    assert found.ids.tobytes() == text.ids.tobytes()
    assert found.ends.tobytes() == text.ends.tobytes()
    assert found.first_seen().tolist() == text.first_seen().tolist()
    a, b = found.stats, text.stats
    return (a.tokens, a.rare, a.sentences, a.types) == (b.tokens, b.rare, b.sentences, b.types)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("parts", ["small", "large"])
def test_all_are_read_as_the_text_of_the_same_numbers(
    kind: str, parts: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    text = of_text(tmp_path, min_count=2)
    assert text.stats.rare
    if parts == "small":
        request.getfixturevalue("small")
    assert same(read_source(KINDS[kind](), min_count=2), text)


TABLES: dict[str, Any] = {
    "list<int>": pa.array(LISTS),
    "list<string>": WORDS,
    "list<dictionary>": pa.ListArray.from_arrays(WORDS.offsets, WORDS.values.dictionary_encode()),
    "nulls": pa.array([[None, *walk] if walk else None for walk in LISTS]),
    "large_list<uint64>": pa.array(LISTS, pa.large_list(pa.uint64())),
}


@pytest.mark.parametrize("kind", TABLES)
@pytest.mark.parametrize("suffix", ["parquet", "arrow", "stream"])
def test_many_row_groups(kind: str, suffix: str, tmp_path: Path) -> None:
    """A hundred, each with a dictionary of its own where there are any."""
    file = tmp_path / f"t.{suffix}"
    lists = pa.concat_arrays([TABLES[kind]] * 25).slice(0, 200)
    table = pa.table({"id": range(200), "w": lists})
    if suffix == "parquet":
        with parquet.ParquetWriter(file, table.schema) as writer:
            for start in range(0, 200, 2):
                part = table.slice(start, 2).to_pylist()
                writer.write_table(pa.Table.from_pylist(part, table.schema))
        assert parquet.ParquetFile(file).num_row_groups == 100
    else:
        new = ipc.new_file if suffix == "arrow" else ipc.new_stream
        with new(str(file), table.schema) as out:
            out.write_table(table, max_chunksize=2)
    found = read_corpus(Table(file, token="w"), min_count=1)
    assert same(found, read_sentences((LISTS * 25)[:200], min_count=1))
    assert found.stats.table is not None
    assert found.stats.table.rows == 200
    assert found.stats.table.dropped == {"w": 25}


@pytest.mark.parametrize("kind", ["list<int>", "list<dictionary>"])
def test_memory_is_bounded_by_a_row_group(kind: str, tmp_path: Path) -> None:
    flat = RNG.integers(0, 2000, (20, 40_000))
    names = pa.array([f"item{i}" for i in range(2000)])
    offsets = np.arange(0, 40_001, 20, dtype=np.int32)

    def written(groups: int) -> Path:
        file = tmp_path / f"{groups}.parquet"
        writer = None
        for some in np.tile(flat, (groups // 20, 1)):
            tokens = pa.array(some.astype(np.int32))
            if kind == "list<dictionary>":
                tokens = pa.DictionaryArray.from_arrays(tokens, names)
            table = pa.table({"w": pa.ListArray.from_arrays(offsets, tokens)})
            writer = writer or parquet.ParquetWriter(file, table.schema)
            writer.write_table(table)
        assert writer
        writer.close()
        return file

    def most(groups: int) -> int:
        """Bytes that Arrow holds at any time, looked at each time words are numbered."""
        parts = Table(written(groups), token="w").parts()
        return max(int(pa.total_allocated_bytes()) for _ in parts) - before

    before = int(pa.total_allocated_bytes())
    assert most(100) < 1.5 * most(20)


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
    assert same(read_sentences(walks, min_count=1), want)
    assert same(read_sentences(Sentences(flat, ends), min_count=1), want)
    assert same(read_sentences(np.split(flat, ends[:-1]), min_count=1), want)
    if flat.max() < 2**63:
        assert same(read_sentences(Sentences(flat.astype(np.int64), ends), min_count=1), want)


def test_wider_numbers_are_words_too() -> None:
    with read_sentences([[2**70, 7], [np.uint64(2**64 - 1)]], min_count=1) as corpus:
        assert set(corpus.vocabulary.words) == {str(2**70), "7", str(2**64 - 1)}
    with pytest.raises(ValueError, match=r"^Sentence 2: an id is -3, and ids are 0 or more\."):
        read_sentences([[2**70], [7, -3]], min_count=1)


def test_a_vocabulary_that_is_known(small: None, tmp_path: Path) -> None:
    words = w2v.Vocabulary.from_counts({7: 3, 8: 2, 39: 1})
    for options in ({"vocabulary": words}, {"known": words, "min_count": 2}):
        found = read_sentences(Sentences(rows(-1), padding=-1), **options)
        assert same(found, of_text(tmp_path, **options))


REFUSED: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "one array": (
        lambda: FLAT,
        TypeError,
        r"^One array of ids does not say where sentences end: give w2v\.Sentences\(ids, ends\), or",
    ),
    "one Arrow array": (
        lambda: pa.array(FLAT),
        TypeError,
        r"^An Arrow array of int64 was given where .* w2v\.Sentences\(ids, ends\) says where",
    ),
    "floats": (
        lambda: rows(0).astype(float),
        TypeError,
        r"^An array of tokens must hold whole numbers or str, got float64\. Numbers that are whole "
        r"become so with `array\.astype\(np\.int64\)`\.$",
    ),
    "truth values": (lambda: rows(0) > 0, TypeError, "must hold whole numbers or str, got bool"),
    "bytes": (lambda: rows(0).astype("S"), TypeError, r"whole numbers or str, got \|S2"),
    "arrays of floats": (
        lambda: [WALKS[0], WALKS[2] / 2],
        TypeError,
        r"^Sentence 2: a token must be a str or an int, got [0-9.]+ \(float\)\.$",
    ),
    "no axis": (lambda: np.array(5), ValueError, r"a row for each sentence.*got the shape \(\)\.$"),
    "sentences in sentences": (
        lambda: Sentences(Sentences([["a"]])),
        TypeError,
        r"^A corpus must be a path or an iterable of token lists, got <Sentences: \[\['a'\]\]>",
    ),
    "a path in sentences": (
        lambda: Sentences("corpus.txt"),
        TypeError,
        r"^Sentences must be lists of tokens, got 'corpus\.txt' \(str\)\. To read files, give",
    ),
    "a table in sentences": (
        lambda: Sentences(pa.table({"a": [1], "b": [2]})),
        w2v.ConfigError,
        r"^A table has columns, a, b, .* Give w2v\.Table\(\.\.\., columns='all'\) instead",
    ),
    "three axes": (
        lambda: rows(0).reshape(2, 4, 30),
        ValueError,
        r"a row for each sentence, \(S, L\), .* got the shape \(2, 4, 30\)\.$",
    ),
    "padding that was not named": (
        lambda: rows(-1)[4:],
        ValueError,
        r"^Sentence 1: an id is -1, and ids are 0 or more\. If it fills short rows up, say so: "
        r"w2v\.Sentences\(\.\.\., padding=-1\)\.",
    ),
    "a negative number in a list": (
        lambda: [[3], [4, 5], [6, -2]],
        ValueError,
        r"^Sentence 3: an id is -2, .* `ids\.astype\(str\)` does\.$",
    ),
    "a negative number later": (
        lambda: Sentences(np.array([1, 2, 3, 4, 5, -9]), [1, 4, 6]),
        ValueError,
        r"^Sentence 3: an id is -9,",
    ),
    "numbers, then text": (
        lambda: [WALKS[0], ["a"]],
        TypeError,
        r"^Sentence 2: its tokens are str, and those before are numbers\. Make str of all\.$",
    ),
    "text, then numbers": (
        lambda: [["a"], WALKS[0]],
        TypeError,
        r"^Sentence 2: a token is a number, \d+ \(int\), and others are str\. Make str of all",
    ),
    "both in one list": (
        lambda: [[7, "a"]],
        TypeError,
        r"^Sentence 1: a token is a number, 7 \(int\), and others are str\.",
    ),
    "no word": (
        lambda: np.array([["a", "b"], ["a", "new york"]]),
        ValueError,
        r"^Sentence 2: a token must be UTF-8 text .*, got 'new york' \(str\)\.$",
    ),
    "a masked array": (
        lambda: np.ma.masked_equal(rows(-1), -1),
        TypeError,
        r"^A masked array was given, .* w2v\.Sentences\(array\.filled\(-1\), padding=-1\)\.$",
    ),
    "masked arrays": (
        lambda: [np.ma.masked_equal(row, -1) for row in rows(-1)],
        TypeError,
        "^A masked array was given",
    ),
    "ends that stop early": (
        lambda: Sentences(FLAT, ENDS[:-1]),
        ValueError,
        r"^`ends` must not fall, from 0 on, and its last must be the number of tokens, 66; got",
    ),
    "ends that fall": (lambda: Sentences(FLAT, [9, 3, 66]), ValueError, "^`ends` must not fall"),
    "negative ends": (lambda: Sentences(FLAT, [-1, 66]), ValueError, "^`ends` must not fall"),
    "ends that are shares": (
        lambda: Sentences(FLAT, [0.5, 1.0]),
        TypeError,
        r"^`ends` must be whole numbers along one axis, got float64 of the shape \(2,\)\.$",
    ),
    "ends of rows": (lambda: Sentences(rows(0), [8]), ValueError, r"one axis and `ends`, \(N,\)"),
    "ends of lists": (lambda: Sentences([["a"], ["b"]], [2]), ValueError, r"one axis and `ends`"),
    "padding that is none": (
        lambda: Sentences(WALKS, padding=1.5),  # type: ignore[arg-type]
        TypeError,
        r"^`padding` must be a token, an int or a str, got 1\.5 \(float\)\.$",
    ),
    "nothing but padding": (
        lambda: Sentences(np.full((3, 4), -1), padding=-1),
        w2v.CorpusError,
        r"^There is no token in the sentences\.",
    ),
    "no rows": (lambda: np.zeros((0, 80)), w2v.CorpusError, r"^There is no token in"),
    "a column of structs": (
        lambda: pa.array([[{"a": 1}]]),
        w2v.CorpusError,
        "The column 'sentences' holds struct",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(case: str) -> None:
    make, error, message = REFUSED[case]
    with pytest.raises(error, match=message):
        read_source(make(), min_count=1)


def test_ends_and_padding_are_not_for_texts() -> None:
    tokenizer = w2v.Tokenizer(lower=True)
    with pytest.raises(TypeError, match="With a `tokenizer` sentences are texts, without `ends`"):
        read_sentences(Sentences(["A b"], padding="b"), tokenizer=tokenizer)
    with read_sentences(Sentences(["A b", "B"]), tokenizer=tokenizer, min_count=1) as corpus:
        assert corpus.vocabulary.words == ("b", "a")
    with read_sentences(pa.array(["A b", "B"]), tokenizer=tokenizer, min_count=1) as corpus:
        assert corpus.vocabulary.words == ("b", "a")


def test_sentences_are_shown_by_what_was_given() -> None:
    assert repr(Sentences([["a"]])) == "<Sentences: [['a']]>"
    assert repr(Sentences(["a", "b"], [2])).endswith("ends=array([2])>")
    assert len(Sentences(FLAT, ENDS)) == len(Sentences(rows(0))) == len(Sentences(LISTS)) == 8


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


def test_memory_is_bounded(tmp_path: Path) -> None:
    """By different ids and a part, whatever the length; a mapped array is read as it goes by."""
    walks = np.lib.format.open_memmap(
        tmp_path / "walks.npy", "w+", dtype=np.int64, shape=(50_000, 80)
    )
    walks[:] = RNG.integers(0, 1000, walks.shape)

    def peak(count: int) -> int:
        tracemalloc.start()
        try:
            read_sentences(walks[:count]).close()
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(100)
    assert peak(50_000) < 1.3 * peak(25_000)
