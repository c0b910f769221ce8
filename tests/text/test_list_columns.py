"""Tables with a column of lists: each row is a sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import ipc, parquet
from reading import assert_same
from walks import LISTS, TEXTS

from w2v.text import Table, read_corpus, read_sentences

RNG = np.random.default_rng(3)
WORDS = pa.array(TEXTS)
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
    assert_same(found, read_sentences((LISTS * 25)[:200], min_count=1))
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
