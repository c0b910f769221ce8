"""What was written is read, bit for bit."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from vector_tables import assert_same, assert_table

from w2v.formats import read_vectors, write_vectors

Table = npt.NDArray[np.float32]


def test_the_comparison_compares() -> None:
    with pytest.raises(AssertionError):
        assert_same((["a"], np.zeros((1, 1), np.float32)), ["a"], [[-0.0]])


words_lists = st.lists(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters=" \t\r\n\0"), min_size=1),
    min_size=1,
    max_size=5,
    unique=True,
)


@st.composite
def vectors(draw: st.DrawFn) -> tuple[list[str], Table]:
    words = draw(words_lists)
    shape = (len(words), draw(st.integers(1, 5)))
    return words, draw(hnp.arrays(np.float32, shape, elements=st.floats(width=32)))


ALL = ["v.txt", "v.bin", "v.vec.gz", "v.bin.zst", "v.npz", "v.safetensors"]


@pytest.mark.parametrize("name", ALL)
@settings(deadline=None, derandomize=True)
@given(vectors())
def test_what_was_written_is_read_bit_for_bit(name: str, case: tuple[list[str], Table]) -> None:
    words, table = case
    if name in ("v.txt", "v.vec.gz"):  # text has one NaN only
        table = np.where(np.isnan(table), np.float32(np.nan), table)
    with tempfile.TemporaryDirectory() as folder:
        write_vectors(f"{folder}/{name}", words, table)
        told = "binary" if ".bin" in name else None  # few printable bytes may be text as well
        assert_same(read_vectors(f"{folder}/{name}", format=told), words, table)


@pytest.mark.parametrize("name", ALL)
def test_round_trip_of_many_ordinary_numbers(tmp_path: Path, name: str) -> None:
    rng = np.random.default_rng(3)
    for dim in (1, 100):
        table = rng.normal(0, 0.1, (1000, dim)).astype(np.float32)
        words = [f"w{i}" for i in range(1000)]
        write_vectors(tmp_path / name, words, table)
        assert_same(read_vectors(tmp_path / name), words, table)


def test_decimals_of_both_readers_are_the_nearest_float32(tmp_path: Path) -> None:
    rng = np.random.default_rng(13)
    bits = rng.integers(0, 2**32, 20_000, dtype=np.uint32)
    edges = np.array([0, 1, 0x7FFFFF, 0x800000, 0x7F7FFFFF], np.uint32)
    table = np.concatenate([edges, edges | 0x80000000, bits]).view(np.float32)
    table = table[np.isfinite(table)]
    table = table[: len(table) // 10 * 10].reshape(-1, 10)
    words = [f"w{row}" for row in range(len(table))]
    for form in ("{}", "{:.9g}", "{:.8e}"):
        lines = [" ".join([w, *map(form.format, r)]) for w, r in zip(words, table, strict=True)]
        text = "\n".join([*lines, ""])
        (tmp_path / "fast").write_text(text)
        (tmp_path / "slow").write_text(text.replace(" ", "\t"))
        for name in ("fast", "slow"):
            assert_table(read_vectors(tmp_path / name), words, table, None)
