"""The trainers `peers` compares: one task in, times and memory out, each in a process of its own.

    python -m benchmarks.trainers gensim|fasttext TASK      a peer that is a library, TASK as JSON

w2v and word2vec.c are commands. Times of training alone come from w2v's report, from a clock around
gensim's `train`, and from the lines of progress that fastText and word2vec.c print: what 100 % take
at the pace between the first and the last line, since both count the vocabulary in the same call.
"""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path

from benchmarks import harness

PROGRESS = r"Progress:\s*([\d.]+)%"
PACKAGES = ("w2v", "numpy", "numba", "gensim", "fasttext-wheel")
FASTTEXT_THREADS = 10
"""fastText gives random values to a tenth of its table per thread, and leaves the rest zero."""

NOTES = {
    "all": "bound to the same cores, as many as a trainer has threads; each repeat has another "
    "seed; memory is that of the process.",
    "w2v": "what it compiles is compiled and cached by a short run before, as on a second use.",
    "gensim": "reads through `corpus_file`, its fast path; starts from vectors twice as long as "
    "word2vec.c's; each thread counts its words of an epoch against those of the whole text, so "
    "that its rate ends near 0 with one thread, with two, after five epochs, at a tenth of its "
    "start.",
    "fasttext": f"{FASTTEXT_THREADS} threads on the cores the others have, since with fewer it "
    "leaves a part of its table zero (two are no faster); noise words by count^0.5, the others' by "
    "count^0.75; the centre is hidden and the context predicted; lines are cut at 1,024 tokens; "
    "passes go on until as many known words were seen as the text has words, rare ones included, "
    "so there are a few per cent more; the learning rate falls to 0.",
    "word2vec": "word2vec.c takes no seed and cuts lines at 1,000 tokens; its speed depends on how "
    "it was compiled.",
}


@dataclass(frozen=True)
class Task:
    """What to train on what, and where to put the vectors."""

    text: str
    vectors: str
    model: str
    loss: str
    alpha: float
    seed: int = 1
    epochs: int = 5
    workers: int = 1
    dim: int = 100
    window: int = 5
    negative: int = 5
    sample: float = 1e-3
    min_count: int = 5


@dataclass(frozen=True)
class Done:
    """What it took."""

    train_seconds: float
    """The training phase alone."""
    total_seconds: float
    """The whole process, from its start to the file on disk."""
    peak_memory_bytes: int | None


Run = Callable[[Task], Done]


def w2v(backend: str) -> Run:
    """`w2v train` on one backend."""

    def run(task: Task) -> Done:
        report = f"{task.vectors}.json"
        command = [sys.executable, "-m", "w2v", "train", task.text, "-q", "--report", report]
        command += ["-o", task.vectors, "--backend", backend]
        for name, value in asdict(task).items():
            if name not in ("text", "vectors") and (name != "negative" or task.loss == "ns"):
                command += [f"--{name.replace('_', '-')}", str(value)]
        done = harness.run(command)
        seconds = json.loads(Path(report).read_text(encoding="utf-8"))["seconds"]
        return Done(seconds["train"], done.seconds, done.peak_memory_bytes)

    return run


def word2vec(executable: str) -> Run:
    """word2vec.c."""

    def run(task: Task) -> Done:
        options = {
            "-train": task.text,
            "-output": task.vectors,
            "-cbow": int(task.model == "cbow"),
            "-hs": int(task.loss == "hs"),
            "-negative": task.negative if task.loss == "ns" else 0,
            "-alpha": task.alpha,
            "-iter": task.epochs,
            "-threads": task.workers,
            "-size": task.dim,
            "-window": task.window,
            "-sample": task.sample,
            "-min-count": task.min_count,
            "-binary": 1,
        }
        words = [str(word) for pair in options.items() for word in pair]
        done = harness.run([executable, *words], PROGRESS)
        return Done(_trained(done), done.seconds, done.peak_memory_bytes)

    return run


def library(name: str) -> Run:
    """gensim or fastText, by this module as a program."""

    def run(task: Task) -> Done:
        command = [sys.executable, "-m", "benchmarks.trainers", name, json.dumps(asdict(task))]
        done = harness.run(command, PROGRESS)
        said = json.loads(done.output.splitlines()[-1])
        return Done(said["train_seconds"] or _trained(done), done.seconds, done.peak_memory_bytes)

    return run


def _trained(done: harness.Finished) -> float:
    if done.progress_seconds is None:
        harness.say("Too quick to show progress: the whole process counts as training.")
        return done.seconds
    return done.progress_seconds


def peers(executable: str | None = None) -> dict[str, Run | str]:
    """Each peer by name, or how to get it."""
    found: dict[str, Run | str] = {}
    for name, package in (("gensim", "gensim"), ("fasttext", "fasttext-wheel")):
        here = find_spec(name) is not None
        found[name] = library(name) if here else f"not installed: pip install {package}"
    path = shutil.which(executable or "word2vec")
    found["word2vec"] = word2vec(path) if path else "no such program: --word2vec PATH"
    return found


def train_gensim(task: Task) -> float:
    """Count, train from the file, save; the seconds of training."""
    from gensim.models import Word2Vec

    model = Word2Vec(
        sg=task.model == "skipgram",
        hs=task.loss == "hs",
        negative=task.negative if task.loss == "ns" else 0,
        vector_size=task.dim,
        window=task.window,
        sample=task.sample,
        min_count=task.min_count,
        alpha=task.alpha,
        min_alpha=task.alpha * 1e-4,
        epochs=task.epochs,
        workers=task.workers,
        seed=task.seed,
    )
    model.build_vocab(corpus_file=task.text)
    started = time.perf_counter()
    model.train(
        corpus_file=task.text,
        total_examples=model.corpus_count,
        total_words=model.corpus_total_words,
        epochs=model.epochs,
    )
    seconds = time.perf_counter() - started
    model.wv.save_word2vec_format(task.vectors, binary=True)
    return seconds


def train_fasttext(task: Task) -> None:
    """Count, train and save; its lines of progress tell the time of training."""
    import fasttext
    import numpy as np

    fasttext.FastText.unsupervised_default["seed"] = task.seed  # no argument of the call
    model = fasttext.train_unsupervised(
        task.text,
        model=task.model,
        loss=task.loss,
        lr=task.alpha,
        dim=task.dim,
        ws=task.window,
        neg=task.negative,
        t=task.sample,
        minCount=task.min_count,
        epoch=task.epochs,
        thread=FASTTEXT_THREADS,
        minn=0,
        maxn=0,
        verbose=2,
    )
    words = model.get_words()
    matrix = np.asarray(model.get_input_matrix()[: len(words)], "<f4")
    with Path(task.vectors).open("wb") as file:
        file.write(f"{len(words)} {matrix.shape[1]}\n".encode())
        for word, row in zip(words, matrix, strict=True):
            file.write(word.encode() + b" " + row.tobytes() + b"\n")


def main() -> None:
    """Train with the library named first, on the task that comes second."""
    name, task = sys.argv[1], Task(**json.loads(sys.argv[2]))
    seconds = None
    if name == "gensim":
        seconds = train_gensim(task)
    else:
        train_fasttext(task)
    print(json.dumps({"train_seconds": seconds}))


if __name__ == "__main__":
    main()
