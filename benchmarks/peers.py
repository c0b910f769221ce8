"""How fast is w2v beside its peers, and are its vectors as good?

    python -m benchmarks.peers CORPUS [--eval-dir DIR] [--word2vec PATH]

Each trainer reads the same plain text with the same settings in a process of its own, on the same
cores. The repeats are interleaved, since machines are shared and noisy. Words a second count every
token of the text, over the training phase only. `--eval-dir` holds questions-words.txt and files of
word pairs. Writes NAME.json and NAME.png into benchmarks/results.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import statistics
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from benchmarks import charts, harness, trainers
from benchmarks.trainers import Run, Task
from w2v import Vectors, load
from w2v.backends import available_backends, usable_cores
from w2v.evaluation import evaluate
from w2v.text import read_corpus, read_pieces

CASES = {
    "skipgram-ns": {"model": "skipgram", "loss": "ns", "alpha": 0.025},
    "skipgram-hs": {"model": "skipgram", "loss": "hs", "alpha": 0.025},
    "cbow-ns": {"model": "cbow", "loss": "ns", "alpha": 0.05},
    "cbow-hs": {"model": "cbow", "loss": "hs", "alpha": 0.05},
}
_WARM_UP_CHARACTERS = 200_000


def main() -> None:
    """Train, time, score, print a table and keep the figures."""
    options = _options()
    cores = harness.stay_on(options.workers)
    chosen = find_trainers(options.trainers, options.word2vec)
    runs: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="w2v-peers-") as name:
        folder = Path(name)
        text, tokens = plain(options.corpus, folder)
        tasks = [make_task(options, case, text) for case in options.cases]
        warm_up(chosen, tasks, text)
        for repeat, (case, task), trainer in itertools.product(
            range(options.repeats), zip(options.cases, tasks, strict=True), chosen
        ):
            vectors = folder / f"{trainer}.bin"
            seed = options.seed + repeat
            task = replace(task, seed=seed, vectors=str(vectors))  # noqa: PLW2901
            done = chosen[trainer](task)
            found = {"case": case, "trainer": trainer, "repeat": repeat, "seed": seed}
            found |= asdict(done)
            found["raw_words_per_second"] = tokens * task.epochs / done.train_seconds
            found |= scores(load(vectors), options.eval_dir)
            harness.say(json.dumps(found))
            runs.append(found)
    summary = summarise(runs)
    settings = {**settings_of(tasks[0]), "repeats": options.repeats, "cases": CASES}
    result = {
        "environment": environment(cores),
        "corpus": {"name": Path(options.corpus).name, "tokens": tokens},
        "settings": settings,
        "notes": notes_on(chosen),
        "summary": summary,
        "runs": runs,
    }
    tell(result, markdown(summary), options)
    charts.keep(result, options.results / f"{options.name}.png")


def environment(cores: Sequence[int]) -> dict[str, Any]:
    """`harness.environment` with the versions of all trainers, and the cores they were bound to."""
    return {**harness.environment(trainers.PACKAGES), "bound_to_cores": list(cores)}


def tell(result: Mapping[str, Any], table: str, options: argparse.Namespace) -> None:
    """Print a table with the machine and what differs between trainers; keep the result."""
    print(table)
    print("\n" + harness.about(result["environment"]))
    print("\nWhat differs:\n" + "\n".join(f"* {k}: {v}" for k, v in result["notes"].items()))
    harness.write(options.name, dict(result), options.results)


def summarise(runs: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Medians of times, means of scores with their standard errors over the repeats, medians of the
    ratios within a repeat."""
    rows = []
    for case, trainer in dict.fromkeys((run["case"], run["trainer"]) for run in runs):
        mine = [run for run in runs if (run["case"], run["trainer"]) == (case, trainer)]
        beside = [run for run in runs if (run["case"], run["trainer"]) == (case, charts.YARDSTICK)]
        row: dict[str, Any] = {"case": case, "trainer": trainer}
        for name in ("raw_words_per_second", "train_seconds", "total_seconds"):
            row[name] = statistics.median(run[name] for run in mine)
        row["peak_memory_bytes"] = max(
            (run["peak_memory_bytes"] for run in mine if run["peak_memory_bytes"]), default=None
        )
        row |= ratios_of(mine, beside)
        for name in charts.score_names(mine):
            row[name] = statistics.mean(run[name] for run in mine)
        row["standard_errors"] = {
            name: standard_error(mine, name) for name in charts.score_names(mine)
        }
        rows.append(row)
    return rows


