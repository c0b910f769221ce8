"""Runs what pages show: commands as a reader's shell would, and examples in Python."""

from __future__ import annotations

import contextlib
import io
import os
import re
import subprocess
import sys
from pathlib import Path


def run_line(line: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """A line of a page, in a folder, without a terminal; it has to succeed."""
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
