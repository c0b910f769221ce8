"""Where `w2v resume` has the text from: standard input, files that change, encoded corpora."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from commands import QUICK, refused, run
from cut_off import EPOCHS, OUTPUTS, WHERE, command, cut, made, undisturbed, went_on


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
