"""Does the GPU run it, how fast, and are the vectors as good?

    python -m benchmarks.gpu [PIECE ...] [--corpus TEXT] [--eval-dir DIR] [--out FOLDER]

Pieces, each in less than eight minutes: `runs` (registers, resident blocks, a few tokens beside
NumPy, the tests, compute-sanitizer), `speed` (by tokens in flight, threads, dimensions), `quality`
(beside the CPU backend on this host), `commands` (beside gensim, start to end, memory, text in
pieces, `--deterministic`) and `atomics`. Every stage of a piece has a limit of its own; what hangs
is ended, and the next one begins. Figures go line by line to FOLDER/gpu-PIECE.jsonl, and what all
pieces in the folder say to FOLDER/gpu-summary.json, so that pieces can be run one at a time.
Without a corpus it takes the documentation inside Python. Nothing is fetched.

Exit code 1 if a stage failed or was left out, else 3 if a target of the pieces that ran is missed.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import peers
from benchmarks.gpu import lines, targets
from benchmarks.gpu.setting import ROOT, Told
from w2v import encode
from w2v.text import python_prose

_FAILED, _MISSED = 1, 3


def main() -> None:
    """Run the pieces, and say which targets are met."""
    options = _options()
    end = time.monotonic() + options.within
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # and end what runs
    options.out.mkdir(parents=True, exist_ok=True)
    failures: list[str] = []
    with tempfile.TemporaryDirectory(prefix="w2v-gpu-") as folder:
        told = Told(
            folder=folder,
            eval_dir=str(options.eval_dir.resolve()) if options.eval_dir else None,
            backend=options.backend,
            epochs=options.epochs,
            seeds=options.seeds,
            min_count=1 if options.tiny else 5,
            tiny=options.tiny,
        )
        if options.pieces:
            _check_backend(options.backend)
            _prepare(options.corpus, told)
        for piece in options.pieces:
            path = options.out / f"gpu-{piece}.jsonl"
            seconds = min(options.seconds, end - time.monotonic())
            failures += lines.run(piece, told, path, seconds)
    sys.exit(summarise(options.out, options.pieces, failures))


def _check_backend(name: str) -> None:
    """End where it cannot be used. In another process: this one takes no memory of the device."""
    code = f"from w2v import get_backend; get_backend({name!r})"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr.strip().rpartition("\n")[2])


def _prepare(corpus: str | None, told: Told) -> None:
    """The text as it is and as ids, once for all stages."""
    folder = Path(told.folder)
    if corpus is None:
        text = folder / "text.txt"
        sentences = itertools.islice(python_prose(), 150 if told.tiny else None)
        text.write_text("".join(" ".join(one) + "\n" for one in sentences), encoding="utf-8")
    else:
        given, _ = peers.plain(corpus, folder)
        given.rename(folder / "text.txt")
    encode(folder / "text.txt", folder / "encoded", min_count=told.min_count)


def summarise(folder: Path, pieces: list[str], failures: list[str]) -> int:
    """Print and keep what the lines in a folder say; the exit code.

    Parameters
    ----------
    pieces : list of str      Whose targets count; none for those whose lines are there.
    failures : list of str    Of stages.
    """
    rows = targets.rows_of(folder)
    there = {row["piece"] for row in rows}
    failures = failures or [
        f"{row['piece']}, {row['stage']}: {row['failed']}" for row in rows if "failed" in row
    ]
    verdicts = [one.verdict(rows) for one in targets.TARGETS if one.piece in there]
    missed = [
        one["target"]
        for one in verdicts
        if not one["met"] and (not pieces or one["piece"] in pieces)
    ]
    devices = sorted({row["device"] for row in rows if "device" in row})
    real = bool(rows) and all(row.get("gpu", True) for row in rows)
    in_bulk = targets.in_bulk(rows)
    summary = {"gpu": real, "devices": devices, "targets": verdicts, "failures": failures}
    summary["in_bulk"] = in_bulk
    path = folder / "gpu-summary.json"
    path.write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
    if not real:
        print("These are no figures of a GPU: they show only that everything runs.\n")
    print(f"On {', '.join(devices) or 'nothing'}:\n\n{targets.table(verdicts)}\n")
    if in_bulk:
        told = ", ".join(f"{case} {ratio:.2f}" for case, ratio in in_bulk.items())
        print(f"* the speed of rows in bulk to that of rows by threads: {told}")
    for why in failures:
        print(f"* failed: {why[:300]}")
    if missed:
        print(f"* missed or not measured: {', '.join(missed)}")
    if failures:
        return _FAILED
    return _MISSED if missed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.gpu",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    names = ", ".join(lines.PIECES)
    parser.add_argument("pieces", nargs="*", metavar="PIECE", help=f"{names}; without one, all")
    parser.add_argument("--summary", action="store_true", help="only say what the lines there say")
    parser.add_argument("--corpus", help="text, or text compressed as w2v reads it")
    parser.add_argument("--eval-dir", type=Path, help="questions-words.txt and files of pairs")
    parser.add_argument("--out", type=Path, default=Path("build/gpu"), help="default: %(default)s")
    parser.add_argument("--backend", default="cupy")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=470, help="of a piece, at most")
    parser.add_argument("--within", type=float, default=math.inf, help="seconds, for all pieces")
    parser.add_argument("--tiny", action="store_true", help="very little, to see that it runs")
    options = parser.parse_args()
    if unknown := sorted(set(options.pieces) - set(lines.PIECES)):
        parser.error(f"no piece {', '.join(unknown)}; there are {names}")
    if options.summary:
        options.pieces = []
    elif not options.pieces:
        options.pieces = list(lines.PIECES)
    if options.tiny:
        options.epochs, options.seeds = 1, 1
    return options


if __name__ == "__main__":
    main()
