"""What does a GPU do with a corpus, and are the vectors as good?

    python -m benchmarks.gpu [CORPUS] [--eval-dir DIR] [--backend cupy] [--seeds 3] [--tiny]

Five tables. Speed and scores against the tokens in flight, for both models and losses; the default
beside the CPU backend, means over seeds; speed and share of the copy bandwidth for 50 to 300
dimensions; what it takes to add the rows of a text to a table, by atomics and sorted, and to train
with sums in a fixed order; and, on the same host in the same run, whole commands with the CPU
backend and gensim where it is installed, with all cores, their memory beside the plan. Without a
corpus it takes the documentation inside Python. Raw words count every token of the text. Bytes of a
kept token are those of `benchmarks.kernels`. Writes NAME.json and NAME.png into benchmarks/results.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import charts, harness, kernels, peers, trainers
from w2v import Backend, Config, Corpus, Vectors, get_backend, read_corpus
from w2v.backends import usable_cores
from w2v.text import python_prose
from w2v.training import Trainer, step_shape

STEPS = {"ns": (1024, 4096, 8192, 16384, 65536), "hs": (256, 1024, 2048, 4096, 16384)}
DIMS = (50, 100, 200, 300)
_ADDED = 1 << 16  # rows at a time


def main() -> None:
    """Measure, print the tables, keep the figures and the chart."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="w2v-gpu-") as folder:
        if options.corpus is None:
            options.corpus = Path(folder) / "python.txt"
            lines = "\n".join(" ".join(sentence) for sentence in python_prose())
            options.corpus.write_text(lines + "\n", encoding="utf-8")
        measure(options, Path(folder))


def measure(options: argparse.Namespace, folder: Path) -> None:
    """All of it, for a corpus that is there; `folder` holds what others read and write."""
    backend = get_backend(options.backend)
    with read_corpus(options.corpus, min_count=options.min_count) as corpus:
        cases = {name: peers.CASES[name] for name in options.cases}
        configs = {
            name: Config(**case, epochs=options.epochs, min_count=options.min_count)  # type: ignore[arg-type]
            for name, case in cases.items()
        }
        result: dict[str, Any] = {
            "environment": harness.environment(["w2v", "numpy", "numba", "cupy", "gensim"]),
            "backend": f"{backend.name} {backend.version} on {backend.device}",
            "corpus": {"name": Path(options.corpus).name, "tokens": corpus.stats.tokens},
            "epochs": options.epochs,
        }
        for config in configs.values():
            _train(replace(config, epochs=1), backend, corpus, None)  # compiles, and warms up
        result["steps"] = list(_steps(configs, backend, corpus, options))
        print(_table(result["steps"], ["case", "step_tokens"]), flush=True)
        result["defaults"] = list(_defaults(configs, backend, corpus, options))
        print(_table(result["defaults"], ["case", "backend"]), flush=True)
        result["dims"] = list(_dims(configs, backend, corpus, options))
        print(_table(result["dims"], ["case", "dim"]), flush=True)
        result["sums"] = list(_sums(configs, backend, corpus, options))
        print(_table(result["sums"], ["case", "sums"]), flush=True)
        result["host"] = list(_host(configs, options, folder))
        print(_table(result["host"], ["case", "trainer"]), flush=True)
    harness.write(options.name, result, options.results)
    charts.keep(result, options.results / f"{options.name}.png")


def _steps(
    configs: dict[str, Config], backend: Backend, corpus: Corpus, options: argparse.Namespace
) -> Iterator[dict[str, Any]]:
    for name, config in configs.items():
        for step in STEPS[config.loss][:: 2 if options.tiny else 1]:
            found = _train(replace(config, step_tokens=step), backend, corpus, options.eval_dir)
            yield {"case": name, **found, "step_tokens": step}


def _defaults(
    configs: dict[str, Config], backend: Backend, corpus: Corpus, options: argparse.Namespace
) -> Iterator[dict[str, Any]]:
    """Means over seeds, of this backend and of the fastest on the CPU."""
    for name, config in configs.items():
        for one in (backend, get_backend("numba")):
            runs = [
                _train(replace(config, seed=seed), one, corpus, options.eval_dir)
                for seed in range(1, options.seeds + 1)
            ]
            numbers = {key: statistics.mean(run[key] for run in runs) for key in runs[0]}
            yield {"case": name, "backend": one.name, **numbers, "runs": runs}


def _dims(
    configs: dict[str, Config], backend: Backend, corpus: Corpus, options: argparse.Namespace
) -> Iterator[dict[str, Any]]:
    """One epoch each, and what share of the bandwidth of a large copy the rows take."""
    copied = _copy_bandwidth(backend, tiny=options.tiny)
    for name, config in configs.items():
        for dim in DIMS[:: 3 if options.tiny else 1]:
            wide = replace(config, dim=dim, epochs=1)
            found = _train(wide, backend, corpus, None)
            rows = kernels.work(wide, step_shape(backend, wide), corpus)[1]
            share = found["kept_tokens_per_second"] * 12 * dim * rows / copied
            yield {"case": name, "dim": dim, **found, "share_of_copy_bandwidth": share}


def _copy_bandwidth(backend: Backend, *, tiny: bool) -> float:
    """Bytes a second read and written by a large copy."""
    xp = backend.xp
    source = xp.ones(1 << 10 if tiny else 1 << 26, xp.float32)
    target = xp.zeros_like(source)

    def copy() -> None:
        target[...] = source

    return 2 * int(source.nbytes) / _quickest(backend, copy, 0.002 if tiny else 0.3)


