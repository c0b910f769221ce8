"""How fast is w2v beside its peers, and are its vectors as good?

    python -m benchmarks.peers CORPUS [--eval-dir DIR] [--repeats 3] [--epochs 5] [--workers 2]

Each trainer reads the same plain text with the same settings in a process of its own. The repeats
are interleaved and their median is reported, since machines are shared and noisy. Words a second
count every token of the text, over the training phase only. `--eval-dir` holds questions-words.txt
and files of word pairs; each repeat has another seed, and scores are means over the repeats.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks import harness
from w2v.backends import available_backends, get_backend
from w2v.corpus import read_corpus
from w2v.evaluate import evaluate
from w2v.textio import read_pieces
from w2v.vectors import load

CASES = {
    "skipgram-ns": {"model": "skipgram", "loss": "ns", "alpha": 0.025},
    "skipgram-hs": {"model": "skipgram", "loss": "hs", "alpha": 0.025},
    "cbow-ns": {"model": "cbow", "loss": "ns", "alpha": 0.05},
    "cbow-hs": {"model": "cbow", "loss": "hs", "alpha": 0.05},
}
PEER = "gensim"


def main() -> None:
    """Train, time, score, print a table and keep the figures."""
    options = _options()
    if options.child:
        _train_gensim(json.loads(options.child))
        return
    trainers = _trainers()
    runs: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="w2v-peers-") as folder:
        text, tokens = _plain(options.corpus, Path(folder))
        for repeat in range(options.repeats):
            for case in options.cases:
                for trainer in trainers:
                    settings = {**CASES[case], "seed": repeat + 1, "epochs": options.epochs}
                    settings |= {"workers": options.workers, "text": str(text)}
                    settings["vectors"] = str(Path(folder) / f"{trainer}.bin")
                    found = _run(trainer, settings)
                    found |= {"case": case, "trainer": trainer, "repeat": repeat}
                    found["raw_words_per_second"] = tokens * options.epochs / found["train_seconds"]
                    found |= _scores(Path(settings["vectors"]), options.eval_dir)
                    harness.say(json.dumps(found))
                    runs.append(found)
    table = _summary(runs, trainers, options.cases)
    result = {
        "environment": harness.environment(["w2v", "numpy", PEER]),
        "corpus": {"name": Path(options.corpus).name, "tokens": tokens},
        "settings": {
            "dim": 100,
            "window": 5,
            "negative": 5,
            "sample": 1e-3,
            "min_count": 5,
            "epochs": options.epochs,
            "workers": options.workers,
            "repeats": options.repeats,
        },
        "summary": table,
        "runs": runs,
    }
    print(_markdown(table))
    if options.name:
        harness.say(f"kept in {harness.write(options.name, result)}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("corpus", nargs="?")
    parser.add_argument("--eval-dir", type=Path)
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--name", default="", help="keep the result under this name")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if not options.corpus and not options.child:
        parser.error("give a corpus")
    return options


def _plain(corpus: str, folder: Path) -> tuple[Path, int]:
    """The corpus as one plain text file, since gensim's fast path reads nothing else."""
    path = folder / "corpus.txt"
    with path.open("w", encoding="utf-8") as file:
        for piece in read_pieces([corpus]):
            file.write(piece)
    with read_corpus(path, min_count=1) as read:
        return path, read.stats.tokens


def _run(trainer: str, settings: dict[str, Any]) -> dict[str, Any]:
    if trainer == PEER:
        child = [sys.executable, "-m", "benchmarks.peers", "--child", json.dumps(settings)]
        done = harness.run(child)
        return {**json.loads(done.output.splitlines()[-1]), "total_seconds": done.seconds}
    report = f"{settings['vectors']}.json"
    command = [sys.executable, "-m", "w2v", "train", settings["text"], "-q", "--report", report]
    command += ["-o", settings["vectors"], "--backend", trainer.removeprefix("w2v-")]
    for name in ("model", "loss", "alpha", "seed", "epochs", "workers"):
        command += [f"--{name}", str(settings[name])]
    total = harness.run(command).seconds
    found = json.loads(Path(report).read_text(encoding="utf-8"))
    return {
        "train_seconds": found["seconds"]["train"],
        "total_seconds": total,
        "peak_memory_bytes": found["peak_memory_bytes"],
        "loss": found["loss"],
    }


