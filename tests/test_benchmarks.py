"""Every benchmark runs at tiny size, so that it cannot rot."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from benchmarked import ROOT, run
from corpora import two_topics

from benchmarks import (
    checkpoints,
    harness,
    killed_run,
    peers,
    quality_time,
    trainers,
)
from benchmarks.peers import summarise
from w2v import Vectors, Word2Vec

FAKE = """#!{python}
import sys, time
for share in (10, 60, 90):
    print(f"\\rAlpha: 0.01  Progress: {{share}}.00%  Words/thread/sec: 1k", end="", flush=True)
    time.sleep(0.02)
path = sys.argv[sys.argv.index("-output") + 1]
open(path, "w").write("2 1\\nanimal1 1\\nanimal2 -1\\n")
"""


def test_peers(tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text("\n".join(map(" ".join, two_topics(400))), encoding="utf-8")
    scores = tmp_path / "eval"
    scores.mkdir()
    (scores / "pairs.tsv").write_text("animal1\tanimal2\t9\nanimal1\ttool2\t1\ntool1\ttool2\t8\n")
    quick = ["--eval-dir", scores, "--repeats", 1, "--epochs", 1, "--workers", 1]
    quick += ["--cases", "skipgram-ns"]
    table, found = run("peers", tmp_path, text, *quick)
    assert "spearman pairs" in table.splitlines()[0]
    assert found["corpus"]["tokens"] == 3200
    assert table.count("| w2v on numpy |") == 1
    assert {"w2v-numpy", "w2v-numba"} <= {row["trainer"] for row in found["summary"]}
    for row in found["summary"]:
        assert 0 < row["train_seconds"] <= row["total_seconds"]


def test_peers_runs_word2vec_and_leaves_out_what_is_not_there(tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text("\n".join(map(" ".join, two_topics(50))), encoding="utf-8")
    fake = tmp_path / "word2vec"
    fake.write_text(FAKE.format(python=sys.executable), encoding="utf-8")
    fake.chmod(0o755)
    cases = ["skipgram-ns", "cbow-hs"]
    options = ["--trainers", "word2vec", "w2v-cupy", "--word2vec", fake, "--cases", *cases]
    table, found = run("peers", tmp_path, text, *options, "--repeats", 2)
    assert [row["case"] for row in found["summary"] if row["trainer"] == "word2vec"] == cases
    assert "| CBOW, hierarchical softmax | word2vec.c | " in table
    assert found["notes"].keys() >= {"all", "word2vec"}
    assert [r["repeat"] for r in found["runs"] if r["trainer"] == "word2vec"] == [0, 0, 1, 1]


def test_ratios_are_within_a_repeat() -> None:
    runs = [
        {"case": "c", "trainer": trainer, "train_seconds": t, "total_seconds": 2 * t}
        | {"raw_words_per_second": 1 / t, "peak_memory_bytes": m, "analogies": t}
        for trainer, times, m in (("gensim", (1, 10, 4), 5), ("w2v-x", (1, 2, 2), None))
        for t in times
    ]
    gensim, ours = summarise(runs)
    assert ours["standard_errors"]["analogies"] == pytest.approx(1 / 3)
    assert summarise(runs[:1])[0]["standard_errors"]["analogies"] is None
    assert gensim["train_ratio_to_gensim"] == 1
    assert ours["train_ratio_to_gensim"] == 2  # of 1, 5 and 2
    assert ours["train_seconds"] == 2
    assert ours["analogies"] == pytest.approx(5 / 3)
    assert ours["peak_memory_bytes"] is None


def test_quality_time_of_made_up_trainers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Scores of 1 word in the right order, or of none, by the number of epochs."""
    text, scores = tmp_path / "text.txt", tmp_path / "eval"
    text.write_text("a b c d\n", encoding="utf-8")
    scores.mkdir()
    (scores / "pairs.tsv").write_text("a\tb\t9\na\tc\t5\na\td\t1\n", encoding="utf-8")
    ran: list[tuple[str, int, int]] = []

    def trainer(name: str, needed: int) -> trainers.Run:
        def train(task: trainers.Task) -> trainers.Done:
            ran.append((name, task.epochs, task.seed))
            far = (3, 2, 1) if task.epochs < needed else (1, 2, 3)
            rows = [[1, 0], *([1, x] for x in far)]
            Vectors(list("abcd"), np.array(rows, np.float32)).save(task.vectors)
            return trainers.Done(1.0 * task.epochs, 10.0 * task.epochs, None)

        return train

    chosen = {"gensim": trainer("gensim", 1), "w2v-fast": trainer("w2v-fast", 2)}
    chosen["w2v-bad"] = trainer("w2v-bad", 99)
    monkeypatch.setattr(peers, "find_trainers", lambda *_: chosen)
    monkeypatch.setattr(peers, "warm_up", lambda *_: None)
    monkeypatch.setattr(harness, "stay_on", lambda _: [])
    options = ["--eval-dir", scores, "--cases", "cbow-hs", "--epochs", 2, "--seeds", 2]
    options += ["--most-epochs", 3, "--results", tmp_path]
    monkeypatch.setattr(sys, "argv", ["quality_time", str(text), *map(str, options)])
    quality_time.main()
    assert [run[1:] for run in ran if run[0] == "gensim"] == [(2, 1), (2, 2)]
    of_both = [(1, 1), (2, 1), (1, 2), (2, 2)]
    assert [run[1:] for run in ran if run[0] == "w2v-fast"] == of_both
    assert [run[1:] for run in ran if run[0] == "w2v-bad"] == [*of_both, (3, 1), (3, 2)]
    assert [run[0] for run in ran[:4]] == ["gensim", "w2v-fast", "w2v-bad", "w2v-fast"]
    lines = capsys.readouterr().out.splitlines()
    assert lines[2] == (
        "| CBOW, hierarchical softmax | gensim | 20.0 s | 1.00 | 20.0 s | 1.000 ± .000 |"
    )
    assert lines[3] == "|  | w2v on fast | 20.0 s | 1.00 | 20.0 s | 1.000 ± .000 |"
    never = "never: -1.000 in 3 epochs"
    assert lines[4] == f"|  | w2v on bad | never | - | {never} | -1.000 ± .000 |"
    found = json.loads((tmp_path / "quality_time.json").read_text(encoding="utf-8"))
    assert [row["all_seconds"] for row in found["summary"]] == [20, 20, None]
    lines = peers.ratios({"here": found}, "w2v-fast").splitlines()
    assert lines[0] == "| times as fast as gensim | training, here | start to end, here |"
    assert lines[2:] == ["| CBOW, hierarchical softmax | 1.00 | 1.00 |"]


