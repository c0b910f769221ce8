"""What a command has made is not thrown away: it is rescued, and room is asked for before."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from commands import QUICK, names, refused, run, topics_file

import w2v
from w2v import Vectors, Word2Vec, load
from w2v.cli import results

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


def after_training(monkeypatch: pytest.MonkeyPatch, then: Callable[[], object]) -> None:
    train = Word2Vec.train

    def trained(self: Word2Vec, *given: Any, **named: Any) -> Word2Vec:
        train(self, *given, **named)
        then()
        return self

    monkeypatch.setattr(Word2Vec, "train", trained)


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
