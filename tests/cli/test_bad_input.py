"""What a command refuses: in one sentence, with the right exit code, leaving no file."""

from __future__ import annotations

import gzip
import os
from pathlib import Path
from typing import Any

import click
import pytest
from commands import QUICK, refused, run

from w2v.cli import main
from w2v.training.worker import Worker


class TestBadInput:
    @pytest.mark.parametrize(
        ("options", "message"),
        [
            (
                ["--device", "0", "--backend", "numba"],
                "--device has a meaning only with backend 'cupy'",
            ),
            (["--device", "-1", "--backend", "cupy"], "--device must be at least 0, got -1"),
            (["--deterministic", "--workers", "2"], "--deterministic training has one worker"),
            (["--dim", "0"], r"--dim must be at least 1, got 0\."),
            (["--epochs", "1.5"], "'1.5' is neither a whole number nor auto"),
            (["--dim", "ten"], "'ten' is not a valid integer"),
            (["--window", "-1"], r"--window must be at least 1, got -1\."),
            (["--epochs", "0"], "--epochs must be at least 1"),
            (["--alpha", "-1"], "--alpha must be a finite number above 0"),
            (["--alpha", "nan"], "--alpha must be a finite number above 0"),
            (["--min-alpha", "2"], "--min-alpha is a fraction"),
            (["--workers", "0"], "--workers must be at least 1"),
            (["--loss", "hs", "--negative", "5"], "--negative has a meaning only with loss 'ns'"),
            (["--cbow", "sum"], "--cbow has a meaning only with model 'cbow'"),
            (["--loss", "nce"], "'nce' is not one of"),
            (["--backend", "torch"], "'torch' is not one of"),
            (["--no-such"], "No such option"),
        ],
    )
    def test_options(self, corpus: Path, tmp_path: Path, options: list[str], message: str) -> None:
        result = run("train", corpus, "-o", tmp_path / "v.bin", *options)
        refused(result, 2, message)
        assert not list(tmp_path.iterdir())

    def test_corpora(self, corpus: Path, tmp_path: Path) -> None:
        (tmp_path / "empty.txt").write_text("\n \n", encoding="utf-8")
        (tmp_path / "folder").mkdir()
        (tmp_path / "broken.gz").write_bytes(gzip.compress(corpus.read_bytes())[:-50])
        (tmp_path / "bad.txt").write_bytes(b"good line\nbad \xff line\n")
        out = tmp_path / "v.bin"
        for name, message in [
            ("missing.txt", "missing.txt"),
            ("empty.txt", "There is no word in"),
            ("folder", "folder"),
            ("broken.gz", "broken.gz"),
            ("bad.txt", r"bad\.txt, line 2.*--errors replace"),
        ]:
            refused(run("train", tmp_path / name, "-o", out, *QUICK), 1, message)
        for errors in ("replace", "ignore"):
            again = ["--errors", errors, "--sample", "0", *QUICK]
            result = run("train", tmp_path / "bad.txt", "-o", out, *again)
            assert result.exit_code == 0
        assert not (tmp_path / "none").exists()
        result = run("train", corpus, "-o", out, "--min-count", "100000")
        refused(result, 1, r"min_count 100000|occurs .* times")

    def test_nothing_to_learn(self, tmp_path: Path) -> None:
        (tmp_path / "words.txt").write_text("one\nword\na\nline\n", encoding="utf-8")
        result = run("train", tmp_path / "words.txt", "-o", tmp_path / "v.bin", "-q", *QUICK)
        refused(result, 1, "nothing to learn: no word had a neighbour")
        assert os.listdir(tmp_path) == ["words.txt"]

    def test_empty_name(self, tmp_path: Path) -> None:
        refused(run("train", "", "-o", tmp_path / "v.bin"), 1, "A corpus name is empty")

    @pytest.mark.parametrize("command", sorted(main.commands))
    def test_empty_names_of_files(self, command: str) -> None:
        """What an unset variable leaves is refused, not taken for an option that is not given."""
        for option in main.commands[command].params:
            if isinstance(option.type, click.Path) and isinstance(option, click.Option):
                message = f"Invalid value for .*{option.opts[0]}.*the name is empty"
                refused(run(command, option.opts[0], ""), 2, message)

    def test_outputs_collide(self, corpus: Path, tmp_path: Path) -> None:
        text = tmp_path / "text.txt"
        text.write_bytes(corpus.read_bytes())
        same = tmp_path / "same.bin"
        refused(
            run("train", text, "-o", text), 2, r"--output would overwrite the input .*text\.txt"
        )
        refused(
            run("train", text, "-o", same, "--report", same), 2, "--output and --report are the"
        )
        refused(run("train", text, "-o", same, "--save-vocab", text), 2, "--save-vocab would overw")
        assert text.read_bytes() == corpus.read_bytes()

    def test_words_no_vector_file_can_hold_are_found_before_training(self, tmp_path: Path) -> None:
        (tmp_path / "nul.txt").write_bytes(b"a\0b c d\n" * 20)
        result = run("train", tmp_path / "nul.txt", "-o", tmp_path / "v.bin", *QUICK)
        refused(result, 1, "NUL")

    def test_outputs_are_refused_before_any_work(self, corpus: Path, tmp_path: Path) -> None:
        missing = tmp_path / "none" / "v.bin"
        refused(run("train", corpus, "-o", missing), 1, "none is not a folder")
        refused(run("train", corpus, "-o", tmp_path), 2, "no extension|is a folder")
        refused(run("train", corpus, "-o", tmp_path / "v.pkl"), 2, "extension '.pkl'; expected")
        good = tmp_path / "v.bin"
        refused(run("train", corpus, "-o", good, "--report", missing), 1, "none is not a folder")
        refused(run("train", corpus, "-o", good, "--save-vocab", missing), 1, "not a folder")
        assert not list(tmp_path.iterdir())

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
    def test_disk_full(self, corpus: Path, tmp_path: Path, here: Path) -> None:
        (tmp_path / "v.bin").symlink_to("/dev/full")
        result = run("train", corpus, "-o", tmp_path / "v.bin", "-q", *QUICK)
        refused(result, 1, "No space left on device")
        assert os.listdir(here) == ["v.rescued.npz"]

    def test_divergence_leaves_the_old_file(self, corpus: Path, tmp_path: Path) -> None:
        out = tmp_path / "v.bin"
        out.write_bytes(b"old")
        wild = ["--alpha", "1e30", "--row-cap", "1e38", "--min-alpha", "1", "--step-tokens", "32"]
        result = run("train", corpus, "-o", out, "-q", *QUICK, *wild)
        refused(result, 1, r"learning rate .* Lower --alpha .* or --row-cap")
        assert out.read_bytes() == b"old"
        assert os.listdir(tmp_path) == ["v.bin"]

    def test_cupy_asked_for_and_missing(self, corpus: Path, tmp_path: Path) -> None:
        from w2v.backends import available_backends

        if {s.name: s.backend for s in available_backends()}["cupy"] is not None:
            pytest.skip("CuPy can be used here")
        result = run("train", corpus, "-o", tmp_path / "v.bin", "--backend", "cupy")
        refused(result, 1, r"'cupy' was asked for, but .* --backend numpy")

    def test_vector_files_and_words(self, vectors: Path, tmp_path: Path) -> None:
        cut = tmp_path / "cut.bin"
        cut.write_bytes(vectors.read_bytes()[:200])
        foreign = tmp_path / "foreign.bin"
        foreign.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
        refused(run("nearest", tmp_path / "none.bin", "x"), 1, "none.bin")
        refused(run("nearest", cut, "x"), 1, "cut.bin")
        refused(run("nearest", foreign, "x"), 1, "is an image. Give word vectors")
        refused(run("nearest", vectors, "animl3"), 1, "'animl3'.*animal3")
        refused(run("nearest", vectors, "the", "-n", "0"), 2, "0 is not in the range")
        refused(run("eval", vectors), 2, "Nothing to score")
        refused(run("eval", vectors, "--pairs", tmp_path / "none.tsv"), 1, "none.tsv")


def test_memory_that_runs_out_ends_in_a_sentence(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the second epoch, as an error of CuPy's: that is a `MemoryError` too."""
    train = Worker.train

    def run_out(self: Worker, epoch: int, *rest: Any, **options: Any) -> Any:
        if epoch == 1:
            raise MemoryError("Out of memory allocating 512 bytes")
        return train(self, epoch, *rest, **options)

    monkeypatch.setattr(Worker, "train", run_out)
    outputs = [tmp_path / name for name in ("v.bin", "report.json", "model.npz")]
    options = ("-o", outputs[0], "--report", outputs[1], "--save-model", outputs[2])
    result = run("train", corpus, "-q", *QUICK, "--epochs", "3", *options)
    refused(result, 1, r"ran out in epoch 2 \(Out of memory allocating 512 bytes\)\. Lower --dim,")
    assert not any(path.exists() for path in outputs)


def test_queries_without_a_line_break_are_refused_before_they_are_held(vectors: Path) -> None:
    result = run("nearest", vectors, "-", stdin="x" * (1 << 24) + " end")
    refused(result, 1, r"Standard input, line 1: more than 16,777,216 characters without a line br")
