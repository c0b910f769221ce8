"""Runs of `w2v train --checkpoint` that are cut off anywhere, and `w2v resume`."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from commands import QUICK, refused, run
from cut_off import EPOCHS, KEPT, OUTPUTS, WHERE, command, cut, ends_at, made, undisturbed, went_on

from w2v import Callback, Progress, Word2Vec
from w2v.errors import CheckpointError


@pytest.mark.parametrize("where", WHERE)
def test_a_run_goes_on_wherever_it_was_cut_off(text: Path, where: str) -> None:
    whole = undisturbed("corpus.txt")
    told = cut(WHERE[where], *command("corpus.txt")).stderr
    kept = re.search(r"The run is kept as far as \d\d\.\d%: w2v resume run goes on\.", told)
    assert bool(kept) == (where == "half")
    assert ("The text is kept: w2v resume run goes on." in told) == (where == "untrained")
    told = went_on().stderr
    assert ("ended before its text was read, and begins anew" in told) == (where == "unread")
    assert ("resumed   at " in told) == (where == "half")
    assert made() == whole
    kept_files = sorted(os.listdir("run"))
    assert [name.rstrip("0123456789") for name in kept_files] == (
        ["checkpoint-", "checkpoint-", "corpus", "run.json"]
    )


def test_a_terminal_that_hangs_up_changes_no_exit_code(text: Path) -> None:
    pty: Any = pytest.importorskip("pty", reason="no pseudo-terminals here")
    options = ["-o", "v.bin", "--checkpoint", "run", *QUICK, "--epochs", "10000"]
    child, terminal = pty.fork()
    if not child:
        signal.signal(signal.Signals["SIGHUP"], signal.SIG_DFL)  # pytest may run under nohup
        os.execv(sys.executable, [sys.executable, "-m", "w2v", "train", "corpus.txt", *options])
    seen = b""
    while b"\r\r" not in seen:  # a bar as wide as this terminal, which is nothing
        seen += os.read(terminal, 1 << 10)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 129
    assert list(Path("run").glob("checkpoint-*"))


def test_a_run_that_ended_writes_its_files_again(text: Path) -> None:
    assert run("train", *command("corpus.txt")).exit_code == 0
    before = made()
    os.remove("v.bin")
    Path("m.npz").write_bytes(b"damaged")
    told = went_on("--report", "r.json").stderr
    assert "at the end" in told
    assert "The run began in" not in told  # where the user stands
    assert made() == before
    report = json.loads(Path("r.json").read_text())
    assert report["done"] == 1
    assert len(report["parts"]) == 1
    assert {name for name in os.listdir() if name != "corpus.txt"} == {
        *("v.bin", "m.npz", "words.txt", "r.json", "run")
    }


@pytest.mark.parametrize("where", WHERE)
def test_outputs_may_go_elsewhere(text: Path, where: str, tmp_path: Path) -> None:
    whole = undisturbed("corpus.txt")
    cut(WHERE[where], *command("corpus.txt"))
    (tmp_path / "there").mkdir()
    os.chdir(tmp_path / "there")
    assert run("resume", text.parent / "run", *OUTPUTS, "-q").exit_code == 0
    assert made() == whole
    assert not (text.parent / "v.bin").exists()


@pytest.mark.parametrize("where", WHERE)
def test_names_are_those_of_the_folder_where_the_run_began(
    text: Path, where: str, tmp_path: Path
) -> None:
    whole = undisturbed("corpus.txt")
    cut(WHERE[where], *command("corpus.txt"))
    (tmp_path / "there").mkdir()
    os.chdir(tmp_path / "there")
    done = run("resume", "../here/run")
    assert done.exit_code == 0
    assert f"The run began in {text.parent}: names of files without a folder are" in done.stderr
    assert os.listdir() == []
    assert os.getcwd() == str(tmp_path / "there")
    assert made(text.parent) == whole


@pytest.mark.parametrize("where", WHERE)
def test_a_run_may_be_moved(text: Path, where: str) -> None:
    whole = undisturbed("corpus.txt")
    cut(WHERE[where], *command("corpus.txt"))
    os.rename("run", "a b")
    assert run("resume", "a b").exit_code == 0
    assert made() == whole
    assert sorted(os.listdir()) == ["a b", "corpus.txt", "m.npz", "v.bin", "words.txt"]


def test_a_run_may_go_on_where_the_folder_it_began_in_is_not(text: Path, tmp_path: Path) -> None:
    """On another machine, say; there are no texts either."""
    whole = undisturbed("corpus.txt")
    cut(0.5, *command("corpus.txt"))
    (tmp_path / "there").mkdir()
    os.rename("run", tmp_path / "there" / "run")
    os.chdir(tmp_path / "there")
    shutil.rmtree(tmp_path / "here")
    told = went_on().stderr
    assert f"The run began in {tmp_path / 'here'}, which is not here" in told
    assert made() == whole


@pytest.mark.parametrize("where", WHERE)
def test_the_number_of_workers_may_change(text: Path, where: str) -> None:
    text.write_text(text.read_text() * 30)
    cut(WHERE[where], *command("corpus.txt", "--backend", "numba"), "--backend", "numba")
    went_on("--workers", 2, "--report", "r.json")
    parts = json.loads(Path("r.json").read_text())["parts"]
    assert [part["workers"] for part in parts] == ([1, 2] if where == "half" else [2])


def test_wrong_options_are_refused_by_their_names(text: Path) -> None:
    cut(0.5, *command("corpus.txt"))
    refused(run("resume", "run", "--workers", 0), 2, "--workers must be")
    refused(run("resume", "run", "--checkpoint-every", "often"), 2, "--checkpoint-every must be")
    refused(run("resume", "run", "-o", "nowhere/v.bin"), 1, "nowhere is not a folder")
    refused(run("resume", "run", "-o", "corpus.txt"), 2, "--output would overwrite the input")
    refused(run("resume", "run", "-o", "m.npz"), 2, "are the same file")
    assert went_on().exit_code == 0


def test_a_run_of_a_program_needs_a_name_for_its_vectors(text: Path) -> None:
    class Cut(Callback):
        def on_epoch_end(self, progress: Progress) -> None:
            raise RuntimeError

    options: dict[str, Any] = {"dim": 8, "epochs": 6, "min_count": 1, "workers": 1}
    model = Word2Vec(**options, backend="numpy")
    with pytest.raises(RuntimeError):
        model.fit(text, checkpoint="run", checkpoint_every="1epoch", callbacks=[Cut()])
    refused(run("resume", "run"), 2, "was begun by a program.* say with -o where")
    assert run("resume", "run", "-o", "v.bin", "--save-model", "m.npz").exit_code == 0
    whole = Word2Vec(**options, backend="numpy").fit(text)
    whole.save("w.bin")
    assert Path("v.bin").read_bytes() == Path("w.bin").read_bytes()


def test_a_run_of_a_program_that_has_no_text_yet(text: Path) -> None:
    with ends_at(-1), pytest.raises(SystemExit):
        Word2Vec(dim=8).fit(text, checkpoint="run")
    refused(run("resume", "run", "-o", "v.bin"), 1, "ended before its text was read.*anew")


@pytest.mark.parametrize("name", ["pretrained", "freeze", "partial_fit"])
def test_a_run_without_checkpoints_begins_with_the_same(text: Path, name: str) -> None:
    """It would be another run else, and nobody would be told."""
    options: dict[str, Any] = {"dim": 8, "epochs": 2, "min_count": 1, "workers": 1}
    model = Word2Vec(**options, backend="numpy").fit(text)
    given = {"pretrained": model.vectors} if name == "pretrained" else {"freeze": ["tool1"]}
    known = {} if name == "partial_fit" else given
    begin = (model if name == "partial_fit" else Word2Vec(**options)).partial_fit
    with ends_at(0), pytest.raises(SystemExit):
        (Word2Vec(**options).fit if known else begin)(text, checkpoint="run", **known)
    says = f"ended before its first checkpoint, and began with `{name}`: give the same again"
    if name == "partial_fit":
        says = "and went on from a model: begin it anew, with `partial_fit`"
    refused(run("resume", "run", "-o", "v.bin"), 1, says)
    with pytest.raises(CheckpointError, match=says):
        Word2Vec(**options).fit(resume="run")
    if known:
        again = Word2Vec(**options).fit(resume="run", **known)
        whole = Word2Vec(**options).fit(text, **known)
        assert again.vectors.matrix.tobytes() == whole.vectors.matrix.tobytes()
    with ends_at(0), pytest.raises(SystemExit):
        Word2Vec(**options).fit(text, checkpoint="other")
    with pytest.raises(CheckpointError, match="did not begin with `freeze`: leave that out"):
        Word2Vec(**options).fit(resume="other", freeze=["tool1"])


def tables(folder: Path) -> list[object]:
    lines = (folder / "corpus.txt").read_text().splitlines()
    rows = [f"{i},{word}" for i, line in enumerate(lines) for word in line.split()]
    (folder / "t.csv").write_text("\n".join(["user,item", *rows]) + "\n")
    return ["t.csv", "--group", "user", "--token", "item"]


def known(folder: Path) -> None:
    options = [*QUICK, "--seed", 3, "--save-model", "known.npz", "--save-vocab", "known.txt"]
    assert run("train", folder / "corpus.txt", "-o", "known.bin", *options).exit_code == 0
    (folder / "frozen.txt").write_text("animal3\ntool1\n")


@pytest.mark.parametrize("where", WHERE)
@pytest.mark.parametrize(
    "options",
    [
        ["--pretrained", "known.bin"],
        ["--pretrained", "known.bin", "--freeze-known"],
        ["--freeze", "frozen.txt"],
        ["--continue", "known.npz", "--freeze-known"],
        ["--vocab", "known.txt"],
        ["--held-out", "5%"],
        ["--tokens", "unicode", "--lower", "--split-sentences"],
        ["--loss", "hs", "--model", "cbow"],
        ["table"],
    ],
    ids=" ".join,
)
def test_all_that_a_run_is_told_is_known_to_the_one_that_goes_on(
    text: Path, where: str, options: list[str]
) -> None:
    known(text.parent)
    given = tables(text.parent) if options == ["table"] else ["corpus.txt", *options]
    whole = undisturbed(*given)
    cut(WHERE[where], *command(*given))
    went_on()
    assert made() == whole


@pytest.mark.parametrize("where", WHERE)
def test_a_model_that_takes_its_own_place(text: Path, where: str) -> None:
    known(text.parent)
    shutil.copy("known.npz", "first.npz")
    whole = undisturbed("corpus.txt", "--continue", "known.npz")
    options = [*command("corpus.txt", "--continue", "known.npz"), "--save-model", "known.npz"]
    cut(WHERE[where], *options)
    assert Path("known.npz").read_bytes() == Path("first.npz").read_bytes()
    went_on()
    os.rename("known.npz", "m.npz")
    assert made() == whole
    os.rename("m.npz", "known.npz")
    went_on()  # the run is over, and does not begin with what it has made
    os.rename("known.npz", "m.npz")
    assert made() == whole


def test_what_a_run_prints_it_prints_when_it_goes_on(text: Path) -> None:
    whole = undisturbed("corpus.txt")
    cut(0.5, "corpus.txt", "-o", "v.bin", *QUICK, *EPOCHS, *KEPT, "--report", "/dev/stdout")
    w2v = [sys.executable, "-m", "w2v", "resume", "run", "-q"]
    done = subprocess.run(w2v, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["done"] == 1
    assert Path("v.bin").read_bytes() == whole["v.bin"]
    words = [*w2v, "--report", "r.json", "--save-vocab", "/dev/stdout"]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout.encode() == whole["words.txt"]
