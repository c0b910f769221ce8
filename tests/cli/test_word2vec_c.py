"""`w2v word2vec`: the command lines of word2vec.c, and files as it writes them."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from corpora import two_topics

from w2v import Vectors, Vocabulary, Word2Vec, load
from w2v.cli import main
from w2v.cli.word2vec_c import word2vec
from w2v.cli.word2vec_c_files import with_sentence_end
from w2v.config import Config
from w2v.queries.word_classes import word_classes

LINES = 400


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    text = "".join(" ".join(s) + "\n" for s in two_topics(LINES))
    (tmp_path / "text8").write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(line: str) -> Result:
    program, *arguments = shlex.split(line)
    assert program == "word2vec"
    return CliRunner().invoke(main, ["word2vec", *arguments])


def done(line: str) -> Result:
    result = run(line)
    assert result.exit_code == 0, result.output
    assert result.stdout == ""
    return result


def refused(line: str, code: int, message: str) -> None:
    before = sorted(os.listdir())
    result = run(line)
    assert result.exit_code == code, result.output
    assert re.search(message, result.stderr), result.stderr
    assert result.stdout == ""
    assert "Traceback" not in result.output
    assert sorted(os.listdir()) == before


class TestDemos:
    """Command lines of the demo scripts, with less to do."""

    def test_demo_word(self, folder: Path) -> None:
        line = (
            "word2vec -train text8 -output vectors.bin -cbow 1 -size 20 -window 8 -negative 25 "
            "-hs 0 -sample 1e-2 -threads 20 -binary 1 -iter 3"
        )
        said = done(line).stderr
        assert "CBOW (mean), 25 negative samples, 20 dimensions, window 8" in said
        vectors = load(folder / "vectors.bin")
        assert vectors.words[0] == "</s>"
        assert vectors.matrix.shape == (28, 20)
        assert (folder / "vectors.bin").read_bytes().startswith(b"28 20\n</s> ")
        assert "saved     vectors.bin: 28 words with </s>, 20 dimensions" in said

    def test_demo_classes(self, folder: Path) -> None:
        done(
            "word2vec -train text8 -output classes.sorted.txt -cbow 1 -size 20 -window 8 "
            "-negative 5 -hs 0 -sample 0 -threads 1 -iter 10 -classes 3 -min-count 1 -debug 0"
        )
        rows = [line.split(" ") for line in Path("classes.sorted.txt").read_text().splitlines()]
        assert rows[0][0] == "</s>"
        members = {word: int(number) for word, number in rows}
        assert len(members) == 28
        assert set(members.values()) == {0, 1, 2}
        animals = {members[f"animal{i}"] for i in range(12)}
        tools = {members[f"tool{i}"] for i in range(12)}
        assert len(animals) == len(tools) == 1
        assert animals != tools

    def test_the_demo_of_old(self, folder: Path) -> None:
        said = done(
            "word2vec -train text8 -output vectors -cbow 0 -size 20 -window 5 -negative 0 -hs 1 "
            "-sample 1e-3 -threads 1 -binary 0"
        ).stderr
        assert "skip-gram, hierarchical softmax" in said
        assert Path("vectors").read_bytes().startswith(b"28 20\n</s> ")
        assert load("vectors").words[0] == "</s>"

    def test_demo_phrases(self, folder: Path) -> None:
        run_phrases = CliRunner().invoke
        for number, threshold in enumerate((200, 100)):
            source = "text8" if number == 0 else "text8-phrase0"
            line = f"-train {source} -output text8-phrase{number} -threshold {threshold} -debug 2"
            result = run_phrases(main, ["word2phrase", *line.split()])
            assert result.exit_code == 0, result.output
        done("word2vec -train text8-phrase1 -output v.bin -size 8 -threads 1 -binary 1 -iter 1")

    def test_demo_train_big_model(self, folder: Path) -> None:
        done(
            "word2vec -train text8 -output vectors.bin -cbow 1 -size 500 -window 10 -negative 10 "
            "-hs 0 -sample 1e-5 -threads 40 -binary 1 -iter 3 -min-count 10"
        )
        assert load("vectors.bin").matrix.shape == (28, 500)
        assert "compute-accuracy" not in main.commands  # the help does not list it
        questions = ": topics\nANIMAL1 Animal2 animal3 animal4\nanimal1 nobody tool1 tool2\n"
        result = CliRunner().invoke(
            main, ["compute-accuracy", "vectors.bin", "400000"], input=questions
        )
        assert result.exit_code == 0, result.output
        assert re.search(r"\(all\) +[\d.]+ % .* 1 +1\n", result.stdout)  # of two, one is asked
        assert "\nstandard input, 3CosAdd " in result.stdout


class TestTools:
    """Programs that the demo scripts call besides."""

    @pytest.fixture
    def vectors(self, folder: Path) -> str:
        table = {"east": [1, 0.1], "north": [0, 1], "west": [-1, 0], "up": [0.1, 0.9]}
        Vectors(list(table), np.array(list(table.values()))).save("compass.bin")
        return "compass.bin"

    def test_distance(self, vectors: str) -> None:
        result = CliRunner().invoke(main, ["distance", vectors], input="north\nEXIT\nwest\n")
        assert result.exit_code == 0, result.output
        assert re.findall(r"^ *(\w+)", result.stdout, re.MULTILINE) == [
            "north",
            "up",
            "east",
            "west",
        ]

    def test_word_analogy(self, vectors: str) -> None:
        result = CliRunner().invoke(main, ["word-analogy", vectors], input="east up west\nEXIT\n")
        assert result.exit_code == 0, result.output
        asked = CliRunner().invoke(main, ["analogy", vectors, "east", "up", "west"])
        assert result.stdout == asked.stdout

    @pytest.mark.parametrize(
        ("arguments", "text", "message"),
        [
            (["compass.bin"], "", "standard input holds no analogy"),
            (["compass.bin"], ": a\nb c\n", "standard input, line 2: expected the four words"),
            (["none.bin"], "a b c d\n", "Cannot read none.bin: No such file"),
        ],
    )
    def test_accuracy_of_nothing(
        self, vectors: str, arguments: list[str], text: str, message: str
    ) -> None:
        result = CliRunner().invoke(main, ["compute-accuracy", *arguments], input=text)
        assert result.exit_code == 1
        assert message in result.stderr
        assert "Traceback" not in result.output


class TestTraining:
    def test_is_that_of_train(self, folder: Path) -> None:
        flags = "-size 8 -window 3 -sample 0.01 -negative 4 -iter 2 -min-count 2 -alpha 0.03"
        done(f"word2vec -train text8 -output v.txt -cbow 0 -threads 1 {flags}")
        model = Word2Vec(
            dim=8, window=3, sample=0.01, negative=4, epochs=2, min_count=2, alpha=0.03, workers=1
        ).fit("text8")
        ours = load("v.txt")
        assert ours.words[0] == "</s>"
        assert sorted(ours.words[1:]) == sorted(model.vectors.words)
        assert all(ours[word].tobytes() == model[word].tobytes() for word in model.vectors)

    def test_a_learning_rate_that_is_too_high_is_named(self, folder: Path) -> None:
        flags = "-output v -size 8 -threads 1 -alpha 1e30 -hs 1 -negative 0 -cbow 0"
        refused(f"word2vec -train text8 {flags}", 1, r"diverged.* Lower -alpha \(now 1e\+30\)\.")

    def test_defaults_are_those_of_word2vec_c(self) -> None:
        defaults = {option.opts[0]: option.default for option in word2vec.params}
        expected = {
            "-size": 100, "-window": 5, "-sample": 1e-3, "-hs": 0, "-negative": 5, "-iter": 5,
            "-min-count": 5, "-classes": 0, "-debug": 2, "-binary": 0, "-cbow": 1,
        }  # fmt: skip
        assert {flag: defaults[flag] for flag in expected} == expected
        assert Config(model="cbow").alpha == 0.05
        assert Config(model="skipgram").alpha == 0.025

    def test_binary_and_text_hold_the_same(self, folder: Path) -> None:
        for binary in (0, 1):
            done(f"word2vec -train text8 -output v{binary} -size 8 -threads 1 -binary {binary}")
        np.testing.assert_array_equal(load("v0").matrix, load("v1").matrix)
        bound = 0.5 / 8
        assert 0 < np.abs(load("v0").matrix[0]).max() <= bound  # as word2vec.c draws it

    @pytest.mark.parametrize("binary", [0, 1])
    def test_gensim_reads_it(self, folder: Path, binary: int) -> None:
        models = pytest.importorskip("gensim.models")
        done(f"word2vec -train text8 -output v -size 8 -threads 1 -iter 1 -binary {binary}")
        theirs = models.KeyedVectors.load_word2vec_format("v", binary=bool(binary))
        ours = load("v")
        assert tuple(theirs.index_to_key) == ours.words
        np.testing.assert_array_equal(theirs.vectors, ours.matrix)

    def test_quiet(self, folder: Path) -> None:
        line = "word2vec -train text8 -output v -size 8 -threads 1 -iter 1 -debug"
        assert done(f"{line} 0").stderr == ""
        little, much = done(f"{line} 1").stderr, done(f"{line} 2").stderr
        assert "epoch 1 of 1" not in little
        assert "trained" in little
        assert "epoch 1 of 1: loss" in much

    def test_standard_input(self, folder: Path) -> None:
        arguments = [
            "word2vec",
            "-train",
            "-",
            "-output",
            "v",
            "-size",
            "8",
            "-threads",
            "1",
            "-iter",
            "1",
        ]
        text = Path("text8").read_bytes()
        assert CliRunner().invoke(main, arguments, input=text).exit_code == 0
        assert len(load("v")) == 28

    def test_no_more_threads_than_run_at_once(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("w2v.backends.usable_threads", lambda: 1)
        line = "word2vec -train text8 -size 8 -iter 1"
        said = done(f"{line} -output many -threads 20").stderr
        assert (
            "Warning: 20 threads were asked for (-threads), but this process may run only 1 at "
            "once, so it uses no more.\n" in said
        )
        done(f"{line} -output one -threads 1")
        assert Path("many").read_bytes() == Path("one").read_bytes()


class TestVocabulary:
    def test_only_the_vocabulary(self, folder: Path) -> None:
        done("word2vec -train text8 -save-vocab vocab.txt -min-count 1")
        rows = [line.split(" ") for line in Path("vocab.txt").read_text().splitlines()]
        assert rows[0] == ["</s>", str(LINES)]
        counts = [int(count) for _, count in rows[1:]]
        assert counts == sorted(counts, reverse=True)
        assert sum(counts) == 8 * LINES
        assert Vocabulary.load("vocab.txt").total == 8 * LINES

    def test_bytes_are_those_of_word2vec_c(self, folder: Path) -> None:
        """Words of one count as they turn up; lines without a word count too."""
        Path("text").write_text("b c\n\nc \xe9 a b\n \nz\na b\n", encoding="utf-8")
        done("word2vec -train text -save-vocab vocab -min-count 1 -output v -size 2 -sample 0")
        # word2vec -train text -save-vocab vocab -min-count 1
        expected = "</s> 6\nb 3\nc 2\na 2\n\xe9 1\nz 1\n"
        assert Path("vocab").read_bytes() == expected.encode()
        assert load("v").words == ("</s>", "b", "c", "a", "\xe9", "z")

    def test_one_of_word2vec_c_is_read_and_pruned(self, folder: Path) -> None:
        Path("vocab").write_text("</s> 400\nthe 9\nanimal1 7\ntool1 7\ntool2 4\nelsewhere 8\n")
        done(
            "word2vec -train text8 -read-vocab vocab -output v -size 8 -threads 1 -min-count 5 "
            "-sample 0 -save-vocab again"
        )
        assert load("v").words == ("</s>", "the", "elsewhere", "animal1", "tool1")
        assert Path("again").read_text().splitlines()[:2] == ["</s> 400", "the 9"]

    def test_a_text_with_the_word(self, folder: Path) -> None:
        text = Path("text8").read_text()
        lines = len(text.splitlines())
        Path("text8").write_text("</s> the </s> of\n" * 9 + text)
        done("word2vec -train text8 -output v -save-vocab vocab -size 8 -threads 1 -iter 1")
        words = load("v").words
        assert words[0] == "</s>"
        assert words.count("</s>") == 1
        assert Path("vocab").read_text().count("</s>") == 1
        assert Path("vocab").read_text().startswith(f"</s> {lines + 9 + 18}\n")
        first = load("v").matrix[0]
        done("word2vec -train text8 -output w -read-vocab vocab -size 8 -threads 1 -iter 1")
        np.testing.assert_array_equal(load("w").matrix[0], first)  # as drawn, trained by neither


class TestRefusals:
    @pytest.mark.parametrize(
        ("flags", "code", "message"),
        [
            ("-output v -hs 1", 2, "-hs 1 and -negative 5 ask for two losses at once.*"
             "Give -hs 1 -negative 0"),
            ("-output v -hs 0 -negative 0", 2, "leave nothing to train"),
            ("-output v -negative -1", 2, "-negative must be at least 1, got -1"),
            ("-output v -size 0", 2, "-size must be at least 1, got 0"),
            ("-output v -iter 0", 2, "-iter must be at least 1"),
            ("-output v -threads 0", 2, "-threads must be at least 1"),
            ("-output v -binary 2", 2, "2 is not in the range 0<=x<=1"),
            ("-output v -classes -1", 2, "-classes must be at least 0, got -1"),
            ("-output v -classes 99", 2, r"99 classes .* but there are 28 words.*-min-count\."),
            ("-output v -sizee 9", 2, "'-sizee' is no flag of word2vec.c. Did you mean -size"),
            ("-output v 9", 2, "'9' is no flag of word2vec.c. Each flag is followed by its value"),
            ("-output v --size 9", 2, "'--size' is no flag .* Did you mean -size"),
            ("-output", 2, "'-output' requires an argument"),
            ("", 2, "nothing to write. Give -output or -save-vocab"),
            ("-output v -min-count 9999", 1, r"Lower min_count \(-min-count\)"),
            ("-output none/v", 1, "none is not a folder"),
            ("-output text8", 2, "-output would overwrite the input text8"),
            ("-output v -save-vocab v", 2, "-output and -save-vocab are the same file"),
            ("-output v -read-vocab none", 1, "Cannot read none"),
        ],
    )  # fmt: skip
    def test_flags(self, folder: Path, flags: str, code: int, message: str) -> None:
        refused(f"word2vec -train text8 {flags}", code, message)

    def test_texts(self, folder: Path) -> None:
        refused("word2vec -train none -output v", 1, "There is no file 'none'")
        refused("word2vec -output v", 2, "Missing option '-train'")
        Path("bad").write_bytes(b"a \xff b\n" * 9)
        refused("word2vec -train bad -output v", 1, r"not valid UTF-8.*\(-errors replace\)")
        done("word2vec -train bad -output v -size 4 -threads 1 -sample 0 -errors replace")

    def test_no_arguments_show_the_usage(self) -> None:
        result = CliRunner().invoke(main, ["word2vec"])
        assert result.exit_code == 0
        assert result.stdout.startswith("Usage: ")
        assert "-read-vocab" in result.stdout
        assert CliRunner().invoke(main, ["word2vec", "--help"]).stdout == result.stdout


class TestClasses:
    def directions(
        self, words: int, dim: int = 8
    ) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        unit = np.random.default_rng(0).normal(size=(words, dim)).astype(np.float32)
        unit /= np.linalg.norm(unit, axis=1, keepdims=True)
        return unit

    def test_every_word_is_in_the_class_whose_centre_is_nearest(self) -> None:
        unit = self.directions(500)
        member = word_classes(unit, 7)
        centres = np.stack([unit[member == c].sum(0) for c in range(7)])
        centres /= np.linalg.norm(centres, axis=1, keepdims=True)
        nearest = (unit @ centres.T).argmax(axis=1)
        assert np.mean(nearest == member) > 0.99

    def test_clusters_that_are_there_are_found(self) -> None:
        rng = np.random.default_rng(1)
        truth = rng.integers(0, 5, 300)
        unit = np.eye(5, 16, dtype=np.float32)[truth] + 0.1 * rng.normal(size=(300, 16))
        unit = (unit / np.linalg.norm(unit, axis=1, keepdims=True)).astype(np.float32)
        member = word_classes(unit, 5)
        assert len(set(zip(truth.tolist(), member.tolist(), strict=True))) == 5

    @pytest.mark.parametrize("classes", [1, 2, 49, 50])
    def test_no_class_is_empty(self, classes: int) -> None:
        unit = np.repeat(self.directions(5), 10, axis=0)  # of each direction ten words
        assert set(word_classes(unit, classes).tolist()) == set(range(classes))

    def test_words_without_direction(self) -> None:
        assert set(word_classes(np.zeros((6, 3), np.float32), 3).tolist()) == {0, 1, 2}

    def test_bad_number(self) -> None:
        with pytest.raises(ValueError, match="from 1 to 4, the words; got 5"):
            word_classes(self.directions(4), 5)


def test_the_row_of_the_sentence_end() -> None:
    vectors = Vectors(["a", "b"], np.ones((2, 4)))
    ordered = np.array([1, 0])
    first = with_sentence_end(vectors, ordered, 1)
    assert first.words == ("</s>", "b", "a")
    np.testing.assert_array_equal(first.matrix, with_sentence_end(vectors, ordered, 1).matrix)
