"""What does making tokens of raw text cost, beside reading at white space?

    python -m benchmarks.tokenizing RAW.txt [MORE...] [--repeats 3] [--name tokenizing]

Each way reads the text into ids on disk, all in one process and in turns, so that a machine that
is busy with other work is as busy for all. Processor time of all threads and time on the clock are
stated beside those of reading at white space; each is the least of the repeats.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import pyarrow.compute  # noqa: F401 (would be loaded when first used)
import regex  # noqa: F401

from benchmarks import harness
from w2v import Tokenizer, read_corpus

PLAIN = "white space"
WAYS: dict[str, dict[str, Any]] = {
    PLAIN: {},
    "--lower": {"lower": True},
    "--lower --strip-punctuation": {"lower": True, "strip_punctuation": True},
    "--tokens unicode": {"tokens": "unicode"},
    "--tokens unicode --lower": {"tokens": "unicode", "lower": True},
    "--tokens unicode --lower --split-sentences": {
        "tokens": "unicode",
        "lower": True,
        "split_sentences": True,
    },
    "--tokens characters": {"tokens": "characters"},
}


def main() -> None:
    """Read, time, print a table and keep the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("corpus", nargs="+")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--name", default="", help="keep the result under this name")
    parser.add_argument("--results", default=str(harness.RESULTS))
    options = parser.parse_args()
    runs: list[dict[str, Any]] = []
    for _ in range(options.repeats):
        for way, given in WAYS.items():
            runs.append({"way": way, **_read(list(map(Path, options.corpus)), Tokenizer(**given))})
            harness.say(f"{way}: {runs[-1]['processor_seconds']:.2f} s of the processor")
    table = _summary(runs)
    print(_markdown(table))
    if options.name:
        result = {
            "environment": harness.environment(["w2v", "pyarrow", "regex"]),
            "corpus": {"bytes": sum(Path(name).stat().st_size for name in options.corpus)},
            "settings": {"repeats": options.repeats},
            "summary": table,
            "runs": runs,
        }
        harness.write(options.name, result, Path(options.results))


def _read(corpus: list[Path], tokenizer: Tokenizer) -> dict[str, Any]:
    processor, clock = time.process_time(), time.perf_counter()
    with read_corpus(corpus, min_count=1, errors="replace", tokenizer=tokenizer) as text:
        return {
            "processor_seconds": time.process_time() - processor,
            "seconds": time.perf_counter() - clock,
            "tokens": text.stats.tokens,
            "words": text.stats.types,
            "sentences": text.stats.sentences,
        }


def _summary(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    rows = []
    for way in WAYS:
        mine = [run for run in runs if run["way"] == way]
        least = {name: min(run[name] for run in mine) for name in ("processor_seconds", "seconds")}
        rows.append({**mine[0], **least})
    for row in rows:
        row["processor_ratio"] = row["processor_seconds"] / rows[0]["processor_seconds"]
        row["ratio"] = row["seconds"] / rows[0]["seconds"]
    return rows


def _markdown(rows: list[dict[str, Any]]) -> str:
    lines = [
        [row["way"], *(str(row[name]) for name in ("tokens", "words", "sentences"))]
        + [f"{row[name]:.2f}" for name in ("processor_ratio", "ratio")]
        for row in rows
    ]
    return harness.markdown(["", "tokens", "words", "sentences", "processor", "clock"], lines)


if __name__ == "__main__":
    main()