def ratios_of(
    mine: Sequence[dict[str, Any]], beside: Sequence[dict[str, Any]]
) -> dict[str, float | None]:
    """How many times as fast as gensim in training and from start to end: medians over repeats."""
    found: dict[str, float | None] = {}
    for phase in ("train", "total"):
        which = f"{phase}_seconds"
        ratios = [b[which] / a[which] for a, b in zip(mine, beside, strict=False)]
        found[f"{phase}_ratio_to_{charts.YARDSTICK}"] = (
            statistics.median(ratios) if ratios else None
        )
    return found


def ratios(results: Mapping[str, Mapping[str, Any]], trainer: str) -> str:
    """A row for each case: a trainer's ratios to gensim in results of several processors."""
    head, cases = ["times as fast as gensim"], dict[str, list[str]]()
    for name, result in results.items():
        head += [f"training, {name}", f"start to end, {name}"]
        for row in result["summary"]:
            if row["trainer"] == trainer:
                cells = [ratio(row[f"{p}_ratio_to_{charts.YARDSTICK}"]) for p in ("train", "total")]
                cases.setdefault(row["case"], []).extend(cells)
    return harness.markdown(head, [[charts.CASES[case], *cells] for case, cells in cases.items()])


def markdown(rows: Sequence[dict[str, Any]]) -> str:
    """The table for people."""
    kinds = charts.score_names(rows)
    head = [
        "",
        "",
        "words/s in training",
        f"to {charts.YARDSTICK}",
        "end to end",
        f"to {charts.YARDSTICK}",
    ]
    head += ["peak memory", *(charts.SCORES.get(name, name) for name in kinds)]
    lines = []
    case = ""
    for row in rows:
        memory = row["peak_memory_bytes"]
        title = "" if row["case"] == case else charts.CASES[row["case"]]
        case = row["case"]
        lines.append(
            [
                title,
                charts.trainer(row["trainer"]),
                f"{row['raw_words_per_second'] / 1e6:.2f} M",
                ratio(row[f"train_ratio_to_{charts.YARDSTICK}"]),
                f"{row['total_seconds']:.1f} s",
                ratio(row[f"total_ratio_to_{charts.YARDSTICK}"]),
                f"{memory / 1e6:.0f} MB" if memory else "-",
                *(shown(name, row[name], row["standard_errors"][name]) for name in kinds),
            ]
        )
    return harness.markdown(head, lines)


def _options() -> argparse.Namespace:
    parser = parser_of(__doc__ or "")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--name", default="peers")
    return parser.parse_args()


