"""The page on gensim's names: its examples run as printed, each in a Python of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from commands import examples, run_example

PAGE = (Path(__file__).parents[2] / "docs" / "gensim.md").read_text(encoding="utf-8")
FIRST, SECOND = examples(PAGE)


def test_the_example_runs_as_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    code, printed = FIRST
    assert run_example(code, "gensim.md") == printed


CHECK = """
import importlib.metadata
import gensim
from gensim.models.callbacks import CallbackAny2Vec
from gensim.models.phrases import Phrases
from gensim.utils import simple_preprocess

assert importlib.metadata.version("gensim") == gensim.__version__ == "4.4.0"
assert Word2Vec is w2v.gensim.Word2Vec is gensim.models.Word2Vec
assert Word2Vec.__module__ == "w2v.gensim.word2vec"
assert LineSentence is w2v.gensim.LineSentence
assert gensim.models.KeyedVectors is w2v.gensim.KeyedVectors
w2v.gensim.install()
assert sum(type(one).__name__ == "_Finder" for one in __import__("sys").meta_path) == 1
"""


def test_packages_that_import_gensim_by_name_get_ours() -> None:
    subprocess.run([sys.executable, "-c", SECOND[0] + CHECK], check=True)


def test_gensim_itself_is_not_replaced_once_it_is_there() -> None:
    code = (
        "import sys, types; sys.modules['gensim'] = types.ModuleType('gensim')\n"
        "import w2v.gensim\n"
        "try:\n    w2v.gensim.install()\n"
        "except w2v.W2VError as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.startswith("gensim itself is imported already. Call `w2v.gensim.install()`")
