"""Examples of docs/files.md run as printed."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from commands import examples, run_example, run_line
from fasttext_files import fasttext_file
from gensim_files import DATA, VERSIONS

from w2v import load
from w2v.formats import write_vectors

DOCUMENT = (Path(__file__).parents[2] / "docs" / "files.md").read_text(encoding="utf-8")


def test_examples_of_the_document_run_as_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = [f"w{row}" for row in range(20)]
    write_vectors(tmp_path / "vectors.bin", words, np.ones((20, 3), np.float32))
    (tmp_path / "glove.840B.300d.txt").write_text(". . . 1 2\nthe 3 4\n")
    for name, there in (("ns", "w2v"), ("phrases", "phrases")):
        shutil.copy(DATA / VERSIONS[-1] / f"{name}.model", tmp_path / f"{there}.model")
    shutil.copy(DATA / VERSIONS[-1] / "words.kv", tmp_path / "model.kv")
    fasttext_file(tmp_path / "cc.bin")
    lines = re.findall(r"^    (w2v \w+.*)$", DOCUMENT, re.MULTILINE)
    assert len(lines) == 8
    for line in lines:
        run_line(line, tmp_path)
    assert load(tmp_path / "glove.bin").words == ("._._.", "the")
    assert (tmp_path / "cats.metadata.tsv").read_text().splitlines() == words
    monkeypatch.chdir(tmp_path)
    assert len(load(tmp_path / "words.npz")) == 31
    (first, _), (second, _), (third, _), *others = examples(DOCUMENT)
    assert len(others) == 2
    for code, shown in others:
        assert run_example(code, "docs/files.md") == shown
    printed = run_example(first, "docs/files.md") + run_example(second, "docs/files.md")
    assert printed.splitlines()[-1] == "True"
    pytest.importorskip("gensim")
    run_example(third, "docs/files.md")
