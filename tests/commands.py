"""Runs the commands that pages show, as a reader's shell would."""

from __future__ import annotations

import os
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
