"""Nothing that files hold steers a terminal: each command is run in one, with words that would."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from w2v import Vectors
from w2v.terminal import lines_shown, shown

HOSTILE = [
    "title\x1b]0;owned\x07",
    "copy\x1b]52;c;ZXZpbA==\x07",
    "wipe\x1b[2J\x1b[H",
    "red\x1b[31mred\x1b[0m",
    "c1\x9b2J",
    "back\x08\x7fspace",
    "bidi\u202egnp.exe\u2066",
    "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",  # a word of Persian, with its ZWNJ
]
STEERING = [chr(c) for c in (*range(32), *range(0x7F, 0xA0), 0x2028, 0x2029, 0x202E, 0x2066)]
EVIL_NAME = "v\x1b[2J\x07\nError: forged.npz"


def test_what_is_shown() -> None:
    assert shown("plain, d\xe9j\xe0 \u4e2d\u6587 \\n") == "plain, d\xe9j\xe0 \u4e2d\u6587 \\n"
    assert shown(HOSTILE[0]) == r"title\x1b]0;owned\x07"
    assert shown("a\nb\tc\r\x00\x9b\u202e\u2028\udcff") == (r"a\nb\tc\r\x00\x9b\u202e\u2028\udcff")
    assert shown(HOSTILE[-1]) == HOSTILE[-1]
    assert lines_shown("a\nb\tc\r\x1b") == "a\nb\tc\\r\\x1b"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Vectors of hostile words under a hostile name, tables and texts of them."""
    rng = np.random.default_rng(1)
    words = [*HOSTILE, *(f"word{i}" for i in range(20))]
    counts = range(len(words), 0, -1)
    for name in (EVIL_NAME, "other.npz"):
        Vectors(words, rng.normal(size=(len(words), 5)), list(counts)).save(tmp_path / name)
    plain = [word for word in words if len(word.split()) == 1]
    lines = [" ".join(rng.choice(plain, 8)) for _ in range(200)]
    (tmp_path / "t\x1b[2J.txt").write_text("\n".join(lines), encoding="utf-8", newline="\n")
    table = "\n".join(["col\x1b[2J,b", *(f"{word},x" for word in plain)] * 3)
    (tmp_path / "c\x9b2J.csv").write_text(table, encoding="utf-8", newline="\n")
    questions = ": s\x1b[2J\nword1 word2 word3 word4\n"
    (tmp_path / "q\x1b[2J.txt").write_text(questions, encoding="utf-8")
    (tmp_path / "p\x1b[2J.tsv").write_text("word1\tword2\t3\nword2\tword3\t1\nword3\tword5\t2\n")
    (tmp_path / "bad\x1b[2J\n.npz").write_bytes(b"PK\x03\x04garbage")
    return tmp_path


def in_terminal(folder: Path, *arguments: str, typed: str = "") -> tuple[str, int]:
    """What a terminal gets of a command, and its exit code."""
    if sys.platform == "win32":
        pytest.skip("no terminals of that kind")
    import pty
    import select

    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "w2v", *arguments],
        stdin=slave, stdout=slave, stderr=slave, cwd=folder, start_new_session=True,
        env={**os.environ, "TERM": "xterm", "XDG_STATE_HOME": str(folder / "state"),
             "PYTHONPATH": str(Path(__file__).parents[1])},
    )  # fmt: skip
    os.close(slave)
    got = b""
    until = time.monotonic() + 100
    while time.monotonic() < until:
        if typed and b"w2v>" in got:
            os.write(master, typed.encode())
            typed = ""
        if select.select([master], [], [], 0.1)[0]:
            try:
                piece = os.read(master, 1 << 16)
            except OSError:  # what Linux says at the end
                break
            if not piece:
                break
            got += piece
        elif process.poll() is not None:
            break
    os.close(master)
    code = process.wait(10)
    return got.decode(errors="backslashreplace"), code


def steered(text: str) -> set[str]:
    """Characters that steer, but for what ends lines, and a bar that paints over itself."""
    for line in ("\r\n", "\r"):
        text = text.replace(line, "\n")
    return {letter for letter in STEERING if letter in text} - {"\n", "\t"}


