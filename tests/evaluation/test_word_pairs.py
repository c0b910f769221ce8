"""Word pairs: worked correlations, the files there are, odd ones."""

from __future__ import annotations

import gzip
import lzma
from pathlib import Path

import numpy as np
import pytest
from royalty import text

from w2v.errors import EvaluationError
from w2v.evaluation.scoring import evaluate_analogies, evaluate_pairs
from w2v.vectors import Vectors

FAN = [[np.cos(angle), np.sin(angle)] for angle in (0.0, 0.2, 0.5, 0.9, 1.4)]


@pytest.fixture
def fan() -> Vectors:
    """Words v to z; the cosine with v falls from w to z."""
    return Vectors(list("vwxyz"), FAN)


def test_correlations_of_a_worked_example(fan: Vectors, tmp_path: Path) -> None:
    file = text(tmp_path, "v w 9\nv x 9\nv y 4\nv z 5\nv nothing 1\n")
    found = evaluate_pairs(fan, file)
    assert found.file == str(file)
    assert (found.pairs, found.oov) == (4, 1)
    # ranks 4 3 2 1 against 3.5 3.5 1 2; both numbers also from scipy.stats
    assert found.spearman == pytest.approx(3.5 / np.sqrt(5 * 4.5))
    cosines = np.cos([0.2, 0.5, 0.9, 1.4])
    assert found.pearson == pytest.approx(np.corrcoef(cosines, [9, 9, 4, 5])[0, 1])


def test_opposite_orders_give_minus_one(fan: Vectors, tmp_path: Path) -> None:
    found = evaluate_pairs(fan, text(tmp_path, "v w 1\nv x 2\nv y 3\nv z 40\n"))
    assert found.spearman == pytest.approx(-1)


@pytest.mark.parametrize(
    "content",
    [
        "v\tw\t3\nv\tx\t2\nv\tz\t1\n",
        "v,w,3\nv, x, 2\nv,z,1",
        "v w 3\r\n\r\nv  x  2\r\nv z 1\r\n",
        "# about\nWord 1\tWord 2\tMean\n# more\nv\tw\t3\nv\tx\t2\nv\tz\t1\n",
        "\ufeffword1,word2,score\nV,W,3\nv,x,2\nv,z,1\n",
        "v w 3 ignored\nv x 2 7\nv z 1 7\n",
        '"v","w",3\n"v", "x",2\nv,z,"1"\n',
        "word1\tword2\tPOS\tSimLex999\tSD\nv\tw\tN\t3\t9\nv\tx\tA\t2\t9\nv\tz\tV\t1\t9\n",
        "v w V 3 SYNONYMS\nv x V 2 NONE\nv z V 1 NONE\n",
        "Word 1,Word 2,Human (mean),1,2\nv,w,3.5,4,1\nv,x,2,1,3\nv,z,1.5,9,9\n",  # raters by number
        "w1,w2,score,raters\nv,w,3,5\nv,x,2,5\nv,z,1,5\n",
        "v,w,3.5,1\nv,x,2,1\nv,z,1,1\n",  # no decimal commas, since there are points
        ",word1,word2,score\n0,v,w,3\n1,v,x,2\n2,v,z,1\n",  # as pandas writes a table
        "\tword1\tword2\tscore\n7\tv\tw\t3\n3\tv\tx\t2\n5\tv\tz\t1\n",
        "0,v,w,3.5\n1,v,x,2.5\n2,v,z,1.5\n",
        "word1 word2 POS score\n0 v w N 3\n1 v x N 2\n2 v z N 1\n",
    ],
)
def test_all_separators_comments_and_headers_are_read(
    fan: Vectors, tmp_path: Path, content: str
) -> None:
    found = evaluate_pairs(fan, text(tmp_path, content))
    assert (found.pairs, found.oov) == (3, 0)
    assert found.spearman == pytest.approx(1)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "holds no pair of words with a score"),
        ("# comment\nword1 word2 score\n", "line 2: expected two words and a number"),
        ("# comment\n\n", "holds no pair of words with a score"),
        ("a b 1\na c much\n", "line 2: expected two words and a number, .* found 'a c much'"),
        ("a b c\na b c\n", "line 1: expected two words"),
        ("king\tqueen\t8,5\nv\tw\t3\n", r"line 1: .* 'king.*8,5'\. Write numbers with points, as"),
        ("v\tw\t3\nking\tqueen\t8,5\n", r"line 2: .* 'king.*8,5'\. Write numbers with points, as"),
        ("king queen 8,5\nv w 3\n", r"line 1: .* Write numbers with points, as 8\.5"),
        ("king;queen;8,5\nv;w;3\n", r"line 1: expected two words .* Write numbers with points"),
        ("king,queen,8,5\nv,w,3\n", r"line 1: 8,5 may be one number or two\. Write 8\.5, or"),
        ("v,w,3\nking,queen,8,5\n", r"line 2: 8,5 may be one number or two\. Write 8\.5, or"),
        ("a,b,score\nking,queen,8,5\nv,w,3,5\n", r"line 2: 8,5 may be one number or two"),
        ("king queen NA\nv w 3\n", "line 1: expected two words and a number"),
        ("king queen nan\nv w 3\n", "line 1: expected two words and a number"),
        ("king queen -\nv w 3\n", "line 1: expected two words and a number"),
        ("king queen 8.5pts\nv w 3\n", "line 1: expected two words and a number"),
        ("king queen\nv w 3\n", "line 1: expected two words and a number"),
        ("a b 1_0\n", "line 1: expected two words and a number"),
        ("a b\n", "line 1: expected two words"),
        ("a b 1\na b nan\n", "line 2: expected two words"),
        ("a b N 1\na b 2\n", "line 2: expected two words and a number in column 4,"),
        ("a b N 1\na b N much\n", "line 2: expected two words and a number in column 4,"),
        ('a,"b,1\na,"b\n', "line 2: expected two words and a number, sep"),
    ],
)
def test_odd_pair_files_are_refused(
    fan: Vectors, tmp_path: Path, content: str, message: str
) -> None:
    with pytest.raises(EvaluationError, match=message) as caught:
        evaluate_pairs(fan, text(tmp_path, content))
    assert "file.txt" in str(caught.value)


