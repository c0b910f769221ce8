"""Phrases by gensim's names, saved and loaded."""

from __future__ import annotations

import copy
import io
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from phrase_loops import TEXT, half

from w2v import ConfigError, ModelFileError, OutputError
from w2v.formats import read_gensim_phrases
from w2v.gensim.phrases import FrozenPhrases, Phrases, npmi_scorer


def models(**options: Any) -> list[Any]:
    made = Phrases(
        [*TEXT, ["tab\t", "line\n", "\ud800", "", "é"]],
        min_count=1,
        threshold=0.1,
        connector_words=["of"],
        **options,
    )
    return [made, made.freeze()]


class TestFiles:
    @pytest.mark.parametrize("name", ["model", "model.pkl", "model.gz"])
    @pytest.mark.parametrize("scoring", ["default", "npmi", half])
    def test_what_is_saved_is_loaded(self, tmp_path: Path, name: str, scoring: Any) -> None:
        for made in models(scoring=scoring):
            made.save(tmp_path / name)
            for kind in (Phrases, FrozenPhrases):
                loaded = kind.load(str(tmp_path / name))
                assert type(loaded) is type(made)
                assert vars(loaded) == vars(made)
                assert loaded[TEXT[1]] == made[TEXT[1]]
        assert [path.name for path in tmp_path.iterdir()] == [name]

    def test_copies(self) -> None:
        for made in models():
            for other in (copy.deepcopy(made), pickle.loads(pickle.dumps(made))):
                assert type(other) is type(made)
                assert vars(other) == vars(made)
                assert other[TEXT[1]] == made[TEXT[1]]
            copy.copy(made).connector_words = frozenset()
            assert made.connector_words == {"of"}

    def test_into_a_file_that_is_open(self, tmp_path: Path) -> None:
        handle = io.BytesIO()
        made = models()[0]
        made.save(handle, separately=[], sep_limit=1, ignore=frozenset(), pickle_protocol=2)
        (tmp_path / "model").write_bytes(handle.getvalue())
        assert vars(Phrases.load(tmp_path / "model", mmap="r")) == vars(made)
        with pytest.raises(TypeError, match="save has no option `protocol`"):
            made.save(handle, protocol=2)

    def test_numbers_of_numpy_and_more_names_than_a_line_has(self, tmp_path: Path) -> None:
        made = Phrases(min_count=np.float32(1), threshold=np.int64(2))
        made.vocab = {f"w{k}": np.int64(k) for k in range(3000)}
        made.vocab["x" * (1 << 21)] = 7
        made.save(tmp_path / "model")
        loaded = Phrases.load(tmp_path / "model")
        assert vars(loaded) == vars(made)
        assert type(loaded.vocab["w5"]) is int
        assert len((tmp_path / "model").read_text().splitlines()) == 1 + 2 + 953

    def test_a_class_below_is_loaded_as_one(self, tmp_path: Path) -> None:
        class Mine(Phrases):
            pass

        Mine(TEXT).save(tmp_path / "model")
        assert type(Mine.load(tmp_path / "model")) is Mine
        assert type(Phrases.load(tmp_path / "model")) is Phrases

    def test_a_function_that_no_file_can_name(self, tmp_path: Path) -> None:
        made = Phrases(TEXT, scoring=lambda **_: 1.0)
        with pytest.raises(ConfigError, match="only name a `scoring` function that is defined"):
            made.save(tmp_path / "model")
        assert not [*tmp_path.iterdir()]

    def test_what_cannot_be_written(self, tmp_path: Path) -> None:
        with pytest.raises(OutputError, match="nowhere"):
            Phrases(TEXT).save(tmp_path / "nowhere" / "model")

    def test_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError, match="nothing"):
            Phrases.load(tmp_path / "nothing")
        with pytest.raises(ModelFileError, match=r"Cannot read|is a folder|directory"):
            Phrases.load(tmp_path)

    @pytest.mark.parametrize(
        ("old", "new", "message"),
        [
            ("#w2v-gensim-phrases 1", "#w2v-gensim-phrases 2", "of a later w2v: update this one"),
            ("#w2v-gensim-phrases 1", "#w2v-phrases 1", "no file that .* writes here: it begins"),
            ('"new_york": 3', '"new_york": "3"', "is damaged"),
            ('"new_york": 3', '"new_york": 3,', "is damaged"),
            ('"new_york": 3, ', "", "has 23 names where its first line says 24. It may be cut"),
            ('"kind": "Phrases"', '"kind": "Other"', "is damaged"),
            ('"kind": "Phrases"', '"kind": []', "is damaged"),
            ('"delimiter": "_"', '"delimiter": 5', "is damaged"),
            ('"delimiter": "_"', '"delimiter": "_", "more": 1', "is damaged"),
            ('"min_count": 1', '"min_count": null', "is damaged"),
            ('["of"]', '["of", 1]', "is damaged"),
            ('"scoring": "default"', '"scoring": "os:remove"', "'os:remove' is not there. Import"),
            ('"scoring": "default"', '"scoring": "pmi"', "is damaged"),
        ],
    )
    def test_damaged_files(self, tmp_path: Path, old: str, new: str, message: str) -> None:
        path = tmp_path / "model"
        models()[0].save(path)
        text = path.read_text()
        assert text.count(old) == 1
        path.write_text(text.replace(old, new))
        with pytest.raises(ModelFileError, match=message) as caught:
            Phrases.load(path)
        assert str(path) in str(caught.value)

    def test_a_pickle_of_others_is_refused_and_not_run(self, tmp_path: Path) -> None:
        (tmp_path / "model").write_bytes(pickle.dumps(models()[0]))
        with pytest.raises(ModelFileError, match="is a Python pickle that names 'w2v"):
            Phrases.load(tmp_path / "model")

    @pytest.mark.parametrize("version", ["3.8.3", "4.4.0"])
    @pytest.mark.parametrize("name", ["npmi.model", "npmi.frozen"])
    def test_what_gensim_has_saved_is_read(self, version: str, name: str) -> None:
        path = Path(__file__).parents[1] / "formats" / "data" / f"gensim-{version}" / name
        model = Phrases.load(path)
        assert type(model) is (FrozenPhrases if name.endswith("frozen") else Phrases)
        assert model.scoring is npmi_scorer
        known = read_gensim_phrases(path)
        assert (model.vocab if type(model) is Phrases else model.phrasegrams) == (
            known.counts or known.scores
        )
        assert model.threshold == known.settings["threshold"]