def test_when_a_score_is_reached() -> None:
    points = {1: {"x": 0.1, "seconds": 12.0}, 2: {"x": 0.3, "seconds": 20.0}}
    points[3] = {"x": 0.2, "seconds": 28.0}  # noise: the first time counts
    found = quality_time.until(points, "x", 0.25)
    assert found == {"seconds": pytest.approx(18), "epochs": pytest.approx(1.75), "at_most": False}
    assert quality_time.until(points, "x", 0.05) == {"seconds": 12, "epochs": 1, "at_most": True}
    assert quality_time.until(points, "x", 0.4) == {"seconds": None, "best": 0.3, "tried": 3}


def test_progress_is_timed() -> None:
    code = (
        "import sys, time\n"
        "for share in ('0.0', '50.0', '100.0'):\n"
        "    for part in ('\\rProgress: ', share, '% done'):\n"
        "        print(part, end='', flush=True, file=sys.stderr)\n"
        "        time.sleep(0.01)\n"
    )
    done = harness.run([sys.executable, "-c", code], r"Progress:\s*([\d.]+)%")
    assert [share for _, share in done.progress] == [0, 50, 100]
    assert [at for at, _ in done.progress] == sorted(at for at, _ in done.progress)
    assert harness.run([sys.executable, "-c", "print(1)"]).progress == []


def test_pace_of_progress_makes_the_time_of_training() -> None:
    assert harness.Finished(9, "", [(1, 10), (2, 30), (3, 60)], None).progress_seconds == 4
    for moments in ([], [(1.0, 100.0)], [(1.0, 5.0), (2.0, 5.0)]):
        assert harness.Finished(9, "", moments, None).progress_seconds is None