@pytest.mark.parametrize("content", ["v w 1\n", "v w 1\nv x 1\n", "v w 1\nv w 2\n", "a b 1\n"])
def test_what_is_undefined_is_none(fan: Vectors, tmp_path: Path, content: str) -> None:
    found = evaluate_pairs(fan, text(tmp_path, content))
    assert found.spearman is None
    assert found.pearson is None


def test_compressed_files_are_read_and_others_are_named(fan: Vectors, tmp_path: Path) -> None:
    content = b"v w 3\nv x 2\nv z 1\n"
    for name, pack in (("g.tsv", gzip.compress), ("x.tsv", lzma.compress)):
        (tmp_path / name).write_bytes(pack(content))
        assert evaluate_pairs(fan, tmp_path / name).pairs == 3
    (tmp_path / "q.gz").write_bytes(gzip.compress(b"v w x y\n"))
    assert evaluate_analogies(fan, tmp_path / "q.gz").overall.total == 1
    for odd, message in [
        (content.decode().encode("utf-16"), "is UTF-16 text"),
        (gzip.compress(content)[:-9], "is cut short: the gzip data in it has no end"),
        (b"PK\3\4", "is a zip archive"),
    ]:
        (tmp_path / "f").write_bytes(odd)
        with pytest.raises(EvaluationError, match=message):
            evaluate_pairs(fan, tmp_path / "f")


def test_what_a_file_left_out_and_what_few_pairs_mean_is_said(fan: Vectors, tmp_path: Path) -> None:
    few = "a correlation over 3 pairs says next to nothing; some hundred are usual"
    found = evaluate_pairs(fan, text(tmp_path, "word1 word2 x\nv w 3\nv x 2\nv z 1\n"))
    assert found.remarks == ["line 1 is a header: 'word1 word2 x'", few]
    found = evaluate_pairs(fan, text(tmp_path, "0,v,w,3\n1,v,x,2\n2,v,z,1\n"))
    assert found.remarks == ["the first column, of row numbers, is left out", few]
    many = evaluate_pairs(fan, text(tmp_path, "v w 3\nv x 2\n" * 5))
    assert many.remarks == []
    tagged = evaluate_pairs(fan, text(tmp_path, "v-n w-n 50\nv-n x-v 49\n"))
    (remark,) = tagged.remarks
    assert "words end in a part of speech, as sun-n does" in remark
    known = Vectors(["v-n", "w-n"], np.eye(2))
    assert "says next to nothing" in evaluate_pairs(known, text(tmp_path, "v-n w-n 5\n")).remarks[0]


def test_words_are_folded_as_gensim_does(tmp_path: Path) -> None:
    vectors = Vectors(["stra\xdfe", "Weg", "\u0131s\u0131"], np.eye(3))
    file = text(tmp_path, "STRASSE weg 1\nstrasse WEG 2\nISI stra\xdfe 3\n")
    assert evaluate_pairs(vectors, file, case="fold").pairs == 3
    assert evaluate_pairs(vectors, file).pairs == 3
    assert evaluate_pairs(vectors, file, case="exact").pairs == 0


def test_unknown_words_are_left_out_or_have_a_cosine_of_0(fan: Vectors, tmp_path: Path) -> None:
    file = text(tmp_path, "v w 9\nv x 8\nv y 4\nv z 5\nv nothing 1\n")
    skipped, zero = evaluate_pairs(fan, file), evaluate_pairs(fan, file, oov="zero")
    assert (skipped.pairs, skipped.oov) == (4, 1)
    assert (zero.pairs, zero.oov) == (5, 1)
    cosines = [*np.cos([0.2, 0.5, 0.9, 1.4]), 0]
    assert zero.pearson == pytest.approx(np.corrcoef(cosines, [9, 8, 4, 5, 1])[0, 1])
    assert zero.spearman == pytest.approx(np.corrcoef([5, 4, 3, 2, 1], [5, 4, 2, 3, 1])[0, 1])


def test_pairs_are_restricted_and_case_is_a_choice(fan: Vectors, tmp_path: Path) -> None:
    file = text(tmp_path, "v w 9\nV x 8\nv z 5\n")
    assert evaluate_pairs(fan, file).pairs == 3
    assert evaluate_pairs(fan, file, 3).pairs == 2
    assert evaluate_pairs(fan, file, case="exact").pairs == 2
    with pytest.raises(ValueError, match="`restrict_vocab` must not be negative, got -1"):
        evaluate_pairs(fan, file, -1)