def _quickest(backend: Backend, action: Callable[[], Any], enough_s: float) -> float:
    """Seconds of the quickest of the calls that fit into `enough_s`, the first left out."""
    action()
    backend.synchronize()
    best, end = math.inf, time.perf_counter() + enough_s
    while (started := time.perf_counter()) < end:
        action()
        backend.synchronize()
        best = min(best, time.perf_counter() - started)
    return best


def _sums(
    configs: dict[str, Config], backend: Backend, corpus: Corpus, options: argparse.Namespace
) -> Iterator[dict[str, Any]]:
    """Rows of the first tokens of the text, by Zipf's law, added as they come and sorted.

    The steps themselves add within a thread block first; what that gains is the row of training.
    """
    xp, dim, count = backend.xp, 100, min(_ADDED, len(corpus.ids))
    ids = backend.asarray(corpus.ids[:count])
    rows = xp.ones((count, dim), xp.float32)
    table = xp.zeros((len(corpus.vocabulary), dim), xp.float32)
    in_order = get_backend(backend.name, in_order=True)
    for name, where in (("as they come", backend), ("sorted", in_order)):
        adding = partial(where.scatter_add, table, ids, rows)
        seconds = _quickest(where, adding, 0.002 if options.tiny else 0.5)
        yield {"case": f"{count} rows", "sums": name, "rows_per_second": count / seconds}
    for name, config in configs.items():
        for ordered in (False, True):
            one = replace(config, epochs=1, deterministic=ordered)
            where = in_order if ordered else backend
            speed = _train(one, where, corpus, None)["raw_words_per_second"]
            sums = "in order" if ordered else "as they come"
            yield {"case": name, "sums": sums, "raw_words_per_second": speed}


def _host(
    configs: dict[str, Config], options: argparse.Namespace, folder: Path
) -> Iterator[dict[str, Any]]:
    """Other trainers on this host, one epoch, through whole commands."""
    chosen = {name: trainers.w2v(name) for name in dict.fromkeys(("numba", options.backend))}
    gensim = trainers.peers(None)["gensim"]
    if isinstance(gensim, str):
        harness.say(f"Without gensim: {gensim}")
    else:
        chosen["gensim"] = gensim
    text, tokens = peers.plain(str(options.corpus), folder)
    for name in configs:
        for trainer, run in chosen.items():
            task = trainers.Task(
                text=str(text),
                vectors=str(folder / "vectors.bin"),
                **peers.CASES[name],  # type: ignore[arg-type]
                epochs=1,
                workers=usable_cores(),
                min_count=options.min_count,
            )
            done = run(task)
            yield {
                "case": name,
                "trainer": trainer,
                "raw_words_per_second": tokens / done.train_seconds,
                "total_seconds": done.total_seconds,
                **_reported(Path(f"{task.vectors}.json"), done.total_seconds),
            }


def _reported(path: Path, total: float) -> dict[str, float | None]:
    """What a report of w2v adds: the whole beside reading alone, and memory beside its plan."""
    found: dict[str, float | None] = {"total_to_reading": None, "peak_to_plan": None}
    if path.exists():
        report = json.loads(path.read_text(encoding="utf-8"))
        path.unlink()
        seconds = report["seconds"]
        found["total_to_reading"] = total / (seconds["count"] + seconds["encode"])
        if plan := report.get("planned_memory_bytes"):
            found["peak_to_plan"] = report["peak_memory_bytes"] / plan["in all"]
    return found


def _train(
    config: Config, backend: Backend, corpus: Corpus, eval_dir: Path | None
) -> dict[str, float]:
    trained = Trainer(config, corpus, backend).run()
    found = {
        "raw_words_per_second": trained.raw_words_per_second,
        "kept_tokens_per_second": trained.kept_tokens_per_second,
        "seconds": trained.seconds,
        "last_loss": trained.loss[-1] or 0.0,
        **peers.scores(Vectors(corpus.vocabulary.words, trained.vectors), eval_dir),
    }
    harness.say(f"{config.model} {config.loss} {backend.name}: {found}")
    return found


def _table(rows: Sequence[dict[str, Any]], names: list[str]) -> str:
    columns = dict.fromkeys(key for row in rows for key in row)
    measured = [
        key
        for key in columns
        if key != "last_loss" and any(isinstance(row.get(key), float) for row in rows)
    ]
    lines = [
        [str(row[name]) for name in names] + [_short(row.get(k)) for k in measured] for row in rows
    ]
    return harness.markdown([*names, *measured], lines) + "\n"


def _short(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value / 1e6:.1f} M" if value >= 1e5 else f"{value:.3g}"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("corpus", nargs="?", help="text, or text compressed as w2v reads it")
    parser.add_argument("--eval-dir", type=Path)
    parser.add_argument("--backend", default="cupy")
    parser.add_argument("--cases", nargs="+", choices=peers.CASES, default=list(peers.CASES))
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--min-count", type=int, default=5)
    parser.add_argument("--tiny", action="store_true", help="few points, to see that it runs")
    parser.add_argument("--name", default="gpu")
    parser.add_argument("--results", type=Path, default=harness.RESULTS)
    options = parser.parse_args()
    if options.tiny:
        options.epochs, options.seeds = 1, 1
    return options


if __name__ == "__main__":
    main()
