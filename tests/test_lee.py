"""What gensim asks of itself on the small news corpus that it carries, asked of w2v."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from w2v import UnknownWordError, Vocabulary, Word2Vec, read_sentences
from w2v.evaluation import scoring as evaluate

KINDS = [(model, loss) for model in ("skipgram", "cbow") for loss in ("ns", "hs")]
SETTINGS: dict[tuple[str, str], dict[str, Any]] = {  # as gensim's own test has them
    ("skipgram", "ns"): {"negative": 15},
    ("skipgram", "hs"): {},
    ("cbow", "ns"): {"negative": 15, "sample": 0},
    ("cbow", "hs"): {"alpha": 0.1},
}
WORST_RANK = 50  # of 6,981 words


def gensim_file(name: str) -> Path:
    utils = pytest.importorskip("gensim.test.utils")
    return Path(utils.datapath(name))


@pytest.fixture(scope="module")
def lee() -> list[list[str]]:
    utils = pytest.importorskip("gensim.utils")
    text = gensim_file("lee_background.cor").read_text(encoding="utf-8")
    found = [utils.simple_preprocess(line) for line in text.splitlines()]
    assert sum(map(len, found)) == 58_152
    return found


def trained(text: list[list[str]], **options: Any) -> Word2Vec:
    settings: dict[str, Any] = {"min_count": 5, "seed": 1, "workers": 1, "epochs": 10}
    return Word2Vec(**(settings | options)).fit(text)


def rank(model: Word2Vec, word: str, of: str) -> int:
    return [name for name, _ in model.most_similar(of, n=10_000)].index(word) + 1


@pytest.mark.parametrize("backend", ["numba", "numpy"])
@pytest.mark.parametrize("fixed", [False, True])
@pytest.mark.parametrize(("model", "loss"), KINDS)
def test_attacks_and_bombings(
    lee: list[list[str]], model: str, loss: str, fixed: bool, backend: str
) -> None:
    settings = SETTINGS[model, loss]
    made = trained(lee, model=model, loss=loss, fixed_window=fixed, backend=backend, **settings)
    assert rank(made, "bombings", of="attacks") < WORST_RANK
    vector = made["attacks"]
    assert made.most_similar(vector, n=1)[0][0] == "attacks"


def test_vocabulary(lee: list[list[str]]) -> None:
    assert len(trained(lee, min_count=1, epochs=1, dim=4).vectors) == 6981
    assert len(trained(lee, min_count=5, epochs=1, dim=4).vectors) == 1750

    every = trained(lee, min_count=1, epochs=1, dim=4, sample=0).report
    assert every["tokens"]["kept"] == [58_152]


def test_steps_by_hand_are_fit(lee: list[list[str]]) -> None:
    """Reading and training apart give the bytes of both at once, and a seed gives them again."""
    whole, apart = trained(lee, epochs=1, dim=8), Word2Vec(epochs=1, dim=8, workers=1)
    with read_sentences(lee, **apart.vocabulary_options()) as corpus:
        apart.train(corpus)
    assert apart.vectors.matrix.tobytes() == whole.vectors.matrix.tobytes()
    assert apart.output.tobytes() == whole.output.tobytes()
    assert whole.vectors.matrix.shape == whole.output.shape == (1750, 8)
    other = trained(lee, epochs=1, dim=8, seed=2)
    assert not np.array_equal(other.vectors.matrix, whole.vectors.matrix)


def test_the_vector_of_a_word_asks_what_the_word_asks(lee: list[list[str]]) -> None:
    made = trained(lee, epochs=2, dim=8)
    by_vector = [name for name, _ in made.most_similar(made["war"], n=11)]
    assert by_vector[0] == "war"
    assert by_vector[1:] == [name for name, _ in made.most_similar("war")]


@pytest.mark.parametrize("most", [1, 4, 100])
def test_largest_vocabulary(lee: list[list[str]], most: int) -> None:
    """gensim's max_final_vocab looks for a count that leaves no more; here it is so many."""
    counts = Counter(word for sentence in lee for word in sentence)
    options = Word2Vec(min_count=2, max_vocab=most).vocabulary_options()
    with read_sentences(lee, **options) as corpus:
        kept = corpus.vocabulary.words
    assert len(kept) == most
    assert min(counts[word] for word in kept) >= max(
        count for word, count in counts.items() if word not in kept
    )


def test_rules_for_words(lee: list[list[str]]) -> None:
    """What a trim_rule is for there: any choice of words, made before."""
    counts = Counter(word for sentence in lee for word in sentence)
    chosen = {
        w: n for w, n in counts.items() if (n >= 5 and not w.startswith("t")) or w == "terror"
    }
    made = Word2Vec(dim=4, epochs=1, workers=1, min_count=1)
    made.fit(lee, vocabulary=Vocabulary.from_counts(chosen))
    assert set(made.vectors) == set(chosen)


def test_vocabulary_from_counts_grows(lee: list[list[str]]) -> None:
    counts = Counter(word for sentence in lee for word in sentence)
    made = Word2Vec(dim=4, epochs=1, workers=1, min_count=5)
    made.fit(lee, vocabulary=Vocabulary.from_counts(counts))
    assert len(made.vectors) == 1750
    made.partial_fit([["graph", "minors", "war"]] * 5)
    assert {"graph", "minors"} < set(made.vectors)
    assert made.vectors.counts is not None
    assert made.vectors.counts[made.vectors.index("war")] == counts["war"] + 5


