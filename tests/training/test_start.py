"""What training begins with: vectors from elsewhere, frozen words, an older model."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from corpora import ANIMALS, two_topics, zipf

import w2v
from w2v import ConfigError, CorpusError, TrainingError, TrainingWarning, Vectors, Word2Vec
from w2v.backends import Backend

KINDS = [(model, loss) for model in ("skipgram", "cbow") for loss in ("ns", "hs", "softmax")]
TEXT = two_topics(300)
NEW = ["red", "green", "blue"]
MORE = [[*NEW, "animal1", "the"]] * 30 + two_topics(30, seed=3)
NO_STEP = 1e-30  # a learning rate with which nothing moves
NOTHING_LEARNT = pytest.mark.filterwarnings("ignore:The loss of epoch:w2v.errors.TrainingWarning")


def small(**options: Any) -> Word2Vec:
    settings: dict[str, Any] = {
        "dim": 8,
        "min_count": 1,
        "epochs": 2,
        "sample": 0,
        "alpha": 0.1,
        "workers": 1,
        "backend": "numpy",
    }
    return Word2Vec(**(settings | options))


def made_up(words: list[str], dim: int = 8) -> Vectors:
    """Vectors with zeros of both signs in them."""
    matrix = np.random.default_rng(5).normal(0, 0.2, (len(words), dim)).astype(np.float32)
    matrix[:, 1], matrix[:, 2] = 0.0, -0.0
    return Vectors(words, matrix)


@NOTHING_LEARNT
class TestPretrained:
    def test_words_that_match_begin_with_their_vectors(self, tmp_path: Path) -> None:
        known = made_up(["animal1", "unseen", "tool2", "the"])
        known.save(tmp_path / "known.bin")
        untouched = small(alpha=NO_STEP).fit(TEXT)
        for given in (known, tmp_path / "known.bin", str(tmp_path / "known.bin")):
            model = small(alpha=NO_STEP).fit(TEXT, pretrained=given)
            for word in model.vectors:
                expected = known[word] if word in known else untouched[word]
                assert np.array_equal(model[word], expected), word
            assert "unseen" not in model
            report = json.loads(json.dumps(model.report))["pretrained"]
            share = report.pop("share_of_tokens")
            file = None if given is known else str(tmp_path / "known.bin")
            assert report == {
                "file": file,
                "words": 4,
                "matched": 3,
                "share_of_vocabulary": 3 / 27,
            }
            tokens = [word for sentence in TEXT for word in sentence]
            assert share == pytest.approx(np.mean([word in known for word in tokens]))
        assert untouched.report["pretrained"] is None

    def test_they_are_trained_like_others(self) -> None:
        known = made_up(["animal1"])
        assert not np.array_equal(small().fit(TEXT, pretrained=known)["animal1"], known["animal1"])

    def test_good_vectors_are_a_good_start(self) -> None:
        known = small(epochs=20).fit(TEXT).vectors
        first, cold = (
            small(epochs=3).fit(TEXT, pretrained=given).report["loss"][-1]
            for given in (known, None)
        )
        assert first < cold

    @pytest.mark.parametrize(
        ("vectors", "error", "message"),
        [
            (made_up(["a"], 7), ConfigError, "`dim` is 8, and the pretrained vectors have 7"),
            (made_up(["The"]), TrainingError, r"None of the 1 pretrained words .*'The'"),
            (Vectors(["the"], [[np.nan] * 8]), TrainingError, "vector of 'the' is not finite"),
        ],
    )
    def test_what_cannot_be_begun_with(
        self, vectors: Vectors, error: type[Exception], message: str
    ) -> None:
        with pytest.raises(error, match=message):
            small().fit(TEXT, pretrained=vectors)

    @pytest.mark.parametrize("wrong", [3, {"the": [1.0] * 8}, small()])
    def test_what_is_no_vectors(self, wrong: Any) -> None:
        with pytest.raises(TypeError, match=r"`pretrained` must be `w2v\.Vectors` or the path"):
            small().fit(never_read(), pretrained=wrong)

    def test_a_file_is_read_before_the_text(self, tmp_path: Path) -> None:
        with pytest.raises(w2v.VectorFileError):
            small().fit(never_read(), pretrained=tmp_path / "none.bin")


def never_read() -> Any:
    raise AssertionError("the text was read")
    yield


@NOTHING_LEARNT
class TestFrozen:
    @pytest.mark.parametrize(("kind", "loss"), KINDS)
    def test_they_end_as_they_began_bit_for_bit(
        self, backend: Backend, kind: str, loss: str
    ) -> None:
        known = made_up([*ANIMALS, "elsewhere"])
        options = {"model": kind, "loss": loss, "backend": backend.name}
        model = small(**options).fit(TEXT, pretrained=known, freeze=known)
        start = small(**options, alpha=NO_STEP).fit(TEXT, pretrained=known)
        for word in model.vectors:
            if word in known:
                assert model[word].tobytes() == known[word].tobytes(), word
            else:
                assert not np.array_equal(model[word], start[word]), word
        assert model.report["frozen"] == {"asked": 13, "matched": 12}
        assert np.abs(model.output).sum(axis=1).all()  # to predict them is learnt

    @pytest.mark.filterwarnings("ignore:2 workers were:UserWarning")
    @pytest.mark.parametrize("loss", ["ns", "hs"])
    def test_with_several_workers(self, loss: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("w2v.training.blocks.CHUNK", 2000)
        known = made_up([f"w{i}" for i in range(0, 2000, 2)])
        model = small(loss=loss, workers=2, backend="numba").fit(
            zipf(50_000), pretrained=known, freeze=known
        )
        for word in known:
            if word in model:
                assert model[word].tobytes() == known[word].tobytes(), word

    def test_any_words_may_be_frozen_where_they_begin(self) -> None:
        model, start = small().fit(TEXT, freeze=["the"]), small(alpha=NO_STEP).fit(TEXT)
        assert model["the"].tobytes() == start["the"].tobytes()
        assert model["of"].tobytes() != start["of"].tobytes()
        again = model.vectors
        model.partial_fit(MORE, freeze=(w for w in ["the", "the", "animal3"]))
        assert model["the"].tobytes() == again["the"].tobytes()
        assert model["animal3"].tobytes() == again["animal3"].tobytes()
        assert model["animal4"].tobytes() != again["animal4"].tobytes()
        assert model.report["frozen"] == {"asked": 2, "matched": 2}

    def test_freezing_nothing_changes_nothing(self) -> None:
        plain, empty = small().fit(TEXT), small().fit(TEXT, freeze=[])
        assert plain.vectors.matrix.tobytes() == empty.vectors.matrix.tobytes()
        assert plain.report["frozen"] is None

    def test_all_words_may_be_frozen(self) -> None:
        """The output table learns to predict from given vectors."""
        start = small(alpha=NO_STEP).fit(TEXT)
        with pytest.warns(TrainingWarning, match="All 27 words are frozen"):
            model = small(epochs=4).fit(TEXT, freeze=start.vectors)
        assert model.vectors.matrix.tobytes() == start.vectors.matrix.tobytes()
        assert model.report["loss"][-1] < model.report["loss"][0]

    @pytest.mark.parametrize(
        ("freeze", "error", "message"),
        [
            ("the", TypeError, "`freeze` must be words, got the string 'the'"),
            ([1, 1.5], TypeError, r"`freeze` must be words, got 1\.5 \(float\)"),
            (None, TypeError, "`freeze` must be words, got None"),
        ],
    )
    def test_what_is_no_list_of_words(
        self, freeze: Any, error: type[Exception], message: str
    ) -> None:
        with pytest.raises(error, match=message):
            small().fit(never_read(), freeze=freeze)

    def test_unknown_words_only(self) -> None:
        with pytest.raises(TrainingError, match=r"No word to freeze is among the 27 .*'The'"):
            small().fit(TEXT, freeze=["The", "A"])


class TestPartialFit:
    def test_the_first_time_it_is_fit(self) -> None:
        fitted, partly = small().fit(TEXT), small().partial_fit(TEXT)
        assert fitted.vectors.matrix.tobytes() == partly.vectors.matrix.tobytes()
        assert partly.report["continued"] is None

    @pytest.mark.parametrize(("kind", "loss"), KINDS)
    def test_words_are_added_and_none_is_lost(self, kind: str, loss: str) -> None:
        model = small(model=kind, loss=loss).fit(TEXT)
        before, counts = model.vectors, dict(zip(model.vectors, counts_of(model), strict=True))
        model.set_params(alpha=NO_STEP).partial_fit(MORE)
        assert set(model.vectors) == {*before, *NEW}
        for word in before:  # nothing has moved but their places
            assert model[word].tobytes() == before[word].tobytes()
        tokens = [word for sentence in MORE for word in sentence]
        for word, count in zip(model.vectors, counts_of(model), strict=True):
            assert count == counts.get(word, 0) + tokens.count(word)
        assert (np.diff(counts_of(model)) <= 0).all()
        assert model.report["continued"] == {"words": 27, "new": 3, "epochs": 2}

    @pytest.mark.parametrize(("kind", "loss"), KINDS)
    def test_what_was_learnt_of_old_words_stays_true(self, kind: str, loss: str) -> None:
        """Without a step the odds of old words are what they were."""
        model = small(model=kind, loss=loss, epochs=5).fit(TEXT)
        before = dict(model.predict_output_word(["animal1"], topn=99))
        model.set_params(alpha=NO_STEP).partial_fit(MORE)
        after = dict(model.predict_output_word(["animal1"], topn=99))
        assert len(after) == len(before) + 3
        ratios = [after[word] / before[word] for word in before]
        assert ratios == pytest.approx([ratios[0]] * len(before), rel=1e-4)
        assert ratios[0] < 1

    @pytest.mark.parametrize(("kind", "loss"), KINDS)
    def test_new_words_are_learnt_and_old_ones_go_on(
        self, backend: Backend, kind: str, loss: str
    ) -> None:
        colours = [f"colour{i}" for i in range(12)]
        rename = dict(zip([f"tool{i}" for i in range(12)], colours, strict=True))
        more = [[rename.get(word, word) for word in s] for s in two_topics(800, seed=4)]
        model = small(model=kind, loss=loss, epochs=5, backend=backend.name, step_tokens=256)
        model.fit(two_topics(800)).partial_fit(more)
        for topic in (ANIMALS, colours):
            for word in topic:
                near = [name for name, _ in model.most_similar(word, n=99)]
                near = [name for name in near if name in {*ANIMALS, *colours}][:11]
                assert len(set(near) & set(topic)) >= 9, (word, near)

    def test_the_same_text_again_goes_on_from_where_it_was(self) -> None:
        model = small(epochs=3).fit(TEXT)
        first = model.report["loss"]
        model.partial_fit(TEXT)
        assert model.report["loss"][0] < first[0]
        assert model.report["continued"] == {"words": 27, "new": 0, "epochs": 3}
        assert model.vectors.counts is not None
        assert model.vectors.counts.sum() == 2 * 2400

    def test_draws_go_on(self) -> None:
        """Two runs of one epoch keep other tokens than twice the first epoch."""
        model = small(sample=1e-2, epochs=1).fit(zipf(20_000))
        first = model.report["tokens"]["kept"]
        keep = model.vectors
        model.partial_fit(zipf(20_000))
        assert model.report["tokens"]["kept"] != first
        assert list(model.vectors) == list(keep)
        twice = small(sample=1e-2, epochs=2).fit(zipf(20_000)).report["tokens"]["kept"]
        assert twice[0] == first[0]
        assert model.report["tokens"]["kept"][0] == twice[1]

    def test_again_and_again(self) -> None:
        model = small(loss="hs")
        for part in range(5):
            text = [[f"w{part}-{i % 7}", f"w{max(part - 1, 0)}-{i % 5}"] for i in range(50)]
            model.partial_fit(text)
            assert np.isfinite(model.vectors.matrix).all()
            found = model.predict_output_word(["w0-0"], topn=999)
            assert sum(p for _, p in found) == pytest.approx(1)
        assert model.report["continued"]["epochs"] == 8
        assert len(model.vectors) == 35

    def test_rare_new_words_and_full_vocabularies(self) -> None:
        model = small(min_count=3, max_vocab=29).fit(TEXT)
        model.partial_fit([["red"] * 2 + ["green"] * 3 + ["blue"] * 4 + ["pink"] * 5 + ["animal1"]])
        assert {"pink", "blue"} < set(model.vectors)
        assert {"green", "red"}.isdisjoint(model.vectors)
        assert len(model.vectors) == 29
        model.partial_fit([["red"] * 9 + ["animal1", "animal2"]])
        assert len(model.vectors) == 29
        assert "red" not in model

    def test_files_and_iterators(self, tmp_path: Path) -> None:
        (tmp_path / "more.txt").write_text("\n".join(map(" ".join, MORE)))
        results = [
            small().fit(TEXT).partial_fit(source).vectors.matrix.tobytes()
            for source in (MORE, iter(MORE), tmp_path / "more.txt", str(tmp_path / "more.txt"))
        ]
        assert len(set(results)) == 1

    @pytest.mark.parametrize(
        "options", [{"dim": 9}, {"loss": "hs"}, {"model": "cbow"}], ids=lambda x: next(iter(x))
    )
    def test_another_kind_of_model_is_refused_before_the_text_is_read(
        self, options: dict[str, Any]
    ) -> None:
        model = small().fit(TEXT)
        name = next(iter(options))
        with pytest.raises(ConfigError, match=f"The model was trained with `{name}`"):
            model.set_params(**options).partial_fit(never_read())

    def test_a_corpus_without_the_old_words_is_refused(self) -> None:
        model = small().fit(TEXT)
        with (
            w2v.read_sentences([["red", "green"]], min_count=1) as corpus,
            pytest.raises(ConfigError, match="read without the words of the model"),
        ):
            model.train(corpus, continued=True)

    def test_text_without_neighbours(self) -> None:
        model = small().fit(TEXT)
        before = model.vectors
        with pytest.raises(TrainingError, match="There was nothing to learn"):
            model.partial_fit([["animal1"], ["red"]])
        assert model.vectors is before

    def test_copies_and_pickles_go_on(self) -> None:
        model = small(loss="hs").fit(TEXT)
        again = pickle.loads(pickle.dumps(model))
        assert again.score(["animal1", "tool2"]) == model.score(["animal1", "tool2"])
        model.partial_fit(MORE)
        assert np.array_equal(again.partial_fit(MORE).vectors.matrix, model.vectors.matrix)

    def test_text_of_strangers(self) -> None:
        model = small(min_count=2).fit(TEXT)
        with pytest.raises(CorpusError, match=r"known to the model, and none occurs 2 times"):
            model.partial_fit([["red", "green"]])
        assert model.report["continued"] is None


def counts_of(model: Word2Vec) -> Any:
    assert model.vectors.counts is not None
    return model.vectors.counts.tolist()


class TestScikitLearn:
    def test_params(self) -> None:
        model = small()
        assert Word2Vec(**model.get_params()).config == model.config
        assert model.get_params(deep=False)["alpha"] == 0.1
        assert Word2Vec().get_params()["negative"] is None  # as given, so that it can be copied
        assert model.set_params(dim=9, window=3) is model
        assert (model.config.dim, model.config.window) == (9, 3)
        with pytest.raises(
            ConfigError, match="There is no option 'nonsense': expected some of model"
        ):
            model.set_params(nonsense=3)
        with pytest.raises(ConfigError, match="`dim` must be at least 1"):
            model.set_params(window=4, dim=0)
        assert (model.config.window, model.get_params()["window"]) == (3, 3)

    def test_transform(self) -> None:
        model = small().fit(TEXT)
        rows = model.transform([["animal1", "tool2", "?"], ["?"], []])
        assert rows.shape == (3, 8)
        assert rows.dtype == np.float32
        np.testing.assert_allclose(rows[0], (model["animal1"] + model["tool2"]) / 2, rtol=1e-6)
        assert not rows[1:].any()
        with pytest.raises(TypeError, match="got the string"):
            model.transform(["animal1"])

    def test_fit_transform(self) -> None:
        expected = small().fit(TEXT).transform(TEXT)
        assert np.array_equal(small().fit_transform(iter(TEXT)), expected)
        with pytest.raises(TypeError, match="a string was given where a list of tokens"):
            small().fit_transform(["a b", "c d"])  # type: ignore[list-item]

    def test_a_search_of_options(self) -> None:
        selection = pytest.importorskip("sklearn.model_selection")
        linear = pytest.importorskip("sklearn.linear_model")
        pipeline = pytest.importorskip("sklearn.pipeline")
        made = pipeline.make_pipeline(small(epochs=5), linear.LogisticRegression(max_iter=1000))
        labels = [any(word in ANIMALS for word in sentence) for sentence in TEXT]
        search = selection.GridSearchCV(made, {"word2vec__dim": [2, 12]}, cv=2)
        search.fit(TEXT, labels)
        assert set(search.cv_results_["param_word2vec__dim"].tolist()) == {2, 12}
        assert search.best_score_ > 0.9

    def test_what_is_shown(self) -> None:
        assert repr(Word2Vec()) == "Word2Vec()"
        assert repr(Word2Vec(model="cbow", dim=9)) == "Word2Vec(model='cbow', dim=9)"

    def test_clones_and_pipelines(self) -> None:
        base = pytest.importorskip("sklearn.base")
        linear = pytest.importorskip("sklearn.linear_model")
        pipeline = pytest.importorskip("sklearn.pipeline")
        model = small(dim=12).fit(TEXT)
        copy = base.clone(model)
        assert copy.get_params() == model.get_params()
        with pytest.raises(w2v.W2VError, match="Call `fit`"):
            copy.transform([["animal1"]])
        labels = [any(word in ANIMALS for word in sentence) for sentence in TEXT]
        made = pipeline.make_pipeline(copy, linear.LogisticRegression(max_iter=1000))
        made.set_params(word2vec__epochs=5).fit(TEXT, labels)
        assert made.score(TEXT, labels) > 0.9
        assert "Word2Vec(dim=12, " in repr(made)
        assert made[:-1].transform(TEXT[:3]).shape == (3, 12)
        validation = pytest.importorskip("sklearn.utils.validation")
        validation.check_is_fitted(made[0])
        with pytest.raises(pytest.importorskip("sklearn.exceptions").NotFittedError):
            validation.check_is_fitted(small())
        assert base.clone(made).named_steps["word2vec"].config.epochs == 5
