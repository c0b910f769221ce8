"""gensim's Word2Vec by w2v's trainer: what it does is what w2v does, by other names."""

from __future__ import annotations

import copy
import logging
import pickle
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from corpora import two_topics, zipf

import w2v
from w2v.gensim import (
    RULE_DEFAULT,
    RULE_DISCARD,
    RULE_KEEP,
    CallbackAny2Vec,
    KeyedVectors,
    Word2Vec,
)

SENTENCES = [
    *(["human", "interface", "computer"], ["survey", "user", "computer", "system", "response"]),
    *(["eps", "user", "interface", "system"], ["system", "human", "system", "eps"]),
    *(["user", "response", "time"], ["trees"], ["graph", "trees"], ["graph", "minors", "trees"]),
    ["graph", "minors", "survey"],
]
QUICK: dict[str, Any] = {
    **{"vector_size": 8, "min_count": 1, "workers": 1, "sample": 0, "seed": 7, "epochs": 3},
}
OURS: dict[str, Any] = {
    **{"dim": 8, "min_count": 1, "workers": 1, "sample": 0, "seed": 7, "epochs": 3},
    **{"alpha": 0.05, "min_alpha": 0.2},
}
LOSSES: list[dict[str, Any]] = [{"negative": 5}, {"hs": 1, "negative": 0}]
KINDS = [{"sg": sg, **loss} for sg in (0, 1) for loss in LOSSES]
DATA = Path(__file__).parents[1] / "formats" / "data"


def same(a: Word2Vec, b: Word2Vec) -> bool:
    name = "syn1" if a.hs else "syn1neg"
    return (
        a.wv.index_to_key == b.wv.index_to_key
        and np.array_equal(a.wv.vectors, b.wv.vectors)
        and np.array_equal(getattr(a, name), getattr(b, name))
    )


@pytest.mark.parametrize("kind", KINDS)
def test_it_learns_what_w2v_learns(kind: dict[str, Any]) -> None:
    """The same bytes, where no two words have one count."""
    text = [[f"w{i:02}"] * (40 - i) + ["w00", f"w{i:02}"] for i in range(30)] * 5
    options = {**QUICK, **kind, "alpha": 0.05, "min_alpha": 0.01}
    model = Word2Vec(text, **options)
    ours = w2v.Word2Vec(
        model="skipgram" if kind["sg"] else "cbow",
        loss="hs" if kind.get("hs") else "ns",
        **OURS,
    ).fit(text)
    assert tuple(model.wv.index_to_key) == ours.vectors.words
    assert ours.vectors.counts is not None
    assert np.array_equal(model.wv.expandos["count"], ours.vectors.counts)
    assert np.array_equal(model.wv.vectors, ours.vectors.matrix)
    output = model.syn1[:-1] if kind.get("hs") else model.syn1neg
    assert np.array_equal(output, ours.output)


@pytest.mark.parametrize("kind", KINDS)
def test_at_once_or_in_pieces(kind: dict[str, Any], tmp_path: Path) -> None:
    whole = Word2Vec(SENTENCES, **QUICK, **kind)
    pieces = Word2Vec(**QUICK, **kind)
    pieces.build_vocab(SENTENCES)
    assert pieces.corpus_count == len(SENTENCES) == whole.corpus_count
    assert pieces.corpus_total_words == sum(map(len, SENTENCES)) == whole.corpus_total_words
    trained = pieces.train(SENTENCES, total_examples=9, epochs=3)
    assert trained == (3 * pieces.corpus_total_words,) * 2
    assert same(whole, pieces)
    path = tmp_path / "text"
    path.write_text("\n".join(map(" ".join, SENTENCES)))
    assert same(whole, Word2Vec(corpus_file=str(path), **QUICK, **kind))


def test_rows_stand_as_in_gensim() -> None:
    """By count, and of one count the last that came first."""
    model = Word2Vec(SENTENCES, **QUICK)
    words = [word for sentence in SENTENCES for word in sentence]
    first = {word: place for place, word in enumerate(dict.fromkeys(words))}
    order = sorted(first, key=lambda word: (-words.count(word), -first[word]))
    assert model.wv.index_to_key == order
    assert Word2Vec(SENTENCES, sorted_vocab=0, **QUICK).wv.index_to_key == list(first)


