"""Does training on a cluster end in the same bytes, whoever is killed?

    python -m benchmarks.cluster_kills 200 [--workers 2] [--shards 4]
    python -m benchmarks.cluster_kills 50 --what nodes --name cluster_node_kills
    python -m benchmarks.cluster_kills 50 --what head --name cluster_head_kills

A small corpus is trained again and again on a Ray that is started here, and meanwhile some of it is
ended by SIGKILL at random moments, until so much was. Every run has to end, with the bytes of a run
that nobody disturbed.

* workers: processes that train, some of them several at once.
* nodes: a whole machine, which here is Ray's raylet with all below it. Another joins seconds
  later.
* head: Ray's GCS, or all of that Ray, once there is a checkpoint. The process that began the run
  has to end by itself, and ``w2v resume --cluster none`` has to go on to the end.

Prints what happened, and writes NAME.json into benchmarks/results. (`cluster_parts.py` is what is
killed.)
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import harness
from benchmarks.cluster_parts import ENVIRONMENT, Head, Nodes, Target, Workers
from benchmarks.killed_run import content
from w2v import Word2Vec, encode

_WORDS, _TOKENS = 5_000, 1_500_000
_EPOCHS = 16
"""The loss of a machine is noticed after seconds: a run has to be longer than that."""
_WHAT = ("workers", "nodes", "head")
_OUTPUTS = {"-o": "v.bin", "--save-model": "m.npz"}
_ENDS_S = 180.0


def main() -> None:
    """Run, kill, compare, until enough were killed."""
    options = _options()
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    began = time.perf_counter()
    settings = {"workers": 1, "shards": options.shards, "epochs": _EPOCHS, "dim": 50}
    with tempfile.TemporaryDirectory(prefix="w2v-", ignore_cleanup_errors=True) as name:
        os.environ["RAY_TMPDIR"] = name
        how = _heads if options.what == "head" else _parts
        found = how(options, settings, Path(name))
    result = {
        "environment": harness.environment(["w2v", "numpy", "numba", "ray"]),
        "settings": {**settings, "cluster_workers": options.workers, "what": options.what},
        **found,
        "seconds": time.perf_counter() - began,
    }
    harness.write(options.name, result, options.results)
    if found["same_bytes"] != found["runs"]:
        raise SystemExit(1)


def _parts(options: argparse.Namespace, settings: dict[str, Any], at: Path) -> dict[str, Any]:
    """Workers or nodes are killed, and the run goes on."""
    text: Any = _text()
    if options.what == "nodes":
        encode(text, at / "text.w2v")  # all machines read it
        text = at / "text.w2v"
    target: Target = (Nodes if options.what == "nodes" else Workers)(options.workers)
    rng = random.Random(options.seed)
    runs, same, killed, lost = 0, 0, 0, 0
    with ThreadPoolExecutor(1) as pool:  # Ray starts nodes in the first thread of all only

        def fit(cluster: str | None) -> Future[Word2Vec]:
            model = Word2Vec(**settings)
            return pool.submit(model.fit, text, cluster=cluster, progress=False)

        right = fit(None).result()
        while killed < options.kills:
            run = fit("auto")
            while not wait([run], rng.uniform(*target.every_s)).done:
                killed += target.strike(rng)
            model = run.result()
            runs += 1
            same += _same(model, right)
            lost += model.report["rounds"]["lost"]
            harness.say(f"{runs} runs, {same} the same bytes, {killed} killed, {lost} lost")
    target.close()
    found = {"runs": runs, "same_bytes": same, "killed": killed, "noticed_as_lost": lost}
    return found | ({"noticed_after_s": target.longest_s} if target.longest_s else {})


def _heads(options: argparse.Namespace, settings: dict[str, Any], at: Path) -> dict[str, Any]:
    """The head is killed, and the run resumed without a cluster."""
    encode(_text(), at / "text.w2v")
    begin = ["train", str(at / "text.w2v")]
    for name, value in settings.items():
        begin += [f"--{name}", str(value)]
    if code := _w2v([*begin, *_outputs(at / "right")], at):
        raise SystemExit(f"A run that nothing disturbed ended with {code}.")
    right = _contents(at / "right")
    rng = random.Random(options.seed)
    runs, same, whole, longest = 0, 0, 0, 0.0
    codes: Counter[int] = Counter()
    while runs < options.kills:
        here, head = at / str(runs), Head(options.workers)
        run = ["--checkpoint", str(here / "run"), "--checkpoint-every", "10%", "--cluster", "auto"]
        driver = _begun([*begin, *_outputs(here), *run], at, RAY_ADDRESS=head.address)
        while not list(here.glob("run/checkpoint-*")) and driver.poll() is None:
            time.sleep(0.05)
        time.sleep(rng.uniform(0, 5))
        if driver.poll() is not None:
            head.close()
            raise SystemExit(
                f"A run ended with {driver.returncode} before its head was killed:\n{_said(at)}"
            )
        runs, all_of_it = runs + 1, rng.random() < 0.5
        head.kill(all_of_it)
        whole += all_of_it
        killed_at = time.perf_counter()
        try:
            codes[driver.wait(_ENDS_S)] += 1
        except subprocess.TimeoutExpired:
            driver.kill()
            raise SystemExit(f"A run goes on {_ENDS_S:.0f} s after its head is gone.") from None
        finally:
            head.close()
        longest = max(longest, time.perf_counter() - killed_at)
        code = _w2v(["resume", str(here / "run"), "--cluster", "none"], at)
        equal = not code and _contents(here) == right
        same += equal
        harness.say(f"{runs} heads killed, {same} the same bytes, ended with {dict(codes)}")
        if not equal:
            harness.say(_said(at))
    return {
        **{"runs": runs, "same_bytes": same, "killed": runs, "killed_with_all_below": whole},
        **{"ended_with": dict(codes), "ended_after_s": longest},
    }


def _w2v(command: list[str], at: Path) -> int:
    """Its exit code."""
    return _begun(command, at).wait()


def _begun(command: list[str], at: Path, **environment: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "w2v", *command]
    environment = {**os.environ, **ENVIRONMENT, **environment}
    with (at / "said.txt").open("wb") as said:
        return subprocess.Popen(command, stdout=said, stderr=said, env=environment)


def _said(at: Path) -> str:
    """The last that a process of `_begun` said."""
    return (at / "said.txt").read_text(encoding="utf-8", errors="replace")[-3000:]


def _outputs(here: Path) -> list[str]:
    here.mkdir()
    return [each for option, name in _OUTPUTS.items() for each in (option, str(here / name))]


def _contents(here: Path) -> list[Any]:
    return [content(here / name) for name in _OUTPUTS.values()]


def _text() -> list[list[str]]:
    """Sentences of 20 words by Zipf's law."""
    rng = np.random.default_rng(0)
    share = 1 / np.arange(1, _WORDS + 1)
    ids = rng.choice(_WORDS, _TOKENS, p=share / share.sum())
    return [[f"w{i}" for i in row] for row in ids.reshape(-1, 20).tolist()]


def _same(a: Word2Vec, b: Word2Vec) -> bool:
    return np.array_equal(a.vectors.matrix, b.vectors.matrix) and np.array_equal(a.output, b.output)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("kills", type=int)
    parser.add_argument("--what", choices=_WHAT, default="workers")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--shards", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--name", default="cluster_kills")
    parser.add_argument("--results", type=Path, default=harness.RESULTS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