def test_cpus_of_different_cores_come_first(tmp_path: Path) -> None:
    for cpu, siblings in enumerate(("0-1", "0-1", "2-3", "2-3")):
        path = tmp_path / f"cpu{cpu}" / "topology" / "thread_siblings_list"
        path.parent.mkdir(parents=True)
        path.write_text(siblings + "\n", encoding="ascii")
    assert harness.one_a_core({0, 1, 2, 3}, tmp_path) == [0, 2, 1, 3]
    assert harness.one_a_core({1, 2, 3}, tmp_path) == [1, 2, 3]
    assert harness.one_a_core({7, 5}, tmp_path) == [5, 7]  # nothing says that they share a core


def test_failures_say_why() -> None:
    with pytest.raises(SystemExit, match="failed with 3:\nbad news"):
        harness.run([sys.executable, "-c", "import os; os.write(2, b'bad news'); os._exit(3)"])


def test_scaling(tmp_path: Path) -> None:
    table, found = run("scaling", tmp_path, "--tiny", "--repeats", 1, "--backend", "numpy")
    axes = {row["axis"]: row for row in found["summary"]}
    assert axes.keys() >= {"dim", "window", "negative", "words", "tokens"}
    assert axes["tokens"]["seconds"][1] > axes["tokens"]["seconds"][0]
    assert table.count("\n") == 4 + len(axes)


def test_scaling_of_workers(tmp_path: Path) -> None:
    quick = ["--tiny", "--repeats", 1, "--backend", "numpy", "--loss", "ns"]
    table, found = run("scaling", tmp_path, *quick, "--workers", 1, 2)
    for row in found["workers"]:
        assert row["workers"] == [1, 2]
        assert row["share_of_perfect"][0] == 1
        assert row["share_of_perfect"][1] == pytest.approx(
            row["seconds"][0] / row["seconds"][1] / 2
        )
        assert row["fit"] is None
    assert {row["model"] for row in found["workers"]} == {"skipgram", "cbow"}
    assert re.search(r"^\| cbow ns \| .* s, 100% \| .* \| [12] \| - \| - \|$", table, re.MULTILINE)


@pytest.mark.skipif(sys.platform == "win32", reason="no process can be asked to end there")
def test_checkpoints(tmp_path: Path) -> None:
    table, found = run("checkpoints", tmp_path, "--quick", "--pairs", 1, "--workers", 1)
    [row] = found["rows"]
    assert table.splitlines()[-1].startswith("| 500 x 20 |")
    assert row["checkpoints"] == len(row["pairs"][0]["with"]["idle"]) > 0
    assert 0 < row["least_stall_seconds"] <= row["longest_of_a_worker_seconds"]
    assert row["checkpoint_bytes"] > 2 * row["table_bytes"]
    assert 0 < row["load_seconds"] < row["load_seconds"] + row["resume_more_seconds"]


def test_what_a_checkpoint_costs_is_the_work_that_was_not_done() -> None:
    quiet = [(0.0, 0.0, 0, False), (1.0, 0.1, 0, False), (2.0, 0.2, 0, False)]
    writing = [(3.0, 0.25, 1, True), (4.0, 0.3, 1, False), (5.0, 0.4, 1, False)]
    assert checkpoints._lost(quiet + writing) == pytest.approx(1.0)


def test_queries(tmp_path: Path) -> None:
    table, found = run("queries", tmp_path, "--words", 300, "--dim", 8, "--batch", 5)
    assert "| batch of 5 | w2v |" in table
    assert all(min(row["seconds"]) > 0 for row in found["rows"])
    assert {row["query"] for row in found["rows"]} >= {"the first", "nearest", "batch"}


def test_neighbours(tmp_path: Path) -> None:
    quick = ["--words", 300, "--dim", 8, "--sample", 20, "-n", 12, "--repeats", 1]
    table, found = run("neighbours", tmp_path, *quick)
    assert "| neighbours, 20 words |" in table
    rows = {row["what"]: row for row in found["rows"]}
    assert rows["neighbours, 20 words"]["share_of_product"] > 0
    if find_spec("faiss"):
        assert 0.9 < rows["index: 20 words, effort 512"]["recall_at_10"] <= 1


def test_loading(tmp_path: Path) -> None:
    table, found = run("loading", tmp_path, "--words", 1500, "--dim", 8, "--repeats", 2)
    assert "| binary | its bytes |" in table
    assert all(len(row["seconds"]) == 2 and min(row["seconds"]) > 0 for row in found["rows"])
    assert {row["file"] for row in found["rows"]} == {"binary", "npz", "safetensors"}
    assert found["settings"]["file_bytes"] > 1500 * 8 * 4