@pytest.mark.parametrize("kind", KINDS)
def test_new_words_come_to_old_ones(kind: dict[str, Any]) -> None:
    model = Word2Vec(SENTENCES, **QUICK, **kind, alpha=0.5)
    before, old = model.wv.vectors.copy(), list(model.wv.index_to_key)
    model.build_vocab([["graph", "new"], ["new", "other", "graph"]], update=True)
    assert model.wv.index_to_key == [*old, "new", "other"]
    assert np.array_equal(model.wv.vectors[: len(old)], before)
    assert model.wv.vectors[len(old) :].any()
    assert model.wv.get_vecattr("graph", "count") == 5
    assert model.wv.get_vecattr("new", "count") == 2
    model.train([["graph", "new"], ["new", "other"]], total_examples=2, epochs=2)
    assert not np.array_equal(model.wv["new"], before[0])
    if kind.get("hs"):
        assert [len(code) for code in model.wv.expandos["code"]] == [
            len(point) for point in model.wv.expandos["point"]
        ]


def test_learning_rates_of_ones_own() -> None:
    """Many calls of an epoch each are a run that goes on."""
    text = zipf(20_000)
    one = Word2Vec(text, **QUICK, alpha=0.05)
    many = Word2Vec(**QUICK, alpha=0.05)
    many.build_vocab(text)
    rates = np.linspace(0.05, 0.0001, 4)
    for start, end in pairwise(rates):
        many.train(text, total_examples=1, epochs=1, start_alpha=start, end_alpha=end)
    assert many.train_count == 3
    assert np.abs(one.wv.vectors - many.wv.vectors).max() < 1e-4


def test_keys_of_any_kind(tmp_path: Path) -> None:
    pages = [[("0", "33"), "New York", 5], ["New York", 5, ("0", "33"), "", "\x00"]] * 5
    model = Word2Vec(pages, **QUICK)
    assert set(model.wv.index_to_key) == {("0", "33"), "New York", 5, "", "\x00"}
    assert model.wv["New York"].shape == (8,)
    assert model.wv[5].shape == (8,)
    model.save(tmp_path / "model")
    again = Word2Vec.load(tmp_path / "model")
    assert same(model, again)
    assert again.wv.most_similar(("0", "33"), topn=1) == model.wv.most_similar(("0", "33"), topn=1)


@pytest.mark.parametrize("kind", KINDS)
def test_files_copies_and_pickles_go_on_alike(kind: dict[str, Any], tmp_path: Path) -> None:
    model = Word2Vec(SENTENCES, **QUICK, **kind)
    model.save(str(tmp_path / "model"), sep_limit=0)
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
    for again in (
        Word2Vec.load(str(tmp_path / "model"), mmap="r"),
        copy.deepcopy(model),
        pickle.loads(pickle.dumps(model)),
    ):
        assert same(model, again)
        assert str(model) == str(again) == "Word2Vec<vocab=12, vector_size=8, alpha=0.025>"
        other = copy.deepcopy(model)
        for one in (again, other):
            one.train(SENTENCES, total_examples=9, epochs=2)
        assert same(other, again)


@pytest.mark.parametrize("version", ["3.8.3", "4.4.0"])
@pytest.mark.parametrize("name", ["ns.model", "hs.model"])
def test_models_of_gensim_go_on(version: str, name: str) -> None:
    model = Word2Vec.load(DATA / f"gensim-{version}" / name)
    known = np.load(DATA / f"gensim-{version}" / name.replace("model", "npz"), allow_pickle=False)
    assert np.array_equal(model.wv.vectors, known["vectors"])
    assert bool(model.hs) == (name == "hs.model")
    before = model.wv.vectors.copy()
    words = model.wv.index_to_key[:4]
    model.train([words] * 50, total_examples=50, epochs=2)
    assert not np.array_equal(before, model.wv.vectors)
    model.build_vocab([[*words, "new"]] * 50, update=True)
    assert model.wv.index_to_key[-1] == "new"


