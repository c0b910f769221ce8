"""Files of gensim that are damaged: refused in a sentence, or read, and never anything else."""

from __future__ import annotations

import pickletools
import shutil
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from gensim_files import ARRAY, CALLED, DATA, NUMBERS, VERSIONS, keyed_file, named, text
from vector_tables import TABLE, WORDS, written

from w2v import load
from w2v.errors import VectorFileError
from w2v.formats import read_gensim, read_gensim_phrases


def read_any(path: Path) -> bool:
    """Whether a file is read; false if it is refused in a sentence."""
    read: Callable[[Path], object] = load if path.suffix == ".kv" else read_gensim
    if "phrases" in path.name:
        read = read_gensim_phrases
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            read(path)
            return True
        except VectorFileError as error:
            said = str(error)
    assert "\n" not in said
    assert len(said) < 700
    return False


FILES = [
    *("ns.model", "hs.model", "sub.model", "apart.model", "words.kv", "ids.kv"),
    *("phrases.model", "phrases.frozen"),
]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", FILES)
def test_changed_bytes(tmp_path: Path, version: str, name: str) -> None:
    for beside in (DATA / version).glob(f"{name}.*"):
        shutil.copy(beside, tmp_path)
    whole = (DATA / version / name).read_bytes()
    rng = np.random.default_rng(len(whole))
    answers = []
    for number in range(150):
        changed = bytearray(whole)
        for place in rng.integers(2, len(whole), 1 + number % 3):
            changed[place] = rng.integers(256) if number % 2 else changed[place] ^ (1 << number % 8)
        answers.append(read_any(written(tmp_path / name, bytes(changed))))
    assert True in answers
    assert False in answers


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", FILES)
def test_files_that_are_cut_short(tmp_path: Path, version: str, name: str) -> None:
    whole = (DATA / version / name).read_bytes()
    for size in {*range(2, 200), *range(200, len(whole) - 1, 97), len(whole) - 1}:
        assert not read_any(written(tmp_path / name, whole[:size])), size


def test_any_program_ends(tmp_path: Path) -> None:
    """Opcodes in any order, each with some argument."""
    codes = [opcode.code.encode("latin-1") for opcode in pickletools.opcodes]
    names = [CALLED, NUMBERS, ARRAY, named("_codecs", "encode"), text("latin1")]
    rng = np.random.default_rng(5)
    for _ in range(1_000):
        parts = [
            names[rng.integers(len(names))] if rng.random() < 0.2 else code
            for code in (codes[one] for one in rng.integers(len(codes), size=40))
        ]
        args = [rng.bytes(int(rng.integers(9))) if rng.random() < 0.1 else b"" for _ in parts]
        program = b"".join(part + arg for part, arg in zip(parts, args, strict=True))
        assert not read_any(written(tmp_path / "v.kv", b"\x80\x04" + program + b"."))


def test_whole_files_are_read_so_that_the_checks_above_mean_something(tmp_path: Path) -> None:
    assert read_any(keyed_file(tmp_path / "v.kv", WORDS, TABLE))
    assert all(read_any(DATA / version / name) for version in VERSIONS for name in FILES)
