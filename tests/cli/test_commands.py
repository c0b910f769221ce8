"""The command line: exit codes, messages, files and streams, in real processes where it matters."""

from __future__ import annotations

import gzip
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from corpora import two_topics

from w2v import Vectors, Vocabulary, load
from w2v.cli import main
from w2v.config import Config
from w2v.training.worker import Worker

QUICK = ["--dim", "8", "--epochs", "2", "--min-count", "1", "--workers", "1", "--backend", "numpy"]
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("corpus") / "corpus.txt"
    path.write_text("\n".join(" ".join(s) for s in two_topics(300)), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def vectors(tmp_path_factory: pytest.TempPathFactory, corpus: Path) -> Path:
    path = tmp_path_factory.mktemp("vectors") / "vectors.bin"
    assert run("train", corpus, "-o", path, *QUICK).exit_code == 0
    return path


def run(*arguments: object, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(main, [str(a) for a in arguments], input=stdin)


def refused(result: Result, code: int, message: str) -> None:
    """One clear sentence, the right exit code, no traceback, nothing on stdout."""
    assert result.exit_code == code, result.output
    assert re.search(message, result.stderr), result.stderr
    assert "Traceback" not in result.output
    assert result.stdout == ""
    assert isinstance(result.exception, SystemExit)


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
            "row_cap": 2.5, "deterministic": True, "held_out": 0.25,
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
        again = ["--errors", "replace", "--sample", "0", *QUICK]
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
    def test_disk_full(self, corpus: Path, tmp_path: Path) -> None:
        (tmp_path / "v.bin").symlink_to("/dev/full")
        result = run("train", corpus, "-o", tmp_path / "v.bin", "-q", *QUICK)
        refused(result, 1, "No space left on device")

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


@pytest.fixture(scope="module")
def long_corpus(tmp_path_factory: pytest.TempPathFactory, corpus: Path) -> Path:
    """An epoch is soon over, and its loss said; a hundred outlast any signal."""
    path = tmp_path_factory.mktemp("corpus") / "long.txt"
    path.write_text(40 * f"{corpus.read_text(encoding='utf-8')}\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("existing", [False, True])
def test_interrupt_exits_130_and_leaves_no_half_file(
    long_corpus: Path, tmp_path: Path, existing: bool
) -> None:
    out = tmp_path / "v.bin"
    if existing:
        out.write_bytes(b"old")
    command = [sys.executable, "-m", "w2v", "train", str(long_corpus), "-o", str(out)]
    command += ["--epochs", "1000", "--workers", "2", "--backend", "numpy"]
    heeded = signal.signal(signal.SIGINT, signal.default_int_handler)  # not so in `make test &`
    try:
        child = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    finally:
        signal.signal(signal.SIGINT, heeded)
    assert child.stderr is not None
    for line in child.stderr:
        if "loss" in line:  # of an epoch: training is under way
            break
    child.send_signal(signal.SIGINT)
    started = time.monotonic()
    rest = child.communicate(timeout=30)[1]
    assert child.returncode == 130
    assert time.monotonic() - started < 10
    assert "Interrupted" in rest
    assert "Traceback" not in rest
    assert os.listdir(tmp_path) == (["v.bin"] if existing else [])
    assert not existing or out.read_bytes() == b"old"


@pytest.mark.skipif(sys.platform == "win32", reason="a signal ends a process at once there")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_signals_that_end_a_process_leave_no_half_file(
    long_corpus: Path, tmp_path: Path, name: str
) -> None:
    number = signal.Signals[name]
    out = tmp_path / "v.bin"
    command = [sys.executable, "-m", "w2v", "train", str(long_corpus), "-o", str(out)]
    command += ["--epochs", "1000", "--backend", "numpy"]
    heeded = signal.signal(number, signal.SIG_DFL)  # it may be ignored here: nohup make test
    try:
        child = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    finally:
        signal.signal(number, heeded)
    assert child.stderr is not None
    for line in child.stderr:
        if "loss" in line:  # of an epoch: training is under way
            break
    child.send_signal(number)
    rest = child.communicate(timeout=30)[1]
    assert child.returncode == 128 + number
    assert "Traceback" not in rest
    assert not os.listdir(tmp_path)


def test_ignored_hangups_stay_ignored(corpus: Path, tmp_path: Path) -> None:
    """nohup w2v train ... outlives its terminal."""
    if sys.platform == "win32":
        pytest.skip("no hangups")
    line = f"trap '' HUP; exec {sys.executable} -m w2v train {corpus} -o {tmp_path}/v.bin "
    child = subprocess.Popen(line + " ".join(QUICK), shell=True, stderr=subprocess.PIPE, text=True)
    assert child.stderr is not None
    child.stderr.readline()
    child.send_signal(signal.SIGHUP)
    child.communicate(timeout=60)
    assert child.returncode == 0
    assert (tmp_path / "v.bin").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_streams_nobody_reads(corpus: Path, vectors: Path, tmp_path: Path) -> None:
    def shell(line: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            line, shell=True, capture_output=True, text=True, check=False, executable="/bin/bash"
        )

    w2v = f"{sys.executable} -m w2v"
    done = shell(f"{w2v} nearest {vectors} the >/dev/full")
    assert (done.returncode, done.stdout) == (1, "")
    assert "No space left on device" in done.stderr
    assert "Traceback" not in done.stderr
    done = shell(f"{w2v} --help >/dev/full")
    assert (done.returncode, done.stderr) == (1, "Error: Cannot go on: No space left on device.\n")
    done = shell(f"{w2v} nearest {vectors} the >&-")
    assert (done.returncode, done.stderr) == (
        1,
        "Error: Cannot go on: standard output is closed.\n",
    )
    for command in ("tokenize", "phrases -q"):
        done = shell(f"{w2v} {command} {corpus} >&-")
        assert done.returncode == 1
        assert done.stderr == "Error: Cannot go on: standard output is closed.\n"
    out = tmp_path / "v.bin"
    done = shell(f"{w2v} train {corpus} -o {out} -q {' '.join(QUICK)} >&-")
    assert (done.returncode, done.stderr) == (0, "")
    out.unlink()
    done = shell(f"{w2v} train {corpus} -o {out} {' '.join(QUICK)} 2>/dev/full")
    assert done.returncode == 0  # a log that is full does not end the training
    assert out.exists()
    done = shell(f"{w2v} train - -o {out} <&-")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


def test_words_print_in_any_encoding(tmp_path: Path) -> None:
    Vectors(["caf\u00e9", "\u0436\u0443\u043a"], [[1, 0], [1, 1]]).save(tmp_path / "v.txt")
    done = subprocess.run(
        [sys.executable, "-m", "w2v", "nearest", str(tmp_path / "v.txt"), "caf\u00e9"],
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONIOENCODING": "latin1", "PYTHONUTF8": "1"},
    )
    assert done.stdout.splitlines()[:1] == ["caf\u00e9".encode("latin1")]
    assert done.stdout.splitlines()[1].startswith(rb"  \u0436\u0443\u043a")


def test_nearest(vectors: Path) -> None:
    result = run("nearest", vectors, "animal1", "tool2", "-n", "3")
    assert result.exit_code == 0
    assert result.stderr == ""
    lines = result.stdout.splitlines()
    assert [line for line in lines if not line.startswith(" ")] == ["animal1", "tool2"]
    assert len(lines) == 8
    name, cosine = lines[1].split()
    table = load(vectors)
    [(best, expected)] = table.most_similar("animal1", n=1)
    assert name == best
    assert float(cosine) == pytest.approx(expected, abs=1e-4)


def test_eval(tmp_path: Path) -> None:
    words = ["king", "man", "queen", "woman", "apple"]
    matrix = [[1, 1, 0, 0], [1, 0, 0, 0], [0, 1, 1, 0], [0, 0, 1, 0], [0, 0, 0, 1]]
    Vectors(words, matrix).save(tmp_path / "v.txt")
    questions = tmp_path / "questions.txt"
    questions.write_text(": family\nman king woman queen\nman king woman pear\n: gram1\n")
    pairs = tmp_path / "pairs.tsv"
    pairs.write_text("king\tqueen\t8\nking\tman\t9\nking\tapple\t1\nking\tpear\t2\n")
    result = run("eval", tmp_path / "v.txt", "--analogies", questions, "--pairs", pairs, "--json")
    assert result.exit_code == 0, result.output
    (scores,) = json.loads(result.stdout)["vectors"]
    assert scores["analogies"][0]["accuracy"] == 1.0
    assert (scores["analogies"][0]["total"], scores["analogies"][0]["oov"]) == (1, 1)
    assert scores["pairs"][0]["spearman"] == pytest.approx(1.0)
    assert (scores["pairs"][0]["pairs"], scores["pairs"][0]["oov"]) == (3, 1)
    table = run("eval", tmp_path / "v.txt", "--analogies", questions, "--pairs", pairs)
    assert "family" in table.stdout
    assert "pairs.tsv" in table.stdout


def test_eval_options_reach_the_scores(vectors: Path, tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("a.txt", "b.txt", "p.tsv", "q.tsv")]
    for path in files[:2]:
        path.write_text("animal1 animal2 tool1 tool2\nanimal1 animal2 TOOL1 nobody\n")
    for path in files[2:]:
        path.write_text("animal1 animal2 9\nanimal1 tool2 1\nANIMAL3 animal2 8\n")
    flags: list[object] = ["--analogies", files[0], "--analogies", files[1], "--pairs", files[2]]
    flags += ["--pairs", files[3], "--restrict-vocab", 26, "--restrict-pairs", 25]
    flags += ["--method", "3cosmul", "--method", "3cosadd", "--oov", "zero", "--case", "exact"]
    flags += ["--resamples", 50, "--backend", "numpy", "--json"]
    result = run("eval", vectors, vectors, *flags)
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["options"] == {
        "restrict_vocab": 26,
        "restrict_pairs": 25,
        "methods": ["3cosmul", "3cosadd"],
        "oov": "zero",
        "case": "exact",
        "resamples": 50,
        "backend": "numpy",
    }
    assert [v["file"] for v in found["vectors"]] == [str(vectors)] * 2
    asked = [(Path(a["file"]).name, a["method"]) for a in found["vectors"][0]["analogies"]]
    assert asked == [(f, m) for f in ("a.txt", "b.txt") for m in ("3cosmul", "3cosadd")]
    assert [t["total"] for t in found["vectors"][0]["totals"]] == [4, 4]
    (same,) = found["comparisons"]
    assert [a["p"] for a in same["analogies"]] == [1.0] * 4
    assert [p["spearman"]["difference"] for p in same["pairs"]] == [0.0, 0.0]


def test_eval_tells_how_far_it_is(vectors: Path, tmp_path: Path) -> None:
    questions = tmp_path / "long.txt"
    questions.write_text("animal1 animal2 tool1 tool2\n" * 2200)
    for seconds, expected in ((0.0, ["1,024 of 2,200", "2,048 of 2,200"]), (1e9, [])):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("w2v.display._LINE_EVERY_S", seconds)
            result = run("eval", vectors, "--analogies", questions)
        assert re.findall(r"long.txt \d+%, (.*) questions", result.stderr) == expected


def test_backends() -> None:
    result = run("backends")
    assert result.exit_code == 0
    assert re.search(r"^numpy +usable .* GiB$", result.stdout, re.MULTILINE)
    assert re.search(r"^cupy +(usable|not installed|broken|no device)", result.stdout, re.MULTILINE)


@pytest.mark.parametrize("text", ["austen", "python"])
def test_demo(tmp_path: Path, text: str) -> None:
    out = tmp_path / "demo.bin"
    options = ("--epochs", "1", "--dim", "10", "--words", "3", "--text", text)
    result = run("demo", "-o", out, *options)
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert len(lines) == 3
    table = load(out)
    for line in lines:
        word, neighbours = line.split(maxsplit=1)
        expected = [name for name, _ in table.most_similar(word, n=6, restrict_vocab=2500)]
        assert neighbours.split(", ") == expected
    assert "Jane Austen" in result.stderr or text == "python"
    assert "\nall " in result.stderr


def test_the_demo_convinces() -> None:
    result = run("demo", "--words", "15", "--workers", "1")
    found = {line.split()[0]: line for line in result.stdout.splitlines()}
    assert len(found) == 15
    for word, near in {
        "elizabeth": {"emma", "anne", "elinor", "catherine", "marianne", "fanny"},
        "darcy": {"bingley", "wickham", "knightley", "crawford", "collins", "willoughby"},
        "father": {"mother", "brother", "uncle", "sister"},
        "three": {"two", "four", "six", "seven", "five", "eight"},
        "morning": {"day", "evening", "afternoon"},
        "dinner": {"breakfast", "tea", "supper"},
        "carriage": {"chaise", "horses", "door"},
    }.items():
        assert len(near & set(found[word].replace(",", "").split())) >= 2, found[word]


@pytest.mark.parametrize("name", sorted(main.commands))
def test_every_command_has_help_with_an_example_and_is_shown_on_a_page(name: str) -> None:
    result = run(name, "--help")
    assert result.exit_code == 0
    assert f"w2v {name}" in result.stdout.split("Options:")[0].split("Example", 1)[1]
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    assert any(f"    w2v {name}" in page.read_text(encoding="utf-8") for page in pages)


def test_runs_as_a_module() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "w2v", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("w2v, version ")


@pytest.mark.parametrize("as_json", [False, True])
def test_bench(as_json: bool) -> None:
    options = ["--model", "cbow", "--dim", 8, "--words", 100, "--tokens", 10**9, "--epochs", 2]
    result = run("bench", *options, "--seconds", 0.01, "--workers", 1, *["--json"] * as_json)
    assert result.exit_code == 0, result.output
    if as_json:
        found = json.loads(result.stdout)
        assert found["corpus"]["tokens"] == 10**9
        assert {s["model"] for s in found["speeds"]} == {"cbow"}
        assert {"ns", "hs"} == {s["loss"] for s in found["speeds"] if s["backend"] == "numpy"}
        assert all(s["estimated_seconds"] > 1 for s in found["speeds"])
    else:
        head, *_, last = result.stdout.splitlines()
        assert head.endswith("1G tokens, 2 epochs")
        assert re.search(r"^cbow +ns +numpy +\S+[kM] +\d+:\d\d:\d\d$", result.stdout, re.MULTILINE)
        assert last.startswith("Fastest here: ")


def test_bench_of_what_will_never_end() -> None:
    options = ["--model", "cbow", "--loss", "ns", "--dim", 4, "--words", 100, "--seconds", 0.01]
    result = run("bench", *options, "--tokens", 10**15, "--epochs", 2**31 - 1)
    assert result.exit_code == 0, result.output
    assert re.search(r"^cbow +ns +numpy +\S+ +millions of years$", result.stdout, re.MULTILINE)


def test_bench_refuses_what_has_no_meaning() -> None:
    refused(run("bench", "--loss", "hs", "--negative", 5), 2, "--negative has a meaning only with")
    refused(run("bench", "--window", 0), 2, "--window must be at least 1")
    refused(run("bench", "--tokens", 10**30), 2, "--tokens.*is not in the range 1<=x<=10")
    refused(run("bench", "--seconds", "nan"), 2, "--seconds.*expected a number, got nan")
    refused(run("bench", "--seconds", "inf"), 2, "--seconds.*inf is not in the range 0<x<=3600")