def test_files_that_are_no_model_are_refused(tmp_path: Path) -> None:
    model = Word2Vec(SENTENCES, **QUICK)
    model.wv.save(str(tmp_path / "vectors"))
    with pytest.raises(AttributeError, match="vectors alone are none"):
        Word2Vec.load(tmp_path / "vectors")
    with pytest.raises(AttributeError, match="holds gensim's vectors, and no Word2Vec"):
        Word2Vec.load(DATA / "gensim-4.4.0" / "words.kv")
    with pytest.raises(w2v.ModelFileError, match="cannot be read: No such file"):
        Word2Vec.load(tmp_path / "none")
    with pytest.raises(AttributeError, match="call it on the class"):
        model.load(tmp_path / "model")
    model.save(tmp_path / "model")
    data = (tmp_path / "model").read_bytes()
    rng = np.random.default_rng(0)
    for place in rng.integers(2, len(data), 60).tolist():
        (tmp_path / "bad").write_bytes(data[:place] + bytes([data[place] ^ 4]) + data[place + 1 :])
        with pytest.raises((w2v.ModelFileError, w2v.VectorFileError, AttributeError)):
            Word2Vec.load(tmp_path / "bad")
        (tmp_path / "bad").write_bytes(data[:place])
        with pytest.raises((w2v.ModelFileError, AttributeError)):
            Word2Vec.load(tmp_path / "bad")


class Watcher(CallbackAny2Vec):
    def __init__(self) -> None:
        self.seen: list[tuple[str, float]] = []
        self.losses: list[float] = []

    def on_train_begin(self, model: Word2Vec) -> None:
        self._note("train begins", model)

    def on_epoch_begin(self, model: Word2Vec) -> None:
        self._note("begins", model)

    def on_epoch_end(self, model: Word2Vec) -> None:
        self._note("ends", model)
        self.losses.append(model.get_latest_training_loss())

    def on_train_end(self, model: Word2Vec) -> None:
        self._note("train ends", model)

    def _note(self, what: str, model: Word2Vec) -> None:
        self.seen.append((what, float(model.wv.vectors.sum())))


def test_callbacks_see_the_model_as_it_is() -> None:
    watcher = Watcher()
    text = two_topics(300)
    model = Word2Vec(text, callbacks=[watcher], compute_loss=True, **QUICK)
    assert [what for what, _ in watcher.seen] == [
        *("train begins", "begins", "ends", "begins", "ends", "begins", "ends", "train ends")
    ]
    sums = [total for _, total in watcher.seen]
    assert sums[0] == sums[1] != sums[2] == sums[3] != sums[4] == sums[5] != sums[6] == sums[7]
    assert sums[-1] == float(model.wv.vectors.sum())
    assert 0 < watcher.losses[0] < watcher.losses[1] < watcher.losses[2]
    assert same(model, Word2Vec(text, **QUICK))


def test_the_loss_is_that_of_all_pairs() -> None:
    model = Word2Vec(SENTENCES, **QUICK, sg=1, window=1, compute_loss=True)
    pairs = sum(2 * (len(sentence) - 1) for sentence in SENTENCES)
    assert model.get_latest_training_loss() == pytest.approx(
        3 * pairs * 6 * np.log(2), rel=1e-3
    )  # nothing is learnt in so short a time
    assert Word2Vec(SENTENCES, **QUICK).get_latest_training_loss() == 0


def test_vectors_that_are_locked_stay() -> None:
    model = Word2Vec(**QUICK)
    model.build_vocab(SENTENCES)
    before = model.wv.vectors.copy()
    model.wv.vectors_lockf = np.ones(12, np.float32)
    model.wv.vectors_lockf[[0, 3]] = 0
    model.train(SENTENCES, total_examples=9, epochs=5)
    stay = (model.wv.vectors == before).all(axis=1)
    assert stay[[0, 3]].all()
    assert not stay[1]
    model.wv.vectors_lockf[1] = 0.5
    with pytest.raises(ValueError, match=r"each 1 .learns. or 0 .stays.; got 12, with 0\.5"):
        model.train(SENTENCES, total_examples=9, epochs=5)


