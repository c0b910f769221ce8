"""The folder of a run, of `w2v train --checkpoint`: what it says, and what it may hold."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from commands import QUICK, refused, run
from cut_off import EPOCHS, OUTPUTS, WHERE, command, cut, made, undisturbed, went_on

from w2v import Progress, files
from w2v.training.onlookers import Onlookers

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
