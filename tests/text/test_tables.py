"""Tables as sentences: the same lines from every kind of file and frame; against plain loops."""

from __future__ import annotations

import bz2
import gzip
import lzma
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import csv, feather, ipc, parquet

from w2v import ConfigError, CorpusError, Phrases, Table, Tokenizer, Word2Vec, read_corpus
from w2v.text import grouping

PLAYS: dict[str, list[Any]] = {
    "user": [7, 8, 7, None, 8],
    "at": [20, 10, 10, 1, None],
    "artist": ["The Beatles", "Moby", "Air", "Cher", "Air"],
}
GROUPED: dict[str, Any] = {"group": "user", "order": "at", "token": "artist"}
LINES = "Air The_Beatles\nMoby Air\n"
QUICK: dict[str, Any] = {"dim": 4, "min_count": 1, "workers": 1, "backend": "numpy", "epochs": 2}


def lines(source: Any, **options: Any) -> str:
    return "".join(Table(source, **options).pieces())


def plays_csv(separator: str = ",") -> bytes:
    rows = zip(*PLAYS.values(), strict=True)
    text = [separator.join(PLAYS)]
    text += [separator.join("" if cell is None else str(cell) for cell in row) for row in rows]
    return ("\n".join(text) + "\n").encode()


def as_parquet(path: Path) -> None:
    parquet.write_table(pa.table(PLAYS), path, row_group_size=2)


def as_feather(path: Path) -> None:
    feather.write_feather(pa.table(PLAYS), str(path))


def as_arrow_file(path: Path) -> None:
    with ipc.new_file(str(path), pa.table(PLAYS).schema) as writer:
        writer.write_table(pa.table(PLAYS), max_chunksize=2)


def as_arrow_stream(path: Path) -> None:
    with pa.OSFile(str(path), "wb") as file, ipc.new_stream(file, pa.table(PLAYS).schema) as writer:
        writer.write_table(pa.table(PLAYS), max_chunksize=2)


def compressed(compress: Callable[[bytes], bytes], data: Callable[[Path], None]) -> Any:
    def write(path: Path) -> None:
        data(path)
        path.write_bytes(compress(path.read_bytes()))

    return write


def as_text(data: bytes) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_bytes(data)

    return write


def as_csv(path: Path) -> None:
    path.write_bytes(plays_csv())


FILES: dict[str, Callable[[Path], None]] = {
    "plays.csv": as_csv,
    "bom.csv": as_text(b"\xef\xbb\xbf" + plays_csv()),
    "windows.csv": as_text(plays_csv().replace(b"\n", b"\r\n")),
    "no-end.csv": as_text(plays_csv().rstrip(b"\n")),
    "plays.tsv": as_text(plays_csv("\t")),
    "semicolon.csv": as_text(plays_csv(";")),
    "bar.data": as_text(plays_csv("|")),
    "plays.csv.gz": compressed(gzip.compress, as_csv),
    "plays.csv.bz2": compressed(bz2.compress, as_csv),
    "plays.csv.xz": compressed(lzma.compress, as_csv),
    "plays.parquet": as_parquet,
    "plays.parquet.gz": compressed(gzip.compress, as_parquet),
    "no-extension": as_parquet,
    "plays.feather": as_feather,
    "plays.arrow": as_arrow_file,
    "plays.arrows": as_arrow_stream,
    "plays.arrows.gz": compressed(gzip.compress, as_arrow_stream),
}


