"""The prompt: lines that are read, and keys that are typed at a terminal."""

from __future__ import annotations

import os
import re
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest
from commands import answered, run
from royalty import queried

SESSION = """\
king -n 1

king - man + woman -n 1
analogy man king woman -n 1
nearest nearest -n 1
similarity king queen --json
don't -n 1
odd "apple" pear king
help
quit
kinng
"""


@pytest.fixture(scope="module")
def vectors(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return queried(tmp_path_factory.mktemp("vectors"))


def test_shell_reads_lines(vectors: Path) -> None:
    text = answered("shell", vectors, stdin=SESSION)
    alone = [
        ("nearest", "king", "-n", "1"),
        ("nearest", "king", "-", "man", "+", "woman", "-n", "1"),
        ("analogy", "man", "king", "woman", "-n", "1"),
        ("nearest", "nearest", "-n", "1"),
        ("similarity", "king", "queen", "--json"),
        ("nearest", "don't", "-n", "1"),
        ("odd", "apple", "pear", "king"),
    ]
    expected = "".join(answered(command, vectors, *rest) for command, *rest in alone)
    assert text.startswith(expected)
    assert text[len(expected) :].startswith("Neighbours of a word")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("kinng", "Close to it: 'king'"),
        ("analogy king", r"Expected 3 words.* got 1: king\."),
        ("nearest", "Missing argument"),
        ("nearest -", "the shell reads itself"),
        ("king --wrong", "No such option"),
        ('odd "king', "A double quote is not closed"),
        ("similarity king zero man apple", ""),
    ],
)
def test_shell_goes_on_after_a_line_that_fails(vectors: Path, line: str, message: str) -> None:
    result = run("shell", vectors, stdin=f"{line}\nsimilarity king king\n")
    assert result.stdout.splitlines()[-1].split() == ["king", "king", "1.0000"]
    assert result.exit_code == bool(message)
    assert re.search(message, result.stderr)
    assert bool(result.stderr) == bool(message)


def _terminal() -> tuple[int, int]:
    if sys.platform == "win32":
        pytest.skip("no terminals of that kind")
    import pty

    return pty.openpty()


class Terminal:
    """A process with a terminal of its own, and what it has printed so far."""

    def __init__(self, command: list[str], home: Path) -> None:
        self.master, slave = _terminal()
        environment = {**os.environ, "XDG_STATE_HOME": str(home), "TERM": "dumb"}
        opens = "import os, sys; os.close(os.open(os.ttyname(0), os.O_RDWR)); "
        opens += "os.execv(sys.argv[1], sys.argv[1:])"  # opened first, it is the one for Ctrl-C
        self.process = subprocess.Popen(
            [sys.executable, "-c", opens, *command],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environment,
            start_new_session=True,
        )
        os.close(slave)
        self.seen = ""

    def wait_for(self, text: str, keys: str = "") -> str:
        """What came up to and with `text`; `keys` are typed again after each second of silence."""
        until = time.monotonic() + 60
        while text not in self.seen:
            assert time.monotonic() < until, self.seen
            if select.select([self.master], [], [], 1)[0]:
                self.seen += os.read(self.master, 4096).decode()
            else:
                self.type(keys)
        found, _, self.seen = self.seen.partition(text)
        return found

    def type(self, keys: str) -> None:
        os.write(self.master, keys.encode())

    def end(self) -> int:
        code = self.process.wait(timeout=60)
        os.close(self.master)
        return code


def test_shell_at_a_terminal(vectors: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "w2v", "shell", str(vectors)]
    terminal = Terminal(command, tmp_path)
    assert "11 words, 4 dimensions" in terminal.wait_for("w2v> ")
    terminal.type('similarity Ne\t "Ne\t\n')
    assert re.search(r"New York +New York +1\.0000", terminal.wait_for("w2v> "))
    terminal.type("simi\tki\tquee\t\n")
    assert re.search(r"king +queen +0\.\d{4}", terminal.wait_for("w2v> "))
    terminal.type("kinng\n")
    assert "Close to it: 'king'" in terminal.wait_for("w2v> ")
    terminal.type("\x04")
    assert terminal.end() == 0
    history = (tmp_path / "w2v" / "history").read_text(encoding="utf-8")
    assert 'similarity "New York"  "New York"\nsimilarity king queen' in history
    again = Terminal(command, tmp_path)
    again.wait_for("w2v> ")
    again.type("\x10\x10\n")  # two lines back
    assert re.search(r"king +queen +0\.\d{4}", again.wait_for("w2v> "))
    again.type("\x03")  # readline misses it in the moment when it begins to wait for a key
    assert "Interrupted." in again.wait_for("Interrupted.", keys="\x03") + "Interrupted."
    assert again.end() == 130
