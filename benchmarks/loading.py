"""How long does a vector file take to load, beside reading its bytes, and beside gensim?

The file is word2vec binary of random numbers, as gensim writes it. "its bytes" reads them into new
memory and does nothing with them, the least that any loader must do. Each loader runs in a process
of its own, which answers with its seconds and a check of what it read; the repeats are interleaved,
and the file is in the system's cache. The ratios are medians of those within a repeat. npz and
safetensors are mapped, so that their rows say how soon the words are there.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import harness

BYTES = "its bytes"
_BATCH = 1000
_WORK = {
    BYTES: """
def work(path):
    with open(path, "rb") as file:
        return len(file.read())
""",
    "w2v": """
from w2v import load
import concurrent.futures.thread, zipfile
def work(path):
    vectors = load(path)
    return [len(vectors), vectors.words[-1], float(vectors.matrix[-1].sum())]
""",
    "gensim": """
from gensim.models import KeyedVectors
def work(path):
    vectors = KeyedVectors.load_word2vec_format(path, binary=True)
    return [len(vectors), vectors.index_to_key[-1], float(vectors.vectors[-1].sum())]
""",
}
_TIMED = """
import json, sys, time
started = time.perf_counter()
answer = work(sys.argv[1])
print(json.dumps([time.perf_counter() - started, answer]))
"""


def main() -> None:
    options = _options()
    kinds = [("binary", reader) for reader in _readers()]
    kinds += [("npz", "w2v"), ("safetensors", "w2v")]
    with tempfile.TemporaryDirectory(prefix="w2v-loading-", dir=options.folder) as folder:
        files = _files(Path(folder), options.words, options.dim)
        size = files["binary"].stat().st_size
        seconds: dict[tuple[str, str], list[float]] = {kind: [] for kind in kinds}
        for _ in range(options.repeats):
            answers = []
            for kind, reader in kinds:
                taken, answer = _timed(reader, files[kind])
                seconds[kind, reader].append(taken)
                answers += [answer] if reader != BYTES else []
            if any(answer != answers[0] for answer in answers):
                raise SystemExit(f"The loaders read different vectors: {answers}.")
    rows = [
        {"file": kind, "reader": reader, "seconds": taken}
        for (kind, reader), taken in seconds.items()
    ]
    print(_markdown(rows))
    names = ("words", "dim", "repeats")
    result = {
        "environment": harness.environment(["w2v", "numpy", "gensim"]),
        "settings": {**{name: getattr(options, name) for name in names}, "file_bytes": size},
        "rows": rows,
    }
    harness.write(options.name, result, Path(options.results))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--words", type=int, default=1_000_000)
    parser.add_argument("--dim", type=int, default=300)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--folder", help="where the files are made [the system's]")
    parser.add_argument("--results", default=str(harness.RESULTS))
    parser.add_argument("--name", default="loading")
    return parser.parse_args()


def _readers() -> Iterator[str]:
    yield from (BYTES, "w2v")
    if find_spec("gensim"):
        yield "gensim"
    else:
        harness.say("gensim: not installed, so not measured.")


def _files(folder: Path, words: int, dim: int) -> dict[str, Path]:
    """The same vectors as word2vec binary without newlines between them, npz and safetensors."""
    import w2v

    rng = np.random.default_rng(1)
    files = {"binary": folder / "vectors.bin"}
    with open(files["binary"], "wb") as handle:
        handle.write(b"%d %d\n" % (words, dim))
        for first in range(0, words, _BATCH):
            rows = range(first, min(first + _BATCH, words))
            numbers = rng.standard_normal((len(rows), dim), dtype=np.float32).astype("<f4")
            pairs = zip(rows, numbers, strict=True)
            handle.write(b"".join(b"word%d %b" % (row, line.tobytes()) for row, line in pairs))
    vectors = w2v.load(files["binary"])
    for kind in ("npz", "safetensors"):
        files[kind] = folder / f"vectors.{kind}"
        vectors.save(files[kind])
    return files


def _timed(reader: str, path: Path) -> tuple[float, Any]:
    """Seconds of a loader in a process of its own, imports not counted, and what it answers."""
    done = harness.run([sys.executable, "-c", _WORK[reader] + _TIMED, str(path)])
    taken, answer = json.loads(done.output)
    harness.say(f"{path.name}, {reader}: {taken:.3f} s")
    return taken, answer


def _markdown(rows: list[dict[str, Any]]) -> str:
    least = next(row["seconds"] for row in rows if row["reader"] == BYTES)
    lines = []
    for row in rows:
        ratio = statistics.median(a / b for a, b in zip(row["seconds"], least, strict=True))
        times = (statistics.median(row["seconds"]), min(row["seconds"]))
        lines.append([row["file"], row["reader"], *(f"{t:.3f}" for t in times), f"{ratio:.2f}"])
    return harness.markdown(["file", "reader", "median, s", "best, s", "to its bytes"], lines)


if __name__ == "__main__":
    main()