class TestFiles:
    @pytest.mark.parametrize("name", FILES)
    def test_every_kind_gives_the_same_lines(self, name: str, tmp_path: Path) -> None:
        FILES[name](tmp_path / name)
        table = Table(tmp_path / name, **GROUPED)
        assert "".join(table.pieces()) == LINES
        assert (table.stats.rows, table.stats.groups) == (5, 2)
        assert dict(table.stats.dropped) == {"user": 1}
        assert (table.stats.spaced, table.stats.unordered) == (1, 1)

    def test_zstd(self, tmp_path: Path) -> None:
        zstandard = pytest.importorskip("zstandard")
        (tmp_path / "a.csv.zst").write_bytes(zstandard.compress(plays_csv()))
        assert lines(tmp_path / "a.csv.zst", **GROUPED) == LINES

    def test_several_files_are_one_table(self, tmp_path: Path) -> None:
        """Groups go on in the next file, columns may stand elsewhere, kinds may be mixed."""
        as_parquet(tmp_path / "a.parquet")
        (tmp_path / "b.csv").write_text("artist,more,user,at\nEno,x,7,15\nEno,x,9,1\n")
        (tmp_path / "_SUCCESS").write_text("")
        assert lines(tmp_path, **GROUPED) == "Air Eno The_Beatles\nMoby Air\nEno\n"
        assert lines(str(tmp_path / "*.*"), **GROUPED) == lines(tmp_path, **GROUPED)
        table = Table([tmp_path / "b.csv", tmp_path / "a.parquet"], **GROUPED)
        assert "".join(table.pieces()) == "Air Eno The_Beatles\nEno\nMoby Air\n"
        assert table.stats.files == 2

    def test_cells_of_text_files_are_taken_as_they_stand(self, tmp_path: Path) -> None:
        path = tmp_path / "a.csv"
        path.write_text("a,b,c\n007,1.50,true\n,NA,null\n\\N,1e3,x\n")
        assert lines(path, columns="all") == "007 1.50 true\nNA null\n1e3 x\n"

    def test_quotes(self, tmp_path: Path) -> None:
        path = tmp_path / "a.csv"
        path.write_text('"a, b","c\nd"\n"x, y","say ""hi"""\n"two\nlines",z\n12" pizza,q\n')
        assert lines(path, columns=["a, b", "c\nd"]) == 'x,_y say_"hi"\ntwo_lines z\n12"_pizza q\n'

    def test_no_header(self, tmp_path: Path) -> None:
        path = tmp_path / "walks.csv"
        path.write_text("3,1,2\n1,,3\n2,3,1\n")
        assert lines(path, columns="all", header=False) == "3 1 2\n1 3\n2 3 1\n"
        assert lines(path, columns=["3", "1"], header=False) == "2 3\n3 1\n1 2\n"

    @pytest.mark.parametrize("text", ["3,1,2\n1,2,3\n", "a,b,a\nb,a,b\n", "a,b\nb,a\n"])
    def test_a_first_row_of_words_is_no_header(self, text: str, tmp_path: Path) -> None:
        (tmp_path / "walks.csv").write_text(text)
        with pytest.raises(ConfigError, match=r"first row, .* is like those below.*--no-header"):
            lines(tmp_path / "walks.csv", columns="all")

    def test_blocks_of_arrow_join_without_a_seam(self, tmp_path: Path) -> None:
        """More than one block, with quoted line breaks wherever it is cut."""
        rows = [f'{i // 5},"w{i}\nx"' for i in range(700_000)]
        (tmp_path / "a.csv").write_text("g,t\n" + "\n".join(rows) + "\n")
        table = Table(tmp_path / "a.csv", group="g", token="t")
        text = "".join(table.pieces())
        assert text.split() == [f"w{i}_x" for i in range(700_000)]
        assert text.count("\n") == 140_000
        assert table.stats.arranged == ""

    def test_progress_ends_at_the_size_of_the_files(self, tmp_path: Path) -> None:
        wide = pa.table({"t": [f"word{i}" for i in range(200_000)]})
        csv.write_csv(wide, tmp_path / "a.csv")
        parquet.write_table(wide, tmp_path / "b.parquet")
        with ipc.new_file(str(tmp_path / "c.arrow"), wide.schema) as writer:
            writer.write_table(wide, max_chunksize=1000)
        seen: list[tuple[int, int | None]] = []
        for _ in Table(tmp_path, text="t").pieces(progress=lambda *at: seen.append(at)):
            pass
        total = sum(file.stat().st_size for file in tmp_path.iterdir())
        assert seen[-1] == (total, total)
        assert len(seen) > 3
        assert [done for done, _ in seen] == sorted(done for done, _ in seen)


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


