"""How fast are ids read: walks as arrays and columns of Arrow, beside a text of the same numbers?

    python -m benchmarks.ids [--steps 5000000] [--nodes 20000] [--length 80] [--repeats 3]

Each kind is read in a process of its own, which makes the walks and loads the libraries before the
clock starts. Processor time of all threads, the median of the repeats, which are interleaved, and
its ratio to the text; and by how much the memory of the process grows at most, beside the walks,
which are there before.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import harness
from w2v import Sentences
from w2v.backends import get_backend
from w2v.text import read_sentences, read_source

TEXT = "text file"


def main() -> None:
    """Read, time, print a table and keep the figures."""
    options = _options()
    if options.child:
        kind, text = options.child
        _read(kind, Path(text), options)
        return
    runs: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="w2v-ids-") as folder:
        text = Path(folder, "walks.txt")
        np.savetxt(text, _walks(options), fmt="%d")
        settings = [f"--{name}={getattr(options, name)}" for name in ("steps", "nodes", "length")]
        for _ in range(options.repeats):
            for kind in (TEXT, *_KINDS):
                child = [sys.executable, "-m", "benchmarks.ids", *settings]
                found = json.loads(harness.run([*child, "--child", kind, str(text)]).output)
                runs.append({"kind": kind, **found})
                harness.say(json.dumps(runs[-1]))
    if len({(run["tokens"], run["words"]) for run in runs}) > 1:
        raise SystemExit("The kinds differ in their tokens or words.")
    table = _summary(runs)
    print(_markdown(table))
    result = {
        "environment": harness.environment(["w2v", "numpy", "pyarrow"]),
        "settings": {name: vars(options)[name] for name in ("steps", "nodes", "length", "repeats")},
        "summary": table,
        "runs": runs,
    }
    if options.name:
        harness.say(f"kept in {harness.write(options.name, result, Path(options.results))}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--steps", type=int, default=5_000_000)
    parser.add_argument("--nodes", type=int, default=20_000)
    parser.add_argument("--length", type=int, default=80, help="of a walk")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--name", default="", help="keep the result under this name")
    parser.add_argument("--results", default=str(harness.RESULTS))
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    return parser.parse_args()


def _walks(options: argparse.Namespace) -> NDArray[np.int64]:
    count = max(1, options.steps // options.length)
    return np.random.default_rng(1).integers(0, options.nodes, (count, options.length))


def _lists(walks: NDArray[np.int64]) -> Any:
    import pyarrow as pa

    offsets = np.arange(0, walks.size + 1, walks.shape[1])
    return pa.LargeListArray.from_arrays(offsets, pa.array(walks.reshape(-1)))


def _texts(walks: NDArray[np.int64]) -> Any:
    import pyarrow as pa

    return _lists(walks).cast(pa.large_list(pa.large_string()))


_KINDS: dict[str, Callable[[NDArray[np.int64]], Any]] = {
    "2-D array": lambda walks: walks,
    "one array and ends": lambda walks: Sentences(
        walks.reshape(-1), np.arange(walks.shape[1], walks.size + 1, walks.shape[1])
    ),
    "list of arrays": list,
    "Arrow list<int64>": _lists,
    "Arrow list<string>": _texts,
    "lists of int": lambda walks: walks.tolist(),
}


def _read(kind: str, text: Path, options: argparse.Namespace) -> None:
    """In a process of its own: read once; print time, sizes and memory."""
    source = text if kind == TEXT else _KINDS[kind](_walks(options))
    read_sentences([["a"]], min_count=1).close()  # the libraries are loaded
    before = get_backend("numpy").memory().peak
    started = time.process_time()
    with read_source(source, min_count=1) as corpus:
        seconds = time.process_time() - started
        found = {"seconds": seconds, "tokens": len(corpus.ids), "words": len(corpus.vocabulary)}
    peak = get_backend("numpy").memory().peak
    print(json.dumps({**found, "memory_bytes": peak - before if peak and before else None}))


def _summary(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for kind in (TEXT, *_KINDS):
        mine = [run for run in runs if run["kind"] == kind]
        seconds = [run["seconds"] for run in mine]
        memory = [run["memory_bytes"] for run in mine if run["memory_bytes"] is not None]
        median = statistics.median(seconds)
        text: float = rows[0]["seconds"] if rows else median
        rows.append(
            {
                "kind": kind,
                "seconds": median,
                "seconds_range": [min(seconds), max(seconds)],
                "of_text": median / text,
                "memory_bytes": max(memory, default=None),
            }
        )
    return rows


def _markdown(rows: list[dict[str, Any]]) -> str:
    lines = ["| walks as | processor s | of the text's | memory MB |", "|" + " --- |" * 4]
    for row in rows:
        low, high = row["seconds_range"]
        memory = "" if row["memory_bytes"] is None else f"{row['memory_bytes'] / 1e6:.0f}"
        lines.append(
            f"| {row['kind']} | {row['seconds']:.2f} ({low:.2f} to {high:.2f}) "
            f"| {row['of_text']:.2f} | {memory} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
