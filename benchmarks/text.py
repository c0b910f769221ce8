"""How fast is text read: counted and turned into ids on disk?

    python -m benchmarks.text [CORPUS] [--repeats 5] [--tokens 10000000] [--types 200000]

`read_corpus` reads the text plain and compressed with gzip; gensim, if it is installed, counts the
plain text with `build_vocab(corpus_file=)`, which writes no ids. Each reads in a process of its
own, where the libraries are loaded before the clock starts; the repeats are interleaved and their
median is reported. Without a corpus the text is made up, its word frequencies after Zipf's law.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import harness
from w2v.backends import get_backend
from w2v.text import read_corpus, read_pieces

PEER = "gensim"


def main() -> None:
    """Read, time, print a table and keep the figures."""
    options = _options()
    if options.child:
        _read(*options.child)
        return
    readers = ["plain", "gzip"]
    if find_spec(PEER) is None:
        harness.say(f"{PEER} is not installed: no comparison. Get it with pip install gensim.")
    else:
        readers.append(PEER)
    runs: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="w2v-text-") as folder:
        plain = Path(folder, "text.txt")
        with plain.open("w", encoding="utf-8") as file:
            if options.corpus:
                file.writelines(read_pieces([options.corpus]))
            else:
                file.writelines(_zipf_text(options.tokens, options.types))
        packed = plain.with_suffix(".gz")
        with plain.open("rb") as source, gzip.open(packed, "wb", compresslevel=6) as target:
            shutil.copyfileobj(source, target)
        if sys.platform != "win32":
            os.sync()  # else the disk is still busy with these files when the clock starts
        for _ in range(options.repeats):
            for reader in readers:
                path = packed if reader == "gzip" else plain
                child = [sys.executable, "-m", "benchmarks.text", "--child", reader, str(path)]
                found = {"reader": reader, **json.loads(harness.run(child).output)}
                harness.say(json.dumps(found))
                runs.append(found)
        size = plain.stat().st_size
    if len({(run["tokens"], run["words"]) for run in runs if run["reader"] != PEER}) > 1:
        raise SystemExit("The plain and the compressed text differ in their tokens or words.")
    table = _summary(runs, readers)
    print(_markdown(table))
    corpus = {"name": Path(options.corpus).name if options.corpus else "Zipf", "bytes": size}
    result = {
        "environment": harness.environment(["w2v", "numpy", "pyarrow", PEER]),
        "corpus": corpus | {"tokens": runs[0]["tokens"], "words": runs[0]["words"]},
        "settings": {"min_count": 5, "repeats": options.repeats},
        "summary": table,
        "runs": runs,
    }
    if options.name:
        harness.say(f"kept in {harness.write(options.name, result)}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("corpus", nargs="?")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--tokens", type=int, default=10_000_000, help="of the text made up")
    parser.add_argument("--types", type=int, default=200_000, help="different words at most")
    parser.add_argument("--name", default="", help="keep the result under this name")
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    return parser.parse_args()


def _zipf_text(tokens: int, types: int) -> list[str]:
    """Lines of twenty words; the r-th word has a frequency of 1 / r, and the first are short."""
    generator = np.random.default_rng(1)
    cumulated = np.cumsum(1 / np.arange(1, types + 1))
    words = [np.base_repr(rank, 36).lower() * 2 for rank in range(types)]
    lines = []
    for start in range(0, tokens, 20):
        drawn = generator.random(min(20, tokens - start)) * cumulated[-1]
        lines.append(" ".join(words[i] for i in np.searchsorted(cumulated, drawn)) + "\n")
    return lines


def _read(reader: str, path: str) -> None:
    """In a process of its own: read once; print time, size and memory."""
    if reader == PEER:
        from gensim.models import Word2Vec

        model = Word2Vec(min_count=5)
        started = time.perf_counter()
        model.build_vocab(corpus_file=path)
        seconds = time.perf_counter() - started
        tokens, words = model.corpus_total_words, len(model.wv)
    else:
        import pyarrow.compute  # noqa: F401 (would be loaded when first used)

        started = time.perf_counter()
        corpus = read_corpus(path, min_count=5)
        seconds = time.perf_counter() - started
        tokens, words = corpus.stats.tokens, len(corpus.vocabulary)
    peak = get_backend("numpy").memory().peak  # of this process, whoever reads in it
    found = {"seconds": seconds, "tokens": tokens, "words": words, "peak_memory_bytes": peak}
    print(json.dumps(found))


def _summary(runs: list[dict[str, Any]], readers: list[str]) -> list[dict[str, Any]]:
    rows = []
    for reader in readers:
        mine = [run for run in runs if run["reader"] == reader]
        seconds = [run["seconds"] for run in mine]
        rows.append(
            {
                "reader": reader,
                "tokens": mine[0]["tokens"],
                "words": mine[0]["words"],
                "seconds": statistics.median(seconds),
                "seconds_range": [min(seconds), max(seconds)],
                "tokens_per_second": mine[0]["tokens"] / statistics.median(seconds),
                "peak_memory_bytes": max(run["peak_memory_bytes"] for run in mine),
            }
        )
    return rows


def _markdown(rows: list[dict[str, Any]]) -> str:
    lines = ["| reader | tokens | words | seconds | tokens/s | memory MB |", "|" + " --- |" * 6]
    for row in rows:
        low, high = row["seconds_range"]
        lines.append(
            f"| {row['reader']} | {row['tokens']} | {row['words']} "
            f"| {row['seconds']:.2f} ({low:.2f} to {high:.2f}) "
            f"| {row['tokens_per_second'] / 1e6:.1f}M | {row['peak_memory_bytes'] / 1e6:.0f} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
