"""`python -m benchmarks.gpu`, each piece whole at tiny size, on the stand-in for CuPy; its figures
are marked as no figures of a GPU. And what hangs, fails or misses a target."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from benchmarked import ROOT
from conftest import STANDIN

from benchmarks.gpu import __main__ as check
from benchmarks.gpu import lines, resources, runs, targets
from benchmarks.gpu.setting import Setting, Stage, Told, WrongError

PAIRS = "the\tof\t9\nthe\tand\t1\nof\tand\t8\nto\tis\t3\n"
posix = pytest.mark.skipif(sys.platform == "win32", reason="processes are ended as a group")


@posix
@pytest.mark.skipif(shutil.which("g++") is None, reason="no g++, which compiles the kernels here")
@pytest.mark.parametrize("piece", lines.PIECES)
def test_a_piece_runs_whole(piece: str, tmp_path: Path) -> None:
    (tmp_path / "pairs.tsv").write_text(PAIRS)
    options = ["--tiny", "--eval-dir", str(tmp_path), "--out", str(tmp_path / "out")]
    path = os.pathsep.join([str(STANDIN.parent), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.gpu", piece, *options],
        env=os.environ | {"PYTHONPATH": path},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 3), done.stdout + done.stderr  # a CPU may miss what a GPU should
    assert "no figures of a GPU" in done.stdout
    found = json.loads((tmp_path / "out" / "gpu-summary.json").read_text(encoding="utf-8"))
    assert not found["gpu"]
    assert not found["failures"]
    assert {one["target"] for one in found["targets"]} == {
        one.name for one in targets.TARGETS if one.piece == piece
    }
    rows = targets.rows_of(tmp_path / "out")
    assert not any(row["gpu"] for row in rows if "gpu" in row)
    ended = [row["stage"] for row in rows if row.get("ended")]
    told = Setting(folder=str(tmp_path), tiny=True, seeds=1)
    assert ended == [stage.name for stage in lines.PIECES[piece](told)]
    assert set(found["in_bulk"]) == (set(told.cases) if piece == "speed" else set())
    trained = [row for row in rows if "kernel" in row and row.get("backend") == "cupy"]
    assert trained or piece in ("atomics",)
    assert all(row["in_flight"] > 0 and row["resident_blocks"] > 0 for row in trained)
    assert all(
        {"registers", "local_bytes", "shared_bytes", "threads"} <= set(row) for row in trained
    )


def test_every_target_is_measured_by_a_piece_and_every_stage_has_a_name_of_its_own() -> None:
    assert all(one.piece in lines.PIECES for one in targets.TARGETS)
    for piece, stages in lines.PIECES.items():
        names = [stage.name for stage in stages(Setting(folder="."))]
        assert len(names) == len(set(names)), piece


def test_the_command_for_a_lent_machine_is_short() -> None:
    """As benchmarks/README.md has it; and as many files as few places let come back."""
    page = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    start = page.index("    export PYTHONUNBUFFERED")
    command = page[start : page.index("\n\n", start)]
    assert "benchmarks.gpu runs speed atomics" in command
    assert len(command) < 2000
    assert len(lines.PIECES) + len(("summary", "log")) <= 8


FAKE = """
import sys, time
sys.path[:0] = [{root!r}, {tests!r}]
from benchmarks.gpu import lines, setting
import test_gpu_check
lines.PIECES["fake"] = test_gpu_check.fake
class Here:
    device = "no device"