@pytest.mark.filterwarnings("ignore:The loss of epoch")  # at a learning rate of nothing
def test_beginning_anew_with_the_vocabulary_of_another(lee: list[list[str]]) -> None:
    """gensim's reset_from: the words of the other model, and none of its vectors."""
    other = trained(lee, dim=8, epochs=1)
    assert other.vectors.counts is not None
    words = Vocabulary(tuple(other.vectors.words), other.vectors.counts)
    made = Word2Vec(dim=8, epochs=1, workers=1).fit(lee[:100], vocabulary=words)
    fresh = Word2Vec(dim=8, epochs=1, workers=1, alpha=1e-30).fit(lee[:100], vocabulary=words)
    assert made.vectors.words == fresh.vectors.words == other.vectors.words
    unseen = next(w for w in reversed(words.words) if not any(w in s for s in lee[:100]))
    assert made[unseen].tobytes() == fresh[unseen].tobytes() != other[unseen].tobytes()


def test_a_negative_exponent_survives(lee: list[list[str]], tmp_path: Path) -> None:
    made = trained(lee, dim=4, epochs=1, ns_exponent=-0.5)
    made.save_model(tmp_path / "m.npz")
    again = Word2Vec.load_model(tmp_path / "m.npz")
    assert again.config.ns_exponent == -0.5
    assert again.partial_fit(lee[:50]).report["continued"]["epochs"] == 1


@pytest.mark.parametrize(("model", "loss"), KINDS)
def test_the_loss_falls(lee: list[list[str]], model: str, loss: str) -> None:
    """From the first two epochs to the last two: it is measured in a part of the steps only."""
    found = trained(lee, model=model, loss=loss, dim=50, epochs=6).report["loss"]
    assert 0 < sum(found[4:]) < sum(found[:2])


@pytest.mark.parametrize(("model", "loss"), KINDS)
def test_frozen_words(lee: list[list[str]], model: str, loss: str) -> None:
    before = trained(lee, model=model, loss=loss, dim=20, epochs=2)
    held = ["war", "attacks", "the"]
    vectors = before.vectors
    before.partial_fit(lee, freeze=held)
    moved = {w for w in vectors if before[w].tobytes() != vectors[w].tobytes()}
    assert moved == set(vectors) - set(held)


def test_israeli_and_palestinian(lee: list[list[str]]) -> None:
    text = (lee * 34)[:10_000]
    made = trained(text, dim=16, min_count=330, epochs=5, negative=5, workers=2)
    assert rank(made, "palestinian", of="israeli") < 6


def test_word_pairs() -> None:
    utils = pytest.importorskip("gensim.utils")
    lines = gensim_file("head500.noblanks.cor").read_text(encoding="utf-8").splitlines()
    made = trained([utils.simple_preprocess(line) for line in lines], min_count=3, epochs=20)
    (found,) = evaluate.evaluate(made.vectors, pairs=str(gensim_file("wordsim353.tsv"))).pairs
    assert found.spearman is not None
    assert found.pearson is not None
    assert 0.1 < found.spearman < 1
    assert 0.1 < found.pearson < 1


@pytest.mark.parametrize(("model", "loss"), KINDS)
def test_new_words_come_in_and_old_ones_go_on(
    lee: list[list[str]], model: str, loss: str, tmp_path: Path
) -> None:
    about = [sentence for sentence in lee if "terrorism" in sentence]
    other = [sentence for sentence in lee if "terrorism" not in sentence]
    made = trained(other, model=model, loss=loss, dim=50, epochs=5, alpha=0.05)
    assert "terrorism" not in made
    before = made.vectors
    made.save_model(tmp_path / "m.npz")
    text = tmp_path / "about.txt"
    text.write_text("\n".join(map(" ".join, about)))
    made.partial_fit(about)
    again = Word2Vec.load_model(tmp_path / "m.npz").partial_fit(text)
    assert again.vectors.matrix.tobytes() == made.vectors.matrix.tobytes()
    assert "terrorism" in made
    assert set(before) < set(made.vectors)
    moved = [not np.array_equal(made[word], before[word]) for word in before if word in about[0]]
    assert all(moved)
    assert made.similarity("war", "terrorism") > 0
    assert made.vectors.n_similarity(["war"], ["terrorism"]) > 0


@pytest.mark.parametrize(("model", "loss"), KINDS)
def test_scores_and_predictions(lee: list[list[str]], model: str, loss: str) -> None:
    made = trained(lee, model=model, loss=loss, dim=50, epochs=10, alpha=0.05)
    rng = np.random.default_rng(0)
    words, real, mixed = made.vectors.words, [], []
    for sentence in lee[:40]:
        known = [word for word in sentence if word in made][:20]
        real.append(made.score(known))
        mixed.append(made.score([words[i] for i in rng.integers(0, len(words), len(known))]))
    assert np.mean(real) > np.mean(mixed)
    answer = made.predict_output_word(["israeli", "forces", "in", "the"], topn=5)
    assert len(answer) == 5
    with pytest.raises(UnknownWordError, match="No word of the context"):
        made.predict_output_word(["zzyzx"])
