"""Runs of `w2v train --checkpoint` that are cut off anywhere, and `w2v resume`."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from commands import QUICK, refused, run, topics_file

from w2v import Callback, Progress, Word2Vec, files
from w2v.errors import CheckpointError
from w2v.training.onlookers import Onlookers
from w2v.training.run_folder import RunFolder

EPOCHS = ["--epochs", 6]
KEPT = ["--checkpoint", "run", "--checkpoint-every", "1epoch"]
OUTPUTS = ["-o", "v.bin", "--save-model", "m.npz", "--save-vocab", "words.txt"]
WHERE = {"unread": -1.0, "untrained": 0.0, "half": 0.5}
"""Moments at which runs are cut off: before their text is kept, before the first checkpoint, and
with some checkpoints."""


@contextlib.contextmanager
def ends_at(done: float) -> Iterator[None]:
    """A run ends there as by SIGKILL: nobody is told, and nothing more is written."""
    plain = Onlookers.tell

    def tell(self: Onlookers, progress: Progress) -> bool:
        if progress.done >= done:
            raise SystemExit(137)
        return plain(self, progress)

    def keep(*_: object) -> None:
        raise SystemExit(137)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Onlookers, "tell", tell)
        if done < 0:
            patch.setattr(RunFolder, "keep", keep)
        yield


def cut(done: float, *command: object, stdin: str | bytes | None = None) -> Result:
    with ends_at(done):
        result = run("train", *command, stdin=stdin)
    assert result.exit_code == 137, result.output
    assert not Path("v.bin").exists()
    return result


def went_on(*options: object) -> Result:
    result = run("resume", "run", *options)
    assert result.exit_code == 0, result.output
    return result


def made(folder: Path | str = ".") -> dict[str, Any]:
    """What a run has written, but for times."""
    found: dict[str, Any] = {
        name: Path(folder, name).read_bytes() for name in ("v.bin", "words.txt")
    }
    model = Word2Vec.load_model(Path(folder, "m.npz"))
    found["output"] = model.output.tobytes()
    for name in ("loss", "tokens", "held_out_loss", "pretrained", "frozen", "continued"):
        found[name] = model.report[name]
    found["tokenizer"], found["table"] = model.report["tokenizer"], model.report["table"]
    return found


@pytest.fixture
def text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A text, from whose folder commands are given."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return topics_file(tmp_path / "here")


def undisturbed(*command: object, stdin: str | None = None) -> dict[str, Any]:
    assert run("train", *command, *OUTPUTS, *QUICK, *EPOCHS, stdin=stdin).exit_code == 0
    found = made()
    for name in OUTPUTS[1::2]:
        os.remove(name)
    return found


def command(*more: object) -> list[object]:
    return [*more, *OUTPUTS, *QUICK, *EPOCHS, *KEPT]


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


@pytest.mark.parametrize("where", ["untrained", "half"])
def test_standard_input_is_kept(text: Path, where: str) -> None:
    read = text.read_text()
    whole = undisturbed("-", stdin=read)
    cut(WHERE[where], *command("-"), stdin=read)
    went_on()
    assert made() == whole


def test_standard_input_that_was_not_read_is_gone(text: Path) -> None:
    cut(WHERE["unread"], *command("-"), stdin=text.read_text())
    refused(run("resume", "run"), 1, "before it had read standard input, which is gone. Begin it")
    assert run("train", *command("-"), stdin=text.read_text()).exit_code == 0


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


@pytest.mark.parametrize("where", ["untrained", "half"])
def test_texts_may_be_gone_or_others(text: Path, where: str) -> None:
    whole = undisturbed("corpus.txt")
    cut(WHERE[where], *command("corpus.txt"))
    text.write_text("other words\n" * 1000)
    went_on()
    assert made() == whole
    os.remove(text)
    went_on()
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


INFORMED = {
    "unread": ["kept in   nowhere", "w2v resume run begins it anew"],
    "untrained": ["kept in   run/corpus", "no checkpoint yet", "w2v resume run begins to train"],
    "half": ["text      2,400 words in 300 lines, 27 d", "%, in epoch ", "w2v resume run goes on"],
}


@pytest.mark.parametrize("where", WHERE)
def test_a_folder_says_what_it_is(text: Path, where: str) -> None:
    cut(WHERE[where], *command("corpus.txt"))
    before = sorted(os.listdir("run"))
    told = run("info", "run").stdout
    assert told.startswith("run       w2v train corpus.txt -o v.bin --save-model m.npz")
    assert f"\nbegun in  {text.parent}\n" in told
    assert all(part in told for part in INFORMED[where])
    about = json.loads(run("info", "run", "--json").stdout)
    assert 0 < about["done"] < 1 if where == "half" else about["done"] == 0
    assert sorted(os.listdir("run")) == before
    with files.locked("run"):
        told = run("info", "run").stdout
        assert "a process is at work on it" in told
        assert "go on" not in told
    went_on()
    told = run("info", "run").stdout
    assert "done      100.0%, it has come to its end;" in told
    assert re.search(r"latest    run/checkpoint-0+\d+, .* KiB, written 20\d\d-", told)
    assert told.endswith("\ngo on     w2v resume run writes its files again\n")


def test_a_folder_says_what_is_wrong_with_it(text: Path) -> None:
    cut(0.9, *command("corpus.txt"))
    *_, latest = sorted(Path("run").glob("checkpoint-*"))
    last = Path("run/checkpoint-000099")
    last.write_bytes(latest.read_bytes()[:-1])
    result = run("info", "run")
    assert f"{last} is damaged or cut short." in result.stderr
    assert "go on     w2v resume run goes on from there" in result.stdout
    forge(Path("run/run.json"), {"command": ["a\x1b[31m\nb"]})
    told = run("info", "run").stdout
    assert "\x1b" not in told
    for path in Path("run").glob("checkpoint-*"):
        path.write_bytes(b"")
    refused(run("info", "run"), 1, "No checkpoint in run can be read")


def test_there_is_no_run(text: Path) -> None:
    refused(run("resume", "nowhere"), 1, "no run in nowhere: .*run.json is missing. Give the fol")
    refused(run("resume", "."), 1, r"no run in \.: ")
    refused(run("resume", "corpus.txt"), 1, "no run in corpus.txt")


def test_a_folder_in_use_is_left_alone(text: Path) -> None:
    cut(0.5, *command("corpus.txt"))
    before = sorted(os.listdir("run"))
    with files.locked("run"):
        refused(run("resume", "run"), 1, "Another run is at work in run. Wait until it ends")
        refused(run("train", *command("corpus.txt")), 2, "holds checkpoints of a run. Go on with")
    assert sorted(os.listdir("run")) == before


@pytest.mark.parametrize("entry", ["corpus", "run.json", "checkpoint-1", "notes.txt"])
def test_what_is_no_run_is_not_touched(text: Path, entry: str) -> None:
    """Not even where it is called what files of a run are called."""
    assert run("encode", "corpus.txt", "-o", "encoded", "--min-count", 1, "-q").exit_code == 0
    os.mkdir("mine")
    if entry == "corpus":
        os.rename("encoded", "mine/corpus")
    else:
        Path("mine", entry).write_text("{}")
    result = run("train", "corpus.txt", "-o", "v.bin", "--checkpoint", "mine", *QUICK)
    assert result.exit_code in (1, 2)
    assert f"{entry}" in result.stderr
    assert os.listdir("mine") == [entry]
    assert sorted(os.listdir("mine/corpus") if entry == "corpus" else []) == sorted(
        ["corpus.json", "ends.npy", "ids.npy", "vocab.txt"] * (entry == "corpus")
    )


def test_a_new_run_takes_the_place_of_one_without_checkpoints(text: Path) -> None:
    other = "\n".join(" ".join(line.split()[::-1]) for line in text.read_text().splitlines())
    Path("other.txt").write_text(other + "\n")
    whole = undisturbed("other.txt")
    cut(0.0, *command("corpus.txt"))
    cut(-1, *command("other.txt"))
    assert "begins anew" in went_on().stderr
    assert made() == whole


def forge(path: Path, changes: dict[str, object]) -> None:
    about = json.loads(path.read_text())
    about["asked"] |= {name: value for name, value in changes.items() if name in about["asked"]}
    about |= {name: value for name, value in changes.items() if name not in about["asked"]}
    path.write_text(json.dumps(about))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"version": 2}, "of version 2, and this w2v reads version 1"),
        ({"version": None}, "of version None"),
        ({"asked": 7}, "is not what a run writes, or damaged"),
        ({"corpus": ["x"]}, "is not what a run writes, or damaged"),
        ({"options": 7}, "was asked to do is damaged"),
        ({"options": {"dim": "many"}}, "dim"),
        ({"options": {"colour": "red"}}, "has options that this w2v does not take"),
        ({"command": "train"}, "was asked to do is damaged"),
        ({"command": [["x"]]}, "was asked to do is damaged"),
        ({"command": ["a\0b"]}, "was asked to do is damaged"),
        ({"command": ["--unheard-of"]}, "No such option"),
        ({"command": ["corpus.txt"]}, "Missing option '-o'"),
        ({"folder": 7}, "was asked to do is damaged"),
    ],
)
def test_a_forged_run_is_refused(text: Path, changes: dict[str, object], says: str) -> None:
    cut(0.5, *command("corpus.txt"))
    forge(Path("run/run.json"), changes)
    result = run("resume", "run")
    assert result.exit_code in (1, 2)
    assert says in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", "null", "[" * 100_000, "\xff", '{"version":1}']
)
def test_what_no_run_has_written_is_refused(text: Path, content: str) -> None:
    os.mkdir("run")
    Path("run/run.json").write_text(content, encoding="latin-1")
    refused(run("resume", "run"), 1, "run.json is not what a run writes, or damaged")


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


@pytest.mark.parametrize("where", WHERE)
def test_an_encoded_corpus_is_not_copied(text: Path, where: str, tmp_path: Path) -> None:
    whole = undisturbed("corpus.txt")
    assert run("encode", "corpus.txt", "-o", "encoded", "--min-count", 1, "-q").exit_code == 0
    cut(WHERE[where], *command("encoded"))
    went_on()
    assert made() == whole
    assert not Path("run/corpus").exists()


@pytest.mark.parametrize("where", ["untrained", "half"])
def test_an_encoded_corpus_may_be_moved(text: Path, where: str, tmp_path: Path) -> None:
    whole = undisturbed("corpus.txt")
    assert run("encode", "corpus.txt", "-o", "encoded", "--min-count", 1, "-q").exit_code == 0
    cut(WHERE[where], *command("encoded"))
    os.rename("encoded", "moved")
    if where == "half":
        refused(run("resume", "run"), 1, "encoded, which is not there any more. Put it back, or s")
    os.mkdir("there")
    os.chdir("there")
    assert run("resume", "../run", "--corpus", "../moved").exit_code == 0
    os.chdir("..")
    assert made() == whole
    went_on()  # it is known there now
    assert made() == whole


def test_an_encoded_corpus_may_not_be_another(text: Path) -> None:
    assert run("encode", "corpus.txt", "-o", "encoded", "--min-count", 1, "-q").exit_code == 0
    cut(0.5, *command("encoded"))
    shutil.rmtree("encoded")
    text.write_text("\n".join(text.read_text().splitlines()[1:]) + "\n")
    assert run("encode", "corpus.txt", "-o", "encoded", "--min-count", 1, "-q").exit_code == 0
    refused(run("resume", "run", "-q"), 1, "The text is not that of the run .* tokens, now")
    Path("encoded/ids.npy").write_bytes(b"damaged")
    refused(run("resume", "run", "-q"), 1, "ids.npy has 7 bytes")


@pytest.mark.parametrize("where", WHERE)
def test_a_corpus_that_is_saved_serves_the_run_too(text: Path, where: str) -> None:
    whole = undisturbed("corpus.txt")
    cut(WHERE[where], *command("corpus.txt", "--save-corpus", "encoded"))
    went_on()
    assert made() == whole
    assert Path("encoded/ids.npy").exists()
    assert not Path("run/corpus").exists()
    assert run("train", "encoded", *OUTPUTS, *QUICK, *EPOCHS).exit_code == 0
    assert made() == whole


def test_the_text_of_a_run_may_not_be_lost(text: Path) -> None:
    cut(0.5, *command("corpus.txt"))
    os.rename("run/corpus", "kept")
    refused(run("resume", "run"), 1, "The text of the run in .*run is gone: there is no .*corpus")
    assert run("resume", "run", "--corpus", "kept").exit_code == 0


def test_a_folder_that_vanishes_meanwhile_costs_a_warning(
    text: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = undisturbed("corpus.txt")
    plain = Onlookers.tell

    def tell(self: Onlookers, progress: Progress) -> bool:
        if progress.done >= 0.5 and os.path.exists("run"):
            shutil.rmtree("run", ignore_errors=True)  # one may be written just now
        return plain(self, progress)

    monkeypatch.setattr(Onlookers, "tell", tell)
    result = run("train", *command("corpus.txt"))
    assert result.exit_code == 0, result.output
    assert "Warning: A checkpoint could not be written, and training goes on." in result.stderr
    assert made() == whole
    assert not os.path.exists("run")


def fill(folder: Path) -> None:
    with contextlib.suppress(OSError):
        (folder / "other").write_bytes(bytes(1 << 21))


def close(folder: Path) -> None:
    (folder / "run").chmod(0o555)


@pytest.mark.skipif(sys.platform != "linux", reason="mounts a disk of Linux")
@pytest.mark.parametrize("trouble", [fill, close])
def test_a_disk_that_takes_no_more_costs_a_warning(
    text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trouble: Callable[[Path], None]
) -> None:
    if trouble is close and sys.platform != "win32" and os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    whole = undisturbed("corpus.txt")
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)]
    if trouble is fill and subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no disk may be mounted here")
    plain = Onlookers.tell

    def tell(self: Onlookers, progress: Progress) -> bool:
        if progress.done >= 0.5:
            trouble(disk)
        return plain(self, progress)

    try:
        kept = ["--checkpoint", disk / "run", "--checkpoint-every", "1epoch"]
        with monkeypatch.context() as patch:
            patch.setattr(Onlookers, "tell", tell)
            result = run("train", "corpus.txt", *OUTPUTS, *QUICK, *EPOCHS, *kept)
        assert result.exit_code == 0, result.output
        assert "A checkpoint could not be written, and training goes on." in result.stderr
        assert re.search("No space left|of the disk are free|may not create files", result.stderr)
        assert re.search(r"The latest is of \d\d\.\d% of the run|There is none yet", result.stderr)
        assert made() == whole
        (disk / "run").chmod(0o755)
        (disk / "other").unlink(missing_ok=True)
        for name in OUTPUTS[1::2]:
            os.remove(name)
        assert run("resume", disk / "run").exit_code == 0
        assert made() == whole
    finally:
        if trouble is fill:
            subprocess.run(["umount", "-l", str(disk)], check=False)


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
