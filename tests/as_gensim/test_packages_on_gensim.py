"""Packages that import gensim by its name run as they are, where they are installed."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from benchmarks.packages import CASES

ROOT = Path(__file__).parents[2]
LEAST = {"pecanpy": 0.95, "node2vec": 0.95, "item2vec": 0.95, "deepwalk": 0.5, "baskets": 0.95}
"""Of the ten nearest, how many are of the same block; a few walks over few items tell less."""


@pytest.mark.timeout(300)
@pytest.mark.parametrize("case", CASES)
def test_it_finds_the_blocks(case: str) -> None:
    package = CASES[case].package
    if not find_spec(package):
        pytest.skip(f"{package} is not installed")
    command = [sys.executable, "-m", "benchmarks.packages", "--child", "w2v", case]
    done = subprocess.run(
        [*command, "--size", "0.05", "--workers", "1"],
        capture_output=True,
        check=False,
        cwd=ROOT,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["module"] == "w2v.gensim.word2vec"
    assert found["same_block"] > LEAST[case]