COMMANDS: dict[str, tuple[list[str], int, str]] = {  # arguments, exit code, what is shown
    "nearest": (["nearest", EVIL_NAME, "word1", "-n", "40"], 0, r"wipe\x1b[2J\x1b[H"),
    "columns": (
        ["nearest", EVIL_NAME, "word1", "-n", "40", "--columns", "count,word"], 0, r"\u202egnp",
    ),
    "query": (["nearest", EVIL_NAME, HOSTILE[2]], 0, r"wipe\x1b[2J\x1b[H"),
    "unknown": (["nearest", EVIL_NAME, "wipe\x1b[2J\x1b["], 1, r"wipe\x1b[2J"),
    "analogy": (["analogy", EVIL_NAME, "word1", HOSTILE[4], "word2", "-n", "40"], 0, r"c1\x9b2J"),
    "similarity": (["similarity", EVIL_NAME, HOSTILE[0], "word1"], 0, r"title\x1b]0;owned\x07"),
    "distances": (["distances", EVIL_NAME, *HOSTILE], 0, r"bidi\u202egnp"),
    "odd": (["odd", EVIL_NAME, *HOSTILE], 0, r"copy\x1b]52"),
    "rank": (["rank", EVIL_NAME, HOSTILE[1], "word1"], 0, r"copy\x1b]52"),
    "json": (["nearest", EVIL_NAME, "word1", "-n", "40", "--json"], 0, r"\u001b"),
    "info": (["info", EVIL_NAME], 0, r"wipe\x1b[2J"),
    "compare": (["compare", EVIL_NAME, "other.npz", "--min-count", "1"], 0, r"wipe\x1b[2J"),
    "tsv": (["compare", EVIL_NAME, "other.npz", "--min-count", "1", "--tsv"], 0, r"wipe\x1b[2J"),
    "stability": (["stability", EVIL_NAME, "other.npz"], 0, "in common"),
    "eval": (
        ["eval", EVIL_NAME, "--analogies", "q\x1b[2J.txt", "--pairs", "p\x1b[2J.tsv"],
        0, r"v\x1b[2J\x07\nError: forged.npz",
    ),
    "eval beside": (
        ["eval", EVIL_NAME, "other.npz", "--pairs", "p\x1b[2J.tsv", "--resamples", "10"],
        0, r"p\x1b[2J.tsv",
    ),
    "neighbours": (["neighbours", EVIL_NAME, "-o", "n\x1b[2J.tsv"], 0, r"n\x1b[2J.tsv"),
    "convert": (["convert", EVIL_NAME, "o\x1b[2J\n.npz"], 0, r"o\x1b[2J\n.npz"),
    "text": (["convert", EVIL_NAME, "o.txt"], 0, "saved"),
    "tokenize": (["tokenize", "t\x1b[2J.txt"], 0, r"wipe\x1b[2J\x1b[H"),
    "phrases": (["phrases", "t\x1b[2J.txt"], 0, r"wipe\x1b[2J\x1b[H"),
    "table": (["train", "c\x9b2J.csv", "-o", "t.bin"], 2, r"col\x1b[2J"),
    "column": (["train", "c\x9b2J.csv", "-o", "t.bin", "--columns", "no\x1b[2J"], 2, r"\x1b[2J"),
    "train": (
        ["train", "t\x1b[2J.txt", "-o", "w\x1b[2J.npz", "--min-count", "1", "--epochs", "1",
         "--backend", "numpy", "-v", "--report", "r.json"], 0, r"w\x1b[2J.npz",
    ),
    "pretrained": (
        ["train", "t\x1b[2J.txt", "-o", "w.npz", "--min-count", "1", "--epochs", "1", "--dim", "5",
         "--backend", "numpy", "--pretrained", EVIL_NAME], 0, r"v\x1b[2J\x07\nError: forged.npz",
    ),
    "missing": (["info", "no\x1b[2J\nfile"], 1, r"no\x1b[2J\nfile"),
    "damaged": (["info", "bad\x1b[2J\n.npz"], 1, r"bad\x1b[2J\n.npz"),
    "option": (["info", "--no\x1b[2J"], 2, r"\x1b[2J"),
    "command": (["no\x1b[2J"], 2, r"\x1b[2J"),
}  # fmt: skip


@pytest.mark.parametrize("name", COMMANDS)
def test_no_command_is_steered(folder: Path, name: str) -> None:
    arguments, code, expected = COMMANDS[name]
    text, ended = in_terminal(folder, *arguments)
    assert not steered(text), text
    assert expected in text
    assert ended == code, text
    assert "Traceback" not in text
    lines = text.replace("\r", "\n").split("\n")
    assert not [line for line in lines if line.startswith(("Error: all", "Error: forged"))]


def test_the_shell_shows_and_offers_nothing_that_steers(folder: Path) -> None:
    typed = "word1 -n 40\nodd word1 word2 word3\nwipe\t\t\nnone\nexit\n"
    text, ended = in_terminal(folder, "shell", EVIL_NAME, typed=typed)
    echoed = text.replace("\x1b[?2004h", "").replace("\x1b[?2004l", "").replace("\x07", "")
    assert not steered(echoed), text  # but what readline itself writes: its bell, its paste
    assert r"wipe\x1b[2J\x1b[H" in text
    assert ended == 0


def test_data_that_programs_read_is_as_it_is(folder: Path) -> None:
    def piped(*arguments: str) -> str:
        command = [sys.executable, "-m", "w2v", *arguments]
        root = str(Path(__file__).parents[1])
        done = subprocess.run(
            command, cwd=folder, capture_output=True, check=True,
            env={**os.environ, "PYTHONPATH": root},
        )  # fmt: skip
        return done.stdout.decode()

    found = piped("nearest", EVIL_NAME, "word1", "-n", "40")
    assert all(word in found for word in HOSTILE)
    assert HOSTILE[3] in piped("odd", EVIL_NAME, HOSTILE[3], "word1", "word2")
    answers = json.loads(piped("nearest", EVIL_NAME, "word1", "-n", "40", "--json"))[0]["answers"]
    assert set(HOSTILE) <= {answer["word"] for answer in answers}
    assert HOSTILE[3] in piped("compare", EVIL_NAME, "other.npz", "--min-count", "1", "--tsv")
    assert HOSTILE[3] in piped("tokenize", "t\x1b[2J.txt")


def test_a_notebook_gets_no_markup(folder: Path) -> None:
    words = ["<script>alert(1)</script>", "a\x1b[2J\u202eb", '"onload="x']
    html = Vectors(words, np.eye(3, 2))._repr_html_()
    assert "<script" not in html
    assert r"a\x1b[2J\u202eb" in html
    assert not steered(html)


@pytest.mark.parametrize("show", [repr, str])
def test_what_python_shows_of_vectors(folder: Path, show: Callable[[object], str]) -> None:
    assert not steered(show(Vectors(HOSTILE, np.eye(len(HOSTILE), 3))))
