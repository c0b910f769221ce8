"""How near to a matrix product is `Vectors.neighbours`, and what does an approximate index find?

The vectors are made up: words around many centres in a space of fewer dimensions, and noise in all,
or those of a file. Part 1 finds the neighbours of a sample of words among all, beside the bare
products of the same blocks; the answers are checked against a product in float64. Part 2 builds an
index (faiss, HNSW) and compares what it finds with the exact answers. Times are seconds of the
processor, of all threads together, so that others beside it matter little.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks import harness
from w2v import NeighbourIndex, Vectors, load

EFFORTS = (32, 64, 128, 256, 512)
_QUERIES, _ROWS = 1024, 4096  # of a block, as in the library
_CHECKED = 8  # words


def main() -> None:
    options = _options()
    vectors = load(options.vectors) if options.vectors else made_up(options.words, options.dim)
    vectors.unit  # noqa: B018  scaled before any clock runs
    rng = np.random.default_rng(1)
    size = min(options.sample, len(vectors))
    words = [vectors.words[row] for row in np.sort(rng.choice(len(vectors), size, False))]
    exact, rows = exhaustive(vectors, words, options)
    if find_spec("faiss"):
        rows += approximate(vectors, words, exact, options)
    else:
        harness.say("faiss: not installed, so no index was measured.")
    print(harness.markdown(["", "processor", "recall"], list(map(_line, rows))))
    result = {
        "environment": harness.environment(["w2v", "numpy", "faiss-cpu"]),
        "settings": {
            "vectors": Path(options.vectors).name if options.vectors else "made up",
            "words": len(vectors),
            "dim": vectors.dim,
            "sample": size,
            "n": options.n,
            "repeats": options.repeats,
        },
        "rows": rows,
    }
    harness.write(options.name, result, Path(options.results))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("vectors", nargs="?", help="a file of vectors, in place of made-up ones")
    parser.add_argument("--words", type=int, default=400_000)
    parser.add_argument("--dim", type=int, default=300)
    parser.add_argument("--sample", type=int, default=2048, help="words whose neighbours are found")
    parser.add_argument("-n", type=int, default=50)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--results", default=str(harness.RESULTS))
    parser.add_argument("--name", default="neighbours")
    return parser.parse_args()


def made_up(words: int, dim: int) -> Vectors:
    """Words in some 800 to a centre, spread over a tenth of the dimensions, with noise in all."""
    rng = np.random.default_rng(0)
    inner = max(2, dim // 8)
    centres = rng.standard_normal((max(2, words // 800), inner), dtype=np.float32)
    basis = rng.standard_normal((inner, dim), dtype=np.float32)
    matrix = np.empty((words, dim), np.float32)
    for at in range(0, words, 1 << 14):
        some = min(1 << 14, words - at)
        near = centres[rng.integers(0, len(centres), some)]
        near = near + 0.7 * rng.standard_normal((some, inner), dtype=np.float32)
        matrix[at : at + some] = near @ basis + rng.standard_normal((some, dim), dtype=np.float32)
    return Vectors([f"w{row}" for row in range(words)], matrix)


def exhaustive(
    vectors: Vectors, words: list[str], options: argparse.Namespace
) -> tuple[Any, list[dict[str, Any]]]:
    """Ids (words, n), and times of the products alone and of the whole search, interleaved."""
    unit = vectors.unit
    asked = unit[[vectors.index(word) for word in words]]

    def products() -> None:
        with threadpool_limits(1, user_api="blas"):  # threads that wait for others count as busy
            for at in range(0, len(asked), _QUERIES):
                for start in range(0, len(unit), _ROWS):
                    np.matmul(asked[at : at + _QUERIES], unit[start : start + _ROWS].T)

    def search() -> Any:
        return np.concatenate([block.ids for block in vectors.neighbours(options.n, words)])

    exact = search()
    for place in range(min(_CHECKED, len(words))):
        cosines = unit.astype(np.float64) @ asked[place].astype(np.float64)
        cosines[vectors.index(words[place])] = -2
        best = np.sort(cosines)[::-1][: options.n]
        if not np.allclose(cosines[exact[place]], best[exact[place] >= 0], atol=1e-9):
            raise SystemExit(f"The neighbours of {words[place]} are wrong.")
    times: dict[str, list[float]] = {"the products alone": [], "neighbours": []}
    for _ in range(options.repeats):
        times["the products alone"].append(_processor_s(products))
        times["neighbours"].append(_processor_s(search))
    share = statistics.median(
        a / b for a, b in zip(times["the products alone"], times["neighbours"], strict=True)
    )
    rows: list[dict[str, Any]] = [
        {"what": f"{what}, {len(words):,} words", "processor_s": seconds}
        for what, seconds in times.items()
    ]
    rows[1]["share_of_product"] = share
    return exact, rows


def approximate(
    vectors: Vectors, words: list[str], exact: Any, options: argparse.Namespace
) -> list[dict[str, Any]]:
    """Time to build, and time and recall of ten neighbours for several efforts of searching."""
    began = time.process_time()
    index = NeighbourIndex(vectors)
    rows: list[dict[str, Any]] = [
        {"what": "index: build", "processor_s": [time.process_time() - began]}
    ]
    n = min(10, exact.shape[1])
    for effort in EFFORTS:
        index.search_effort = effort
        found = np.concatenate([block.ids for block in index.neighbours(n, words)])
        seconds = [
            _processor_s(lambda: list(index.neighbours(n, words))) for _ in range(options.repeats)
        ]
        pairs = zip(found.tolist(), exact[:, :n].tolist(), strict=True)
        recall = statistics.mean(len(set(a) & set(b)) / n for a, b in pairs)
        what = f"index: {len(words):,} words, effort {effort}"
        rows.append({"what": what, "processor_s": seconds, f"recall_at_{n}": recall})
        harness.say(f"{what}: {rows[-1]}")
    return rows


def _processor_s(do: Callable[[], Any]) -> float:
    began = time.process_time()
    do()
    return time.process_time() - began


def _line(row: dict[str, Any]) -> list[str]:
    share = row.get("share_of_product")
    recall = next((value for key, value in row.items() if key.startswith("recall")), None)
    seconds = f"{statistics.median(row['processor_s']):,.2f} s"
    if share is not None:
        seconds += f" ({share:.0%} of it the product)"
    return [row["what"], seconds, "" if recall is None else f"{recall:.3f}"]


if __name__ == "__main__":
    main()
