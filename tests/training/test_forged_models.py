"""Model files that lie: whatever is changed in them, it is noticed when they are loaded."""

from __future__ import annotations

import copy
import json
import sys
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from corpora import two_topics

from w2v import ModelFileError, TrainingWarning, W2VError, Word2Vec
from w2v.formats import is_sealed, write_archive

Arrays = dict[str, Any]
CASES = 400


def trained(loss: str = "hs", **options: Any) -> Word2Vec:
    settings: dict[str, Any] = {"dim": 2, "min_count": 1, "epochs": 1, "workers": 1}
    model = Word2Vec(loss=loss, backend="numpy", **settings, **options)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TrainingWarning)  # so short a text teaches nothing
        return model.fit(two_topics(20))


def arrays_of(path: Path) -> Arrays:
    with np.load(path) as archive:
        return {name: archive[name] for name in archive.files}


def forged(path: Path, arrays: Arrays) -> Path:
    """A file whose checksums are right."""
    with path.open("wb") as file:
        write_archive(file, arrays, sealed=True)
    return path


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / "model.npz"
    trained().save_model(path)
    return path


def test_every_bit_is_under_the_checksum(saved: Path, tmp_path: Path) -> None:
    whole, path = saved.read_bytes(), tmp_path / "bad.npz"
    assert is_sealed(str(saved))
    with path.open("wb") as file:
        file.write(whole)
        for bit in range(8 * len(whole)):
            place, changed = bit // 8, whole[bit // 8] ^ (1 << bit % 8)
            file.seek(place)
            file.write(bytes([changed]))
            file.flush()
            assert not is_sealed(str(path))
            file.seek(place)
            file.write(whole[place : place + 1])
    assert path.read_bytes() == whole


