"""Rows of groups to sentences, against a plain loop."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plays import GROUPED, PLAYS, as_parquet, lines
from pyarrow import parquet

from w2v import CorpusError, Table
from w2v.text import grouping

cells = st.one_of(st.none(), st.sampled_from(["a", "b c", "d", "e", " "]))
rows = st.lists(
    st.tuples(
        st.one_of(st.none(), st.integers(0, 6)), st.one_of(st.none(), st.integers(-3, 3)), cells
    ),
    max_size=60,
)


def grouped_by_loop(table: list[tuple[Any, Any, Any]], ordered: bool) -> str:
    """Groups as they first appear; each in order, those without a place last."""
    groups: dict[Any, list[tuple[bool, int, str]]] = {}
    for group, at, word in table:
        if group is not None and word is not None and word.strip():
            place = (at is None, at or 0) if ordered else (False, 0)
            groups.setdefault(group, []).append((*place, word.replace(" ", "_")))
    return "".join(
        " ".join(word for *_, word in sorted(found, key=lambda row: row[:2])) + "\n"
        for found in groups.values()
    )


class TestGroups:
    @settings(deadline=None, max_examples=150)
    @given(rows, st.booleans(), st.booleans(), st.sampled_from([1 << 27, 1500, 100]), st.data())
    def test_against_a_loop(
        self, table: Any, together: bool, ordered: bool, memory: int, data: Any
    ) -> None:
        """However rows are laid out and cut into batches, and whatever the memory."""
        if together:
            table.sort(key=lambda row: (row[0] is None, row[0] or 0))
        size = data.draw(st.integers(1, 20))
        schema = pa.schema({"g": pa.int64(), "at": pa.int64(), "w": pa.string()})
        batches = [
            pa.Table.from_pylist(
                [dict(zip(["g", "at", "w"], row, strict=True)) for row in table[at : at + size]],
                schema,
            )
            for at in range(0, len(table), size)
        ] or [schema.empty_table()]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(grouping, "MEMORY_BYTES", memory)
            found = Table(iter(batches), group="g", token="w", order="at" if ordered else None)
            text = "".join(found.pieces())
        assert text == grouped_by_loop(table, ordered)
        assert found.stats.groups == text.count("\n")
        assert found.stats.rows == len(table)

    def test_what_is_spread_is_sorted_on_disk_and_said(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        users, at = np.arange(60_000) % 7_000, np.arange(60_000)[::-1].copy()
        table = pa.table({"u": users, "at": at, "w": at})
        found = Table(table, group="u", order="at", token="w")
        want = "".join(found.pieces())
        assert found.stats.arranged == "in memory"
        monkeypatch.setattr(grouping, "MEMORY_BYTES", 1 << 18)
        assert "".join(found.pieces()) == want
        assert found.stats.arranged == "on disk"
        assert "sorted    on disk: the rows of a u are spread over the table" in found.stats.lines()
        first = [int(word) for word in want.split("\n", maxsplit=1)[0].split()]
        assert first == sorted(at[users == 0].tolist())

    def test_a_disk_that_is_full(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(*_: object) -> None:
            raise CorpusError("Temporary data cannot be written")

        monkeypatch.setattr(grouping, "MEMORY_BYTES", 10)
        monkeypatch.setattr("w2v.text.batch_store.append_to", full)
        with pytest.raises(CorpusError, match="cannot be written"):
            lines(PLAYS, **GROUPED)

    @pytest.mark.parametrize(
        ("values", "want"),
        [
            (["10", "9", " 8"], "c b a\n"),  # numbers
            (["10.5", "9", "-1e3"], "c b a\n"),
            (["2024-02-01 09:00", "2024-01-31 10:00", "2023-01-01"], "c b a\n"),
            (["10", "9", "x"], "a b c\n"),  # text
        ],
    )
    def test_text_as_order(self, values: list[str], want: str) -> None:
        table = Table({"g": [1, 1, 1], "o": values, "w": [*"abc"]}, group="g", order="o", token="w")
        assert "".join(table.pieces()) == want
        assert table.stats.order_as_text == ("x" in values)

    def test_order_of_other_types(self) -> None:
        import datetime

        days = [datetime.date(2024, 1, 3 - i) for i in range(3)]
        large = np.array([2**63, 5, 1], np.uint64)
        for values in (days, [3.5, 2.0, float("nan")], [True, False, None], large):
            table = {"g": [1, 1, 1], "o": values, "w": [*"abc"]}
            text = lines(table, group="g", order="o", token="w")
            assert text in {"c b a\n", "b a c\n"}, values
        with pytest.raises(CorpusError, match=r"'o' holds list<.* which has no order"):
            lines({"g": [1, 1], "o": [[1], [2]], "w": [*"ab"]}, group="g", order="o", token="w")

    def test_order_without_any_value(self, tmp_path: Path) -> None:
        write = parquet.write_table
        nothing = pa.table({"g": [1, 1], "o": pa.nulls(2), "w": ["a", "b"]})
        write(nothing, tmp_path / "b.parquet")
        write(pa.table({"g": [1, 1], "o": [10, 9], "w": ["c", "d"]}), tmp_path / "c.parquet")
        options = {"group": "g", "order": "o", "token": "w"}
        assert lines(nothing, **options) == "a b\n"
        assert lines(tmp_path, **options) == "d c a b\n"
        write(nothing, tmp_path / "d.parquet")
        (tmp_path / "b.parquet").unlink()
        assert lines(tmp_path, **options) == "d c a b\n"

    def test_order_of_one_type_in_all_files(self, tmp_path: Path) -> None:
        as_parquet(tmp_path / "a.parquet")
        (tmp_path / "b.csv").write_text("user,at,artist\n7,x,Eno\n")
        with pytest.raises(CorpusError, match=r"'at' is large_string in .*b\.csv and int64 in"):
            lines(tmp_path, **GROUPED)
