"""Tables of phrases: what is saved is loaded, and what is no such table is refused."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from w2v import CorpusError, OutputError, Phrases


class TestTable:
    def fitted(self) -> Phrases:
        text = [["bank", "of", "new", "york"], ["bank", "of", "new", "york", "city"]] * 3
        return Phrases(
            scoring="npmi", threshold=[0.3, 0.2], min_count=3, passes=2, connector_words=["of"]
        ).fit(text)

    def test_what_is_saved_is_loaded(self, tmp_path: Path) -> None:
        phrases = self.fitted()
        phrases.save(tmp_path / "table.tsv")
        again = Phrases.load(tmp_path / "table.tsv")
        for found, expected in zip(again.table, phrases.table, strict=True):
            assert [(p.words, p.phrase, p.count) for p in found] == [
                (p.words, p.phrase, p.count) for p in expected
            ]
            assert [p.score for p in found] == pytest.approx([p.score for p in expected], rel=1e-5)
        assert any(len(p.words) == 3 for p in phrases.table[0] + phrases.table[1])
        assert again.thresholds == [0.3, 0.2]
        assert again.connector_words == ("of",)
        again.save(tmp_path / "again.tsv")
        assert (tmp_path / "again.tsv").read_bytes() == (tmp_path / "table.tsv").read_bytes()

    def test_tables_of_other_systems_and_packed_ones_are_read(self, tmp_path: Path) -> None:
        phrases = self.fitted()
        phrases.save(tmp_path / "table.tsv")
        content = (tmp_path / "table.tsv").read_bytes()
        for other in (
            content.replace(b"\n", b"\r\n"),
            b"\xef\xbb\xbf" + content,
            gzip.compress(content),
        ):
            (tmp_path / "other.tsv").write_bytes(other)
            again = Phrases.load(tmp_path / "other.tsv")
            again.save(tmp_path / "again.tsv")
            assert (tmp_path / "again.tsv").read_bytes() == content

    def test_a_table_of_a_later_version_says_so(self, tmp_path: Path) -> None:
        self.fitted().save(tmp_path / "table.tsv")
        content = (tmp_path / "table.tsv").read_bytes()
        (tmp_path / "table.tsv").write_bytes(content.replace(b"phrases 1\t", b"phrases 2\t", 1))
        with pytest.raises(
            CorpusError, match=r"has version 2 of the table of phrases, and this w2"
        ):
            Phrases.load(tmp_path / "table.tsv")

    def test_scores_are_best_first(self) -> None:
        scores = list(self.fitted().scores.values())
        assert scores == sorted(scores, reverse=True)
        assert len(scores) >= 2

    @pytest.mark.parametrize(
        ("line", "message"),
        [
            ("1\ta_b\ta b\t5", "line 3: expected a pass from 1, a phrase"),
            ("3\ta_b\ta b\t5\t1.0", "line 3: expected a pass from 1 to 2"),
            ("1\ta_b\ta\t5\t1.0", "its 2 to 5 words"),
            ("1\ta b\ta b\t5\t1.0", "got '1.ta b"),
            ("1\ta_b\ta b\tmany\t1.0", "line 3"),
        ],
    )
    def test_damaged_lines(self, tmp_path: Path, line: str, message: str) -> None:
        path = tmp_path / "table.tsv"
        self.fitted().save(path)
        head = path.read_text().split("\n")[:2]
        path.write_text("\n".join([*head, line, ""]))
        with pytest.raises(CorpusError, match=message):
            Phrases.load(path)

    @pytest.mark.parametrize(
        "text", ["", "the 5\n", '#w2v-phrases 1\t{"scoring": "x"}\n', "#w2v-phrases 1\t[1]\n"]
    )
    def test_other_files(self, tmp_path: Path, text: str) -> None:
        (tmp_path / "other").write_text(text)
        with pytest.raises(CorpusError, match="is not a table of phrases"):
            Phrases.load(tmp_path / "other")

    def test_files_that_cannot_be_read_or_written(self, tmp_path: Path) -> None:
        with pytest.raises(CorpusError, match=r"Cannot read .*none\.tsv: No such file"):
            Phrases.load(tmp_path / "none.tsv")
        for content, message in [
            (b"caf\xe9", "is not a UTF-8 text file"),
            (b"\xff\xfe", "is UTF-16 text"),
            (b"", "is not a table of phrases"),
        ]:
            (tmp_path / "odd").write_bytes(content)
            with pytest.raises(CorpusError, match=message):
                Phrases.load(tmp_path / "odd")
        with pytest.raises(OutputError, match="is not a folder"):
            self.fitted().save(tmp_path / "none" / "table.tsv")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("[" * 100_000, "is not a table of phrases: its first lines"),
        ('{"threshold": 1' + "0" * 400 + "}", "`threshold` of the score word2phrase must be a fin"),
        (
            r'{"x\n\u001b]0;t\u0007": 1}',
            r"the options in its first line do not fit: .*`x\\n\\x1b",
        ),
        ('{"passes": "' + "y" * 5000 + '"}', "`passes` must be a whole number, got 'yyy"),
    ],
)
def test_first_lines_that_lie(tmp_path: Path, options: str, message: str) -> None:
    path = tmp_path / "phrases.tsv"
    path.write_text(f"#w2v-phrases 1\t{options}\npass\tphrase\twords\tcount\tscore\n")
    with pytest.raises(CorpusError, match=message) as caught:
        Phrases.load(path)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 500
