"""A model in a file: what comes back, and what is refused."""

from __future__ import annotations

import contextlib
import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from corpora import two_topics

from w2v import ModelFileError, OutputError, W2VError, Word2Vec
from w2v.formats import write_archive
from w2v.training import model_file
from w2v.training.fitted import Report

KINDS = [(model, loss) for model in ("skipgram", "cbow") for loss in ("ns", "hs", "softmax")]


def small(**options: Any) -> Word2Vec:
    settings: dict[str, Any] = {
        "dim": 8,
        "min_count": 1,
        "epochs": 2,
        "workers": 1,
        "backend": "numpy",
    }
    return Word2Vec(**(settings | options))


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / "model.npz"
    small(loss="hs").fit(two_topics(100)).save_model(path)
    return path


@pytest.mark.parametrize(("kind", "loss"), KINDS)
def test_everything_comes_back(kind: str, loss: str, tmp_path: Path) -> None:
    text, more = two_topics(150), [["new", "animal1", "word"]] * 20 + two_topics(50, seed=1)
    model = small(model=kind, loss=loss, dim=np.int64(8)).fit(text)
    model.save_model(tmp_path / "m.npz")
    again = Word2Vec.load_model(tmp_path / "m.npz")
    assert again.get_params() == model.get_params()
    assert again.config == model.config
    assert again.vectors.words == model.vectors.words
    assert again.report == model.report
    sentence = ["animal1", "animal2", "tool3"]
    assert again.score(sentence) == model.score(sentence) < 0
    assert again.predict_output_word(sentence) == model.predict_output_word(sentence)
    for other in (model, again):
        other.partial_fit(more)
    for name in ("matrix", "counts"):
        assert np.array_equal(getattr(again.vectors, name), getattr(model.vectors, name))
    assert again.output.tobytes() == model.output.tobytes()
    assert again.report["continued"] == {"words": 27, "new": 2, "epochs": 2}
    again.save_model(tmp_path / "m.npz")  # with a tree that has grown
    third = Word2Vec.load_model(tmp_path / "m.npz")
    assert third.output.tobytes() == again.output.tobytes()
    assert third.partial_fit(more).report["continued"]["epochs"] == 4


def test_nothing_is_saved_before_training(tmp_path: Path) -> None:
    with pytest.raises(W2VError, match="Call `fit`"):
        small().save_model(tmp_path / "m.npz")
    assert not list(tmp_path.iterdir())


