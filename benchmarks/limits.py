"""What can this machine do at most, and what fraction of that do the training kernels reach?

    python -m benchmarks.limits [--dim 100] [--window 5] [--tiny]

The ceilings of each device, of one core or the GPU: copying; gathering and updating rows of a table
at random, the latter by `scatter_add` of the fastest backend there; matrix products of float32,
large ones and such as training makes. Then each kernel, with one worker on a made-up corpus: what
it must compute and fetch per kept token, by the formulas below, times the kept tokens a second that
were measured, beside the ceilings. Writes NAME.json into benchmarks/results.

With D numbers in a row, blocks of T tokens that share N noise words, window w, so P = w + 1 pairs a
token on average, and L nodes on a word's path on average:

    useful flops per kept token                     rows per kept token
    skipgram ns    6 D (P + N)                      (2 T + 2 w + N) / T
    cbow ns        2 D P + 6 D (1 + N)              (2 T + 2 w + N) / T
    skipgram hs    6 D P L                          (T + 2 w) / T + L
    cbow hs        2 D P + 6 D L                    (T + 2 w) / T + L

6 D is a score, and its share of two gradients, of a hidden vector and an output row; 2 D P is the
mean of a window and the way back. What a kernel computes and masks away is not counted, nor is the
sigmoid. A row is fetched once a block, and read and written once when it is updated: 12 D bytes.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import harness
from w2v import Backend, Config, Corpus, available_backends
from w2v.backends import Array, StepShape
from w2v.training import HuffmanTree, step_shape, throughput

PAIRS = [(model, loss) for loss in ("ns", "hs") for model in ("skipgram", "cbow")]
AS_TEXT = "rows as in the text"
LARGE = "float32 product, large"
_BATCH = 1024
_LOOKED_UP = 1 << 17  # rows, in a measurement


def main() -> None:
    """Measure ceilings and kernels, print both tables, keep the figures."""
    options = _options()
    corpus = throughput.zipf_corpus(*((40_000, 500) if options.tiny else (1 << 22, options.words)))
    backends = [state.backend for state in available_backends() if state.backend]
    devices: dict[str, dict[str, float]] = {}
    kernels = []
    for backend in backends:
        if backend.device not in devices:
            devices[backend.device] = ceilings(backend, corpus, options)
        for model, loss in PAIRS:
            config = Config(
                model=model, loss=loss, dim=options.dim, window=options.window, workers=1
            )
            kept = throughput.measure(
                config, corpus, backend, options.seconds
            ).kept_tokens_per_second
            kernels.append(reached(config, corpus, backend, kept, devices[backend.device]))
            harness.say(f"{backend.name} {model} {loss}: {kept:,.0f} kept tokens/s")
    print(_ceiling_table(devices) + "\n\n" + _kernel_table(kernels))
    result = {
        "environment": harness.environment(["w2v", "numpy", "numba"]),
        "settings": {"dim": options.dim, "window": options.window, "words": len(corpus.vocabulary)},
        "ceilings": devices,
        "kernels": kernels,
    }
    harness.write(options.name, result, options.results)


def ceilings(backend: Backend, corpus: Corpus, options: argparse.Namespace) -> dict[str, float]:
    """Bytes, rows or flops a second, by what is done."""
    with backend.training():
        return {
            **_copies(backend, options),
            **_lookups(backend, corpus, options),
            **_products(backend, options),
        }


def work(config: Config, shape: StepShape, corpus: Corpus) -> tuple[float, float]:
    """(Useful flops, rows) per kept token, by the formulas above."""
    d, p = config.dim, config.window + 1
    t, n = shape.block, shape.shared
    halo = (t + 2 * config.window) / t
    counts = corpus.vocabulary.counts
    kept = counts * corpus.vocabulary.keep_probabilities(config.sample)
    path = float(kept @ HuffmanTree.from_counts(counts).lengths / kept.sum())
    return {
        ("skipgram", "ns"): (6 * d * (p + n), 1 + halo + n / t),
        ("cbow", "ns"): (2 * d * p + 6 * d * (1 + n), 1 + halo + n / t),
        ("skipgram", "hs"): (6 * d * p * path, halo + path),
        ("cbow", "hs"): (2 * d * p + 6 * d * path, halo + path),
    }[config.model, config.loss]


def reached(
    config: Config, corpus: Corpus, backend: Backend, kept: float, limits: dict[str, float]
) -> dict[str, Any]:
    """What a kernel does at `kept` tokens a second, and its share of the ceilings."""
    shape = step_shape(backend, config)
    flops, rows = work(config, shape, corpus)
    a_row = 1 / limits[f"gather {AS_TEXT}"] + 1 / limits[f"update {AS_TEXT}"]
    return {
        "backend": backend.name,
        "model": config.model,
        "loss": config.loss,
        "shape": shape._asdict(),
        "kept_tokens_per_second": kept,
        "flops_per_token": flops,
        "rows_per_token": rows,
        "bytes_per_token": 12 * config.dim * rows,
        "share_of_product": kept * flops / limits[LARGE],
        "share_of_rows": kept * rows * a_row,
    }


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--dim", type=int, default=100)
    parser.add_argument("--window", type=int, default=5)
    parser.add_argument("--words", type=int, default=50_000, help="of the made-up corpus")
    parser.add_argument("--seconds", type=float, default=3.0, help="of each kernel")
    parser.add_argument("--tiny", action="store_true", help="a few seconds, to see that it runs")
    parser.add_argument("--name", default="limits")
    parser.add_argument("--results", type=Path, default=harness.RESULTS)
    options = parser.parse_args()
    if options.tiny:
        options.seconds = 0.02
    return options


def copy_bandwidth(backend: Backend, *, tiny: bool) -> float:
    """Bytes a second read and written by a large copy."""
    options = argparse.Namespace(tiny=tiny, seconds=0.02 if tiny else 3.0)
    return _copies(backend, options)["copy 256 MB"]


def _copies(backend: Backend, options: argparse.Namespace) -> dict[str, float]:
    xp, found = backend.xp, {}
    for name, size in (("256 kB", 1 << 18), ("4 MB", 1 << 22), ("256 MB", 1 << 28)):
        source = xp.ones(1 << 10 if options.tiny else size // 4, xp.float32)
        target = xp.zeros_like(source)

        def copy(target: Array = target, source: Array = source) -> None:
            target[...] = source

        found[f"copy {name}"] = 2 * source.nbytes / quickest(backend, copy, options.seconds / 10)
    return found


def _lookups(backend: Backend, corpus: Corpus, options: argparse.Namespace) -> dict[str, float]:
    """Of rows drawn evenly from a small and a large table, and as training draws them."""
    rng = np.random.default_rng(0)
    few, many = (100, 1000) if options.tiny else (10**6 // options.dim, 10**8 // options.dim)
    keep = corpus.vocabulary.keep_probabilities(Config.sample)[corpus.ids]
    drawn: dict[str, NDArray[Any]] = {
        "rows in 4 MB": rng.integers(0, few, _LOOKED_UP),
        "rows in 400 MB": rng.integers(0, many, _LOOKED_UP),
        AS_TEXT: corpus.ids[rng.random(len(keep)) < keep][:_LOOKED_UP],
    }
    found: dict[str, float] = {}
    for name, ids in drawn.items():
        found |= _rows(backend, name, ids, options)
    return found


def _rows(
    backend: Backend, name: str, ids: NDArray[Any], options: argparse.Namespace
) -> dict[str, float]:
    """Rows a second looked up, and added to, in batches."""
    xp = backend.xp
    table = xp.ones((int(ids.max()) + 1, options.dim), xp.float32)  # in memory now
    rows = xp.ones((_BATCH, options.dim), xp.float32)
    batches = [
        backend.asarray(ids[at : at + _BATCH], np.int32) for at in range(0, len(ids), _BATCH)
    ]

    def gather() -> None:
        for some in batches:
            xp.take(table, some, axis=0)

    def update() -> None:
        for some in batches:
            backend.scatter_add(table, some, rows[: len(some)])

    return {
        f"{what} {name}": len(ids) / quickest(backend, action, options.seconds / 10)
        for what, action in (("gather", gather), ("update", update))
    }


def _products(backend: Backend, options: argparse.Namespace) -> dict[str, float]:
    xp, n, d = backend.xp, 64 if options.tiny else 2048, options.dim
    a, b = xp.ones((n, n), xp.float32), xp.ones((n, n), xp.float32)
    few, many = xp.ones((64, 16, d), xp.float32), xp.ones((64, d, 32), xp.float32)
    large = quickest(backend, lambda: xp.matmul(a, b), options.seconds / 10)
    small = quickest(backend, lambda: xp.matmul(few, many), options.seconds / 10)
    return {
        LARGE: 2 * n**3 / large,
        f"float32 product, (16, {d}) by ({d}, 32)": 2 * 64 * 16 * 32 * d / small,
    }


def quickest(backend: Backend, action: Callable[[], Any], enough_s: float) -> float:
    """Seconds of the quickest of the calls that fit into `enough_s`, the first left out."""
    action()
    backend.synchronize()
    best, end = np.inf, time.perf_counter() + enough_s
    while (started := time.perf_counter()) < end:
        action()
        backend.synchronize()
        best = min(best, time.perf_counter() - started)
    return float(best)


def _ceiling_table(devices: dict[str, dict[str, float]]) -> str:
    names = list(next(iter(devices.values())))
    rows = [[name, *(_rate(name, found[name]) for found in devices.values())] for name in names]
    return harness.markdown(["at most", *devices], rows)


def _rate(name: str, rate: float) -> str:
    if name.startswith("copy"):
        return f"{rate / 1e9:.1f} GB/s, read and written"
    if name.startswith("float32"):
        return f"{rate / 1e9:.0f} GFLOP/s"
    return f"{1e9 / rate:.1f} ns a row"


def _kernel_table(kernels: Sequence[dict[str, Any]]) -> str:
    head = ["", "backend", "kept tokens/s", "flops", "of large product", "rows", "of row rate"]
    rows = [
        [
            f"{k['model']} {k['loss']}",
            k["backend"],
            f"{k['kept_tokens_per_second'] / 1e6:.2f} M",
            f"{k['flops_per_token']:,.0f}",
            f"{k['share_of_product']:.1%}",
            f"{k['rows_per_token']:.1f}",
            f"{k['share_of_rows']:.1%}",
        ]
        for k in kernels
    ]
    return harness.markdown(head, rows)


if __name__ == "__main__":
    main()
