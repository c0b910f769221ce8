"""Options: defaults that depend on each other, and what is refused."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest

from w2v import Config, ConfigError, Word2Vec, available_backends
from w2v.config import BACKENDS


def test_defaults_by_model_and_loss() -> None:
    assert Config().alpha == 0.025
    assert Config(model="cbow").alpha == 0.05
    assert Config(model="cbow").cbow == "mean"
    assert Config().cbow is None
    assert (Config().negative, Config().ns_exponent) == (5, 0.75)
    assert (Config(loss="hs").negative, Config(loss="hs").ns_exponent) == (None, None)


def test_learning_rate_falls_linearly_to_a_fraction() -> None:
    config = Config(alpha=0.1, min_alpha=0.5)
    assert [config.learning_rate(x) for x in (0, 0.5, 1)] == pytest.approx([0.1, 0.075, 0.05])
    assert Config().learning_rate(1) == pytest.approx(0.025 * 1e-4)


def test_word2vec_takes_every_option_with_the_same_default() -> None:
    signature = inspect.signature(Word2Vec.__init__).parameters
    fields = Config.__dataclass_fields__
    assert list(fields) == [name for name in signature if name != "self"]
    for name, field in fields.items():
        assert signature[name].default == field.default, name


def test_numbers_of_numpy_become_plain_ones() -> None:
    """A float64 scalar would turn every float32 array of the training into float64."""
    config = Config(epochs=np.int64(2), alpha=np.float64(0.1), row_cap=np.float32(3))
    assert (type(config.epochs), type(config.alpha), type(config.row_cap)) == (int, float, float)
    assert config == Config(epochs=2, alpha=0.1, row_cap=3.0)


def test_every_backend_can_be_configured() -> None:
    assert set(BACKENDS) == {"auto", *(state.name for state in available_backends())}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"dim": 0}, r"`dim` must be at least 1, got 0\."),
        ({"dim": 2.5}, r"`dim` must be a whole number, got 2\.5\."),
        ({"epochs": True}, "`epochs` must be a whole number or 'auto', got True"),
        ({"epochs": "many"}, "`epochs` must be a whole number or 'auto', got 'many'"),
        ({"epochs": 0}, "`epochs` must be at least 1, got 0"),
        ({"window": -3}, "`window` must be at least 1"),
        ({"seed": -1}, "`seed` must be at least 0"),
        ({"sample": -1e-3}, "`sample` must be a finite number at least 0"),
        ({"alpha": float("inf")}, "`alpha` must be a finite number above 0, got inf"),
        ({"alpha": 10**400}, "`alpha` must be a finite number above 0, got inf"),
        ({"sample": -(10**400)}, "`sample` must be a finite number at least 0, got -inf"),
        ({"alpha": "high"}, "`alpha` must be a number, got 'high'"),
        ({"min_alpha": 1.5}, "`min_alpha` is a fraction"),
        ({"row_cap": 0}, "`row_cap` must be a finite number at least 1e-06, got 0.0"),
        ({"row_cap": 1e-300}, "`row_cap` must be a finite number at least 1e-06, got 1e-300"),
        ({"ns_exponent": float("nan")}, "`ns_exponent` must be a finite number"),
        ({"ns_exponent": 1e308}, "at least -10 and at most 10, got 1e\\+308"),
        ({"dim": 2**63}, "`dim` must be at most 2147483647, got 9223372036854775808"),
        ({"seed": 2**64}, "`seed` must be at most"),
        ({"window": None}, "`window` must be a whole number, got None"),
        ({"seed": None}, "`seed` must be a whole number, got None"),
        ({"fixed_window": "no"}, "`fixed_window` must be True or False, got 'no'"),
        ({"model": "glove"}, r"`model` must be one of skipgram, cbow; got 'glove'\."),
        ({"loss": "hs", "negative": 5}, "only with loss 'ns', got 5; leave it out"),
        ({"loss": "softmax", "ns_exponent": 1.0}, "`ns_exponent` has a meaning only"),
        ({"cbow": "mean"}, "`cbow` has a meaning only with model 'cbow'"),
        ({"model": "cbow", "cbow": "max"}, "`cbow` must be one of mean, sum"),
    ],
)
def test_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Config(**options)
