"""The two files of TensorBoard's projector."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from commands import run
from vector_tables import COUNTS, TABLE, WORDS

from w2v import Vectors
from w2v.errors import OutputError, VectorFileError
from w2v.formats import read_vectors, write_vectors


@pytest.mark.parametrize("counts", [None, COUNTS])
def test_projector_has_a_header_only_above_two_columns(
    tmp_path: Path, counts: list[int] | None
) -> None:
    Vectors(WORDS, TABLE, counts).save(tmp_path / "v.tsv")
    lines = (tmp_path / "v.metadata.tsv").read_text(encoding="utf-8").splitlines()
    if counts is None:
        assert lines == WORDS
    else:
        pairs = [f"{w}\t{c}" for w, c in zip(WORDS, counts, strict=True)]
        assert lines == ["word\tcount", *pairs]
    numbers = np.loadtxt(tmp_path / "v.tsv", delimiter="\t", dtype=np.float32)
    assert numbers.tobytes() == TABLE.tobytes()


def test_projector_writes_both_files_or_none(tmp_path: Path) -> None:
    (tmp_path / "v.metadata.tsv").mkdir()
    with pytest.raises(OutputError, match=r"v\.metadata\.tsv: it is a folder"):
        Vectors(WORDS, TABLE).save(tmp_path / "v.tsv")
    assert os.listdir(tmp_path) == ["v.metadata.tsv"]


def test_both_files_of_the_projector_are_kept_from_inputs_and_other_outputs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.metadata.tsv").write_text("a b c\n" * 20)
    for command, found in [
        (
            ("convert", "a.metadata.tsv", "a.tsv"),
            r"The output \(its words\) would overwrite the inp",
        ),
        (("train", "a.metadata.tsv", "-o", "a.tsv"), r"--output \(its words\) would overwrite the"),
        (
            ("train", "a.metadata.tsv", "-o", "b.tsv", "--report", "b.metadata.tsv"),
            r"--output \(its words\) and --report are the same file, b\.metadata\.tsv",
        ),
    ]:
        result = run(*command)
        assert result.exit_code == 2, result.output
        assert re.search(found, result.stderr), result.stderr
    assert os.listdir(tmp_path) == ["a.metadata.tsv"]


@pytest.mark.parametrize("numbers", [TABLE, np.arange(12).reshape(4, 3)])
def test_our_own_projector_file_is_no_glove_text(tmp_path: Path, numbers: Any) -> None:
    write_vectors(tmp_path / "cats.tsv", WORDS, numbers)
    with pytest.raises(
        VectorFileError, match=r"holds numbers without words, .*cats\.metadata\.tsv"
    ):
        read_vectors(tmp_path / "cats.tsv")