def test_text(tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text("\n".join(map(" ".join, two_topics(400))), encoding="utf-8")
    for source, threads in ([str(text)], "1,2"), (["--tokens", "4000", "--types", "100"], "1"):
        command = [sys.executable, "-m", "benchmarks.text", *source, "--repeats", "1"]
        command += ["--threads", threads]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
        assert done.returncode == 0, done.stderr
        found = [line.split()[1:4:2] for line in done.stdout.splitlines()[2:]]
        assert [row for row in found if row[0] != "gensim"] == [
            [kind, count] for kind in ("plain", "gzip") for count in threads.split(",")
        ]


def test_same_code(tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text("\n".join(map(" ".join, two_topics(400))), encoding="utf-8")
    options = ["--tokens", 2000, "--repeats", 1, "--workers", 1, "--cases", "skipgram-ns"]
    table, found = run("same_code", tmp_path, text, *options)
    assert table.count("| skipgram-ns |") == 1
    (row,) = found["summary"]
    assert row["w2v_seconds"] > 0
    assert (row["gensim_seconds"] is None) == (find_spec("gensim") is None)


def test_graphs(tmp_path: Path) -> None:
    table, found = run("graphs", tmp_path, "--nodes", 200, "--block", 20, "--workers", 1)
    assert "| w2v | " in table
    ours = found["summary"][-1]
    assert ours["trainer"] == "w2v"
    assert 0 < ours["same_block"] <= 1


def test_packages(tmp_path: Path) -> None:
    options = ["--cases", "baskets", "--size", 0.02, "--repeats", 1, "--workers", 1]
    table, found = run("packages", tmp_path, *options)
    assert table.count("| baskets |") == 1
    (row,) = found["summary"]
    assert 0 < row["w2v_seconds"] <= row["w2v_whole_seconds"]
    assert (row["times_as_fast"] is None) == (find_spec("gensim") is None)


def test_ids(tmp_path: Path) -> None:
    table, found = run("ids", tmp_path, "--steps", 4000, "--nodes", 50, "--repeats", 1)
    kinds = [row["kind"] for row in found["summary"]]
    assert kinds[:2] == ["text file", "2-D array"]
    assert all(f"| {kind} | " in table for kind in kinds)
    assert {run["tokens"] for run in found["runs"]} == {4000}


@pytest.mark.skipif(sys.platform == "win32", reason="forks processes")
def test_kill(tmp_path: Path) -> None:
    quick = ["--processes", 1, "--kinds", "cbow-ns", "--tokens", 20_000, "--folder", tmp_path]
    table, found = run("kill", tmp_path, 8, *quick)
    assert found["equal"] == found["runs"] > 0
    assert found["wrong"] == []
    assert sum(row["began"] + row["went on"] for row in found["kills"]) >= 8
    assert re.search(r"^\d+ kills and \d+ resumes of \d+ runs, .* byte for byte$", table, re.M)
    assert not list(tmp_path.glob("w2v-kill-*"))


def test_kill_tells_models_apart(tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text("a b c d\n" * 500)
    found = []
    for i, seed in enumerate((1, 1, 2)):
        options: dict[str, Any] = {"dim": 4, "min_count": 1, "epochs": 1, "workers": 1}
        model = Word2Vec(**options, sample=0, seed=seed, backend="numpy").fit(text)
        model.save_model(tmp_path / f"{i}.npz")
        model.save(tmp_path / f"{i}.bin")
        found.append([killed_run.content(tmp_path / f"{i}{end}") for end in (".npz", ".bin")])
    assert found[0] == found[1]
    assert all(one != other for one, other in zip(found[0], found[2], strict=True))


def test_tokenizing(tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text("Who is it, then?\nThe King, who else.\n" * 50, encoding="utf-8")
    table, found = run("tokenizing", tmp_path, text, "--repeats", 1)
    assert table.splitlines()[2].startswith("| white space | 400 | 8 | 100 | 1.00 | 1.00 |")
    ways = {row["way"]: row for row in found["summary"]}
    assert ways["--tokens unicode --lower"]["words"] == 7
    assert ways["--tokens unicode --lower --split-sentences"]["sentences"] == 100
