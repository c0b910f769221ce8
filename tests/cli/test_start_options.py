"""`w2v train` with vectors, words and models that were there before."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import Result
from commands import run
from corpora import two_topics

from w2v import Word2Vec, load

QUICK = ["--dim", "8", "--min-count", "1", "--workers", "1", "--backend", "numpy", "--epochs", "2"]
NEW = [["red", "green", "animal1"]] * 20


def refused(result: Result, code: int, message: str) -> None:
    assert result.exit_code == code, result.output
    assert re.search(message, result.stderr.replace("\n", " ")), result.stderr
    assert "Traceback" not in result.output
    assert isinstance(result.exception, SystemExit)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("folder")
    for name, text in (("corpus.txt", two_topics(200)), ("more.txt", NEW)):
        (path / name).write_text("\n".join(map(" ".join, text)), encoding="utf-8")
    (path / "names.txt").write_text("animal1\nanimal2\nnobody\n", encoding="utf-8")
    (path / "seven.txt").write_text("1 7\nanimal1 1 2 3 4 5 6 7\n", encoding="utf-8")
    (path / "strangers.txt").write_text("1 8\nX 1 2 3 4 5 6 7 8\n", encoding="utf-8")
    model = ("-o", path / "v.bin", "--save-model", path / "m.npz", "--save-vocab", path / "w.txt")
    result = run("train", path / "corpus.txt", *model, *QUICK)
    assert result.exit_code == 0, result.output
    return path


def test_pretrained_and_frozen(folder: Path, tmp_path: Path) -> None:
    out, report = tmp_path / "out.bin", tmp_path / "run.json"
    frozen = ("--pretrained", folder / "v.bin", "--freeze-known", "--report", report)
    result = run("train", folder / "corpus.txt", folder / "more.txt", "-o", out, *frozen, *QUICK)
    assert result.exit_code == 0, result.output
    before, after = load(folder / "v.bin"), load(out)
    assert all(after[word].tobytes() == before[word].tobytes() for word in before)
    assert set(after) == {*before, "red", "green"}
    told = json.loads(report.read_text())
    assert told["pretrained"]["matched"] == told["pretrained"]["words"] == 27
    assert told["pretrained"]["file"] == str(folder / "v.bin")
    assert told["frozen"] == {"asked": 27, "matched": 27}
    share = told["pretrained"]["share_of_tokens"]
    assert share == pytest.approx(1 - 40 / 1660)
    line = f"start     27 of 29 words ({share:.1%} of the text) have a vector among the 27 of "
    assert line + str(folder / "v.bin") in result.stderr
    assert "frozen    27 of 27 words listed" in result.stderr
    assert result.stdout == ""


@pytest.mark.filterwarnings("ignore:The loss of epoch 3 is:w2v.TrainingWarning")  # so short a text
def test_continue(folder: Path, tmp_path: Path) -> None:
    out, model = tmp_path / "out.bin", tmp_path / "m.npz"
    model.write_bytes((folder / "m.npz").read_bytes())
    for runs in (1, 2):
        options = ("--continue", model, "--save-model", model, "--alpha", "0.01", "--epochs", "3")
        result = run("train", folder / "more.txt", "-o", out, *options)
        assert result.exit_code == 0, result.output
        known, epochs = (27, 2) if runs == 1 else (29, 5)
        line = f"start     {known} words trained for {epochs} epochs before, {29 - known} new"
        assert line in result.stderr
    again = Word2Vec.load_model(model)
    assert again.vectors.matrix.tobytes() == load(out).matrix.tobytes()
    # options that were given hold, others are the model's
    assert (again.config.alpha, again.config.epochs, again.config.dim) == (0.01, 3, 8)
    assert again.config.min_count == 1
    twice = Word2Vec.load_model(folder / "m.npz").set_params(alpha=0.01, epochs=3)
    for _ in range(2):
        twice.partial_fit(str(folder / "more.txt"))
    assert twice.vectors.matrix.tobytes() == again.vectors.matrix.tobytes()


def test_continue_with_what_is_known_frozen(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.bin"
    result = run(
        "train", folder / "more.txt", "-o", out, "--continue", folder / "m.npz", "--freeze-known"
    )
    assert result.exit_code == 0, result.output
    before, after = load(folder / "v.bin"), load(out)
    assert all(after[word].tobytes() == before[word].tobytes() for word in before)
    assert "red" in after


@pytest.mark.parametrize("name", ["names.txt", "w.txt"])
def test_freeze_words_of_a_file(folder: Path, tmp_path: Path, name: str) -> None:
    """A word a line, or what --save-vocab writes."""
    out = tmp_path / "out.bin"
    options = ("--continue", folder / "m.npz", "--freeze", folder / name)
    result = run("train", folder / "corpus.txt", "-o", out, *options)
    assert result.exit_code == 0, result.output
    before, after = load(folder / "v.bin"), load(out)
    assert after["animal1"].tobytes() == before["animal1"].tobytes()
    assert (after["tool1"].tobytes() == before["tool1"].tobytes()) == (name == "w.txt")
    listed = "2 of 3" if name == "names.txt" else "27 of 27"
    assert f"frozen    {listed} words listed" in result.stderr


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--freeze-known"], 2, "--freeze-known needs --pretrained or --continue"),
        (["--continue", "m.npz", "--pretrained", "v.bin"], 2, "leave out --pretrained"),
        (["--continue", "m.npz", "--vocab", "w.txt"], 2, "leave out --vocab"),
        (["--continue", "m.npz", "--dim", "9"], 2, "trained with --dim 8, and it is 9 now"),
        (["--continue", "m.npz", "--loss", "hs"], 2, "trained with --loss ns, and it is hs"),
        (["--continue", "v.bin"], 1, "v.bin is not a model saved by w2v"),
        (["--continue", "none.npz"], 1, "none.npz cannot be read: No such file"),
        (["--pretrained", "none.bin"], 1, "none.bin"),
        (["--pretrained", "seven.txt"], 2, "--dim is 8, and the pretrained vectors have 7"),
        (["--pretrained", "strangers.txt"], 1, "None of the 1 pretrained words is among the 27"),
        (["--freeze", "none.txt"], 1, "Cannot read none.txt: No such file"),
        (["--freeze", "corpus.txt"], 1, "corpus.txt, line 1: expected one word, got"),
        (["--freeze", "empty.txt"], 1, "empty.txt holds no words; expected one a line"),
        (["--freeze", "v.bin"], 1, "v.bin is not a UTF-8 text file|expected one"),
        (["--save-model", "nowhere/m.npz"], 1, "nowhere is not a folder"),
        (["--save-model", "out.bin"], 2, "--output and --save-model are the same file"),
        (["--save-model", "corpus.txt"], 2, "--save-model would overwrite the input"),
        (["--pretrained", "out.bin"], 2, "--output would overwrite the input"),
        (["--continue", "m.npz", "--report", "m.npz"], 2, "--report would overwrite the input"),
    ],
)
def test_what_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], code: int, message: str
) -> None:
    monkeypatch.chdir(folder)
    (folder / "empty.txt").write_text("\n\n")
    quick = QUICK if "--continue" not in options else []
    result = run("train", "corpus.txt", "-o", "out.bin", *quick, *options)
    refused(result, code, message)
    assert not (folder / "out.bin").exists()
    Word2Vec.load_model("m.npz")  # still whole