setting.Setting.backend_value = Here()
lines.main(sys.argv[1:])
"""


def fake(_: Setting) -> list[Stage]:
    def rows(name: str) -> Any:
        yield {"what": "begun"}
        if name == "hangs":
            subprocess.run([sys.executable, "-c", "import time; time.sleep(600)"], check=True)
        if name == "fails":
            raise ValueError("as it may")
        if name == "dies":
            os._exit(7)
        yield {"what": "done"}

    names = ("one", "hangs", "two", "fails", "three", "dies", "four")
    return [Stage(name, 3, lambda name=name: rows(name)) for name in names]  # type: ignore[misc]


@posix
def test_what_hangs_fails_or_dies_does_not_keep_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "fake.py"
    program.write_text(FAKE.format(root=str(ROOT), tests=str(ROOT / "tests")))
    monkeypatch.setitem(lines.PIECES, "fake", fake)
    monkeypatch.setattr(lines, "COMMAND", (sys.executable, str(program)))
    monkeypatch.setattr(lines, "STARTING_S", 60)
    path = tmp_path / "gpu-fake.jsonl"
    failures = lines.run("fake", Told(folder=str(tmp_path)), path, 200)
    assert [why.split(":")[0] for why in failures] == ["fake, hangs", "fake, fails", "fake, dies"]
    for part in ("took longer than its 3 s", "ValueError: as it may", "ended with 7"):
        assert any(part in why for why in failures)
    rows = targets.rows_of(tmp_path)
    assert [row["stage"] for row in rows if row.get("what") == "done"] == [
        "one",
        "two",
        "three",
        "four",
    ]
    assert [row["stage"] for row in rows if row.get("what") == "begun"] == [
        s.name for s in fake(Setting("."))
    ]


@posix
def test_what_a_piece_has_no_time_for_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(lines.PIECES, "fake", fake)
    monkeypatch.setattr(lines, "COMMAND", (sys.executable, "-c", "import time; time.sleep(60)"))
    began = time.monotonic()
    failures = lines.run("fake", Told(folder=str(tmp_path)), tmp_path / "gpu-fake.jsonl", 1.0)
    assert time.monotonic() - began < 30
    assert [why.split(":")[1] for why in failures] == [" took longer than the piece had"] + 6 * [
        " not begun"
    ]


@posix
def test_who_is_asked_to_end_ends_what_it_runs(tmp_path: Path) -> None:
    program, ticks = tmp_path / "fake.py", tmp_path / "ticks"
    tick = f"open({str(ticks)!r}, 'a').write('x'); time.sleep(0.05)"
    program.write_text(f"import time\nfor _ in range(2000):\n    {tick}\n")
    code = (
        "import sys\n"
        "from benchmarks.gpu import __main__ as check, lines\n"
        f"lines.COMMAND = (sys.executable, {str(program)!r})\n"
        f"sys.argv = 'gpu atomics --tiny --backend numpy --out'.split() + [{str(tmp_path)!r}]\n"
        "check.main()\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT) as child:
        while not ticks.exists():
            time.sleep(0.05)
        child.terminate()
        assert child.wait() == 128 + 15
    seen = ticks.stat().st_size
    time.sleep(0.5)
    assert ticks.stat().st_size == seen


SCORES = [
    {"what": "scores", "piece": "quality", "case": "cbow-ns", "backend": backend, "seed": seed}
    | {"scores": {"analogies": 0.400 - less, "spearman x": 0.6}}
    for seed in (1, 2)
    for backend, less in (("numba", 0.0), ("cupy", 0.004 * seed))
]
ROWS: dict[str, list[dict[str, Any]]] = {
    "skip-gram ns, raw words/s": [
        {"what": "default", "case": "skipgram-ns", "raw_words_per_second": speed}
        for speed in (90e6, 110e6, 120e6)
    ],
    "skip-gram ns, times gensim": [
        {
            "what": "command",
            "case": "skipgram-ns",
            "trainer": trainer,
            "raw_words_per_second": speed,
        }
        for trainer, speed in (("cupy", 90e6), ("numba", 40e6), ("gensim", 3e6))
    ],
    "scores below the CPU's, of 1.0 point or .01": SCORES,
    "peak memory to the plan": [{"what": "large", "peak_bytes": 93, "planned_bytes": 100}],
    "start to end, times reading": [{"what": "end to end", "to_reading": 1.4}],
}
FOUND = {
    "skip-gram ns, raw words/s": (110e6, True),
    "skip-gram ns, times gensim": (30, True),
    "scores below the CPU's, of 1.0 point or .01": (0.6, True),
    "peak memory to the plan": (0.93, False),
    "start to end, times reading": (1.4, True),
}


@pytest.mark.parametrize("target", targets.TARGETS, ids=lambda one: one.name)
def test_targets_are_held_against_what_was_measured(target: targets.Target) -> None:
    rows = [row for part in ROWS.values() for row in part]
    value, met = FOUND.get(target.name, (None, None))
    verdict = target.verdict(rows)
    assert verdict["found"] == (None if value is None else pytest.approx(value))
    assert verdict["met"] is met
    assert target.verdict([])["met"] is None


def test_rows_in_bulk_are_held_against_rows_by_threads() -> None:
    speeds: list[tuple[str, float | None]]
    speeds = [("by threads", 100.0), ("in bulk", 120.0), ("by threads", 102.0), ("in bulk", 90.0)]
    speeds += [("default", 10.0), ("by threads", 98.0), ("in bulk", 110.0), ("in bulk", None)]
    rows = [
        {"what": what, "case": "cbow-hs", "raw_words_per_second": speed} for what, speed in speeds
    ]
    assert targets.in_bulk(rows) == {"cbow-hs": pytest.approx(1.1)}


def test_the_exit_code_says_what_failed_and_what_was_missed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def told(rows: list[dict[str, Any]]) -> int:
        text = "".join(
            json.dumps({"piece": "commands", "stage": "x", **row}) + "\n" for row in rows
        )
        (tmp_path / "gpu-commands.jsonl").write_text(text + '{"cut')
        return check.summarise(tmp_path, ["commands"], [])

    met = [
        {"what": "large", "peak_bytes": 98, "planned_bytes": 100, "gpu": True, "device": "H"},
        *ROWS["start to end, times reading"],
        *ROWS["skip-gram ns, times gensim"],
    ]
    assert told(met) == 0
    assert "On H:" in capsys.readouterr().out
    assert told(met[:1]) == 3
    printed = capsys.readouterr().out
    assert "missed or not measured: skip-gram ns, times gensim, start to end" in printed
    assert told([*met, {"failed": "it hung"}]) == 1
    assert "* failed: commands, x: it hung" in capsys.readouterr().out


def test_counts_of_nsight_compute_are_those_of_the_cases() -> None:
    head = '"ID","Process ID","Kernel Name","Metric Name","Metric Unit","Metric Value"\n'
    printed = "==PROF== Connected\n" + head
    for launch, kernel in enumerate(("skipgram_shared", "skipgram_paths")):
        for name, value in zip(runs.METRICS, ("1,000", "50"), strict=True):
            printed += f'"{launch}","7","{kernel}","{name}","inst","{value}"\n'
    cases = [{"case": "skipgram-ns", "kept": 10}, {"case": "skipgram-hs", "kept": 100}]
    found = runs.counted(printed, cases)
    assert [row["kernel"] for row in found] == ["skipgram_shared", "skipgram_paths"]
    assert [row[runs.METRICS[0]] for row in found] == [100, 10]
    with pytest.raises(WrongError, match="saw 2 launches of 1"):
        runs.counted(printed, cases[:1])
    assert all(re.search(runs.STEPS, step) for step in resources.STEPS)
