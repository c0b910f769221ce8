"""Each call that writes an encoded corpus fails, or is the last: all of it is there or nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from failing_disk import ERRORS, FailingDisk, content, each_call, killed_at_each_call
from power_cut import Tree, may_be_after

from w2v.errors import OutputError
from w2v.files import disk
from w2v.text import Corpus, is_encoded, open_encoded, read_sentences, write_encoded

if sys.platform == "win32":
    pytest.skip("counts the calls that POSIX needs", allow_module_level=True)


def text() -> Corpus:
    lines = [f"w{i % 7} w{i % 11} w{i % 13}".split() for i in range(99)]
    return read_sentences(lines, min_count=1)


@pytest.fixture
def corpus() -> Corpus:
    return text()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


@pytest.mark.parametrize("trouble", [*ERRORS, "short"])
def test_a_call_that_fails_leaves_no_folder(
    folder: Path, corpus: Corpus, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    place = folder / "corpus"
    write_encoded(corpus, place)
    whole = content(folder)
    for failing in each_call(monkeypatch, trouble):
        shutil.rmtree(place, ignore_errors=True)
        message = ""
        try:
            write_encoded(corpus, place)
        except OutputError as error:
            message = str(error)
        if not message:
            assert trouble == "short" or failing.made_again or not failing.failed
            assert content(folder) == whole
            continue
        assert failing.reason in message
        assert str(place) in message
        assert ".w2v-" not in message
        moved = failing.done[-1:] == ["replace"]
        assert content(folder) == (whole if moved else {})
        assert os.listdir(folder) == ["corpus"] * moved
    assert failing.number > 20


def test_a_power_cut_leaves_the_whole_folder_or_none(folder: Path, corpus: Corpus) -> None:
    place = folder / "corpus"
    cuts = may_be_after(lambda: write_encoded(corpus, place), place)
    whole: Tree = tuple(sorted((path.name, path.read_bytes()) for path in place.iterdir()))
    assert cuts.seen == {None, whole}
    assert cuts.last == {whole}
    shutil.rmtree(place)
    cuts = may_be_after(lambda: write_encoded(corpus, place), place, ignored="file")
    assert len(cuts.seen) > 2


def test_a_kill_at_any_call_leaves_the_whole_folder_or_none(folder: Path) -> None:
    program = "import sys; from test_encoded_on_failing_disks import kill; kill(sys.argv[1])"
    here = Path(__file__).parent
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, [here, here.parent]))}
    done = subprocess.run(
        [sys.executable, "-c", program, folder],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 20


def kill(root: str) -> None:
    """In a process of its own, since it forks; prints how many it has killed."""
    vars(disk)["call"] = FailingDisk(0, "")  # which waits for no disk
    corpus, place = text(), Path(root, "corpus")
    write_encoded(corpus, place)
    whole = content(place)

    def save() -> None:
        write_encoded(corpus, place)

    def after() -> None:
        if place.exists():
            assert content(place) == whole
            assert open_encoded(place).fingerprint() == corpus.fingerprint()
            shutil.rmtree(place)
        else:
            assert not is_encoded(place)
        save()  # removes what was left
        assert os.listdir(root) == ["corpus"]
        shutil.rmtree(place)

    shutil.rmtree(place)
    print(killed_at_each_call(save, after))
