"""Training from an encoded corpus and from the text: the same words, ids, and bytes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from w2v import Tokenizer, Word2Vec, encode
from w2v.errors import ConfigError, CorpusError, OutputError
from w2v.text import Corpus, Table, Vocabulary, open_encoded, read_corpus

SMALL: dict[str, Any] = {"dim": 8, "epochs": 2, "workers": 1, "min_count": 4}
GIVEN = Vocabulary.from_counts([f"w{i}" for i in range(100)] + ["never"], range(1, 102))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A text, and folders with the words of it that are there once, four and nine times."""
    folder = tmp_path_factory.mktemp("encoded")
    rng = np.random.default_rng(0)
    share = 1 / np.arange(1, 801)
    ids = rng.choice(800, 30_000, p=share / share.sum())
    lines = [" ".join(f"w{i}" for i in ids[at : at + 7]) for at in range(0, len(ids), 7)]
    (folder / "text").write_text("\n".join(lines) + "\n\n</s> w1\n")
    for count in (1, 4, 9):
        encode(folder / "text", folder / f"at-{count}", min_count=count)
    return folder


def assert_same(found: Corpus, expected: Corpus) -> None:
    assert found.vocabulary == expected.vocabulary
    assert found.ids.tolist() == expected.ids.tolist()
    assert found.ends.tolist() == expected.ends.tolist()
    assert found.stats == expected.stats
    assert found.limits == expected.limits
    assert found.fingerprint() == expected.fingerprint()


@pytest.mark.parametrize("pieces", [1 << 20, 100])
@pytest.mark.parametrize("name", ["at-1", "at-4"])
@pytest.mark.parametrize(
    "limits",
    [
        {"min_count": 4},
        {"min_count": 9},
        {"min_count": 4, "max_vocab": 20},
        {"min_count": 30, "max_vocab": 20},
    ],
    ids=str,
)
def test_fewer_words(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    limits: dict[str, Any],
    pieces: int,
) -> None:
    monkeypatch.setattr("w2v.text.corpus._PIECE_TOKENS", pieces)
    found = read_corpus(folder / name, **limits)
    assert_same(found, read_corpus(folder / "text", **limits))
    assert found.remark == ""


@pytest.mark.parametrize("given", ["vocabulary", "known"])
def test_words_from_elsewhere(folder: Path, given: str) -> None:
    words: dict[str, Any] = {given: GIVEN}
    expected = read_corpus(folder / "text", min_count=4, **words)
    found = read_corpus(folder / "at-1", min_count=4, **words)
    assert found.vocabulary == expected.vocabulary
    assert found.ids.tolist() == expected.ids.tolist()
    assert found.ends.tolist() == expected.ends.tolist()
    assert found.stats == expected.stats
    assert found.remark == ""


def test_other_counts_of_the_same_words(folder: Path) -> None:
    """The ids stay where they are, and the folder is not what is trained on."""
    words = open_encoded(folder / "at-4").vocabulary
    more = Vocabulary(words.words, words.counts + 1)
    found = read_corpus(folder / "at-4", vocabulary=more)
    assert found.vocabulary == more
    assert found.folder is None
    found.check()
    expected = read_corpus(folder / "text", vocabulary=more)
    assert (
        found.fingerprint() == expected.fingerprint() != open_encoded(folder / "at-4").fingerprint()
    )
    assert found.stats == expected.stats


def test_what_a_folder_has_lost_is_said(folder: Path) -> None:
    at_9 = folder / "at-9"
    assert (
        read_corpus(at_9, min_count=4).remark
        == f"Rarer words are not in {at_9}, which was encoded with --min-count 9."
    )
    assert "w2v" not in read_corpus(folder / "at-1", min_count=1).remark
    remark = read_corpus(at_9, vocabulary=GIVEN).remark
    assert remark == f"1 of the words given is not in {at_9}, which was encoded with --min-count 9."
    encode(folder / "text", folder / "few", max_vocab=10)
    assert "with --min-count 5 and --max-vocab 10" in read_corpus(folder / "few").remark
    assert read_corpus(folder / "few", max_vocab=10).remark == ""


