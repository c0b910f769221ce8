"""Each call that writes an encoded corpus fails, or is the last: all of it is there or nothing."""

from __future__ import annotations

import functools
import os
import re
import shutil
import sys
from pathlib import Path

import pytest
from failing_disk import (
    ERRORS,
    FailingDisk,
    content,
    each_call,
    killed_at_each_call,
    kills_of,
)
from power_cut import Tree, may_be_after

from w2v import encode
from w2v.errors import CorpusError, OutputError
from w2v.files import disk
from w2v.text import Corpus, is_encoded, open_encoded, read_sentences, write_encoded

if sys.platform == "win32":
    pytest.skip("counts the calls that POSIX needs", allow_module_level=True)

SENTENCES = [f"w{i % 7} w{i % 11} w{i % 13}".split() for i in range(99)]


@functools.cache
def corpus() -> Corpus:
    return read_sentences(SENTENCES, min_count=1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


@pytest.mark.parametrize("trouble", [*ERRORS, "short"])
def test_a_call_that_fails_leaves_no_folder(
    folder: Path, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    place = folder / "corpus"
    write_encoded(corpus(), place)
    whole = content(folder)
    for failing in each_call(monkeypatch, trouble):
        shutil.rmtree(place, ignore_errors=True)
        message = ""
        try:
            write_encoded(corpus(), place)
        except OutputError as error:
            message = str(error)
        moved = not message or "is written, but" in message
        assert content(folder) == (whole if moved else {})
        assert os.listdir(folder) == ["corpus"] * moved
        if moved:
            assert open_encoded(place).fingerprint() == corpus().fingerprint()
        if not message:
            assert trouble == "short" or failing.made_again or not failing.failed
            continue
        assert failing.failed
        assert re.match(rf"(Cannot write )?{place}[/: ].*{failing.reason}", message)
        assert ".w2v-" not in message
        assert moved == (failing.done[-1:] == ["replace"])
    assert failing.number > 20


@pytest.mark.parametrize("trouble", ["ENOSPC", "EIO", "short"])
def test_encoding_text_on_such_a_disk(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    """Reading has files of its own, without names, on the disk of the folder."""
    (tmp_path / "text").write_text("\n".join(map(" ".join, SENTENCES)))
    place = folder / "corpus"
    for failing in each_call(monkeypatch, trouble):
        message = ""
        try:
            encode(tmp_path / "text", place, min_count=1)
        except (OutputError, CorpusError) as error:
            message = str(error)
        if message:
            assert trouble != "short"
            assert failing.reason in message
            assert str(folder) in message
            assert not re.search(r"\.w2v-\w+\.tmp", message)
        there = not message or "is written, but" in message
        assert os.listdir(folder) == ["corpus"] * there
        if there:
            assert open_encoded(place).fingerprint() == corpus().fingerprint()
            shutil.rmtree(place)


def test_a_power_cut_leaves_the_whole_folder_or_none(folder: Path) -> None:
    place = folder / "corpus"
    cuts = may_be_after(lambda: write_encoded(corpus(), place), place)
    whole: Tree = tuple(sorted((path.name, path.read_bytes()) for path in place.iterdir()))
    assert cuts.seen == {None, whole}
    assert cuts.last == {whole}
    shutil.rmtree(place)
    cuts = may_be_after(lambda: write_encoded(corpus(), place), place, ignored="file")
    assert len(cuts.seen) > 2


def test_a_kill_at_any_call_leaves_the_whole_folder_or_none(folder: Path) -> None:
    (killed,) = kills_of(__file__, folder)
    assert killed > 20


def kill(root: str) -> None:
    vars(disk)["call"] = FailingDisk(0, "")  # which waits for no disk
    place = Path(root, "corpus")
    save = functools.partial(write_encoded, corpus(), place)
    save()
    whole, seen = content(place), set()

    def after() -> None:
        seen.add(place.exists())
        if place.exists():
            assert content(place) == whole
            assert open_encoded(place).fingerprint() == corpus().fingerprint()
            shutil.rmtree(place)
        else:
            assert not is_encoded(place)
        save()  # removes what was left
        assert os.listdir(root) == ["corpus"]
        assert open_encoded(place).fingerprint() == corpus().fingerprint()
        shutil.rmtree(place)

    shutil.rmtree(place)
    print(killed_at_each_call(save, after))
    assert seen == {True, False}