def parser_of(description: str) -> argparse.ArgumentParser:
    """What every comparison of trainers is told."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("corpus", help="text, or text compressed as w2v reads it")
    parser.add_argument("--eval-dir", type=Path)
    parser.add_argument("--trainers", nargs="+", help="gensim, fasttext, word2vec, w2v-BACKEND")
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--word2vec", metavar="PATH", help="word2vec.c, if it is not on PATH")
    parser.add_argument("--seed", type=int, default=1, help="of the first repeat; then one more")
    parser.add_argument("--workers", type=int, default=usable_cores())
    for name in ("epochs", "dim", "window", "negative", "sample", "min_count"):
        default = getattr(Task, name)
        flag = f"--{name.replace('_', '-')}"
        parser.add_argument(flag, type=type(default), default=default)
    parser.add_argument("--results", type=Path, default=harness.RESULTS)
    return parser


def find_trainers(wanted: Sequence[str] | None, word2vec: str | None) -> dict[str, Run]:
    """Trainers that are here, of those asked for; a line about each that is not."""
    found = trainers.peers(word2vec)
    for state in available_backends():
        usable = trainers.w2v(state.name) if state.backend else state.reason
        found[f"w2v-{state.name}"] = usable
    if unknown := sorted(set(wanted or ()) - set(found)):
        raise SystemExit(f"No trainer {', '.join(unknown)}; there are {', '.join(found)}.")
    chosen: dict[str, Run] = {}
    for name in wanted or found:
        run = found[name]
        if isinstance(run, str):
            harness.say(f"Without {name}: {run}")
        else:
            chosen[name] = run
    if not chosen:
        raise SystemExit("There is no trainer to run.")
    return chosen


def plain(corpus: str, folder: Path) -> tuple[Path, int]:
    """The corpus as one plain text file, since the peers read nothing else, and its tokens."""
    path = folder / "corpus.txt"
    with path.open("w", encoding="utf-8") as file:
        for piece in read_pieces([corpus]):
            file.write(piece)
        file.write("\n")
    with read_corpus(path, min_count=1) as read:
        return path, read.stats.tokens


def make_task(options: argparse.Namespace, case: str, text: Path) -> Task:
    names = ("epochs", "workers", "dim", "window", "negative", "sample", "min_count")
    given = {name: getattr(options, name) for name in names}
    return Task(text=str(text), vectors="", **CASES[case], **given)  # type: ignore[arg-type]


def warm_up(chosen: dict[str, Run], tasks: Sequence[Task], text: Path) -> None:
    """Let w2v compile and cache what each case needs, and everybody read the text once."""
    few = text.with_name("warm-up.txt")
    with text.open(encoding="utf-8") as file:
        few.write_text(file.read(_WARM_UP_CHARACTERS), encoding="utf-8")
    for task, trainer in itertools.product(tasks, chosen):
        if trainer.startswith("w2v-"):
            vectors = str(text.with_name("warm-up.bin"))
            chosen[trainer](replace(task, text=str(few), vectors=vectors, epochs=1, min_count=1))


def scores(vectors: Vectors, folder: Path | None) -> dict[str, float]:
    """Analogies and each set of pairs in a folder, by name."""
    if folder is None:
        return {}
    questions = folder / "questions-words.txt"
    pairs = [p for p in sorted(folder.iterdir()) if p != questions and p.suffix in (".tsv", ".txt")]
    found = evaluate(vectors, [questions] if questions.exists() else [], pairs)
    named = {f"spearman {Path(p.file).stem}": p.spearman or 0.0 for p in found.pairs}
    if found.analogies:
        named["analogies"] = found.analogies[0].overall.accuracy or 0.0
    return named


def notes_on(chosen: Iterable[str]) -> dict[str, str]:
    """What cannot be made equal, of all trainers and of those that run."""
    here = {"all", *(trainer.split("-")[0] for trainer in chosen)}
    return {name: note for name, note in trainers.NOTES.items() if name in here}


def settings_of(task: Task) -> dict[str, Any]:
    """What all runs have in common."""
    own = ("text", "vectors", "model", "loss", "alpha", "seed")
    return {name: value for name, value in asdict(task).items() if name not in own}


def standard_error(runs: Sequence[dict[str, Any]], name: str) -> float | None:
    """Of the mean over the repeats; None if there is one only."""
    scores = [run[name] for run in runs]
    return statistics.stdev(scores) / math.sqrt(len(scores)) if len(scores) > 1 else None


def shown(name: str, value: float, error: float | None) -> str:
    scale, digits = (100, 1) if name == "analogies" else (1, 3)
    found = [scale * part for part in (value, error) if part is not None]
    return " ± ".join(f"{part:.{digits}f}".replace("0.", ".", digits == 3) for part in found)


def ratio(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


if __name__ == "__main__":
    main()