def test_a_file_is_there_whole_or_not_at_all(
    saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = Word2Vec.load_model(saved)
    (tmp_path / "m.npz").write_bytes(b"older")

    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(model_file, "write_archive", full)
    with pytest.raises(OutputError, match="No space left"):
        model.save_model(tmp_path / "m.npz")
    assert (tmp_path / "m.npz").read_bytes() == b"older"
    assert len(list(tmp_path.iterdir())) == 1


def changed(saved: Path, path: Path, **arrays: Any) -> Path:
    """A model with other arrays, and the right checksums of them."""
    with np.load(saved) as archive:
        kept = {name: archive[name] for name in archive.files} | arrays
    with path.open("wb") as file:
        write_archive(file, {k: a for k, a in kept.items() if a is not None}, sealed=True)
    return path


def about(**told: Any) -> Any:
    return np.frombuffer(json.dumps(told).encode(), np.uint8)


BAD: list[tuple[dict[str, Any], str]] = [
    ({"version": np.int64(2)}, "has version 2 of the model format, and this w2v knows 1"),
    ({"format": np.array("other")}, "not a model saved by w2v"),
    ({"format": None}, "not a model saved by w2v"),
    ({"input": None}, "damaged or cut short"),
    ({"about": np.zeros(3, np.uint8)}, "damaged or cut short"),
    ({"input": np.zeros((27, 8))}, "'input' holds float64 numbers"),
    ({"input": np.zeros((26, 8), np.float32)}, "damaged"),
    ({"input": np.zeros((27, 7), np.float32)}, "its tables do not fit its 27 words"),
    ({"output": np.zeros((27, 8), np.float32)}, "its tables do not fit its 27 words"),
    ({"counts": np.ones(26, np.int64)}, "its tables do not fit its 27 words"),
    ({"words": np.frombuffer(b"a\na\n" * 13 + b"a", np.uint8)}, "damaged"),
    ({"nodes": None}, "damaged"),
    ({"codes": np.full(3, 1, np.uint8)}, "its Huffman tree does not fit"),
    ({"offsets": np.zeros(28, np.int64)}, "its Huffman tree does not fit"),
    (
        {"counts": np.zeros(27, np.int64)},
        r"bad\.npz is damaged: the count of '.*' is 0, expected 1",
    ),
    ({"counts": np.full(27, -3, np.int64)}, "the count of '.*' is -3, expected 1 or more"),
    ({"counts": np.ones((27, 1), np.int64)}, "its tables do not fit its 27 words"),
    ({"input": np.full((27, 8), np.nan, np.float32)}, "27 rows of 'input' with NaN or infinity"),
    ({"output": np.full((26, 8), np.inf, np.float32)}, "26 rows of 'output' with NaN or infinity"),
    ({"input": np.float32(1)}, "its tables do not fit its 27 words"),
    ({"input": np.ones((27, 2, 4), np.float32)}, "its tables do not fit its 27 words"),
    ({"about": about()}, "has no 'options', or of another kind"),
    ({"about": about(epochs="3")}, "has no 'options', or of another kind"),
]


ABOUT: list[tuple[Callable[[dict[str, Any]], Any], str]] = [
    (lambda about: about["trained_as"].pop("loss"), "does not say with which 'loss'"),
    (lambda about: about["trained_as"].pop("window"), "does not say with which 'window'"),
    (lambda about: about["trained_as"].update(window=0), "`window` must be at least 1, got 0"),
    (
        lambda about: about["trained_as"].update(window="x"),
        "`window` must be a whole number, got 'x'",
    ),
    (
        lambda about: about["trained_as"].update(dim=7),
        r"\('hs', 7 numbers\) does not fit its tables",
    ),
    (lambda about: about["trained_as"].update(loss="ns"), r"\('ns', 8 numbers\) does not fit"),
    (lambda about: about.pop("report"), "has no 'report', or of another kind"),
    (lambda about: about.update(epochs=-1), "has -1 epochs"),
    (lambda about: about.update(epochs="many"), "has no 'epochs', or of another kind"),
    (lambda about: about.update(options=[1]), "has no 'options', or of another kind"),
]


@pytest.mark.parametrize(("change", "message"), ABOUT, ids=[message for _, message in ABOUT])
def test_what_a_model_says_of_itself_is_checked(
    saved: Path, tmp_path: Path, change: Callable[[dict[str, Any]], Any], message: str
) -> None:
    with np.load(saved) as archive:
        told = json.loads(archive["about"].tobytes())
    change(told)
    path = changed(saved, tmp_path / "bad.npz", about=about(**told))
    with pytest.raises(ModelFileError, match=r"bad\.npz is damaged: .*" + message):
        Word2Vec.load_model(path)


@pytest.mark.parametrize(("arrays", "message"), BAD, ids=lambda x: next(iter(x), "") if x else "")
def test_damaged_and_foreign_archives(
    saved: Path, tmp_path: Path, arrays: dict[str, Any], message: str
) -> None:
    path = changed(saved, tmp_path / "bad.npz", **arrays)
    with pytest.raises(ModelFileError, match=message):
        Word2Vec.load_model(path)


def test_any_byte_may_be_wrong(saved: Path, tmp_path: Path) -> None:
    """Also where the archive then asks for a way of packing, or a version, that there is not."""
    whole, path = saved.read_bytes(), tmp_path / "bad.npz"
    names = whole.index(b"PK\x01\x02")  # the list of what is in the archive, at its end
    for place in range(names, len(whole), 3):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        with contextlib.suppress(ModelFileError):
            Word2Vec.load_model(path)


@pytest.mark.parametrize("value", [-1, 26, 2**30])
def test_a_node_that_is_not_there_is_never_looked_up(
    saved: Path, tmp_path: Path, value: int
) -> None:
    with np.load(saved) as archive:
        nodes = archive["nodes"].copy()
    nodes[5] = value
    with pytest.raises(ModelFileError, match="its Huffman tree does not fit"):
        Word2Vec.load_model(changed(saved, tmp_path / "bad.npz", nodes=nodes))


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.9, 0.999])
def test_files_cut_short(saved: Path, tmp_path: Path, share: float) -> None:
    whole = saved.read_bytes()
    path = tmp_path / "cut.npz"
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(ModelFileError, match=r"cut\.npz is (damaged|not a model)"):
        Word2Vec.load_model(path)


def test_a_flipped_byte_is_seen(saved: Path, tmp_path: Path) -> None:
    whole = bytearray(saved.read_bytes())
    row = Word2Vec.load_model(saved).vectors.matrix[1].tobytes()
    whole[bytes(whole).index(row)] ^= 255
    (tmp_path / "m.npz").write_bytes(whole)
    with pytest.raises(ModelFileError, match="damaged"):
        Word2Vec.load_model(tmp_path / "m.npz")


def write_text(path: Path) -> None:
    path.write_text("2 2\na 1 2\nb 3 4\n")


def write_pickle(path: Path) -> None:
    path.write_bytes(pickle.dumps({"a": 1}))


def write_array(path: Path) -> None:
    with path.open("wb") as file:
        np.save(file, np.ones(3))


def write_objects(path: Path) -> None:
    with path.open("wb") as file:
        np.savez(file, format=np.array([{}], dtype=object))


@pytest.mark.parametrize("write", [write_text, write_pickle, write_array, write_objects])
def test_other_files(tmp_path: Path, write: Callable[[Path], None]) -> None:
    write(tmp_path / "other")
    with pytest.raises(ModelFileError, match=r"other(:| is) "):
        Word2Vec.load_model(tmp_path / "other")


def test_no_file_and_folders(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match=r"none cannot be read: No such file"):
        Word2Vec.load_model(tmp_path / "none")
    with pytest.raises(ModelFileError, match="cannot be read: Is a directory"):
        Word2Vec.load_model(tmp_path)
    with pytest.raises(ModelFileError, match="The name of the model file is empty"):
        Word2Vec.load_model("")


def test_options_of_a_stranger(saved: Path, tmp_path: Path) -> None:
    with np.load(saved) as archive:
        about = archive["about"].tobytes().replace(b'"window": 5', b'"window": 0', 1)
    path = changed(saved, tmp_path / "m.npz", about=np.frombuffer(about, np.uint8))
    with pytest.raises(ModelFileError, match=r"options that this w2v does not take: `window`"):
        Word2Vec.load_model(path)


def test_a_report_is_shown_whatever_it_lacks() -> None:
    for report in (Report(), Report(loss=[]), Report(loss=[None], seconds={}, tokens={})):
        assert repr(report).startswith("<Report: ")
