"""Encoded corpora on a disk that fails, and after a kill: the folder is whole or not there."""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from failing_disk import ERRORS, content, each_call, killed_at_each_call

from w2v import encode
from w2v.errors import CorpusError, OutputError
from w2v.files import disk
from w2v.text import Corpus, open_encoded, read_sentences, write_encoded

if sys.platform == "win32":
    pytest.skip("counts the calls that POSIX needs", allow_module_level=True)

SENTENCES = [[f"w{i % 7}", f"w{i % 5}", "all"] for i in range(60)]
FILES = {"corpus.json", "ends.npy", "ids.npy", "vocab.txt"}


@functools.cache
def corpus() -> Corpus:
    return read_sentences(SENTENCES, min_count=1)


@pytest.mark.parametrize("trouble", ERRORS)
def test_a_call_that_fails_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    place, expected = tmp_path / "e", corpus().fingerprint()
    for failing in each_call(monkeypatch, trouble):
        message = ""
        try:
            write_encoded(corpus(), place)
        except OutputError as error:
            message = str(error)
        if message:
            assert re.match(rf"(Cannot write )?{place}[/: ].*{failing.reason}", message)
            assert failing.failed
        else:
            assert not failing.failed or failing.made_again
        whole = not message or "is written, but" in message
        assert {path.split("/")[1] for path in content(tmp_path)} == (FILES if whole else set())
        if whole:
            assert open_encoded(place).fingerprint() == expected
        shutil.rmtree(place, ignore_errors=True)
        assert not list(tmp_path.iterdir())
    assert failing.number > 20


@pytest.mark.parametrize("trouble", ["ENOSPC", "EIO"])
def test_encoding_text_on_such_a_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    """Reading has files of its own, without names, on the disk of the folder."""
    (tmp_path / "text").write_text("\n".join(map(" ".join, SENTENCES)))
    place = tmp_path / "out" / "e"
    for failing in each_call(monkeypatch, trouble):
        place.parent.mkdir()
        message = ""
        try:
            encode(tmp_path / "text", place, min_count=1)
        except (OutputError, CorpusError) as error:
            message = str(error)
        if message:
            assert failing.reason in message
            assert str(place.parent) in message
            assert not re.search(r"\.w2v-\w+\.tmp", message)
        there = not message or "is written, but" in message
        assert [path.name for path in place.parent.iterdir()] == ["e"] * there
        shutil.rmtree(place.parent)


def test_a_short_write_is_completed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number, _ in enumerate(each_call(monkeypatch, "short")):
        encode(SENTENCES, tmp_path / str(number), min_count=1)
        assert open_encoded(tmp_path / str(number)).fingerprint() == corpus().fingerprint()


def test_a_kill_at_any_call(tmp_path: Path) -> None:
    """In a process of its own, since it forks; it prints how many it has killed."""
    program = "import sys; from test_failing_corpora import kill_each; kill_each(sys.argv[1])"
    here = Path(__file__).parent
    done = subprocess.run(
        [sys.executable, "-c", program, tmp_path],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, [here, here.parent]))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 20


def kill_each(root: str) -> None:
    """Kill `write_encoded` at each call, and write the folder again after it, as nothing was."""
    place, expected = Path(root, "e"), corpus().fingerprint()
    whole = set()

    def after() -> None:
        whole.add(place.exists())
        if place.exists():
            assert open_encoded(place).fingerprint() == expected
            shutil.rmtree(place)
        if not (child := os.fork()):
            vars(disk)["call"] = lambda function, *given, **named: function(*given, **named)
            write_encoded(corpus(), place)
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        assert sorted(os.listdir(root)) == ["e"]
        assert open_encoded(place).fingerprint() == expected
        shutil.rmtree(place)

    print(killed_at_each_call(lambda: write_encoded(corpus(), place), after))
    assert whole == {True, False}
