"""Commands on a disk of which one call fails: exit code, message, and nothing half-written."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result
from commands import QUICK, run, topics_file
from failing_disk import FailingDisk, content, each_call

from w2v import Vectors, Word2Vec

if sys.platform == "win32":
    pytest.skip("counts the calls that POSIX needs", allow_module_level=True)

COMMANDS = {
    "convert": ["convert", "v.bin", "out/v.npz"],
    "phrases": ["phrases", "corpus.txt", "-o", "out/joined.txt", "--save", "out/table.tsv"],
    "tokenize": ["tokenize", "corpus.txt", "-o", "out/tokens.txt.gz"],
    "neighbours": ["neighbours", "v.bin", "-o", "out/n.tsv"],
    "plot": ["plot", "v.bin", "--method", "pca", "-o", "out/p.html"],
    "picture": ["plot", "--report", "run.json", "-o", "out/run.svg"],
    "word2vec": [
        *("word2vec", "-train", "corpus.txt", "-output", "out/v.txt", "-size", "4"),
        *("-iter", "1", "-threads", "1", "-save-vocab", "out/vocab.txt"),
    ],
}


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("inputs")
    topics_file(folder)
    Vectors([f"w{i}" for i in range(9)], np.eye(9)).save(folder / "v.bin")
    (folder / "out").mkdir()
    report = ["--report", folder / "run.json"]
    assert (
        run("train", folder / "corpus.txt", "-o", folder / "t.bin", *QUICK, *report).exit_code == 0
    )
    return folder


def check_end(result: Result, failing: FailingDisk) -> None:
    """Exit code 0, or 1 and a sentence with the reason and no traceback."""
    if not failing.failed:
        assert result.exit_code == 0, result.output
        return
    assert result.exit_code == 1, (failing.failed, result.output)
    assert re.search(rf"^Error: .*{re.escape(failing.reason)}", result.stderr, re.MULTILINE)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_leaves_old_files_or_new(
    inputs: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(inputs)
    if name in ("plot", "picture"):
        pytest.importorskip("matplotlib", reason="matplotlib, of the extra plot, is not installed")
    out = inputs / "out"
    for path in out.iterdir():
        path.unlink()
    assert run(*COMMANDS[name]).exit_code == 0
    new = content(out)
    for failing in each_call(monkeypatch, "ENOSPC", block=1 << 14):
        for path in out.iterdir():
            path.unlink()
        for file in new:
            (out / file).write_bytes(b"old")
        result = run(*COMMANDS[name])
        check_end(result, failing)
        for file, data in content(out).items():
            if file in new:
                assert same(data, new[file]) or (data == b"old" and failing.failed)
            else:  # rescued
                assert f"out/{file}" in result.stderr


def same(one: bytes, other: bytes) -> bool:
    """Whether two files are the same, but for the day that matplotlib writes into a picture."""
    one, other = (re.sub(rb"<dc:date>.*?<|[\"#][a-z]\w{10}\b", b"", data) for data in (one, other))
    return one == other


def test_a_training_leaves_whole_files_and_names_all_others(
    inputs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What could not be written where it belongs is rescued, and nothing stays unnamed."""
    monkeypatch.chdir(inputs)
    outputs = {
        "-o": "v.vec",
        "--save-model": "model.npz",
        "--save-vocab": "vocab.txt",
        "--report": "run.json",
    }
    out = inputs / "trained"
    out.mkdir()
    named = [part for option, name in outputs.items() for part in (option, f"trained/{name}")]
    for failing in each_call(monkeypatch, "EDQUOT"):
        for path in out.iterdir():
            path.unlink()
        for name in outputs.values():
            (out / name).write_text("old", encoding="utf-8")
        result = run("train", "corpus.txt", *QUICK, *named)
        check_end(result, failing)
        for name, data in content(out).items():
            assert name in outputs.values() or f"trained/{name}" in result.stderr
            if data == b"old":
                assert failing.failed
            elif ".npz" in name and "model" in name:
                Word2Vec.load_model(out / name)
            elif name.endswith("json"):
                assert json.loads(data)["versions"]
    assert {"replace", "fsync", "write"} <= set(failing.done)
