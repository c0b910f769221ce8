"""What do many workers take out of each other's caches?

    python -m benchmarks.coherence [CORPUS] [--workers 2 4 8 16 32 64 128] [--cache 1024]

A model, not a measurement: it needs no more cores than one. Each worker has a stretch of the text
and reads and writes what the compiled steps of Numba do, in their order (`row_walks.py`). Workers
go on by turns that are drawn, half a block or half a centre each. A row that another core has
changed, and still has in its second-level cache, has to come from there (`caches.py`). Counted are
cache lines a kept token, after the first sixth of each stretch; in brackets those that a worker
waits for, since it had not asked for them ahead or has lost them since. Without a corpus the text
is made up, by Zipf's law. Writes NAME.json into benchmarks/results.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks import caches, harness, row_walks
from w2v import Config, Corpus, get_backend
from w2v.text import read_corpus
from w2v.training import HuffmanTree, step_shape, throughput

CASES = {
    "skip-gram, negative sampling": ("skipgram", "ns", 0.025),
    "CBOW, negative sampling": ("cbow", "ns", 0.05),
    "skip-gram, hierarchical softmax": ("skipgram", "hs", 0.025),
    "CBOW, hierarchical softmax": ("cbow", "hs", 0.05),
}
_LINE = 64  # bytes
_NOISE = 1 << 20  # words drawn
_NEAR, _CROWD = 1024, 2  # as in w2v.backends.numba_nodes
_HELD_BACK = {"skipgram": 1.0, "cbow": 0.5}  # of a worker's share of the cap, for nodes


class Way(NamedTuple):
    """A way to go about it."""

    name: str
    all_rows: bool
    """Those without a term are written, too."""
    copies: int = 0
    """Rows that each worker has for itself until it makes them public."""
    visits: int = 1
    """That it holds them for, whatever they add."""
    crowded: bool = False
    """Where these are more than it may hold back, only nodes that two others meet meanwhile."""


WAYS = {
    "ns": [
        Way("all rows written", True),
        Way("no copies", False),
        Way("64 rows copied", False, 64),
        Way("64, for 4 visits", False, 64, 4),
    ],
    "hs": [
        Way("no copies", False),
        Way("1,024 nodes copied", False, 1024),
        Way("1,024, for 4 visits", False, 1024, 4),
        Way("crowded ones, for 4 visits", False, 1024, 4, True),
    ],
}


def main() -> None:
    """Count, print a table, keep the figures."""
    options = _options()
    if options.corpus:
        with read_corpus(options.corpus, min_count=options.min_count) as corpus:
            rows = list(counted(corpus, options))
    else:
        rows = list(counted(throughput.zipf_corpus(options.tokens, options.words), options))
    print(_markdown(rows, options.workers))
    settings = ("dim", "window", "cache", "chunk", "min_count")
    result = {
        "environment": harness.environment(["w2v", "numpy", "numba"]),
        "corpus": options.corpus.name if options.corpus else "made up",
        "settings": {name: getattr(options, name) for name in settings},
        "rows": rows,
    }
    harness.write(options.name, result, options.results)


def counted(corpus: Corpus, options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Lines a kept token, for each case, way and number of workers."""
    backend, words = get_backend("numba"), len(corpus.vocabulary)
    kept = _kept(corpus, options.window)
    share = len(kept[0]) / len(corpus.ids)
    weights = np.cumsum(corpus.vocabulary.counts**0.75)
    drawn = np.random.default_rng(2).random(_NOISE) * weights[-1]
    noise_ids = np.searchsorted(weights, drawn).astype(np.int32)
    tree = HuffmanTree.from_counts(corpus.vocabulary.counts)
    word_share = np.bincount(kept[0], minlength=words) / len(kept[0])
    node_share = np.bincount(tree.nodes, np.repeat(word_share, np.diff(tree.offsets)))
    lines = -(-options.dim * 4 // _LINE)
    for (case, (model, loss, alpha)), workers in itertools.product(CASES.items(), options.workers):
        config = Config(model=model, loss=loss, alpha=alpha, dim=options.dim, window=options.window)
        shape = step_shape(backend, config)
        warm = max(1, round(options.chunk * share / 5 / shape.block))
        steps = 6 * warm
        text = _stretches(kept, workers, steps * shape.block, options.window)
        limit = config.row_cap / workers / (alpha / 2)  # at the mean learning rate
        for way in WAYS[loss]:
            cores = caches.cores_of(workers, 4 * words, options.cache * 1024 // (lines * _LINE))
            most = min(way.copies, words - 1)
            if loss == "ns":
                assert config.negative is not None
                noise = row_walks.Noise(noise_ids, shape.block, shape.shared, config.negative)
                copies = row_walks.Copies(most, limit, way.visits)
                walk = (text, noise, words, model == "cbow", way.all_rows, copies, warm)
                row_walks.blocks(cores, *walk)
            else:
                held = limit * _HELD_BACK[model]
                visit = options.window + 1 if model == "skipgram" else 1
                if way.crowded and held < way.visits * visit:
                    most = min(most, int(((workers - 1) * node_share >= _CROWD).sum()))
                near = words - 1 - (most if way.copies else _NEAR)
                paths = row_walks.Paths(tree.offsets, tree.nodes, near)
                copies = row_walks.Copies(most, held, way.visits)
                row_walks.centres(cores, text, paths, words, model == "cbow", copies, warm)
            tokens = workers * (steps - warm) * shape.block
            found = dict(zip(caches.WHY, (cores.counts * lines / tokens).tolist(), strict=True))
            row = {"case": case, "way": way.name, "workers": workers, **found}
            harness.say(str(row))
            yield row


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("corpus", type=Path, nargs="?")
    parser.add_argument("--workers", type=int, nargs="+", default=[2, 4, 8, 16, 32, 64, 128])
    parser.add_argument("--dim", type=int, default=100)
    parser.add_argument("--window", type=int, default=5)
    parser.add_argument("--min-count", type=int, default=5)
    parser.add_argument("--cache", type=int, default=1024, help="kB, of a core of its own")
    parser.add_argument("--chunk", type=int, default=1 << 13, help="tokens, of a worker")
    parser.add_argument("--tokens", type=int, default=1 << 22, help="of a text that is made up")
    parser.add_argument("--words", type=int, default=50_000, help="of a text that is made up")
    parser.add_argument("--name", default="coherence")
    parser.add_argument("--results", type=Path, default=harness.RESULTS)
    return parser.parse_args()


def _kept(corpus: Corpus, window: int) -> tuple[Any, Any, Any]:
    """Ids that survive subsampling, and how far their windows reach to the left and right."""
    rng = np.random.default_rng(1)
    keep = corpus.vocabulary.keep_probabilities(Config.sample)
    places = np.flatnonzero(rng.random(len(corpus.ids)) < keep[corpus.ids])
    ends = np.searchsorted(places, corpus.ends)
    at = np.arange(len(places))
    sentence = np.searchsorted(ends, at, side="right")
    reach = rng.integers(1, window + 1, len(places))
    left = np.minimum(reach, at - np.append(0, ends)[sentence])
    right = np.minimum(reach, ends[sentence] - 1 - at)
    return corpus.ids[places].astype(np.int32), left.astype(np.int16), right.astype(np.int16)


def _stretches(kept: tuple[Any, ...], workers: int, tokens: int, window: int) -> row_walks.Text:
    """A stretch of text for each worker, from anywhere; a short text serves several."""
    size = len(kept[0])
    starts = np.arange(workers)[:, None] * size // workers
    places = (starts + np.arange(tokens + 2 * window + 1)) % size
    ids, left, right = (part[places] for part in kept)
    return row_walks.Text(ids, left, right, window)


def _markdown(rows: Sequence[dict[str, Any]], workers: Sequence[int]) -> str:
    table: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        waits = row["read"] + row["written"]
        cell = f"{row['ahead'] + waits:.1f} ({waits:.1f})"
        table.setdefault((row["case"], row["way"]), []).append(cell)
    return harness.markdown(
        ["lines from other cores", "workers:", *map(str, workers)],
        [[*which, *cells] for which, cells in table.items()],
    )


if __name__ == "__main__":
    main()
