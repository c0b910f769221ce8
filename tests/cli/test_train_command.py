"""`w2v train`: what it reads, writes and says."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest
from commands import QUICK, refused, run

from w2v import Vocabulary, load
from w2v.config import Config


class TestTrain:
    def test_writes_vectors_and_keeps_stdout_empty(self, corpus: Path, tmp_path: Path) -> None:
        for name in ("v.bin", "v.txt", "v.vec"):
            result = run("train", corpus, "-o", tmp_path / name, *QUICK)
            assert result.exit_code == 0, result.output
            assert result.stdout == ""
            assert "2,400 words in 300 lines" in result.stderr
            assert "epoch 2 of 2: loss" in result.stderr
        binary, text = load(tmp_path / "v.bin"), load(tmp_path / "v.vec")
        assert len(binary) == 27
        assert binary.words == text.words
        assert binary.matrix.tobytes() == text.matrix.tobytes()
        assert sorted(p.name for p in tmp_path.iterdir()) == ["v.bin", "v.txt", "v.vec"]

    def test_warnings_are_a_line_each(self, corpus: Path, tmp_path: Path) -> None:
        result = run("train", corpus, "-o", tmp_path / "v.bin", "-q", *QUICK, "--workers", 999)
        assert result.exit_code == 0
        assert re.fullmatch(
            r"Warning: 999 workers were asked for, but .* no faster\.\n", result.stderr
        )

    def test_quiet_says_nothing(self, corpus: Path, tmp_path: Path) -> None:
        result = run("train", corpus, "-o", tmp_path / "v.bin", "-q", *QUICK)
        assert (result.exit_code, result.output) == (0, "")

    def test_report(self, corpus: Path, tmp_path: Path) -> None:
        path = tmp_path / "run.json"
        result = run("train", corpus, "-o", tmp_path / "v.bin", "--report", path, *QUICK)
        assert result.exit_code == 0
        report = json.loads(path.read_text(encoding="utf-8"))
        assert report["config"]["dim"] == 8
        assert report["vocabulary"] == 27
        assert report["tokens"]["read"] == 2400
        assert report["tokens"]["rare"] == 0
        for kept, gone in zip(
            report["tokens"]["kept"], report["tokens"]["subsampled"], strict=True
        ):
            assert kept + gone == 2400
        assert report["sentences"] == 300
        assert len(report["loss"]) == 2
        assert set(report["seconds"]) == {"count", "encode", "prepare", "train", "save"}
        assert report["backend"]["name"] == "numpy"
        assert {"w2v", "python", "numpy"} <= set(report["versions"])
        assert report["raw_words_per_second"] == pytest.approx(4800 / report["seconds"]["train"])
        assert report["kept_tokens_per_second"] > 0
        assert 1e7 < report["peak_memory_bytes"] < 2e9

    def test_vocabulary_files(self, corpus: Path, tmp_path: Path) -> None:
        path = tmp_path / "vocab.txt"
        run("train", corpus, "-o", tmp_path / "a.bin", "--save-vocab", path, *QUICK)
        saved = Vocabulary.load(path)
        assert saved.total == 2400
        small = tmp_path / "small.txt"
        small.write_text("animal1 50\ntool1 40\nelsewhere 3\n", encoding="utf-8")
        result = run(
            "train", corpus, "-o", tmp_path / "b.bin", "--vocab", small, "--sample", 0, *QUICK
        )
        assert result.exit_code == 0
        assert load(tmp_path / "b.bin").words == ("animal1", "tool1", "elsewhere")
        assert "3 known; others are left out, 93.4% of the text" in result.stderr

    def test_standard_input_folders_patterns_and_compression(
        self, corpus: Path, vectors: Path, tmp_path: Path
    ) -> None:
        text = corpus.read_bytes()
        folder = tmp_path / "texts"
        folder.mkdir()
        (folder / "part.gz").write_bytes(gzip.compress(text))
        expected = vectors.read_bytes()
        for source, stdin in (("-", text), (folder, None), (f"{folder}/*.gz", None)):
            out = tmp_path / "v.bin"
            result = run("train", source, "-o", out, *QUICK, stdin=stdin)
            assert result.exit_code == 0, result.output
            assert out.read_bytes() == expected

    @pytest.mark.parametrize("share", ["10%", "0.1"])
    def test_held_out(self, corpus: Path, tmp_path: Path, share: str) -> None:
        path = tmp_path / "run.json"
        options = (*QUICK, "--sample", 0, "--held-out", share, "--report", path)
        result = run("train", corpus, "-o", tmp_path / "v.bin", *options)
        assert result.exit_code == 0, result.output
        report = json.loads(path.read_text(encoding="utf-8"))
        loss, held_out = (report[name][-1] for name in ("loss", "held_out_loss"))
        assert f": loss {loss:.4f}, held out {held_out:.4f}\n" in result.stderr
        tokens = report["tokens"]
        assert 0.05 < tokens["held_out"] / tokens["read"] < 0.15
        assert {kept + tokens["held_out"] for kept in tokens["kept"]} == {tokens["read"]}
        assert report["config"]["held_out"] == 0.1

    @pytest.mark.parametrize(
        ("share", "message"),
        [
            ("x%", "'x%' is no share, such as 1% or 0.01"),
            ("1", "--held-out must be a finite number at least 0 and at most 0.5, got 1.0"),
            ("1e-9", "--held-out 1e-09 sets none of the text aside, which has"),
        ],
    )
    def test_shares_that_cannot_be(
        self, corpus: Path, tmp_path: Path, share: str, message: str
    ) -> None:
        result = run("train", corpus, "-o", tmp_path / "v.bin", *QUICK, "--held-out", share)
        refused(result, 2, message)

    def test_a_run_that_learns_nothing_says_so(self, corpus: Path, tmp_path: Path) -> None:
        result = run("train", corpus, "-o", tmp_path / "v.bin", *QUICK, "--alpha", "1e-30")
        assert result.exit_code == 0
        assert re.search(
            r"^Warning: The loss of epoch \d+ is .*nothing was learnt", result.stderr, re.M
        )

    def test_every_option_reaches_the_configuration(self, corpus: Path, tmp_path: Path) -> None:
        given: dict[str, Any] = {
            "model": "cbow", "loss": "ns", "dim": 6, "window": 3, "fixed_window": True,
            "negative": 4, "ns_exponent": 0.5, "sample": 0.01, "min_count": 2, "max_vocab": 20,
            "epochs": 1, "alpha": 0.03, "min_alpha": 0.5, "cbow": "sum", "seed": 9, "workers": 1,
            "backend": "numpy", "block_tokens": 8, "block_negatives": 12, "step_tokens": 64,
            "row_cap": 2.5, "deterministic": True, "held_out": 0.25, "shards": 2,
            "changes": "float32",
        }  # fmt: skip
        device = {"device"}  # see test_memory_plan.py: the CPU has none
        assert set(given) == set(Config.__dataclass_fields__) - device
        flags: list[object] = []
        for name, value in given.items():
            flags += [f"--{name.replace('_', '-')}", *([] if value is True else [value])]
        path = tmp_path / "run.json"
        result = run("train", corpus, "-o", tmp_path / "v.bin", "--report", path, *flags)
        assert result.exit_code == 0, result.output
        assert json.loads(path.read_text(encoding="utf-8"))["config"] == {
            **given,
            "device": None,
        }
