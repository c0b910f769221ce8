"""How fast is text read: counted and turned into ids on disk?

    python -m benchmarks.text [CORPUS] [--threads 1,2] [--repeats 5] [--tokens 10000000]

`read_corpus` reads the text plain and compressed with gzip, on so many CPUs to which the process
is bound; gensim, if it is installed, counts the plain text with `build_vocab(corpus_file=)`, which
writes no ids. Each reads in a process of its own, where the libraries are loaded before the clock
starts; the repeats are interleaved and their median is reported, for the times as often as with the
fewest CPUs that of the ratios within a repeat. Processor time is of all threads, and of the one
that reads, merges and writes: no number of others makes reading quicker than that one. Without a
corpus the text is made up, its word frequencies after Zipf's law.
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
from w2v.backends import get_backend, usable_threads
from w2v.text import read_corpus, read_pieces

PEER = "gensim"


def main() -> None:
    """Read, time, print a table and keep the figures."""
    options = _options()
    if options.child:
        _read(*options.child)
        return
    readers = [(kind, threads) for kind in ("plain", "gzip") for threads in options.threads]
    if find_spec(PEER) is None:
        harness.say(f"{PEER} is not installed: no comparison. Get it with pip install gensim.")
    else:
        readers.append((PEER, max(options.threads)))
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
            for reader, threads in readers:
                path = packed if reader == "gzip" else plain
                child = [sys.executable, "-m", "benchmarks.text"]
                child += ["--child", reader, str(path), str(threads)]
                output = harness.run(child).output
                found = {"reader": reader, "threads": threads, **json.loads(output)}
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
    parser.add_argument("--threads", type=_counts, default=_counts(f"1,{usable_threads()}"))
    parser.add_argument("--types", type=int, default=200_000, help="different words at most")
    parser.add_argument("--name", default="", help="keep the result under this name")
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    return parser.parse_args()


def _counts(text: str) -> list[int]:
    return sorted(set(map(int, text.split(","))))


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


def _read(reader: str, path: str, threads: str) -> None:
    """In a process of its own: read once; print time, size and memory."""
    harness.stay_on(int(threads))
    if reader == PEER:
        from gensim.models import Word2Vec

        model = Word2Vec(min_count=5)
        clocks = _clocks()
        model.build_vocab(corpus_file=path)
        seconds = _since(clocks)
        tokens, words = model.corpus_total_words, len(model.wv)
    else:
        import pyarrow.compute  # noqa: F401 (would be loaded when first used)

        clocks = _clocks()
        corpus = read_corpus(path, min_count=5)
        seconds = _since(clocks)
        tokens, words = corpus.stats.tokens, len(corpus.vocabulary)
    peak = get_backend("numpy").memory().peak  # of this process, whoever reads in it
    print(json.dumps({**seconds, "tokens": tokens, "words": words, "peak_memory_bytes": peak}))


def _clocks() -> dict[str, float]:
    return {
        "seconds": time.perf_counter(),
        "processor_seconds": time.process_time(),
        "caller_seconds": time.thread_time(),
    }


def _since(clocks: dict[str, float]) -> dict[str, float]:
    return {name: now - clocks[name] for name, now in _clocks().items()}


def _summary(runs: list[dict[str, Any]], readers: list[tuple[str, int]]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for reader, threads in readers:
        mine = [run for run in runs if (run["reader"], run["threads"]) == (reader, threads)]
        fewest = min(count for kind, count in readers if kind == reader)
        least = [run for run in runs if (run["reader"], run["threads"]) == (reader, fewest)]
        seconds = [run["seconds"] for run in mine]
        ratios = [one["seconds"] / run["seconds"] for one, run in zip(least, mine, strict=True)]
        medians = {
            name: statistics.median(run[name] for run in mine)
            for name in ("seconds", "processor_seconds", "caller_seconds")
        }
        rows.append(
            {
                "reader": reader,
                "threads": threads,
                "tokens": mine[0]["tokens"],
                "words": mine[0]["words"],
                **medians,
                "seconds_range": [min(seconds), max(seconds)],
                "times_as_fast": statistics.median(ratios),
                "tokens_per_second": mine[0]["tokens"] / medians["seconds"],
                "peak_memory_bytes": max(run["peak_memory_bytes"] for run in mine),
            }
        )
    return rows


def _markdown(rows: list[dict[str, Any]]) -> str:
    head = "reader, CPUs, tokens, words, seconds, times, processor, caller, tokens/s, memory MB"
    lines = [
        [
            row["reader"],
            str(row["threads"]),
            str(row["tokens"]),
            str(row["words"]),
            "{:.2f} ({:.2f} to {:.2f})".format(row["seconds"], *row["seconds_range"]),
            f"{row['times_as_fast']:.2f}",
            f"{row['processor_seconds']:.2f}",
            f"{row['caller_seconds']:.2f}",
            f"{row['tokens_per_second'] / 1e6:.1f}M",
            f"{row['peak_memory_bytes'] / 1e6:.0f}",
        ]
        for row in rows
    ]
    return harness.markdown(head.split(", "), lines)


if __name__ == "__main__":
    main()
