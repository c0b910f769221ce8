"""Files that gensim and fastText write here and now, if they are installed: what these say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from corpora import two_topics

from w2v import load
from w2v.formats import read_fasttext, read_gensim, read_gensim_phrases

SENTENCES = [["naïve", "猫", *line] for line in two_topics(100)]
UNKNOWN = ["animals", "plantes", "猫猫", "x"]


def small(model: Any, **options: Any) -> Any:
    return model(SENTENCES, min_count=1, vector_size=12, workers=1, seed=3, epochs=1, **options)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("limit", [10 * 2**20, 100])
@pytest.mark.parametrize("protocol", [2, 4, 5])
def test_gensim_word2vec(tmp_path: Path, limit: int, protocol: int) -> None:
    models = pytest.importorskip("gensim.models")
    path, theirs = tmp_path / "w.model", small(models.Word2Vec, hs=1, negative=3)
    theirs.save(str(path), sep_limit=limit, pickle_protocol=protocol)
    found = read_gensim(path)
    assert found.words == theirs.wv.index_to_key
    assert found.vectors.tobytes() == theirs.wv.vectors.tobytes()
    assert found.output is not None
    assert found.inner is not None
    assert found.tree is not None
    assert found.counts is not None
    assert found.output.tobytes() == theirs.syn1neg.tobytes()
    assert found.inner.tobytes() == theirs.syn1.tobytes()
    for row, word in enumerate(theirs.wv.index_to_key):
        assert found.counts[row] == theirs.wv.get_vecattr(word, "count")
        path_of = slice(*found.tree.offsets[row : row + 2])
        assert found.tree.codes[path_of].tolist() == theirs.wv.get_vecattr(word, "code").tolist()
        assert found.tree.nodes[path_of].tolist() == theirs.wv.get_vecattr(word, "point").tolist()
    assert load(path).matrix.tobytes() == found.vectors.tobytes()


@pytest.mark.filterwarnings("ignore")
def test_gensim_fasttext(tmp_path: Path) -> None:
    models = pytest.importorskip("gensim.models")
    theirs = small(models.FastText, min_n=2, max_n=4, bucket=300)
    for path, saved in ((tmp_path / "f.model", theirs), (tmp_path / "f.kv", theirs.wv)):
        saved.save(str(path))
        found = read_gensim(path)
        assert found.words == theirs.wv.index_to_key
        assert found.vectors == pytest.approx(theirs.wv.vectors, abs=1e-7)
        assert found.subwords is not None
        for word in UNKNOWN:
            assert found.subwords.vector_of(word) == pytest.approx(theirs.wv[word], abs=1e-7)


@pytest.mark.filterwarnings("ignore")
def test_gensim_phrases(tmp_path: Path) -> None:
    phrases = pytest.importorskip("gensim.models.phrases")
    path, theirs = tmp_path / "p.model", phrases.Phrases(SENTENCES, min_count=1, threshold=0.5)
    theirs.save(str(path))
    assert read_gensim_phrases(path).counts == theirs.vocab
    theirs.freeze().save(str(path))
    assert read_gensim_phrases(path).scores == theirs.freeze().phrasegrams


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "options",
    [
        {"model": "skipgram", "minn": 2, "maxn": 5, "bucket": 500},
        {"model": "cbow", "minn": 1, "maxn": 3, "bucket": 60},
        {"model": "skipgram", "loss": "hs", "minn": 0, "maxn": 0},
    ],
)
def test_fasttext(tmp_path: Path, options: dict[str, Any]) -> None:
    fasttext = pytest.importorskip("fasttext")
    text, path = tmp_path / "text.txt", tmp_path / "f.bin"
    text.write_text("\n".join(" ".join(line) for line in SENTENCES), encoding="utf-8")
    quiet = {"verbose": 0, "thread": 10}
    theirs = fasttext.train_unsupervised(str(text), dim=12, epoch=1, minCount=1, **options, **quiet)
    theirs.save_model(str(path))
    found = read_fasttext(path)
    words, counts = theirs.get_words(include_freq=True)
    assert found.words == words
    assert found.counts.tolist() == counts.tolist()
    expected = np.array([theirs.get_word_vector(word) for word in words])
    assert found.vectors == pytest.approx(expected, abs=1e-6)
    assert load(path).matrix.tobytes() == found.vectors.tobytes()
    if options["maxn"]:
        for word in UNKNOWN:
            assert found.vector_of(word) == pytest.approx(theirs.get_word_vector(word), abs=1e-6)