def test_a_program_is_told_too(folder: Path) -> None:
    with pytest.warns(UserWarning, match="Rarer words are not in .*at-9, which was encoded with"):
        model = Word2Vec(**SMALL).fit(folder / "at-9")
    encoded = {"folder": str(folder / "at-9"), "min_count": 9, "max_vocab": None}
    assert model.report["encoded"] == encoded
    assert Word2Vec(**SMALL).fit(folder / "text").report["encoded"] is None


@pytest.mark.parametrize("held_out", [0.0, 0.1])
@pytest.mark.parametrize("loss", ["ns", "hs", "softmax"])
@pytest.mark.parametrize("model", ["skipgram", "cbow"])
def test_the_same_bytes(folder: Path, model: str, loss: str, held_out: float) -> None:
    def trained(name: str) -> bytes:
        options = {**SMALL, "model": model, "loss": loss, "held_out": held_out}
        made = Word2Vec(**options).fit(folder / name)
        return made.vectors.matrix.tobytes() + made.output.tobytes()

    text = trained("text")
    assert trained("at-4") == text
    assert trained("at-1") == text


@pytest.mark.parametrize("loss", ["ns", "hs"])
def test_going_on_gives_the_same_bytes(folder: Path, loss: str) -> None:
    def trained(name: str) -> bytes:
        made = Word2Vec(loss=loss, sample=0, **SMALL).fit([["w1", "w2", "other"]] * 400)
        return made.partial_fit(folder / name).vectors.matrix.tobytes()

    assert trained("at-1") == trained("text")


def test_pretrained_and_frozen_words(folder: Path) -> None:
    first = Word2Vec(**SMALL).fit(folder / "text").vectors

    def trained(name: str) -> bytes:
        made = Word2Vec(seed=2, **SMALL).fit(folder / name, pretrained=first, freeze=["w1"])
        assert made["w1"].tobytes() == first["w1"].tobytes()
        return made.vectors.matrix.tobytes()

    assert trained("at-4") == trained("text")


def test_a_folder_into_a_folder(folder: Path, tmp_path: Path) -> None:
    for limit in (4, 9):
        made = encode(folder / "at-4", tmp_path / str(limit), min_count=limit)
        expected = open_encoded(folder / f"at-{limit}")
        assert_same(made, expected)
        assert_same(open_encoded(tmp_path / str(limit)), expected)


@pytest.mark.parametrize(
    ("read", "error", "message"),
    [
        (lambda f: read_corpus(f / "at-4", errors="replace"), ConfigError, "cut into words"),
        (
            lambda f: read_corpus(f / "at-4", tokenizer=Tokenizer(lower=True)),
            ConfigError,
            "cut into words already",
        ),
        (lambda f: read_corpus([f / "at-4", f / "text"]), ConfigError, "there is more beside it"),
        (lambda f: read_corpus(f / "at-4", min_count=10**6), CorpusError, "No word occurs 1000000"),
        (lambda f: read_corpus(f / "at-4", min_count=0), ConfigError, "`min_count` must be at"),
        (
            lambda f: read_corpus(f / "at-4", vocabulary=Vocabulary.from_counts({"q": 1})),
            CorpusError,
            "No word of the text is in the given vocabulary",
        ),
        (read_corpus, CorpusError, "is an encoded corpus and holds no text"),
        (lambda f: read_corpus(f / "at-4" / "vocab.txt"), CorpusError, "Give its folder"),
        (lambda f: read_corpus(Table(f / "at-4", columns="all")), CorpusError, "holds no text"),
        (lambda f: encode(f / "text", f / "at-4"), OutputError, "at-4"),
        (lambda f: encode(f / "text", f / "new", min_count=0), ConfigError, "`min_count`"),
        (lambda f: encode(f / "missing", f / "new"), CorpusError, "There is no file"),
        (lambda f: encode([[]], f / "new"), CorpusError, "There is no token"),
    ],
)
def test_refused(
    folder: Path, read: Callable[[Path], object], error: type[Exception], message: str
) -> None:
    before = sorted(folder.rglob("*"))
    with pytest.raises(error, match=message):
        read(folder)
    assert sorted(folder.rglob("*")) == before


def test_what_is_told_of_reading(folder: Path, tmp_path: Path) -> None:
    told: list[tuple[int, int | None]] = []
    encode(folder / "text", tmp_path / "e", progress=lambda *now: told.append(now))
    size = (folder / "text").stat().st_size
    assert told[-1] == (size, size)