class TestWords:
    def test_types(self) -> None:
        import datetime
        import decimal

        day = datetime.date(2024, 1, 31)
        table = {
            "int": pa.array([7, None]),
            "float": pa.array([7.0, 2.5]),
            "large": pa.array([1e15, float("nan")]),
            "half": pa.array([np.float16(3), None], pa.float16()),
            "bool": [True, None],
            "day": [day, None],
            "time": [datetime.datetime(2024, 1, 31, 9, 5), None],
            "decimal": [decimal.Decimal("7.50"), None],
            "category": pa.array(["x y", None]).dictionary_encode(),
            "bytes": pa.array([b"abc", None]),
            "view": pa.array(["v", None], pa.string_view()),
            "nothing": pa.nulls(2),
            "blank": ["  ", ""],
        }
        assert lines(table, columns="all") == (
            "7 7 1000000000000000 3 true 2024-01-31 2024-01-31_09:05:00.000000 7.50 x_y abc v\n"
            "2.5\n"
        )

    def test_white_space_of_every_kind(self) -> None:
        table = Table({"t": ["\u3000a\u00a0 b\n", "c", "\t", "d\u2028e"]}, columns="all")
        assert "".join(table.pieces()) == "a_b\nc\nd_e\n"
        assert table.stats.spaced == 2
        assert dict(table.stats.dropped) == {"a word": 1}

    @pytest.mark.parametrize(
        ("column", "message"),
        [
            (pa.array([{"a": 1}]), r"'c' holds struct<a: int64>, and a word must be"),
            (pa.array([b"\xff"]), r"'c' \(binary\) cannot be read as text: Invalid UTF8"),
            (pa.array([[1]]), r"'c' holds list<"),
            (pa.array(["a\0b"]), r"NUL character in a cell, after 'a'"),
        ],
    )
    def test_what_is_no_word(self, column: Any, message: str) -> None:
        with pytest.raises(CorpusError, match=message):
            lines(pa.table({"c": column}), columns=["c"])

    def test_lists(self) -> None:
        table = pa.table(
            {
                "user": [1, 2, 1, 3],
                "at": [2, 1, 1, 1],
                "items": [[5, 6], [7, None], [], None],
            }
        )
        assert lines(table, token="items") == "5 6\n7\n\n\n"
        found = Table(table, group="user", order="at", token="items")
        assert "".join(found.pieces()) == "5 6\n7\n"
        assert dict(found.stats.dropped) == {"items": 2}
        fixed = pa.table({"items": pa.array([["a b", "c"], ["d", "e"]], pa.list_(pa.string(), 2))})
        assert lines(fixed, token="items") == "a_b c\nd e\n"

    def test_columns_of_a_dictionary_hold_one_type(self) -> None:
        with pytest.raises(CorpusError, match=r"column 'a' is no list of values of one type"):
            lines({"a": [1, "x"]}, columns="all")
        with pytest.raises(CorpusError, match=r"column 'a' is no list of values of one type"):
            lines({"a": [2**63]}, columns="all")


class TestText:
    TEXTS = pa.table({"body": ["One. Two\nthree!", None, "Four", ""]})

    def test_each_cell_is_a_line(self) -> None:
        table = Table(self.TEXTS, text="body")
        assert "".join(table.pieces()) == "One. Two three!\nFour\n"
        assert dict(table.stats.dropped) == {"body": 2}

    def test_tokenizer(self) -> None:
        tokenizer = Tokenizer(tokens="unicode", lower=True)
        table = Table(self.TEXTS, text="body")
        assert "".join(table.pieces(tokenizer=tokenizer)) == "one two three\nfour\n"
        split = Tokenizer(lower=True, strip_punctuation=True, split_sentences=True)
        text = "".join(table.pieces(tokenizer=split))
        assert [line for line in text.split("\n") if line] == ["one", "two three", "four"]

    def test_words_are_not_cut_again(self) -> None:
        with pytest.raises(ConfigError, match="whose cells are words"):
            Table(PLAYS, **GROUPED).pieces(tokenizer=Tokenizer(lower=True))
        assert "".join(Table(PLAYS, **GROUPED).pieces(tokenizer=Tokenizer())) == LINES


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


