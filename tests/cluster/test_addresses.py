"""What `cluster` may say, and who may train."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from w2v import Word2Vec
from w2v.cluster.address import Address, check_cluster
from w2v.cluster.handshake import difference
from w2v.errors import ConfigError

OURS: dict[str, Any] = {"w2v": "1.0", "numba": "0.62", "numpy": "2.4", "host": "here"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("local:4", Address(4, "local")),
        ("auto", Address(None, "auto")),
        ("ray://head:10001", Address(None, "ray://head:10001")),
    ],
)
def test_clusters(text: str, found: Address) -> None:
    assert Address.parsed(text) == found


@pytest.mark.parametrize(
    "text",
    ["", "local", "local:0", "local:-1", "local:x", "ray://", "ray://head", "head:1", 4, None],
)
def test_what_is_no_cluster(text: Any) -> None:
    with pytest.raises(ConfigError, match=r"`cluster` must be local:N .* got"):
        Address.parsed(text)


def test_where_ray_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("w2v.cluster.address.find_spec", lambda _: None)
    with pytest.raises(ConfigError, match=r"needs Ray.*pip install 'w2v\[cluster\]'"):
        check_cluster("local:2")
    with pytest.raises(ConfigError, match="needs Ray"):
        Word2Vec().fit([["a", "b"]], cluster="local:2")


def test_ray_is_loaded_by_nobody_else() -> None:
    import subprocess

    code = "import sys, w2v, w2v.cluster, w2v.cli; sys.exit('ray' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_workers_of_the_same_versions_may_train() -> None:
    assert difference({**OURS, "host": "there"}, OURS) is None


@pytest.mark.parametrize(
    ("name", "shown"), [("w2v", "w2v"), ("numba", "Numba"), ("numpy", "NumPy")]
)
def test_workers_of_other_versions_may_not(name: str, shown: str) -> None:
    why = difference({**OURS, "host": "there", name: "0.1"}, OURS)
    assert why == (
        f"The worker on there has {shown} 0.1, and this process has {OURS[name]}. "
        "Install the same everywhere."
    )
