"""Runs what pages show, and commands, within this process where a shell has nothing to do."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from corpora import two_topics

from w2v.cli import main

QUICK = ["--dim", "8", "--epochs", "2", "--min-count", "1", "--workers", "1", "--backend", "numpy"]
FOR_SHELLS = set("|<>;&$*?~`")
"""Signs that are more to a shell than themselves."""


def run_line(line: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """A line of a page, in a folder, without a terminal; it has to succeed.

    A command of w2v runs in this process, a line that needs a shell in one of its own.
    """
    program, *arguments = shlex.split(line)
    if program == "w2v" and not set(line) & FOR_SHELLS:
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(folder)
            result = run(*arguments)
        assert result.exit_code == 0, (line, result.stderr)
        return subprocess.CompletedProcess(line, 0, result.stdout, result.stderr)
    path = os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])
    done = subprocess.run(
        line,
        shell=True,
        cwd=folder,
        env={**os.environ, "PATH": path},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, (line, done.stderr)
    return done


def examples(page: str) -> list[tuple[str, str]]:
    """The blocks of Python of a page, each with what is shown after it: nothing, or a text."""
    return re.findall(r"```python\n(.*?)```(?:\n\n```text\n(.*?)```)?", page, re.DOTALL)


def run_example(code: str, name: str, names: dict[str, object] | None = None) -> str:
    """What an example prints, which runs with the names of those before it, or with none."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, name, "exec"), {} if names is None else names)
    return printed.getvalue()


def run(*arguments: object, stdin: str | bytes | None = None) -> Result:
    result = CliRunner().invoke(main, [str(a) for a in arguments], input=stdin)
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert "Traceback" not in result.output
    return result


def answered(*arguments: object, stdin: str | None = None) -> str:
    result = run(*arguments, stdin=stdin)
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout


def as_json(*arguments: object, stdin: str | None = None) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(answered(*arguments, "--json", stdin=stdin))
    return found


def refused(result: Result, code: int, message: str) -> None:
    """One clear sentence, the right exit code, no traceback, nothing on stdout."""
    assert result.exit_code == code, result.output
    assert re.search(message, result.stderr), result.stderr
    assert "Traceback" not in result.output
    assert result.stdout == ""
    assert isinstance(result.exception, SystemExit)


def names(folder: Path) -> list[str]:
    """What is in a folder."""
    return sorted(os.listdir(folder))


def topics_file(folder: Path) -> Path:
    """A text of 300 lines on two topics."""
    path = folder / "corpus.txt"
    path.write_text("\n".join(" ".join(s) for s in two_topics(300)), encoding="utf-8")
    return path


def trained(corpus: Path, folder: Path) -> Path:
    """Vectors of a text."""
    path = folder / "vectors.bin"
    assert run("train", corpus, "-o", path, *QUICK).exit_code == 0
    return path
