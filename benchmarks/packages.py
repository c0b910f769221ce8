"""Do packages that import gensim by its name run on `w2v.gensim` as they are: as well, and sooner?

    python -m benchmarks.packages [--cases pecanpy node2vec] [--repeats 3] [--size 1] [--workers 2]

Each runs once on gensim and once after `w2v.gensim.install()`, in a process of its own, in turns:

    pecanpy     PecanPy: walks over a graph, 10 of 80 steps from a node, skip-gram, window 10
    node2vec    the package of that name: 5 walks of 40 steps, CBOW as its Word2Vec has it
    item2vec    LibRecommender's: what each user took, skip-gram, window 30
    deepwalk    LibRecommender's: walks over these, hierarchical softmax
    baskets     no package, the lines that most write for item2vec: Word2Vec(sg=1, window=1000)

Graphs and baskets are made up, of blocks that hold together. Of the ten nodes or items nearest to
one, how many are of its block; seconds in Word2Vec alone, and of the whole call, walks and all. All
has been compiled before, at small size. What is not installed is left out.
"""

from __future__ import annotations

import argparse
import functools
import importlib.abc
import importlib.machinery
import json
import statistics
import sys
import tempfile
import time
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import numpy as np
from numpy.typing import NDArray

from benchmarks import harness
from benchmarks.graphs import same_block
from benchmarks.same_code import TRAINERS

_BLOCK = 50
_SEED = 1

Found = tuple[NDArray[np.float32], NDArray[np.int64]]
"""Vectors, and the number of the node or item of each; _BLOCK of them that follow are a block."""


class _Case(NamedTuple):
    package: str
    """Without which it cannot run."""
    size: int
    """Nodes, users or baskets."""
    make: Callable[[int], Any]
    """A graph or baskets, of so many."""
    embed: Callable[[Any, int], Found]
    """Of these, with so many workers."""


def main() -> None:
    """Run all by turns, print a table and keep the figures."""
    options = _options()
    if options.child:
        _child(options)
        return
    runs: list[dict[str, Any]] = []
    cases = [case for case in options.cases if find_spec(CASES[case].package)]
    for case in set(options.cases) - set(cases):
        harness.say(f"{case} is left out: {CASES[case].package} is not installed")
    for _ in range(options.repeats):
        for case in cases:
            for name in [name for name in TRAINERS if find_spec(name)]:
                child = [sys.executable, "-m", "benchmarks.packages", "--child", name, case]
                child += [f"--{key}={getattr(options, key)}" for key in ("size", "workers")]
                found = json.loads(harness.run(child).output.splitlines()[-1])
                runs.append({"case": case, "trainer": name, **found})
                harness.say(json.dumps(runs[-1]))
    table = [_row(case, [run for run in runs if run["case"] == case]) for case in cases]
    head = ("", "gensim", "w2v.gensim", "times as fast", "whole call", "", "same block", "")
    print(harness.markdown(head, [_shown(row) for row in table]))
    packages = ["w2v", "numpy", "gensim", "pecanpy", "node2vec", "LibRecommender"]
    result = {
        "environment": harness.environment(packages),
        "settings": {name: vars(options)[name] for name in ("size", "workers", "repeats")},
        "summary": table,
        "runs": runs,
    }
    if options.name:
        harness.write(options.name, result, Path(options.results))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cases", nargs="+", choices=CASES, default=[*CASES])
    parser.add_argument("--size", type=float, default=1.0, help="times as large as usual")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--name", default="", help="keep the result under this name")
    parser.add_argument("--results", default=str(harness.RESULTS))
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    return parser.parse_args()


def _child(options: argparse.Namespace) -> None:
    """In a process of its own."""
    name, case = options.child
    if name == "w2v":
        from w2v.gensim import install

        install()
    from gensim.models import Word2Vec

    _, size, make, embed = CASES[case]
    embed(make(4 * _BLOCK), options.workers)  # it has compiled
    made = make(max(4 * _BLOCK, int(size * options.size)))
    with _timed(Word2Vec) as clock:
        started = time.perf_counter()
        vectors, numbers = embed(made, options.workers)
        whole = time.perf_counter() - started
    found = {"seconds": sum(clock), "whole_seconds": whole, "module": Word2Vec.__module__}
    found["same_block"] = same_block(vectors, numbers, _BLOCK)
    print(json.dumps(found))


@contextmanager
def _timed(kind: Any) -> Iterator[list[float]]:
    """Seconds of each call that makes or trains a model, those inside of another left out."""
    clock: list[float] = []
    inside = False

    def timed(method: Any) -> Any:
        @functools.wraps(method)
        def call(*args: Any, **options: Any) -> Any:
            nonlocal inside
            if inside:
                return method(*args, **options)
            inside, started = True, time.perf_counter()
            try:
                return method(*args, **options)
            finally:
                inside = False
                clock.append(time.perf_counter() - started)

        return call

    names = ("__init__", "build_vocab", "train")
    with mock.patch.multiple(kind, **{name: timed(getattr(kind, name)) for name in names}):
        yield clock


def _pecanpy(edges: NDArray[np.int64], workers: int) -> Found:
    # NumPy 2 has dropped these names of types, which its dependency nptyping lists
    for name in _DROPPED.split():
        if not hasattr(np, name):
            setattr(np, name, np.generic)
    from pecanpy import pecanpy

    graph = pecanpy.SparseOTF(p=1, q=0.5, workers=workers, verbose=False, random_state=_SEED)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "graph.edg"
        np.savetxt(path, edges, fmt="%d", delimiter="\t")
        graph.read_edg(str(path), weighted=False, directed=False)
    vectors = graph.embed(dim=128, num_walks=10, walk_length=80, window_size=10, epochs=1)
    return vectors, np.array(graph.nodes, np.int64)


