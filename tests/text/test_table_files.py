"""Files of tables: the same lines from every kind, and what is refused."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from plays import FILES, GROUPED, LINES, PLAYS, as_parquet, lines, plays_csv
from pyarrow import csv, ipc, parquet

from w2v import ConfigError, CorpusError, Phrases, Table, read_corpus


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
        assert "".join(table.pieces(errors="ignore")) == "caf 1\n"

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
