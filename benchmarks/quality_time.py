"""How long does each trainer take until its vectors are as good as gensim's?

    python -m benchmarks.quality_time CORPUS --eval-dir DIR [--word2vec PATH]

gensim trains for all epochs; the means of its scores over the seeds are what has to be reached.
Each other trainer then runs for one epoch, two, three and so on: whole runs, each from the text to
the vectors on the disk, its learning rate falling to its end, since that is what somebody can
choose who wants such vectors soon. (The vectors at the epoch ends of one long run are worse than
those of short runs: their rate is still high.) It goes on until the means over the seeds have
reached all scores, or for `--most-epochs`, and for as many epochs as gensim at the least, for its
final scores beside gensim's.

Seconds are of the whole process: starting, counting, encoding, training, saving. Between the last
number of epochs that falls short and the first that does not they are interpolated along the score;
if one epoch is enough they are "at most" its seconds. Scores are noisy, so standard errors stand
beside them: who ends with equal scores may need an epoch more or less to get there. "never" is
followed by the best mean that was reached. gensim's own seconds are those of its whole run.

Of each seed and case gensim's run is the first, then come the others' for one epoch, two and so
on, up to as many as gensim's; longer ones are the last of all. Writes NAME.json into
benchmarks/results.
"""

from __future__ import annotations

import itertools
import json
import statistics
import tempfile
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from benchmarks import charts, harness, peers
from benchmarks.charts import YARDSTICK
from benchmarks.trainers import Run, Task
from w2v import load

Found = dict[str, Any]


def main() -> None:
    """Train until it is good enough, print a table, keep the figures."""
    options = _options()
    if options.eval_dir is None:
        raise SystemExit("--eval-dir is needed: there is no quality without test sets.")
    cores = harness.stay_on(options.workers)
    chosen = peers.find_trainers(options.trainers, options.word2vec)
    if YARDSTICK not in chosen:
        raise SystemExit(f"{YARDSTICK} has to run, since its scores are what is to be reached.")
    runs: list[Found] = []
    with tempfile.TemporaryDirectory(prefix="w2v-quality-") as name:
        text, tokens = peers.plain(options.corpus, Path(name))
        tasks = {case: peers.make_task(options, case, text) for case in options.cases}
        peers.warm_up(chosen, list(tasks.values()), text)
        for run in all_runs(tasks, chosen, options):
            harness.say(json.dumps(run))
            runs.append(run)
    summary = summarise(runs)
    settings = peers.settings_of(next(iter(tasks.values())))
    result: Found = {
        "environment": peers.environment(cores),
        "corpus": {"name": Path(options.corpus).name, "tokens": tokens},
        "settings": {**settings, "seeds": options.seeds, "cases": peers.CASES},
        "notes": peers.notes_on(chosen),
        "summary": summary,
        "runs": runs,
    }
    peers.tell(result, markdown(summary), options)


def all_runs(
    tasks: Mapping[str, Task], chosen: Mapping[str, Run], options: Namespace
) -> Iterator[Found]:
    """Of each seed and case gensim's whole run, then the others'; at the end the longer ones."""
    runs: list[Found] = []
    seeds = range(options.seed, options.seed + options.seeds)

    def train(case: str, trainer: str, epochs: int, seed: int) -> Found:
        vectors = Path(tasks[case].text).with_name(f"{trainer}.bin")
        task = replace(tasks[case], epochs=epochs, seed=seed, vectors=str(vectors))
        found = {"case": case, "trainer": trainer, "epochs": epochs, "seed": seed}
        found |= asdict(chosen[trainer](task))
        runs.append(found | peers.scores(load(vectors), options.eval_dir))
        return runs[-1]

    others = [trainer for trainer in chosen if trainer != YARDSTICK]
    pairs = list(itertools.product(tasks, others))
    for seed, case in itertools.product(seeds, tasks):
        yield train(case, YARDSTICK, options.epochs, seed)
        for epochs, trainer in itertools.product(range(1, options.epochs + 1), others):
            yield train(case, trainer, epochs, seed)
    for epochs in range(options.epochs + 1, options.most_epochs + 1):
        pairs = [pair for pair in pairs if not _all_reached(runs, *pair)]
        for seed, (case, trainer) in itertools.product(seeds, pairs):
            yield train(case, trainer, epochs, seed)


def _all_reached(runs: Sequence[Found], case: str, trainer: str) -> bool:
    """Were all of gensim's scores reached with some number of epochs each time?"""
    ((_, target),) = means(_of(runs, case, YARDSTICK)).items()
    return any(
        all(at[name] >= target[name] for name in charts.score_names([target]))
        for at in means(_of(runs, case, trainer)).values()
    )


