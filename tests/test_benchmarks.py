"""Every benchmark runs at tiny size, so that it cannot rot."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from corpora import two_topics

ROOT = Path(__file__).parents[1]


def test_peers(tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text("\n".join(map(" ".join, two_topics(400))), encoding="utf-8")
    scores = tmp_path / "eval"
    scores.mkdir()
    (scores / "pairs.tsv").write_text("animal1\tanimal2\t9\nanimal1\ttool2\t1\ntool1\ttool2\t8\n")
    command = [sys.executable, "-m", "benchmarks.peers", str(text), "--eval-dir", str(scores)]
    command += ["--repeats", "1", "--epochs", "1", "--workers", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    table = done.stdout.splitlines()
    assert "spearman pairs" in table[0]
    for case in ("skipgram-ns", "skipgram-hs", "cbow-ns", "cbow-hs"):
        assert any(line.startswith(f"| {case} | w2v-numpy |") for line in table)


def test_text(tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text("\n".join(map(" ".join, two_topics(400))), encoding="utf-8")
    for source in ([str(text)], ["--tokens", "4000", "--types", "100"]):
        command = [sys.executable, "-m", "benchmarks.text", *source, "--repeats", "1"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
        assert done.returncode == 0, done.stderr
        assert [line.split()[1] for line in done.stdout.splitlines()[2:4]] == ["plain", "gzip"]
