"""Tables of a program: the same lines from every kind of frame."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from plays import GROUPED, LINES, PLAYS, QUICK, lines

from w2v import ConfigError, Phrases, Table, Word2Vec


class OnlyStream:
    """A frame that has the protocol and nothing else."""

    def __init__(self, table: Any) -> None:
        self._table = table

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._table.__arrow_c_stream__(requested_schema)


class OnlyArray:
    def __init__(self, table: Any) -> None:
        (self._batch,) = table.to_batches()

    def __arrow_c_array__(self, requested_schema: object = None) -> object:
        return self._batch.__arrow_c_array__(requested_schema)


class OnlyInterchange:
    def __init__(self, table: Any) -> None:
        self._table = table

    def __dataframe__(self, **options: Any) -> object:
        return self._table.__dataframe__(**options)


class DataSet:
    """What of a Hugging Face data set is used."""

    def __init__(self, table: Any, form: str | None = None) -> None:
        self._table, self._form = table, form
        self.column_names = table.column_names

    def with_format(self, form: str) -> DataSet:
        return DataSet(self._table, form)

    def iter(self, batch_size: int) -> Iterator[Any]:
        assert self._form == "arrow"
        assert batch_size > 0
        for start in range(0, len(self._table), 2):
            yield self._table[start : start + 2]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._table.to_pylist())


FRAMES: dict[str, Callable[[Any], Any]] = {
    "table": lambda table: table,
    "reader": lambda table: table.to_reader(2),
    "batch": lambda table: table.to_batches()[0],
    "batches": lambda table: iter(table.to_batches(2)),
    "stream": OnlyStream,
    "array": OnlyArray,
    "interchange": OnlyInterchange,
    "data set": DataSet,
    "dictionary": lambda table: table.to_pydict(),
    "dictionary of arrays": lambda table: {n: table.column(n) for n in table.column_names},
    "rows": lambda table: table.to_pylist(),
    "iterator of rows": lambda table: iter(table.to_pylist()),
}


class TestFrames:
    @pytest.mark.parametrize("kind", FRAMES)
    @pytest.mark.filterwarnings("ignore:.*interchange.*:FutureWarning")
    def test_every_protocol_gives_the_same_lines(self, kind: str) -> None:
        frame = FRAMES[kind](pa.table(PLAYS))
        assert lines(frame, **GROUPED) == LINES

    def test_pandas(self) -> None:
        pandas = pytest.importorskip("pandas")
        frame = pandas.DataFrame(PLAYS)
        assert frame["user"].dtype == np.float64
        assert lines(frame, **GROUPED) == LINES
        assert lines(frame, columns=["user", "artist"]).startswith("7 The_Beatles\n8 Moby\n")
        indexed = frame.set_index("user")
        assert lines(indexed, **GROUPED) == LINES
        assert lines(indexed, columns="all") == lines(frame, columns=["at", "artist"])
        some = frame[frame["at"] > 5]  # an index with holes is no column either
        assert lines(some, columns="all") == "7 20 The_Beatles\n8 10 Moby\n7 10 Air\n"
        kinds = frame.astype({"artist": "category"})
        assert lines(kinds, **GROUPED) == LINES

    def test_the_index_that_pandas_writes_is_no_cell(self, tmp_path: Path) -> None:
        pandas = pytest.importorskip("pandas")
        frame = pandas.DataFrame({"a": ["x", "y"], "b": ["u", "v"]}, index=[5, 9])
        frame.to_csv(tmp_path / "a.csv")
        frame.to_parquet(tmp_path / "a.parquet")
        for name in ("a.csv", "a.parquet"):
            assert lines(tmp_path / name, columns="all") == "x u\ny v\n"

    def test_polars(self) -> None:
        polars = pytest.importorskip("polars")
        frame = polars.DataFrame(PLAYS)
        assert lines(frame, **GROUPED) == LINES
        assert lines(frame.with_columns(polars.col("artist").cast(polars.Categorical)), **GROUPED)
        with pytest.raises(TypeError, match=r"LazyFrame\)\. Give what its `collect` makes\."):
            lines(frame.lazy(), **GROUPED)
        lists = frame.drop_nulls("user").group_by("user", maintain_order=True).agg("artist")
        assert lines(lists, token="artist") == "The_Beatles Air\nMoby Air\n"

    def test_hugging_face(self) -> None:
        datasets = pytest.importorskip("datasets")
        data = datasets.Dataset.from_dict(PLAYS)
        assert lines(data, **GROUPED) == LINES
        assert lines(data.to_iterable_dataset(), **GROUPED) == LINES

    def test_a_bare_frame_is_told_what_to_say(self) -> None:
        frames: list[Any] = [pa.table(PLAYS), PLAYS, DataSet(pa.table(PLAYS))]
        for frame in frames:
            with pytest.raises(
                ConfigError, match=r"columns, user, at, artist, .*group='user', ord"
            ):
                Word2Vec(**QUICK).fit(frame)
            with pytest.raises(ConfigError, match=r"w2v\.Table\("):
                Phrases().fit(frame)
        with pytest.raises(ConfigError, match=r"No column of words.*columns are: user, at, artist"):
            Table(pa.table(PLAYS))
        with pytest.raises(
            TypeError, match=r"no option `group`: columns .* w2v\.Table\(source, gr"
        ):
            Word2Vec(**QUICK).fit(pa.table(PLAYS), group="user")  # type: ignore[call-arg]
        with pytest.raises(TypeError, match=r"got 3 \(int\)"):
            lines(3, columns="all")
        with pytest.raises(
            TypeError, match=r"dictionary of tables \('train'\) .* give one of them"
        ):
            lines({"train": pa.table(PLAYS)}, **GROUPED)
        with pytest.raises(TypeError, match=r"an iterable with 'ab' \(str\)"):
            lines(["ab", 1], columns="all")

    def test_series_of_lists_are_sentences_still(self) -> None:
        pandas = pytest.importorskip("pandas")
        series = pandas.Series([["a", "b"], ["b", "a"]])
        assert Word2Vec(**QUICK, sample=0).fit(series).vectors["b"].shape == (4,)
