"""Where none of the libraries is that a system may lack: what works, and what says what to install.

pyarrow has no wheel for Windows on ARM, Numba none for musl; the others are optional.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
GONE = (
    "pyarrow numba llvmlite scipy pandas matplotlib sklearn umap faiss ray gensim zstandard ot cupy"
)
BARE = f"""
import os, re, sys
for name in "{GONE}".split():
    sys.modules[name] = None
import click.testing
"""
USE = """
import warnings
import w2v, w2v.gensim
from w2v.cli import main

lines = ["the cat sat on the mat", "a dog ran in the park", "the cat ran", "a dog sat"] * 50
with open("text.txt", "w", encoding="utf-8") as file:
    file.write("\\n".join(lines))
with open("t.csv", "w", encoding="utf-8") as file:
    file.write("words\\nthe cat\\n")

with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    model = w2v.Word2Vec(dim=8, min_count=1, epochs=2, workers=2).fit("text.txt")
    again = w2v.Word2Vec(dim=8, min_count=1, epochs=2).fit([line.split() for line in lines])
slow = [str(one.message) for one in told if "slower" in str(one.message)]
assert len(slow) == 2, slow  # once in a process
assert slow[0].startswith("Numba is not installed. Run pip install numba. NumPy computes in its")
assert "pyarrow is not installed, so that Python reads text" in slow[1]
assert model.report["backend"]["name"] == "numpy" and again.vectors.words == model.vectors.words

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    theirs = w2v.gensim.Word2Vec([line.split() for line in lines], vector_size=8, min_count=1)
    theirs.save("theirs.model")
    assert w2v.gensim.Word2Vec.load("theirs.model").wv.index_to_key == theirs.wv.index_to_key
    for name in ("v.npz", "v.bin", "v.vec", "v.txt", "v.safetensors"):
        model.save(name)
        assert w2v.load(name).most_similar("cat", n=3) == w2v.load("v.npz").most_similar("cat", n=3)
    model.save_model("model")
    w2v.Word2Vec.load_model("model").partial_fit("text.txt")
    model.fit("text.txt", checkpoint="run")


def run(line, *codes):
    done = click.testing.CliRunner().invoke(main, line.split())
    assert done.exit_code in (codes or (0,)), (line, done.output, done.exception)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.output


for line in (
    "train text.txt -o out.bin --epochs 1 --min-count 1 --dim 8",
    "encode text.txt -o folder --min-count 1",
    "train folder -o out.bin --epochs 1 --dim 8",
    "phrases text.txt -o joined.txt --threshold 1 --min-count 2",
    "tokenize text.txt -o clean.txt --lower",
    "nearest v.npz cat",
    "neighbours v.npz -o n.tsv",
    "convert v.npz w.txt",
):
    run(line)
print(run("backends"))
for line, what in {
    "train t.csv --text words -o out.bin": "A table needs pyarrow, which is not installed.",
    "train t.csv -o out.bin": "Reading t.csv, a table, needs pyarrow, which is not installed.",
    "neighbours v.npz -o n.parquet": "Writing n.parquet needs pyarrow, which is not installed.",
    "plot v.npz -o page.png": "matplotlib is not installed.",
    "plot v.npz -o page.html": "t-SNE needs a library that is not installed.",
    "index v.npz -o i.faiss": "An index needs faiss, which is not installed.",
    "train text.txt -o out.txt.zst": "out.txt.zst is to be compressed with zstd.",
    "train text.txt -o out.bin --cluster local:2": "--cluster needs Ray, which is not",
    "train text.txt -o out.bin --backend numba": "Numba is not installed.",
    "train text.txt -o out.bin --backend cupy": "CuPy is not installed.",
}.items():
    found = run(line, 1, 2)
    assert what in found and re.search("pip install|--backend numpy", found), (line, found)
for call in (model.vectors.to_gensim, model.vectors.to_pandas):
    try:
        call()
    except w2v.W2VError as error:
        assert "pip install" in str(error)
    else:
        raise AssertionError(call)
"""


def test_what_works_and_what_says_what_to_install(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", BARE + USE],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    page = (ROOT / "docs" / "systems.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"```text\n(.*?)```", page, re.DOTALL)
    for name in ("cupy", "numba", "pyarrow"):
        (line,) = re.findall(f"^{name}.*$", shown, re.MULTILINE)
        assert line in done.stdout.splitlines()


@pytest.mark.parametrize(
    ("system", "machine", "python", "expected"),
    [
        ("linux", "x86_64", "CPython", {"numba", "pyarrow"}),
        ("linux", "aarch64", "CPython", {"numba", "pyarrow"}),
        ("linux", "riscv64", "CPython", set()),
        ("linux", "x86_64", "PyPy", set()),
        ("darwin", "arm64", "CPython", {"numba", "pyarrow"}),
        ("win32", "AMD64", "CPython", {"numba", "pyarrow"}),
        ("win32", "ARM64", "CPython", {"numba"}),
        ("win32", "x86", "CPython", set()),
    ],
)
def test_no_wheel_is_no_requirement(
    system: str, machine: str, python: str, expected: set[str]
) -> None:
    """What is not required can be missing; a build from source would end the installation."""
    here = {
        "sys_platform": system,
        "platform_machine": machine,
        "platform_python_implementation": python,
        "extra": "",
    }
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    _, _, rest = project.partition("\ndependencies = [\n")
    lines = re.findall(r'^    "([^"]+)"', rest.partition("\n]")[0], re.MULTILINE)
    found = set()
    for line in lines:
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate(here):
            found.add(requirement.name)
    assert found & {"numba", "pyarrow"} == expected
    assert {"numpy", "click", "regex"} <= found
