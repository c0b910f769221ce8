"""docs/durability.md shows what happens."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from commands import examples, run_example

from w2v import Vectors
from w2v.files.drafts import draft_name, is_draft

PAGE = (Path(__file__).parents[2] / "docs" / "durability.md").read_text(encoding="utf-8")


def test_the_example_prints_what_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if sys.platform == "win32":
        pytest.skip("limits of POSIX")
    monkeypatch.chdir(tmp_path)
    Vectors([f"w{i}" for i in range(99)], np.eye(99)).save("vectors.npz")
    ((code, shown),) = examples(PAGE)
    assert run_example(code, "durability.md") == shown
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kept.vec", "vectors.npz"]


def test_drafts_are_called_what_the_page_says() -> None:
    name = draft_name("")
    assert "`.w2v-` with 16 digits (0 to f) and `.tmp`" in PAGE
    assert is_draft(name)
    assert name.startswith(".w2v-")
    assert len(name) == len(".w2v-") + 16 + len(".tmp")
