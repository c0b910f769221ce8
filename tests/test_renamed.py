"""Names of other programs are refused with the name that is meant."""

from __future__ import annotations

import copy
import inspect
import pickle
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import w2v
from w2v.cli import main
from w2v.renamed import name_elsewhere, option_elsewhere

PAGE = (Path(__file__).parents[1] / "docs" / "migration.md").read_text(encoding="utf-8")
ANY: Any = w2v.Word2Vec  # whose calls are wrong on purpose
PHRASES: Any = w2v.Phrases
OURS = {*inspect.signature(w2v.Word2Vec).parameters}


def options(heading: str) -> list[str]:
    """Options in the first column of the first table below a heading."""
    table = PAGE.split(f"\n## {heading}")[1].split("\n\n|")[1].split("\n\n")[0]
    cells = [row.split("|")[1 if row.startswith("|") else 0] for row in table.split("\n")[2:]]
    return [name for cell in cells for name in re.findall(r"`-?([a-z]\w+|t)(?:=[^`]*)?`", cell)]


@pytest.mark.parametrize(
    "name", sorted({*options("gensim"), *options("fastText")} - OURS - {"output", "softmax"})
)
def test_every_option_of_the_page_is_known(name: str) -> None:
    assert option_elsewhere(name)


def test_the_tables_are_read() -> None:
    assert {"vector_size", "sg", "hs", "corpus_file"} <= {*options("gensim")}
    assert {"ws", "minCount", "lr"} <= {*options("fastText")}


def model() -> w2v.Word2Vec:
    text = [["a", "b", "c"]] * 20
    return w2v.Word2Vec(dim=4, min_count=1, sample=0, epochs=1, workers=1).fit(text)


def refused(call: Callable[[], object], error: type[Exception]) -> str:
    with pytest.raises(error) as caught:
        call()
    return str(caught.value)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"vector_size": 5}, "no option `vector_size`: it is called `dim` here. docs/migration.md"),
        ({"iter": 5}, "`iter`: it is called `epochs` here"),
        ({"sg": 1}, '`sg`: `model="skipgram"` is for sg=1'),
        ({"sentences": []}, "the text goes to `fit`: Word2Vec(...).fit(sentences)"),
        ({"minn": 3}, "whole words and no parts of them"),
        ({"windw": 3}, "no option `windw`: did you mean `window`?"),
        ({"qqq": 3}, "no option `qqq`."),
        (
            {"vector_size": 5, "dim": 3, "iter": 2},
            "`vector_size`: it is called `dim` here; `iter`: it is called `epochs` here. docs/",
        ),
    ],
)
def test_options_of_the_constructor(options: dict[str, int], said: str) -> None:
    assert said in refused(lambda: ANY(**options), TypeError)


def test_text_is_for_fit() -> None:
    said = refused(lambda: ANY([["a"]], dim=3), TypeError)
    assert "Word2Vec(dim=100).fit(sentences)" in said


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: PHRASES([["a", "b"]]), "Phrases(min_count=5).fit(sentences)"),
        (
            lambda: PHRASES(sentences=[["a", "b"]]),
            "the text goes to `fit`: Phrases(...).fit(sentences)",
        ),
        (lambda: PHRASES(common_terms=["of"]), "it is called `connector_words` here"),
        (lambda: PHRASES(max_vocab_size=9), "nothing depends on it here"),
        (lambda: PHRASES(treshold=9), "did you mean `threshold`?"),
    ],
)
def test_options_of_phrases(call: Callable[[], object], said: str) -> None:
    assert said in refused(call, TypeError)


def test_options_of_methods() -> None:
    trained: Any = model()
    text = [["a", "b"]]
    said = "it is an option of `Word2Vec`"
    assert said in refused(lambda: trained.fit(text, epochs=3), TypeError)
    assert "The text itself goes to `fit`" in refused(lambda: trained.train(text), TypeError)
    assert "counts for itself" in refused(lambda: trained.train(text, total_words=1), TypeError)
    said = "most_similar has no option `topn`: it is called `n` here"
    assert said in refused(lambda: trained.most_similar("a", topn=3), TypeError)
    assert said in refused(lambda: trained.vectors.most_similar("a", topn=3), TypeError)
    said = "it is called `dim` here"
    assert said in refused(lambda: trained.set_params(vector_size=3), w2v.ConfigError)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("wv", "`model.wv` is model.vectors here. docs/migration.md"),
        ("doesnt_match", "is model.vectors.doesnt_match here"),
        ("index_to_key", "is model.vectors.words here"),
        ("nothing", "'Word2Vec' has no attribute 'nothing'"),
    ],
)
def test_attributes_of_a_model(name: str, said: str) -> None:
    assert said in refused(lambda: getattr(model(), name), AttributeError)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("key_to_index", "`vectors.key_to_index` is vectors.index(word) here"),
        ("get_vector", "is vectors[word] here"),
        ("has_index_for", "is word in vectors here"),
        ("save_word2vec_format", 'is vectors.save("vectors.bin") here'),
        ("nothing", "'Vectors' has no attribute 'nothing'"),
    ],
)
def test_attributes_of_vectors(name: str, said: str) -> None:
    vectors = w2v.Vectors(["a"], [[1.0]])
    assert said in refused(lambda: getattr(vectors, name), AttributeError)


def test_names_of_the_class_and_of_the_library() -> None:
    assert "Word2Vec.load_model(path)" in refused(lambda: ANY.load("x"), AttributeError)
    assert "w2v.Vectors (from" in refused(lambda: w2v.KeyedVectors, AttributeError)
    assert "no attribute 'nothing'" in refused(lambda: w2v.nothing, AttributeError)


def test_copies_and_signatures_are_what_they_were() -> None:
    trained = model()
    for again in (copy.deepcopy(trained), pickle.loads(pickle.dumps(trained))):
        assert again.vectors["a"].tobytes() == trained["a"].tobytes()
    assert "dim" in inspect.signature(w2v.Word2Vec).parameters
    assert repr(w2v.Word2Vec(dim=4)) == "Word2Vec(dim=4)"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["train", "x", "-o", "y", "--vector-size", "3"], "--vector-size: it is called --dim here"),
        (["train", "x", "-o", "y", "-size", "3"], "-size: it is called --dim here"),
        (["train", "x", "-o", "y", "-dim", "3"], "-dim: it is written --dim here"),
        (["train", "x", "-o", "y", "-minCount=3"], "-minCount: it is called --min-count here"),
        (["train", "x", "-o", "y", "-binary", "1"], "the extension of the output names its format"),
        (["nearest", "x", "king", "--topn", "3"], "--topn: it is called -n here"),
        (["train", "x", "-o", "y", "--qqq"], "No such option"),
    ],
)
def test_options_of_commands(arguments: list[str], said: str) -> None:
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 2
    assert said in result.stderr


@pytest.mark.parametrize(
    ("of", "name", "said"),
    [
        ("model", "epochs", "`model.epochs` is model.config.epochs here"),
        ("model", "init_sims", "There is no `model.init_sims` here, and nothing in its place"),
        ("vectors", "load", "`vectors.load` is w2v.load(path) here"),
        ("w2v", "FastText", "There is no `w2v.FastText` here"),
        ("w2v", "KeyedVectors", "is w2v.Vectors (from a file: w2v.load(path)) here"),
    ],
)
def test_what_else_gensim_has(of: str, name: str, said: str) -> None:
    assert said in (name_elsewhere(of, name) or "")


def test_train_takes_no_sentences() -> None:
    assert "goes to `fit`" in refused(lambda: ANY().train([["a", "b"]]), TypeError)