def means(runs: Sequence[Found]) -> dict[int, dict[str, float]]:
    """By number of epochs: mean scores, and median "seconds", over the seeds."""
    found = {}
    for epochs in sorted({run["epochs"] for run in runs}):
        some = [run for run in runs if run["epochs"] == epochs]
        found[epochs] = {
            name: statistics.mean(run[name] for run in some) for name in charts.score_names(some)
        }
        found[epochs]["seconds"] = statistics.median(run["total_seconds"] for run in some)
    return found


def until(points: Mapping[int, Mapping[str, float]], name: str, target: float) -> Found:
    """When a score was first reached, from `means`.

    "seconds" is None where it never was; "at_most" where the first number of epochs was enough.
    """
    before: tuple[int, Mapping[str, float]] | None = None
    for epochs, at in points.items():
        if at[name] >= target:
            if before is None:
                return {"seconds": at["seconds"], "epochs": float(epochs), "at_most": True}
            share = (target - before[1][name]) / (at[name] - before[1][name])
            seconds = before[1]["seconds"] + share * (at["seconds"] - before[1]["seconds"])
            return {
                "seconds": seconds,
                "epochs": before[0] + share * (epochs - before[0]),
                "at_most": False,
            }
        before = epochs, at
    return {"seconds": None, "best": max(at[name] for at in points.values()), "tried": max(points)}


def summarise(runs: Sequence[Found]) -> list[Found]:
    """Of each case and trainer: when each score and all were reached, and the final scores."""
    rows = []
    for case, trainer in dict.fromkeys((run["case"], run["trainer"]) for run in runs):
        yardstick = _of(runs, case, YARDSTICK)
        whole = max(run["epochs"] for run in yardstick)
        target = means(yardstick)[whole]
        mine = _of(runs, case, trainer)
        points, names = means(mine), charts.score_names([target])
        final = [run for run in mine if run["epochs"] == whole]
        if trainer == YARDSTICK:
            own = {"seconds": target["seconds"], "epochs": float(whole), "at_most": False}
            reached = dict.fromkeys(names, own)
        else:
            reached = {name: until(points, name, target[name]) for name in names}
        seconds = [found["seconds"] for found in reached.values()]
        every = None if None in seconds else max(seconds)
        rows.append(
            {
                "case": case,
                "trainer": trainer,
                "reached": reached,
                "all_seconds": every,
                "all_at_most": any(
                    found.get("at_most") for found in reached.values() if found["seconds"] == every
                ),
                "ratio": None if every is None else target["seconds"] / every,
                "whole_epochs": whole,
                "whole_seconds": points[whole]["seconds"] if whole in points else None,
                "points": points,
                **peers.ratios_of(final, [run for run in yardstick if run["epochs"] == whole]),
                **{name: statistics.mean(run[name] for run in final) for name in names if final},
                "standard_errors": {name: peers.standard_error(final, name) for name in names},
            }
        )
    return rows


def markdown(rows: Sequence[Found]) -> str:
    """The table for people: seconds until each score and all, then the final scores."""
    names = charts.score_names(rows)
    short = [charts.SCORES.get(name, name).removesuffix(", %") for name in names]
    whole = rows[0]["whole_epochs"]
    head = ["", "", "all scores reached", f"to {YARDSTICK}", *(f"{name} reached" for name in short)]
    head += [f"{charts.SCORES.get(name, name)} after {whole} epochs" for name in names]
    lines, case = [], ""
    for row in rows:
        title = "" if row["case"] == case else charts.CASES[row["case"]]
        case = row["case"]
        every = {"seconds": row["all_seconds"], "at_most": row["all_at_most"]}
        lines.append(
            [
                title,
                charts.trainer(row["trainer"]),
                _seconds(every),
                peers.ratio(row["ratio"]),
                *(_seconds(row["reached"][name], name) for name in names),
                *(peers.shown(name, row[name], row["standard_errors"][name]) for name in names),
            ]
        )
    return harness.markdown(head, lines)


def _seconds(found: Found, name: str = "") -> str:
    if found["seconds"] is not None:
        return "at most " * bool(found["at_most"]) + f"{found['seconds']:.1f} s"
    if not name:
        return "never"
    return f"never: {peers.shown(name, found['best'], None)} in {found['tried']} epochs"


def _of(runs: Sequence[Found], case: str, trainer: str) -> list[Found]:
    return [run for run in runs if (run["case"], run["trainer"]) == (case, trainer)]


def _options() -> Namespace:
    parser = peers.parser_of(__doc__ or "")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--most-epochs", type=int, help="[twice --epochs]")
    parser.add_argument("--name", default="quality_time")
    options = parser.parse_args()
    if options.most_epochs is None:
        options.most_epochs = 2 * options.epochs
    if options.most_epochs < options.epochs:
        parser.error("--most-epochs is less than --epochs, of which the final scores are.")
    return options


if __name__ == "__main__":
    main()