def test_a_flipped_bit_is_noticed(saved: Path, tmp_path: Path) -> None:
    whole, path = saved.read_bytes(), tmp_path / "bad.npz"
    for bit in range(0, 8 * len(whole), 29):  # 29 and 8 have no factor in common
        changed = bytearray(whole)
        changed[bit // 8] ^= 1 << bit % 8
        path.write_bytes(changed)
        with pytest.raises(ModelFileError, match=r"bad\.npz"):
            Word2Vec.load_model(path)


def test_a_file_cut_anywhere_or_made_longer_is_noticed(saved: Path, tmp_path: Path) -> None:
    whole, path = saved.read_bytes(), tmp_path / "bad.npz"
    ends = [*range(0, len(whole), 11), *range(len(whole) - 200, len(whole))]
    for content in [*(whole[:end] for end in ends), whole + b"\0", b"\0" + whole, whole + whole]:
        path.write_bytes(content)
        with pytest.raises(ModelFileError, match=r"bad\.npz"):
            Word2Vec.load_model(path)


def test_an_archive_that_numpy_writes_is_no_model(saved: Path, tmp_path: Path) -> None:
    np.savez(tmp_path / "m.npz", **arrays_of(saved))
    with pytest.raises(ModelFileError, match=r"m\.npz is damaged: it does not end in the checksum"):
        Word2Vec.load_model(tmp_path / "m.npz")
    assert Word2Vec.load_model(forged(tmp_path / "m.npz", arrays_of(saved))).report["loss"]


def test_a_tree_that_is_none_is_noticed(saved: Path, tmp_path: Path) -> None:
    """Any two turns exchanged, or one taken to another node."""
    arrays = arrays_of(saved)
    rng = np.random.default_rng(3)
    for _ in range(200):
        some = {name: arrays[name].copy() for name in ("offsets", "nodes", "codes")}
        name = str(rng.choice(list(some)))
        at = int(rng.integers(len(some[name])))
        some[name][at] = (some[name][at] + 1) % 2 if name == "codes" else rng.integers(0, 26)
        if (some[name] == arrays[name]).all():
            continue
        with pytest.raises(ModelFileError, match="Huffman tree does not fit"):
            Word2Vec.load_model(forged(tmp_path / "bad.npz", arrays | some))


FORGED: list[tuple[str, Callable[[Arrays], Any], str]] = [
    ("input", lambda a: a["input"][:, :1], "do not fit"),
    ("input", lambda a: np.asfortranarray(a["input"]), ""),
    ("input", lambda a: a["input"].astype(">f4"), "'input' holds >f4 numbers"),
    ("counts", lambda a: np.full_like(a["counts"], 2**62), "which is not below"),
    ("counts", lambda a: np.int64(3), "do not fit"),
    ("version", lambda a: np.array([1]), "do not fit"),
    ("version", lambda a: np.int64(0), "its version is 0"),
    ("words", lambda a: np.frombuffer(b"a b\nx" + b"\nx" * 25, np.uint8), "distinct"),
    ("words", lambda a: np.frombuffer(a["words"].tobytes() + b" c", np.uint8), "A word must be"),
    ("words", lambda a: np.frombuffer(a["words"].tobytes() + b"\n", np.uint8), "do not fit"),
    ("more", lambda a: np.zeros(3), "it holds 'more', as no model does"),
    ("x\n\x1b]0;t\x07", lambda a: np.zeros(3), r"it holds 'x\\n\\x1b\]0;t\\x07', as no model"),
    ("about", lambda a: np.frombuffer(b"[" * 100_000, np.uint8), "is no JSON"),
    ("about", lambda a: np.frombuffer(b"[],".join([b""] * 300_000), np.uint8), "has no 'options'"),
    ("about", lambda a: np.frombuffer(b"9" * 5000, np.uint8), "is no JSON"),
]


@pytest.mark.parametrize(("name", "make", "message"), FORGED)
def test_arrays_of_another_shape(
    saved: Path, tmp_path: Path, name: str, make: Callable[[Arrays], Any], message: str
) -> None:
    arrays = arrays_of(saved)
    path = forged(tmp_path / "bad.npz", arrays | {name: make(arrays)})
    if not message:  # as NumPy may have written it
        assert Word2Vec.load_model(path).output.flags.c_contiguous
        return
    with pytest.raises(ModelFileError, match=message) as caught:
        Word2Vec.load_model(path)
    assert str(caught.value).isprintable()


def test_a_compressed_model_is_refused_before_it_is_decompressed(
    saved: Path, tmp_path: Path
) -> None:
    np.savez_compressed(tmp_path / "m.npz", **arrays_of(saved))
    with pytest.raises(ModelFileError, match="is compressed, as in no model"):
        Word2Vec.load_model(tmp_path / "m.npz")


def test_members_of_a_model_are_not_read_before_they_fit(saved: Path, tmp_path: Path) -> None:
    """A file of some kB that holds an array of 64 MB more."""
    if sys.platform == "win32":
        pytest.skip("no such limit")
    import resource

    path = tmp_path / "bad.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays_of(saved).items():
            with archive.open(f"{name}.npy", "w") as member:
                np.lib.format.write_array(member, array)
        with archive.open("more.npy", "w", force_zip64=True) as member:
            for _ in range(64):
                member.write(bytes(1 << 20))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ModelFileError, match="it holds 'more'"):
        Word2Vec.load_model(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 16 << 10


# A fuzz: arrays and JSON are changed in any way, and the checksums are right.

VALUES: list[Any] = [
    *(None, True, False, 0, -1, 1, 2, 3, 8, 10**30, 10**400, -(10**19), 2**31, 2**63, 0.5, -0.0),
    *(1e308, float("inf"), float("nan"), "", "x", "hs", "ns", "cbow", "softmax", "mean", "8"),
    *("x\n\x1b]0;t\x07", "\ud800", "é" * 5000, [], {}, [[[]]], {"a": 1}, [1], [None], [0.5, "x"]),
]


def any_json(rng: np.random.Generator, told: Any) -> Any:
    """The same, with something in it changed."""
    told = copy.deepcopy(told)
    for _ in range(int(rng.integers(1, 3))):
        at = told
        while True:
            keys = list(at) if isinstance(at, dict) else list(range(len(at)))
            if not keys:
                break
            key = keys[rng.integers(len(keys))]
            if isinstance(at[key], dict | list) and rng.random() < 0.75:
                at = at[key]
                continue
            what = rng.random()
            if what < 0.7:
                at[key] = VALUES[rng.integers(len(VALUES))]
            elif what < 0.85 and isinstance(at, dict):
                at[str(VALUES[rng.integers(len(VALUES))])[:100]] = at.pop(key)
            else:
                del at[key]
            break
    return told


def any_array(rng: np.random.Generator, array: Any) -> Any:
    """An array like it, or not."""
    array = np.array(array)
    kinds = ["<f4", "<f8", "<i8", "<i4", "u1", "U3", ">i8", "<f2", "c8", "S0", "?"]
    flat = array.reshape(-1)
    made: list[Callable[[], Any]] = [
        lambda: array.astype(kinds[rng.integers(6)], casting="unsafe"),
        lambda: flat[: rng.integers(array.size + 1)],
        lambda: array.reshape(*array.shape, 1),
        lambda: array.reshape(1, -1),
        lambda: np.zeros((), array.dtype),
        lambda: np.zeros((0, *array.shape[1:]), array.dtype),
        lambda: np.zeros(array.shape, kinds[rng.integers(len(kinds))]),
        lambda: np.concatenate([flat, flat]),
        lambda: with_other_bytes(rng, array),
        lambda: with_other_bytes(rng, array),
    ]
    return made[rng.integers(len(made))]()


def with_other_bytes(rng: np.random.Generator, array: Any) -> Any:
    raw = bytearray(array.tobytes())
    for at in rng.integers(0, len(raw), 3):
        raw[at] = int(rng.choice([0, 1, 9, 10, 32, 127, 128, 255, raw[at] ^ 1]))
    return np.frombuffer(bytes(raw), array.dtype).reshape(array.shape)


def any_change(rng: np.random.Generator, arrays: Arrays) -> Arrays:
    changed = dict(arrays)
    told = json.loads(arrays["about"].tobytes())
    names = [name for name in arrays if name != "format"]
    for _ in range(int(rng.integers(1, 3))):
        name = names[rng.integers(len(names))]
        what = rng.random()
        if what < 0.5:
            told = any_json(rng, told)
            text = json.dumps(told).encode("utf-8", "surrogatepass")
            changed["about"] = np.frombuffer(text, np.uint8)
        elif what < 0.92:
            changed[name] = any_array(rng, arrays[name])
        elif what < 0.96:
            changed.pop(name, None)
        else:
            changed[str(rng.integers(5))] = np.zeros(3)
    return changed


def use(model: Word2Vec) -> None:
    """All that a model is asked for later."""
    model.score(["animal1", "animal2"])
    model.predict_output_word(["animal1", "animal2"])
    repr(model.report)
    model.vectors.most_similar(model.vectors.words[0])
    if model.config.epochs in ("auto", *range(1, 50)) and (model.config.max_vocab or 1) < 1000:
        model.set_params(backend="numpy", device=None, workers=1, step_tokens=None)
        model.set_params(block_tokens=None, block_negatives=None)
        model.partial_fit(two_topics(5, seed=1))


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_forged_models_are_refused_or_work(tmp_path: Path) -> None:
    path = tmp_path / "m.npz"
    kept = []
    for loss in ("hs", "ns"):
        trained(loss).save_model(path)
        kept.append(arrays_of(path))
    refused = 0
    for case in range(CASES):
        rng = np.random.default_rng(case)
        changed = any_change(rng, kept[case % 2])
        forged(path, changed)
        try:
            model = Word2Vec.load_model(path)
        except ModelFileError as error:
            refused += 1
            told = str(error)
            assert "m.npz" in told
            assert told.isprintable()
            assert len(told) < 1000
            continue
        try:
            use(model)
        except W2VError as error:
            assert str(error)  # noqa: PT017 (either outcome is right)
    assert refused > CASES // 2