class TestErrors:
    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"group": "user"}, "No column of words was named"),
            ({"token": "a", "text": "b"}, "`token` and `text` both say"),
            ({"text": "a", "group": "b"}, "`group` has no meaning beside `text`"),
            ({"columns": "all", "order": "b"}, "`order` has no meaning beside `columns`"),
            ({"token": "a", "order": "b"}, "`order` sorts the rows of a group"),
            ({"columns": "user"}, "`columns` must be 'all' or a list of names, got 'user'"),
            ({"columns": []}, "`columns` must be"),
            ({"columns": "all", "separator": "ab"}, "`separator` must be one character"),
        ],
    )
    def test_options(self, options: dict[str, Any], message: str) -> None:
        with pytest.raises(ConfigError, match=re.escape(message)):
            Table(PLAYS, **options)

    @pytest.mark.parametrize(
        ("data", "kind", "message"),
        [
            (
                b"a,b\n1,2\n3,4,5\n",
                CorpusError,
                r"row 3: 3 cells where the first row has 2, '3,4,5'",
            ),
            (b"a,b\n1,2\n\n3\n", CorpusError, r"row 3: 1 cells where"),
            (b'a,b\n1,"2\n3,4\n', CorpusError, "quotation mark is not closed"),
            (b'a,b\n"1,2\n3,4\n', CorpusError, "quotation mark is not closed"),
            (b'"a,b\n1,2\n', CorpusError, "first row has no end"),
            (b"", CorpusError, "is empty; expected a table"),
            (b"\n\n", CorpusError, "is empty; expected a table"),
            ("a,b\ncafé,1\n".encode("latin1"), CorpusError, r"line 2: the byte 0xe9 is not valid"),
            ("a,b\n".encode("utf-16"), CorpusError, "UTF-16 text"),
            (b"a,b\n1,x\0y\n", CorpusError, "line 2: there is a NUL byte"),
            (b"b,a,a\n1,2,3\n", ConfigError, "has 2 columns named 'a'"),
            (b"A,Text,b\n1,2,3\n", ConfigError, r"no column 'a'\. .* are: A, Text, b\. Did.*'A'\?"),
            (b"x y\n1\n", ConfigError, r"are: x y\. If it has more, say .* `separator`"),
            (b"PAR1 not at all", CorpusError, "damaged Parquet file"),
            (b"PARE" + bytes(99), CorpusError, "encrypted footer"),
            (b"ARROW1\0\0" + bytes(99), CorpusError, "damaged Arrow file"),
            (b"\xff\xff\xff\xff\x10\0\0\0" + bytes(9), CorpusError, "damaged Arrow file"),
            (b"FEA1" + bytes(99), CorpusError, "Feather file of version 1"),
        ],
    )
    def test_files(self, data: bytes, kind: type[Exception], message: str, tmp_path: Path) -> None:
        (tmp_path / "a.csv").write_bytes(data)
        with pytest.raises(kind, match=message):
            lines(tmp_path / "a.csv", group="a", token="b")

    def test_parquet_that_is_cut_or_changed(self, tmp_path: Path) -> None:
        path = tmp_path / "a.parquet"
        parquet.write_table(pa.table({"w": [f"word {i}" for i in range(5000)]}), path)
        data = path.read_bytes()
        for bad in (data[: len(data) // 2], data[:200] + bytes(400) + data[600:]):
            path.write_bytes(bad)
            with pytest.raises(CorpusError, match=r"a\.parquet is a damaged Parquet file"):
                lines(path, columns="all")

    def test_replaced_bytes(self, tmp_path: Path) -> None:
        (tmp_path / "a.csv").write_bytes("a,b\ncafé,1\n".encode("latin1"))
        table = Table(tmp_path / "a.csv", columns="all")
        assert "".join(table.pieces(errors="replace")) == "caf\ufffd 1\n"

    def test_tables_without_words(self, tmp_path: Path) -> None:
        (tmp_path / "a.csv").write_text("a,b\n")
        with pytest.raises(CorpusError, match="no word in the table: it has 0 rows"):
            read_corpus(Table(tmp_path / "a.csv", columns="all"))
        (tmp_path / "a.csv").write_text("a,b\n1,\n,2\n")
        with pytest.raises(CorpusError, match="2 rows, of them 1 without a and 1 without b"):
            read_corpus(Table(tmp_path / "a.csv", group="a", token="b"))
        with pytest.raises(CorpusError, match="The table has no rows"):
            lines(iter([]), columns="all")
        with pytest.raises(CorpusError, match="has no columns"):
            lines({}, columns="all")

    def test_a_word_a_row_needs_a_group(self) -> None:
        with pytest.raises(
            ConfigError, match=r"'artist' has one word a row .*are: user, at, artist"
        ):
            lines(PLAYS, token="artist")


class TestTextThatIsATable:
    @pytest.mark.parametrize(
        "name", [n for n in FILES if n not in {"bar.data", "plays.parquet.gz", "plays.arrows.gz"}]
    )
    def test_is_refused_with_the_likely_options(self, name: str, tmp_path: Path) -> None:
        FILES[name](tmp_path / name)
        want = r"columns user, at, artist\. .* --group user --order at --token artist"
        with pytest.raises(ConfigError, match=want):
            read_corpus(tmp_path / name)
        with pytest.raises(ConfigError, match=r"w2v\.Table\('.*', group='user', order='at'"):
            Phrases().fit(tmp_path / name)

    @pytest.mark.parametrize(
        ("columns", "flags"),
        [
            ("session_id,time,item_id", "--group session_id --order time --token item_id"),
            ("eventTime,userId,productId", "--group userId --order eventTime --token productId"),
            ("label,text", "--text text"),
            ("id,Review Body", '--text "Review Body"'),
            ("x,y", "--group COLUMN --token COLUMN, --columns all, or --text COLUMN"),
        ],
    )
    def test_guesses(self, columns: str, flags: str, tmp_path: Path) -> None:
        (tmp_path / "a.csv").write_text(f"{columns}\n")
        with pytest.raises(ConfigError, match=re.escape(flags)):
            read_corpus(tmp_path / "a.csv")


class TestEverywhere:
    def test_a_table_and_the_text_made_of_it_give_the_same_vectors(self, tmp_path: Path) -> None:
        rng = np.random.default_rng(0)
        frame = {"g": rng.integers(0, 300, 4000), "t": rng.integers(0, 99, 4000)}
        frame["w"] = rng.integers(0, 50, 4000)
        table = Table(frame, group="g", order="t", token="w")
        (tmp_path / "text.txt").write_text("".join(table.pieces()))
        a, b = (Word2Vec(**QUICK).fit(source) for source in (table, tmp_path / "text.txt"))
        assert a.vectors.words == b.vectors.words
        assert a.vectors.matrix.tobytes() == b.vectors.matrix.tobytes()
        assert a.report["table"]["rows"] == 4000
        assert a.report["table"]["groups"] == a.report["sentences"] == 300
        assert b.report["table"] is None
        more = a.partial_fit(table)
        assert more.report["tokens"]["read"] == 4000

    def test_phrases(self, tmp_path: Path) -> None:
        frame = {"g": [i // 3 for i in range(60)], "w": ["new", "york", "x"] * 20}
        table = Table(frame, group="g", token="w")
        phrases = Phrases(min_count=5, threshold=1).fit(table, output=tmp_path / "out.txt")
        assert (tmp_path / "out.txt").read_text().startswith("new_york")
        phrases.apply(table, tmp_path / "again.txt")
        assert (tmp_path / "again.txt").read_text() == (tmp_path / "out.txt").read_text()


def test_a_table_is_shown_by_its_columns() -> None:
    table = Table({"a": [1], "b": [2]}, group="a", token="b")
    assert repr(table) == "<Table: group='a', token='b'>"
