"""No id is trained on that was not looked at; damage ends a training in a sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from commands import refused, run

from w2v import Callback, EarlyStopping, Progress, Vocabulary, Word2Vec, encode
from w2v.errors import CorpusError
from w2v.text import Corpus, CorpusStats, checks, encoded, encoded_files, open_encoded

OPTIONS: dict[str, Any] = {"dim": 4, "min_count": 1, "sample": 0, "epochs": 1, "workers": 2}
BLOCK = 1 << 16  # bytes
TOKENS = 400_000


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An encoded corpus, so large beside what is checked at once that its ids are not."""
    monkeypatch.setattr(encoded, "_CHECKED_AT_ONCE", 0)
    for module in (checks, encoded, encoded_files):
        monkeypatch.setattr(module, "BLOCK_BYTES", BLOCK)
    ids = np.random.default_rng(1).integers(0, 90, (TOKENS // 40, 40))
    encode(ids, tmp_path / "e", min_count=1)
    return tmp_path / "e"


def damage(folder: Path, token: int, bit: int = 30) -> None:
    file = np.load(folder / "ids.npy", mmap_mode="r+")
    file[token] ^= 1 << bit
    file.flush()


class Watch(Callback):
    """Notes how far the ids were checked after each epoch."""

    def __init__(self, corpus: Corpus) -> None:
        self.corpus = corpus
        self.checked: list[int] = []
        self.steps = 0

    def on_step(self, progress: Progress) -> None:
        self.steps += progress.done > 0

    def on_epoch_end(self, progress: Progress) -> None:
        assert self.corpus._checks is not None
        self.checked.append(self.corpus._checks._tokens)


def test_ids_are_checked_as_training_comes_to_them(folder: Path) -> None:
    with open_encoded(folder) as corpus:
        assert corpus._checks is not None
        assert corpus._checks._tokens == 0
        corpus.check(5)
        assert corpus._checks._tokens == BLOCK // 4
        watch = Watch(corpus)
        Word2Vec(**OPTIONS).train(corpus, callbacks=[watch])
        assert watch.checked == [TOKENS]


@pytest.mark.parametrize("token", [0, TOKENS // 2, TOKENS - 1])
@pytest.mark.parametrize(
    "options",
    [
        {"backend": "numba"},
        {"backend": "numba", "loss": "hs", "model": "cbow"},
        {"backend": "numba", "held_out": 0.01},
        {"backend": "numpy", "loss": "hs", "epochs": 1},
        {"backend": "numpy", "loss": "softmax", "dim": 2},
    ],
    ids=str,
)
def test_damage_ends_the_training(folder: Path, options: dict[str, Any], token: int) -> None:
    damage(folder, token)
    model = Word2Vec(**{**OPTIONS, **options})
    with pytest.raises(CorpusError, match=r"is damaged: some of its ids [\d,]+ to [\d,]+ are"):
        model.fit(folder)
    assert not model.__sklearn_is_fitted__()


def test_damage_is_met_where_words_are_dropped(folder: Path, tmp_path: Path) -> None:
    damage(folder, TOKENS - 1, bit=0)
    with pytest.raises(CorpusError, match="is damaged"):
        Word2Vec(**{**OPTIONS, "max_vocab": 10}).fit(folder)
    with pytest.raises(CorpusError, match="is damaged"):
        encode(folder, tmp_path / "copy", min_count=1)
    assert [path.name for path in tmp_path.iterdir()] == ["e"]


def test_damage_is_met_by_a_look_at_sentences(folder: Path) -> None:
    """Early stopping measures some of them that are drawn from all of the text."""
    damage(folder, TOKENS - 1)
    with pytest.raises(CorpusError, match="is damaged"):
        Word2Vec(**{**OPTIONS, "epochs": 3}).fit(folder, callbacks=[EarlyStopping()])


def test_one_sentence_is_checked_to_its_end(tmp_path: Path, folder: Path) -> None:
    """A window may reach to the end of its sentence, if no token on the way is kept."""
    encode(np.resize(np.arange(90), (1, TOKENS)), tmp_path / "one", min_count=1)
    with open_encoded(tmp_path / "one") as corpus:
        damage(tmp_path / "one", TOKENS - 1)
        watch = Watch(corpus)
        with pytest.raises(CorpusError, match="is damaged"):
            Word2Vec(**OPTIONS).train(corpus, callbacks=[watch])
        assert not watch.steps


def test_a_command_writes_nothing(folder: Path, tmp_path: Path) -> None:
    damage(folder, TOKENS - 1)
    outputs = ["-o", tmp_path / "v.bin", "--report", tmp_path / "r", "--save-model", tmp_path / "m"]
    options = ["--dim", "4", "--min-count", "1", "--epochs", "1"]
    refused(run("train", folder, *outputs, *options, "-q"), 1, "is damaged: some of its ids")
    assert [path.name for path in tmp_path.iterdir()] == ["e"]
    refused(run("info", folder), 1, "is damaged: some of its ids")


@pytest.mark.parametrize(
    ("ids", "ends", "message"),
    [
        ([0, 1, 2], [3], "holds ids from 0 to 2, and its vocabulary has 2 words"),
        ([0, -1, 1], [3], "holds ids from -1 to 1"),
        ([0, 1, 0], [2, 2, 3], "sentence ends that do not rise"),
        ([0, 1, 0], [0, 3], "sentence ends that do not rise"),
        ([0, 1, 0], [2], "ends at 2, and it has 3 tokens"),
        ([0, 1, 0], [2, 4], "ends at 4, and it has 3 tokens"),
    ],
)
def test_a_corpus_of_a_program_is_checked_too(
    ids: list[int], ends: list[int], message: str
) -> None:
    stats = CorpusStats(tokens=3, rare=0, sentences=1, types=2)
    words = Vocabulary(("a", "b"), np.array([2, 1]))
    arrays = np.array(ids, np.int32), np.array(ends, np.int64)
    with pytest.raises(CorpusError, match=message):
        Word2Vec(**OPTIONS).train(Corpus(words, *arrays, stats, {}))
