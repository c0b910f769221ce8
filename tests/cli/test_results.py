"""What a command has made is not thrown away, and its files belong together, also after a kill."""

from __future__ import annotations

import errno
import hashlib
import itertools
import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from commands import QUICK, refused, run, topics_file

import w2v
from w2v import Vectors, Word2Vec, interrupts, load
from w2v.cli import results
from w2v.files import disk

FORMATS = [
    *("txt", "vec", "bin", "npz", "safetensors", "tsv"),
    *("vec.gz", "txt.bz2", "bin.xz", "vec.zst"),
]
ALL_ROOM = 10**18


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return topics_file(tmp_path_factory.mktemp("corpus"))


@pytest.fixture(scope="module")
def expected(corpus: Path) -> Vectors:
    model = Word2Vec(dim=8, epochs=2, min_count=1, workers=1, backend="numpy")
    return model.fit(corpus).vectors


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


def after_training(monkeypatch: pytest.MonkeyPatch, then: Callable[[], object]) -> None:
    train = Word2Vec.train

    def trained(self: Word2Vec, *given: Any, **named: Any) -> Word2Vec:
        train(self, *given, **named)
        then()
        return self

    monkeypatch.setattr(Word2Vec, "train", trained)


def names(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


# one of them fails


@pytest.mark.parametrize("ending", FORMATS)
def test_vectors_whose_folder_has_gone_are_rescued(
    corpus: Path, here: Path, expected: Vectors, ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if ending.endswith("zst"):
        pytest.importorskip("zstandard")
    gone = here.parent / "gone"
    gone.mkdir()
    after_training(monkeypatch, lambda: shutil.rmtree(gone))
    paths = ["--save-model", "m.npz", "--report", "run.json", "--save-vocab", "words.txt"]
    result = run("train", corpus, "-o", gone / f"v.{ending}", *paths, *QUICK)
    rescued = here / "v.rescued.npz"
    refused(result, 1, f"Cannot write {gone}/v.{ending}: {gone} is not a folder")
    assert f"What it was to hold is in {rescued}, and w2v convert makes" in result.stderr
    assert "saved " not in result.stderr
    assert names(here) == ["m.npz", "run.json", "v.rescued.npz", "words.txt"]
    for vectors in (load(rescued), Word2Vec.load_model("m.npz").vectors):
        assert vectors.words == expected.words
        assert vectors.matrix.tobytes() == expected.matrix.tobytes()
    report = json.loads((here / "run.json").read_text(encoding="utf-8"))
    assert [file["path"] for file in report["files"]] == ["words.txt", str(rescued), "m.npz"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_leaves_the_other_files(corpus: Path, here: Path) -> None:
    for name in ("v.bin", "m.npz", "run.json", "words.txt"):
        (here / "full").mkdir(exist_ok=True)
        (here / "full" / name).symlink_to("/dev/full")
    out = ["-o", "v.bin", "--save-model", "full/m.npz", "--report", "full/run.json"]
    result = run("train", corpus, *out, "--save-vocab", "full/words.txt", *QUICK)
    refused(result, 1, "Cannot write full/words.txt: No space left on device. What it was to hold")
    assert result.stderr.count("No space left on device") == 3
    assert "saved     v.bin: 27 words, 8 dimensions" in result.stderr
    rescued = ["m.rescued.npz", "run.rescued.json", "words.rescued.txt"]
    assert names(here) == ["full", *rescued[:1], "run.rescued.json", "v.bin", "words.rescued.txt"]
    assert Word2Vec.load_model("m.rescued.npz").vectors.matrix.tobytes() == (
        load("v.bin").matrix.tobytes()
    )
    assert json.loads(Path("run.rescued.json").read_text(encoding="utf-8"))["done"] == 1


def test_no_file_is_overwritten_by_a_rescue(tmp_path: Path, here: Path) -> None:
    (here / "v.rescued.txt").write_text("keep")

    def write(path: Any) -> None:
        if "rescued" not in os.fspath(path):
            raise OSError(errno.EIO, "Input/output error")
        Path(path).write_text(f"made for {os.path.basename(path)}")

    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
    made = [results.Result(str(tmp_path / folder / "v.txt"), write) for folder in "ab"]
    lost = results.save(made)
    assert list(lost) == [str(tmp_path / "a/v.txt"), str(tmp_path / "b/v.txt")]
    assert all("Input/output error. What it was to hold is in" in text for text in lost.values())
    assert (here / "v.rescued.txt").read_text() == "keep"
    assert (tmp_path / "a/v.rescued.txt").read_text() == "made for v.rescued.txt"
    assert (tmp_path / "a/v.rescued-2.txt").read_text() == "made for v.rescued-2.txt"


def test_what_no_folder_takes_is_said_to_be_lost(here: Path) -> None:
    def write(_: object) -> None:
        raise ValueError("no such word.")

    lost = results.save([results.Result("v.bin", write)])
    assert lost == {
        "v.bin": "Cannot write v.bin: ValueError no such word. "
        "No other folder took what it was to hold, and it is lost."
    }
    assert not names(here)


def test_the_demo_shows_its_words_all_the_same(
    here: Path, monkeypatch: pytest.MonkeyPatch, corpus: Path
) -> None:
    monkeypatch.setattr("w2v.text.AUSTEN", str(corpus))
    (here / "gone").mkdir()
    after_training(monkeypatch, (here / "gone").rmdir)
    monkeypatch.setattr("w2v.cli.train_commands._AUSTEN_WORDS", ("animal1",))
    result = run("demo", "-o", "gone/v.bin", "--words", 1, *QUICK)
    assert result.exit_code == 1
    assert result.stdout.startswith("       animal1  ")
    assert f"What it was to hold is in {here}/v.rescued.npz" in result.stderr
    assert names(here) == ["v.rescued.npz"]


@pytest.mark.parametrize("options", [(), ("-classes", 3), ("-binary", 1)])
def test_word2vec_in_the_words_of_old(
    corpus: Path, here: Path, options: tuple[Any, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ["-train", corpus, "-size", 8, "-iter", 1, "-threads", 1, "-min-count", 1, *options]
    assert run("word2vec", *asked, "-output", "as-it-should-be").exit_code == 0
    (here / "gone").mkdir()
    after_training(monkeypatch, (here / "gone").rmdir)
    result = run("word2vec", *asked, "-output", "gone/v", "-save-vocab", "words")
    refused(result, 1, f"What it was to hold is in {here}/v.rescued\\.")
    assert "saved     words: 27 words, and </s>" in result.stderr
    assert names(here) == ["as-it-should-be", "v.rescued", "words"]
    assert Path("v.rescued").read_bytes() == Path("as-it-should-be").read_bytes()


@pytest.mark.skipif(not Path("/dev/fd").exists(), reason="needs /dev/fd")
def test_nothing_is_rescued_beside_what_is_open(here: Path) -> None:
    with open("log", "wb") as log:
        lost = results.Result(f"/dev/fd/{log.fileno()}", lambda _: None)
        assert Path(results.rescue(lost)).parent == here


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("saved", [True, False])
def test_phrases_that_were_found(corpus: Path, here: Path, saved: bool) -> None:
    asked = ["phrases", corpus, "--threshold", 0.1, "--min-count", 1, "-o"]
    assert run(*asked, "text.txt", "--save", "right.tsv").exit_code == 0
    (here / "full.txt").symlink_to("/dev/full")
    result = run(*asked, "full.txt", *(["--save", "found.tsv"] if saved else []))
    refused(result, 1, r"Cannot write full\.txt: No space left on device\.")
    found = "found.tsv" if saved else "phrases.rescued.tsv"
    assert saved or f"The phrases are in {here}/{found}, for --load." in result.stderr
    assert names(here) == sorted(["full.txt", "right.tsv", "text.txt", found])
    assert Path(found).read_bytes() == Path("right.tsv").read_bytes()
    assert len(Path(found).read_text(encoding="utf-8").splitlines()) > 3


def test_an_index_that_was_made(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("faiss")
    rng = np.random.default_rng(0)
    Vectors([f"w{i}" for i in range(50)], rng.normal(size=(50, 8))).save("v.npz")
    (here / "gone").mkdir()
    made = w2v.NeighbourIndex.__init__

    def make(*given: Any, **named: Any) -> None:
        made(*given, **named)
        (here / "gone").rmdir()

    monkeypatch.setattr(w2v.NeighbourIndex, "__init__", make)
    result = run("index", "v.npz", "-o", "gone/v.faiss")
    refused(result, 1, f"What it was to hold is in {here}/v.rescued.faiss")
    monkeypatch.undo()
    os.chdir(here)
    assert run("nearest", "v.npz", "w1", "--index", "v.rescued.faiss").exit_code == 0


# before the first step


class Usage(NamedTuple):
    total: int
    used: int
    free: int


@pytest.mark.parametrize("command", ["train", "word2vec"])
def test_room_is_asked_for_before_the_first_step(
    corpus: Path, here: Path, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """27 words of 1000 numbers are 108,000 bytes of vectors, and twice as many of a model."""
    after_training(monkeypatch, lambda: pytest.fail("trained"))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(ALL_ROOM, ALL_ROOM, 280_000))
    asked: list[Any] = ["train", corpus, "-o", "v.bin", "--save-model", "m.npz", *QUICK]
    asked += ["--dim", 1000]
    if command == "word2vec":
        monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(ALL_ROOM, ALL_ROOM, 90_000))
        asked = ["word2vec", "-train", corpus, "-output", "v.bin", "-binary", 1, "-size", 1000]
    refused(run(*asked), 1, "Cannot write v.bin.*need.* of the disk are free")
    assert not names(here)


@pytest.mark.parametrize("command", ["neighbours", "index"])
def test_room_is_asked_for_before_a_long_search(
    here: Path, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """20 words of 50 numbers are 4,000 bytes of an index; 19 neighbours of each, 1,140 bytes."""
    if command == "index":
        pytest.importorskip("faiss")
    rng = np.random.default_rng(0)
    Vectors([f"w{i}" for i in range(20)], rng.normal(size=(20, 50))).save("v.npz")
    output = {"neighbours": "n.tsv.gz", "index": "v.faiss"}[command]
    room = {"neighbours": 1139, "index": 3999}[command]
    n = ["-n", 100] if command == "neighbours" else []
    for free, code in ((room, 1), (10**6, 0)):
        monkeypatch.setattr(shutil, "disk_usage", lambda _, f=free: Usage(ALL_ROOM, ALL_ROOM, f))
        result = run(command, "v.npz", "-o", output, *n)
        assert result.exit_code == code, result.output
        assert (here / output).exists() == (not code)
        assert bool(code) == ("of the disk are free" in result.stderr)


# together


@pytest.fixture(scope="module")
def models(corpus: Path) -> list[Word2Vec]:
    """Of two runs."""
    options: dict[str, Any] = {"dim": 8, "epochs": 1, "min_count": 1, "workers": 1}
    return [Word2Vec(backend="numpy", seed=seed, **options).fit(corpus) for seed in (1, 2)]


def save_all(model: Word2Vec) -> dict[str, str]:
    counts = model.vectors.counts
    assert counts is not None
    vocabulary = w2v.Vocabulary(tuple(model.vectors.words), counts)
    made = results.of_training(model, vocabulary, "v.tsv", "m.npz", "words.txt")
    return results.save(made, "run.json", model.report)


def numbers(path: str) -> bytes:
    """Of vectors that are in their place, for the projector, or rescued."""
    if path.endswith(".tsv"):
        return np.loadtxt(path, np.float32, delimiter="\t").tobytes()
    return load(path).matrix.tobytes()


def sums_agree() -> bool:
    """What a user finds who holds a report against the files that it names."""
    report = json.loads(Path("run.json").read_text(encoding="utf-8"))
    return all(
        hashlib.sha256(Path(file["path"]).read_bytes()).hexdigest() == file["sha256"]
        for file in report["files"]
    )


def generations(runs: list[dict[str, bytes]]) -> set[int]:
    """Of which runs the files here are; each is whole, or this fails."""
    found = {name: Path(name).read_bytes() for name in runs[0]}
    return {
        next(i for i, run in enumerate(runs) if run[name] == content)
        for name, content in found.items()
        if any(run[name] != content for run in runs)  # the words of both are the same
    }


def test_the_report_has_the_sums_of_the_files(here: Path, models: list[Word2Vec]) -> None:
    assert not save_all(models[0])
    report = json.loads(Path("run.json").read_text(encoding="utf-8"))
    paths = [file["path"] for file in report["files"]]
    assert paths == ["words.txt", "v.tsv", "v.metadata.tsv", "m.npz"]
    for file in report["files"]:
        assert file["bytes"] == os.path.getsize(file["path"])
    assert sums_agree()
    models[1].save("v.tsv")
    assert not sums_agree()


def counting(monkeypatch: pytest.MonkeyPatch, act: Callable[[int, Any], None]) -> None:
    """Call `act` with the number of each call that changes the disk, before it, and the call."""
    call, number = disk.call, 0

    def counted(function: Callable[..., Any], *given: Any, **named: Any) -> Any:
        nonlocal number
        number += 1
        act(number, function)
        return call(function, *given, **named)

    monkeypatch.setattr(disk, "call", counted)


def kill_at(last: int, number: int, _: object) -> None:
    if number == last:
        os.kill(os.getpid(), signal.Signals["SIGKILL"])


def test_a_kill_between_any_two_calls_is_seen(
    here: Path, models: list[Word2Vec], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old files are there or the new ones, and where both are, the sums tell."""
    if sys.platform == "win32":
        pytest.skip("no forks")
    monkeypatch.setattr("w2v.word2vec.time.perf_counter", lambda: 0.0)  # seconds are in reports
    runs = []
    for model in reversed(models):
        assert not save_all(model)
        runs.append({name: Path(name).read_bytes() for name in names(here)})
    mixed, seen = 0, set()
    for killed in itertools.count(1):
        for name, content in runs[0].items():
            Path(name).write_bytes(content)
        child = os.fork()
        if not child:
            counting(monkeypatch, partial(kill_at, killed))
            save_all(models[0])
            os._exit(0)
        if os.waitpid(child, 0)[1] == 0:
            break
        of = generations(runs)
        assert of
        assert sums_agree() == (len(of) == 1)
        mixed += len(of) > 1
        seen |= of
    assert generations(runs) == {1}
    assert seen == {0, 1}
    assert 1 <= mixed < len(runs[0])  # between the moves alone
    assert killed > 20
    assert names(here) == sorted(runs[0])  # what the killed have left is swept away


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
def test_whatever_call_fails_nothing_is_lost(
    here: Path, models: list[Word2Vec], number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One call fails: every file is there, where it belongs or where it is said to be."""
    assert not save_all(models[1])
    vectors = models[0].vectors.matrix.tobytes()
    for failing in itertools.count(1):
        failed: list[int] = []

        def fail(at: int, _: object, when: int = failing, failed: list[int] = failed) -> None:
            if at == when:
                failed.append(at)
                raise OSError(number, os.strerror(number))

        with monkeypatch.context() as patched:
            counting(patched, fail)
            lost = save_all(models[0])
        if not failed:
            break
        places = {name: name for name in ("v.tsv", "m.npz", "run.json", "words.txt")}
        for name, told in lost.items():
            assert os.strerror(number) in told
            places[name] = told.partition("What it was to hold is in ")[2].rstrip(".")
            places[name] = places[name].partition(", and w2v convert")[0]
        assert numbers(places["v.tsv"]) == vectors
        assert Word2Vec.load_model(places["m.npz"]).vectors.matrix.tobytes() == vectors
        assert json.loads(Path(places["run.json"]).read_text(encoding="utf-8"))["done"] == 1
        assert w2v.Vocabulary.load(places["words.txt"]).total == 2400
        for name in names(here):
            if "rescued" in name:
                os.unlink(name)
    assert failing > 20


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_while_a_finished_training_is_written(
    here: Path, models: list[Word2Vec], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Who presses Ctrl-C wants an end; a machine that goes away may leave the time."""
    if not hasattr(os, "fork"):
        pytest.skip("sends signals of POSIX")
    number = signal.Signals[name]
    assert not save_all(models[1])
    old = {name: Path(name).read_bytes() for name in names(here)}
    sent: list[bool] = []

    def send(_: int, function: object) -> None:
        if function is os.fsync and not sent:
            sent.append(True)
            signal.raise_signal(number)

    counting(monkeypatch, send)
    with interrupts.install():
        if name == "SIGINT":
            with pytest.raises(KeyboardInterrupt):
                save_all(models[0])
            assert {name: Path(name).read_bytes() for name in names(here)} == old
        else:
            assert not save_all(models[0])
            assert numbers("v.tsv") == models[0].vectors.matrix.tobytes()
            assert sums_agree()
            assert interrupts.pending() == number
    assert sent


def test_a_signal_while_a_file_is_rescued_waits(
    here: Path, models: list[Word2Vec], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What could not be moved is written again, elsewhere, and that is not cut off."""
    if not hasattr(os, "fork"):
        pytest.skip("sends signals of POSIX")
    failed: list[bool] = []
    plain = results._Saving.elsewhere

    def fail_once(_: int, function: object) -> None:
        if function is os.replace and not failed:
            failed.append(True)
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    def interrupted(saving: results._Saving, result: results.Result) -> str:
        signal.raise_signal(signal.SIGTERM)
        return plain(saving, result)

    counting(monkeypatch, fail_once)
    monkeypatch.setattr(results._Saving, "elsewhere", interrupted)
    with interrupts.install():
        lost = save_all(models[0])
        assert interrupts.pending() == signal.SIGTERM
    assert [name for name in names(here) if "rescued" in name]
    assert ["What it was to hold is in" in told for told in lost.values()] == [True]


def test_a_file_that_cannot_be_read_again_has_no_sum(
    here: Path, models: list[Word2Vec], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr("w2v.files.group.open", fail, raising=False)
    assert not save_all(models[0])
    report = json.loads(Path("run.json").read_text(encoding="utf-8"))
    assert [file["sha256"] for file in report["files"]] == [None] * 4


def test_a_signal_between_the_moves_is_held(
    here: Path, models: list[Word2Vec], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not save_all(models[1])

    def interrupt(_: int, function: object) -> None:
        if function is os.replace:
            signal.raise_signal(signal.SIGINT)

    counting(monkeypatch, interrupt)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        assert not save_all(models[0])
        assert sums_agree()
        assert numbers("v.tsv") == models[0].vectors.matrix.tobytes()
        assert interrupts.pending() == signal.SIGINT
        with pytest.raises(KeyboardInterrupt):
            interrupts.ask()
    finally:
        signal.signal(signal.SIGINT, before)
