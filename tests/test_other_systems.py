"""Training, files, queries and commands in a Python that has nothing of POSIX, as on Windows."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

# What Windows lacks is taken away before anything of ours is imported. Libraries that know the
# system by its name, and then count on what it has, are imported first.
BARE = """
import concurrent.futures, mmap, multiprocessing, os, signal, subprocess, sys, tempfile
import click.testing, numba, numpy, psutil, pyarrow.compute, pyarrow.csv, threadpoolctl

MODULES = "resource fcntl readline termios tty pty pwd grp curses syslog"
for name in MODULES.split():
    sys.modules[name] = None
MISSING = {
    os: "chown fork forkpty getegid geteuid getgid getpgid getuid getloadavg killpg link mkfifo "
    "nice openpty sched_getaffinity sched_setaffinity sync sysconf sysconf_names uname",
    mmap: "MAP_ANON MAP_ANONYMOUS MAP_PRIVATE MAP_SHARED MADV_DONTNEED MADV_WILLNEED PROT_READ",
    signal: "SIGHUP SIGKILL SIGQUIT SIGALRM SIGUSR1 alarm pthread_sigmask setitimer",
}
for module, names in MISSING.items():
    for name in names.split():
        if hasattr(module, name):
            delattr(module, name)
tempfile.TemporaryFile = tempfile.NamedTemporaryFile  # what Windows has under this name

mapped = set()
replace = os.replace


def held(source, target):
    if os.path.realpath(target) in mapped:
        error = PermissionError(13, "Access is denied", source, None, target)
        error.winerror = 5
        raise error
    replace(source, target)


os.replace = held
"""

USE = """
import w2v
from w2v.cli import main

lines = ["the cat sat on the mat", "a dog ran in the park", "the cat ran", "a dog sat"] * 50
with open("text.txt", "w", encoding="utf-8") as file:
    file.write("\\n".join(lines))
for backend in ("numpy", "numba"):
    model = w2v.Word2Vec(dim=8, min_count=1, epochs=2, backend=backend, workers=2)
    model.fit("text.txt")
    assert model.report["workers"] >= 1 and model.report["peak_memory_bytes"] > 0
    for name in ("v.bin", "v.vec", "v.npz", "v.safetensors"):
        model.save(name)
        vectors = w2v.load(name)
        assert len(vectors.most_similar("cat", n=3)) == 3
        vectors.save("copy-" + name)
        del vectors
    model.save_model("model")
    w2v.Word2Vec.load_model("model").partial_fit("text.txt")

vectors = w2v.load("v.npz")
mapped.add(os.path.realpath("v.npz"))
try:
    model.save("v.npz")
except w2v.OutputError as error:
    print(error)


def run(line, text=None):
    done = click.testing.CliRunner().invoke(main, line.split(), input=text)
    assert done.exit_code == 0, (line, done.output, done.exception)
    return done.output


run("train text.txt -o new.bin --dim 8 --min-count 1 --epochs 1 --workers 1 --report new.json")
run("word2vec -train text.txt -output c.bin -size 8 -min-count 1 -iter 1 -binary 1 -threads 1")
run("convert new.bin new.npz")
run("phrases text.txt -o phrases.txt --min-count 1")
run("compute-accuracy new.bin", ": all\\nthe cat a dog\\n")
assert "cat" in run("shell new.bin", "nearest dog -n 9\\n")
assert "numpy" in run("backends")
print(run("nearest new.bin cat -n 1 --json"))
"""


def run(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)


def test_all_of_it_works_without_what_only_posix_has(tmp_path: Path) -> None:
    done = run(BARE + USE, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Cannot write v.npz: Windows replaces no file that is open" in done.stdout
    assert '"cat"' in done.stdout


@pytest.mark.parametrize(
    "code",
    [
        "import resource",
        "import readline",
        "os.sysconf('SC_PAGE_SIZE')",
        "os.sched_getaffinity(0)",
        "signal.SIGHUP",
        "mmap.mmap(-1, 1, flags=mmap.MAP_PRIVATE)",
        "from pathlib import Path; Path('a').touch(); mapped.add(os.path.realpath('a')); "
        "Path('b').touch(); os.replace('b', 'a')",
    ],
)
def test_what_is_taken_away_is_missed(tmp_path: Path, code: str) -> None:
    done = run(f"{BARE}\n{code}", tmp_path)
    assert done.returncode == 1, code
    assert done.stderr.splitlines()[-1].startswith(
        ("ModuleNotFoundError", "AttributeError", "PermissionError")
    )
