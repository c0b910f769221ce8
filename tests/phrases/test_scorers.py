"""Phrases scored by a function of one's own."""

from __future__ import annotations

import copy
import math
import pickle
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from w2v import ConfigError, CorpusError, Phrases
from w2v.phrases import Scorer, check_scorer, scoring_name, scoring_named

TEXT = [["new", "york", "is", "big"], ["old", "new", "york"], ["is", "it", "big"]] * 3


def lift(
    worda_count: int,
    wordb_count: int,
    bigram_count: int,
    len_vocab: int,
    min_count: float,
    corpus_word_count: int,
) -> float:
    """How many times as often as by chance."""
    assert isinstance(worda_count, int)
    assert min_count == 3
    return bigram_count * corpus_word_count / (worda_count * wordb_count)


def types(**given: Any) -> float:
    return float(given["len_vocab"])


def unlike(worda_count: int, bigram_count: int) -> float:
    return 0.0


def test_pairs_are_scored_by_a_function() -> None:
    phrases = Phrases(scoring=lift, threshold=3.5, min_count=3).fit(TEXT)
    assert phrases.scores == {"new_york": 5, "old_new": 5, "is_it": 5, "it_big": 5}
    assert phrases[["in", "new", "york"]] == ["in", "new_york"]


def test_a_function_gets_the_number_of_different_words_and_pairs() -> None:
    phrases = Phrases(scoring=types, threshold=0, min_count=4).fit([*TEXT, ["rare", "big"]])
    assert phrases.scores == {"new_york": 7 + 7}
    by_name = Phrases(scoring="gensim", threshold=0, min_count=4).fit([*TEXT, ["rare", "big"]])
    assert by_name.scores == {"new_york": pytest.approx((6 - 4) / 36 * 14)}


def test_scores_that_are_no_numbers() -> None:
    def word(**_: int) -> Any:
        return "high"

    with pytest.raises(ConfigError, match="must give a number for each pair, got 'high'"):
        Phrases(scoring=word, threshold=1).fit(TEXT)
    nothing = Phrases(scoring=lambda **_: math.nan, threshold=1, min_count=1).fit(TEXT)
    assert not nothing.scores


def test_what_is_no_scorer() -> None:
    wrong: Any = unlike
    with pytest.raises(ConfigError, match=r"worda_count, .*, corpus_word_count; this one does not"):
        Phrases(scoring=wrong, threshold=1)
    with pytest.raises(ConfigError, match=r"has no usual `threshold`. Give one"):
        Phrases(scoring=lift)
    with pytest.raises(ConfigError, match="of a `scoring` function must be a finite number; got"):
        Phrases(scoring=lift, threshold=math.inf)
    assert Phrases(scoring=lift, threshold=-2).thresholds == [-2.0]
    check_scorer(types)
    check_scorer(lift)


class TestFiles:
    def test_it_is_named(self, tmp_path: Path) -> None:
        phrases = Phrases(scoring=lift, threshold=3.5, min_count=3).fit(TEXT)
        phrases.save(tmp_path / "phrases.tsv")
        assert Phrases.load(tmp_path / "phrases.tsv").scoring is lift
        assert copy.deepcopy(phrases).scores == phrases.scores
        assert pickle.loads(pickle.dumps(phrases)).scores == phrases.scores

    @pytest.mark.parametrize("scorer", [lambda **_: 1.0, types, max])
    def test_a_function_that_no_file_can_name(self, scorer: Scorer, tmp_path: Path) -> None:
        phrases = Phrases(scoring=scorer, threshold=1)
        phrases._table = ()
        with pytest.raises(ConfigError, match="only name a `scoring` function that is defined"):
            phrases.save(tmp_path / "phrases.tsv")
        assert not [*tmp_path.iterdir()]

    @pytest.mark.parametrize(
        "name",
        ["nowhere:lift", f"{__name__}:nothing", "subprocess:run", "builtins:dict", ":", "a:"],
    )
    def test_a_function_that_is_not_there(self, name: str, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match=r"is not there. Import the module that defines it"):
            scoring_named(name)
        path = tmp_path / "phrases.tsv"
        Phrases(scoring=lift, threshold=3.5, min_count=3).fit(TEXT).save(path)
        path.write_text(path.read_text().replace(scoring_name(lift), name))
        with pytest.raises(CorpusError, match=r"not a table of phrases: .*is not there. Import"):
            Phrases.load(path)

    def test_no_module_is_imported(self, monkeypatch: pytest.MonkeyPatch) -> None:
        module = ModuleType("late")
        module.lift = lift  # type: ignore[attr-defined]
        with pytest.raises(ConfigError, match="'late:lift' is not there"):
            scoring_named("late:lift")
        monkeypatch.setitem(sys.modules, "late", module)
        assert scoring_named("late:lift") is lift

    def test_a_score_of_ours_is_called_by_its_name(self) -> None:
        assert scoring_name("npmi") == scoring_named("npmi") == "npmi"
