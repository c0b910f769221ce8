"""The library's front door."""

from __future__ import annotations

import json
import pprint
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from corpora import two_topics

import w2v
from w2v import CorpusError, Table, TrainingWarning, UnknownWordError, Vectors, W2VError, Word2Vec
from w2v.training import HuffmanTree


def small(**options: Any) -> Word2Vec:
    settings: dict[str, Any] = {
        "dim": 8,
        "min_count": 1,
        "epochs": 2,
        "workers": 1,
        "backend": "numpy",
    }
    return Word2Vec(**(settings | options))


def test_files_lists_and_one_shot_iterators_give_the_same(tmp_path: Path) -> None:
    sentences = two_topics(200)
    path = tmp_path / "corpus.txt"
    path.write_text("\n".join(map(" ".join, sentences)), encoding="utf-8")
    expected = small().fit(sentences).vectors.matrix
    for source in (str(path), path, [path], iter(sentences), (tuple(s) for s in sentences)):
        fitted = small().fit(source)
        assert np.array_equal(fitted.vectors.matrix, expected)


def test_what_a_fitted_model_answers(tmp_path: Path) -> None:
    model = small().fit(two_topics(200))
    assert model["animal1"].shape == (8,)
    assert "animal1" in model
    assert "nothing" not in model
    assert len(model.most_similar("animal1", n=3)) == 3
    assert model.similarity("animal1", "animal1") == pytest.approx(1)
    assert model.vectors.counts is not None
    assert model.vectors.counts.sum() == 1600
    assert model.output.shape == (27, 8)
    model.save(tmp_path / "v.bin")
    loaded = w2v.load(tmp_path / "v.bin")
    assert np.array_equal(loaded["tool3"], model["tool3"])
    assert json.loads(json.dumps(model.report))["seconds"]["save"] >= 0
    with pytest.raises(UnknownWordError, match="'nothing'"):
        model["nothing"]


def test_asking_before_fitting() -> None:
    with pytest.raises(W2VError, match="Call `fit` with a corpus first"):
        small().most_similar("word")


@pytest.mark.parametrize("source", [["the cat sat"], iter(["the cat sat"])])
def test_strings_where_sentences_are_expected(source: Iterator[str]) -> None:
    with pytest.raises(TypeError, match="a string was given where a list of tokens is expected"):
        small().fit(source)


def test_a_vocabulary_that_is_none() -> None:
    with pytest.raises(TypeError, match=r"`vocabulary` must be a `w2v.Vocabulary`, got \{'a': 1\}"):
        small().fit([["a", "b"]], vocabulary={"a": 1})  # type: ignore[arg-type]