def _rule(answer: int) -> Callable[[Any, int, int], int]:
    return lambda word, count, least: answer if word == "human" else RULE_DEFAULT


def test_a_rule_says_which_words_stay() -> None:
    options = {**QUICK, "min_count": 3}
    assert "human" not in Word2Vec(SENTENCES, **options).wv
    assert "human" in Word2Vec(SENTENCES, trim_rule=_rule(RULE_KEEP), **options).wv
    assert "human" not in Word2Vec(SENTENCES, trim_rule=_rule(RULE_DISCARD), **QUICK).wv
    with pytest.raises(ValueError, match="`trim_rule` must answer RULE_DEFAULT"):
        Word2Vec(SENTENCES, trim_rule=_rule(7), **QUICK)


def test_limits_of_the_vocabulary() -> None:
    model = Word2Vec(**{**QUICK, "min_count": 2}, max_final_vocab=4)
    assert model.scan_vocab(SENTENCES) == (sum(map(len, SENTENCES)), len(SENTENCES))
    told = model.prepare_vocab(keep_raw_vocab=True)
    assert told["num_retained_words"] == len(model.wv) == 4
    assert model.effective_min_count == 3
    assert len(model.raw_vocab) == 12
    assert model.prepare_vocab(dry_run=True, min_count=1)["num_retained_words"] == 4
    few = Word2Vec([["a", "b"]] * 3 + [["b", "c"]] + [["a", "b"]], max_vocab_size=2, **QUICK)
    assert few.wv.index_to_key == ["b", "a"]


@pytest.mark.parametrize("loss", LOSSES)
def test_scores_and_likely_words(loss: dict[str, Any]) -> None:
    model = Word2Vec(two_topics(400), **{**QUICK, "epochs": 20}, **loss)
    if "hs" in loss:
        good, bad = model.score([model.wv.index_to_key[:1] * 3, ["none"]])
        assert good < bad == 0
        with pytest.raises(RuntimeError, match="output table of negative sampling"):
            model.predict_output_word(["a"])
        return
    word = model.wv.index_to_key[0]
    likely = model.predict_output_word([word, 1], topn=5)
    assert likely is not None
    assert len(likely) == 5
    everything = model.predict_output_word([word], topn=10**6)
    assert everything is not None
    assert sum(chance for _, chance in everything) == pytest.approx(1)
    with pytest.raises(RuntimeError, match="hierarchical softmax"):
        model.score([["a"]])
    with pytest.warns(UserWarning, match="unknown to the model"):
        assert model.predict_output_word(["none"]) is None