_DROPPED = (
    "bool8 bytes0 cfloat clongfloat complex_ float_ int0 longcomplex longfloat object0 "
    "singlecomplex str0 string_ uint0 unicode_ void0"
)


def _node2vec(edges: NDArray[np.int64], workers: int) -> Found:
    import networkx
    from node2vec import Node2Vec

    graph = networkx.Graph(edges.tolist())
    walks = Node2Vec(
        graph, dimensions=64, walk_length=40, num_walks=5, workers=1, quiet=True, seed=_SEED
    )
    model = walks.fit(window=10, min_count=1, workers=workers, epochs=5)
    return model.wv.vectors, np.array(model.wv.index_to_key, np.int64)


def _baskets(taken: list[list[int]], workers: int) -> Found:
    from gensim.models import Word2Vec

    sentences = [list(map(str, items)) for items in taken]
    options: dict[str, Any] = {"vector_size": 64, "min_count": 1, "sample": 0, "epochs": 5}
    model = Word2Vec(sentences, sg=1, window=1000, workers=workers, seed=_SEED, **options)
    return model.wv.vectors, np.array(model.wv.index_to_key, np.int64)


def _of_libreco(kind: str, taken: list[list[int]], workers: int) -> Found:
    _stand_in_for(name for name in ("tensorflow", "torch", "dgl") if not find_spec(name))
    import pandas as pd
    from libreco import algorithms
    from libreco.data import DatasetPure

    pairs = [(user, item) for user, items in enumerate(taken) for item in items]
    table = pd.DataFrame(pairs, columns=["user", "item"]).assign(label=1, time=range(len(pairs)))
    data, about = DatasetPure.build_trainset(table)
    options = {"embed_size": 32, "n_epochs": 5, "window_size": 30, "n_threads": workers}
    model = getattr(algorithms, kind)("ranking", about, seed=_SEED, **options)
    model.fit(data, neg_sampling=True, verbose=0)
    numbers = [about.id2item[number] for number in range(about.n_items)]
    return model.item_embeds_np[: about.n_items], np.array(numbers, np.int64)


def _stand_in_for(names: Iterator[str]) -> None:
    """LibRecommender imports TensorFlow and PyTorch, of which what is run here uses nothing."""
    missing = frozenset(names)

    class Anything(types.ModuleType):
        Module = object

        def __getattr__(self, name: str) -> Any:
            if name.startswith("__"):
                raise AttributeError(name)
            found = mock.MagicMock(name=name)
            found.v1.__version__ = "2.0.0"
            return found

    class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
        def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
            if name.partition(".")[0] in missing:
                return importlib.machinery.ModuleSpec(name, self, is_package=True)
            return None

        def create_module(self, spec: Any) -> types.ModuleType:
            return Anything(spec.name)

        def exec_module(self, module: types.ModuleType) -> None:
            pass

    sys.meta_path.append(Finder())


def _edges(nodes: int) -> NDArray[np.int64]:
    """(E, 2), each once: five of a node within its block, and one of two nodes to anywhere."""
    rng = np.random.default_rng(0)
    one = rng.integers(0, nodes, 5 * nodes)
    other = np.minimum(one // _BLOCK * _BLOCK + rng.integers(0, _BLOCK, len(one)), nodes - 1)
    edges = np.vstack((np.column_stack((one, other)), rng.integers(0, nodes, (nodes // 2, 2))))
    edges = np.unique(np.sort(edges, axis=1), axis=0)
    kept: NDArray[np.int64] = edges[edges[:, 0] != edges[:, 1]]
    return kept


def _taken(baskets: int) -> list[list[int]]:
    """Different items of each basket, seven of ten from one block; fewer items than baskets."""
    rng = np.random.default_rng(0)
    blocks = max(2, baskets // (10 * _BLOCK))
    found = []
    for _ in range(baskets):
        size = rng.integers(3, 25)
        own = rng.integers(blocks) * _BLOCK + rng.integers(0, _BLOCK, size)
        some = np.where(rng.random(size) < 0.7, own, rng.integers(0, blocks * _BLOCK, size))
        found.append(list(dict.fromkeys(some.tolist())))
    return found


CASES = {
    "pecanpy": _Case("pecanpy", 5_000, _edges, _pecanpy),
    "node2vec": _Case("node2vec", 2_000, _edges, _node2vec),
    "item2vec": _Case("libreco", 20_000, _taken, functools.partial(_of_libreco, "Item2Vec")),
    "deepwalk": _Case("libreco", 20_000, _taken, functools.partial(_of_libreco, "DeepWalk")),
    "baskets": _Case("w2v", 50_000, _taken, _baskets),
}


def _row(case: str, runs: list[dict[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {"case": case}
    for name in TRAINERS:
        own = [run for run in runs if run["trainer"] == name]
        for key in ("seconds", "whole_seconds", "same_block"):
            found[f"{name}_{key}"] = statistics.median(run[key] for run in own) if own else None
    theirs, ours = ([r["seconds"] for r in runs if r["trainer"] == name] for name in TRAINERS)
    ratios = [a / b for a, b in zip(theirs, ours, strict=False)]
    return found | {"times_as_fast": statistics.median(ratios) if ratios else None}


def _shown(row: dict[str, Any]) -> list[str]:
    forms = {"seconds": ".1f", "whole_seconds": ".1f", "same_block": ".3f"}
    pairs = [(f"{name}_{key}", form) for key, form in forms.items() for name in TRAINERS]
    pairs.insert(2, ("times_as_fast", ".1f"))
    cells = ["-" if row[key] is None else format(row[key], form) for key, form in pairs]
    return [row["case"], *cells]


if __name__ == "__main__":
    main()