def test_a_tokenizer_of_another_program(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a b c\n")
    for source in (["a b"], tmp_path / "a.txt", Table({"t": ["a b"]}, text="t")):
        with pytest.raises(TypeError, match=r"`tokenizer` must be a `w2v.Tokenizer`, got <method"):
            small().fit(source, tokenizer=str.split)  # type: ignore[arg-type]


def test_warnings_name_the_line_of_the_caller() -> None:
    with pytest.warns(TrainingWarning) as caught:
        small(epochs=1, sample=0).fit([["a", "b", "c"]] * 5)
    assert {warning.filename for warning in caught} == {__file__}


def test_exhausted_iterator_is_an_error_not_an_empty_model() -> None:
    sentences = iter(two_topics(5))
    list(sentences)
    with pytest.raises(CorpusError, match="no token"):
        small().fit(sentences)


def test_a_sentence_of_any_length_is_trained_whole() -> None:
    """gensim drops what follows the 10,000th token of a sentence (its issue 2880)."""
    sentence = [f"w{i % 50}" for i in range(25_000)]
    report = small(sample=0).fit([sentence]).report
    assert report["tokens"]["kept"] == [25_000, 25_000]


def test_more_workers_than_run_at_once_warns() -> None:
    with pytest.warns(
        UserWarning, match=r"10000 workers were asked for, but .* only \d+ threads? at once"
    ):
        report = small(workers=10000, epochs=1, sample=0).fit([["a", "b"]] * 300).report
    assert report["workers"] == 1  # there is no work for more
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        small(workers=1, epochs=1, sample=0).fit([["a", "b"]] * 300)


def test_callbacks_see_the_run() -> None:
    seen: list[Any] = []
    corpus = w2v.read_sentences(two_topics(50), min_count=1)
    small().train(
        corpus,
        on_start=lambda trainer, why: seen.append((trainer.corpus.stats.tokens, why)),
        on_progress=seen.append,
    )
    assert seen[0] == (400, seen[0][1])
    assert "numpy" in seen[0][1]
    assert seen[-1].done == 1


def test_the_report_is_shown_in_a_line(tmp_path: Path) -> None:
    """And is the plain dictionary it was for everything else."""
    trained = Word2Vec(dim=4, min_count=1, sample=0, epochs=2, workers=1, backend="numpy")
    trained.fit([["a", "b", "c"]] * 20)
    report = trained.report
    assert repr(report).startswith("<Report: 2 epochs, 60 words of text, 0.")
    assert repr(report).endswith(
        f", loss {report['loss'][-1]:.4f}; a dictionary of {len(report)} keys>"
    )
    assert json.loads(json.dumps(report)) == report
    assert isinstance(report, dict)
    assert len(pprint.pformat(report)) < 1000
    trained.save_model(tmp_path / "m.npz")
    assert repr(Word2Vec.load_model(tmp_path / "m.npz").report) == repr(report)


@pytest.mark.parametrize("loss", ["ns", "hs"])
def test_tables_of_elsewhere_make_a_model(loss: str, tmp_path: Path) -> None:
    options: dict[str, Any] = {"loss": loss, "min_count": 1, "sample": 0, "workers": 1}
    options |= {"epochs": 2, "seed": 3}
    model = Word2Vec(dim=6, **options).fit(two_topics(100))
    again = Word2Vec.from_tables(model.vectors, model.output, tree=model.tree, trained=2, **options)
    assert again.score(["a", "b"]) == model.score(["a", "b"])
    word = model.vectors.words[0]
    assert again.predict_output_word([word]) == model.predict_output_word([word])
    again.save_model(tmp_path / "m.npz")
    other = Word2Vec.load_model(tmp_path / "m.npz")
    more = [[word, "new", word]] * 20
    for one in (model, again, other):
        one.partial_fit(more)
    assert np.array_equal(model.vectors.matrix, again.vectors.matrix)
    assert np.array_equal(model.output, again.output)
    assert np.array_equal(model.vectors.matrix, other.vectors.matrix)


def test_tables_that_do_not_fit_are_refused() -> None:
    counts = np.array([3, 2])
    vectors, output = Vectors(["a", "b"], np.ones((2, 4)), counts), np.ones((2, 4))
    with pytest.raises(ValueError, match="`vectors` have no counts"):
        Word2Vec.from_tables(Vectors(["a", "b"], np.ones((2, 4))), output)
    with pytest.raises(ValueError, match=r"`output` must be \(2, 4\), .*; got \(3, 4\)"):
        Word2Vec.from_tables(vectors, np.ones((3, 4)))
    with pytest.raises(ValueError, match="NaN or infinity"):
        Word2Vec.from_tables(vectors, np.full((2, 4), np.nan))
    with pytest.raises(ValueError, match=r"A `tree` goes with loss 'hs' .*, got loss 'ns'"):
        Word2Vec.from_tables(vectors, output, tree=HuffmanTree.from_counts(counts))
    for word, message in (
        ("New York", "without white space.* 'New York'"),
        ("</s>", "end of sent"),
    ):
        named = Vectors(["a", word], np.ones((2, 4)), counts)
        with pytest.raises(ValueError, match=f"cannot go on from these `vectors`: .*{message}"):
            Word2Vec.from_tables(named, output)
    with pytest.raises(ValueError, match="`tree` is no Huffman tree of the 2 words"):
        Word2Vec.from_tables(
            vectors, output[:1], tree=HuffmanTree.from_counts([3, 2, 1]), loss="hs"
        )
    with pytest.raises(ValueError, match="`dim` is 5, and `vectors` have 4"):
        Word2Vec.from_tables(vectors, output, dim=5)