def test_what_is_of_no_use_is_refused() -> None:
    model = Word2Vec(**QUICK)
    with pytest.raises(RuntimeError, match=r"no vocabulary to train\. Call `build_vocab`"):
        model.train(SENTENCES, total_examples=1, epochs=1)
    model.build_vocab(SENTENCES)
    with pytest.raises(ValueError, match="`epochs` must be given"):
        model.train(SENTENCES, total_examples=9)
    with pytest.raises(ValueError, match="`total_examples` must be given"):
        model.train(SENTENCES, epochs=3)
    with pytest.raises(ValueError, match="`total_words` must be given"):
        model.train(corpus_file="text", epochs=3)
    with pytest.raises(TypeError, match="not both"):
        Word2Vec(SENTENCES, "text")
    with pytest.raises(TypeError, match="is a generator"):
        Word2Vec(sentence for sentence in SENTENCES)
    with pytest.raises(TypeError, match="`size` was gensim 3's; today it is `vector_size`"):
        Word2Vec(SENTENCES, size=3)
    with pytest.raises(TypeError, match="has no argument `bad`"):
        Word2Vec(SENTENCES, bad=3)
    with pytest.raises(ValueError, match="Either `hs` must be 1 or `negative` above 0"):
        Word2Vec(SENTENCES, negative=0)
    with pytest.raises(ValueError, match="no null word"):
        Word2Vec(SENTENCES, null_word=1)
    options: dict[str, Any]
    for options, message in (
        ({"vector_size": 0}, "`vector_size` must be at least 1, got 0"),
        ({"window": 2.5}, "`window` must be a whole number, got 2.5"),
        ({"negative": 2.5}, "`negative` must be a whole number, got 2.5"),
        ({"alpha": 0}, "`alpha` must be a finite number above 0"),
        ({"epochs": 0}, "`epochs` must be at least 1"),
    ):
        with pytest.raises(w2v.ConfigError, match=message):
            Word2Vec(**options)
    for name in ("min_count", "max_final_vocab", "max_vocab_size"):
        options = {name: -1}
        with pytest.raises(ValueError, match=f"`{name}` must be a number, . or more.* got -1"):
            Word2Vec(**options)
    with pytest.raises(TypeError, match="`trim_rule` must be a function, got 3"):
        Word2Vec(trim_rule=3)  # type: ignore[arg-type]
    with pytest.raises(AttributeError, match=r"today it is `model.wv.most_similar`"):
        model.most_similar("graph")
    with pytest.raises(RuntimeError, match="no token was counted 50 times"):
        Word2Vec(SENTENCES, min_count=50)
    with pytest.raises(RuntimeError, match="There is no vocabulary to train"):
        Word2Vec([])
    vectors = KeyedVectors(8)
    vectors.add_vectors(["a", "b"], np.ones((2, 8)))
    other = Word2Vec(**QUICK)
    other.wv = vectors
    with pytest.raises(RuntimeError, match="no output table"):
        other.train(SENTENCES, total_examples=9, epochs=1)


def test_of_two_losses_one_is_trained_and_that_is_said_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    both = Word2Vec(**QUICK, hs=1)
    both.build_vocab(SENTENCES)
    assert not caplog.messages
    both.train(SENTENCES, total_examples=9, epochs=1)
    (said,) = caplog.messages
    assert said.startswith("hs=1 and negative=5: hierarchical softmax alone is trained.")
    assert not hasattr(both, "syn1neg")


def test_what_passes_with_a_word(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        again = Word2Vec(SENTENCES, **QUICK)
        letters = Word2Vec(["graph", "trees"], **QUICK)
        assert "its letters are taken for its tokens" in caplog.text
        assert len(letters.wv) == 8
        again.train(SENTENCES, total_examples=9, epochs=1)
        assert "above the 0.0001 that training has come down to" in caplog.text
    for options in ({"seed": None}, {"workers": 99}, {"min_count": 0}, {"batch_words": 7}):
        Word2Vec(SENTENCES, **{**QUICK, **options})
    with pytest.warns(UserWarning, match="There was nothing to learn"):
        model = Word2Vec([["a"], ["b"]], **QUICK)
    with pytest.warns(UserWarning, match="Nothing was trained. No word of the text"):
        assert model.train([["c"]], total_examples=1, epochs=1) == (0, 0)


def test_a_corpus_may_be_anything_that_can_be_asked_again() -> None:
    class Corpus:
        def __iter__(self) -> Iterator[list[str]]:
            return iter(SENTENCES)

    assert same(Word2Vec(SENTENCES, **QUICK), Word2Vec(Corpus(), **QUICK))
    assert same(
        Word2Vec(SENTENCES, **QUICK), Word2Vec([tuple(some) for some in SENTENCES], **QUICK)
    )


def test_the_vocabulary_of_another() -> None:
    model, other = Word2Vec(SENTENCES, **QUICK), Word2Vec([["a", "b"]] * 9, **QUICK)
    model.reset_from(other)
    assert model.wv.index_to_key == other.wv.index_to_key
    assert not model.syn1neg.any()
    model.train([["a", "b"]] * 9, total_examples=9, epochs=1)
    assert model.cum_table.tolist() == [2**30, 2**31 - 1]