def _train_gensim(settings: dict[str, Any]) -> None:
    """In a process of its own: count, train from the file, save; print the times."""
    from gensim.models import Word2Vec

    model = Word2Vec(
        sg=settings["model"] == "skipgram",
        hs=settings["loss"] == "hs",
        negative=5 if settings["loss"] == "ns" else 0,
        vector_size=100,
        window=5,
        sample=1e-3,
        min_count=5,
        alpha=settings["alpha"],
        epochs=settings["epochs"],
        workers=settings["workers"],
        seed=settings["seed"],
    )
    text = settings["text"]
    model.build_vocab(corpus_file=text)
    started = time.perf_counter()
    model.train(
        corpus_file=text,
        total_examples=model.corpus_count,
        total_words=model.corpus_total_words,
        epochs=model.epochs,
    )
    seconds = time.perf_counter() - started
    model.wv.save_word2vec_format(settings["vectors"], binary=True)
    peak = get_backend("numpy").peak_memory_bytes()  # of this process, whoever trains in it
    print(json.dumps({"train_seconds": seconds, "peak_memory_bytes": peak}))


def _scores(vectors: Path, folder: Path | None) -> dict[str, float]:
    if folder is None:
        return {}
    questions = folder / "questions-words.txt"
    pairs = [p for p in sorted(folder.iterdir()) if p != questions and p.suffix in (".tsv", ".txt")]
    found = evaluate(load(vectors), questions if questions.exists() else None, pairs)
    scores = {f"spearman {Path(p['file']).stem}": p["spearman"] for p in found["pairs"]}
    if "analogies" in found:
        scores["analogies"] = found["analogies"]["accuracy"]
    return scores


def _trainers() -> list[str]:
    """The peer, if it is installed, and w2v on every backend that can be used."""
    own = [f"w2v-{state.name}" for state in available_backends() if state.backend]
    if find_spec(PEER) is None:
        harness.say(f"{PEER} is not installed: no ratios. Get it with pip install gensim.")
        return own
    return [PEER, *own]


def _summary(
    runs: list[dict[str, Any]], trainers: list[str], cases: list[str]
) -> list[dict[str, Any]]:
    """Medians of times, means of scores, ratios to the peer in the same repeat."""
    rows = []
    for case in cases:
        for trainer in trainers:
            mine = [run for run in runs if (run["case"], run["trainer"]) == (case, trainer)]
            peer = [run for run in runs if (run["case"], run["trainer"]) == (case, PEER)]
            row: dict[str, Any] = {"case": case, "trainer": trainer}
            for name in ("raw_words_per_second", "train_seconds", "total_seconds"):
                row[name] = statistics.median(run[name] for run in mine)
            row["peak_memory_bytes"] = max(run["peak_memory_bytes"] for run in mine)
            for phase in ("train", "total"):
                which = f"{phase}_seconds"
                ratios = [b[which] / a[which] for a, b in zip(mine, peer, strict=False)]
                row[f"{phase}_ratio_to_{PEER}"] = statistics.median(ratios) if ratios else None
            for name in mine[0]:
                if name == "analogies" or name.startswith("spearman "):
                    row[name] = statistics.mean(run[name] for run in mine)
            rows.append(row)
    return rows


def _markdown(rows: list[dict[str, Any]]) -> str:
    scores = [n for n in rows[0] if n == "analogies" or n.startswith("spearman ")]
    head = ["", "trainer", "words/s", "x gensim", "end to end s", "x gensim", "memory MB", *scores]
    lines = [head, ["---"] * len(head)]
    for row in rows:
        lines.append(
            [
                row["case"],
                row["trainer"],
                f"{row['raw_words_per_second'] / 1e6:.2f}M",
                _ratio(row[f"train_ratio_to_{PEER}"]),
                f"{row['total_seconds']:.1f}",
                _ratio(row[f"total_ratio_to_{PEER}"]),
                f"{row['peak_memory_bytes'] / 1e6:.0f}",
                *(f"{100 * row[n]:.1f} %" if n == "analogies" else f"{row[n]:.3f}" for n in scores),
            ]
        )
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _ratio(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


if __name__ == "__main__":
    main()
