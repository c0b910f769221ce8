"""Each call that changes the disk fails once, in turn: the old file is there or the new one."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from failing_disk import ERRORS, FailingDisk, content, each_call, killed_at_each_call, kills_of

from w2v import NeighbourIndex, Phrases, Vectors, Word2Vec
from w2v.errors import OutputError
from w2v.files import disk, making_folder, write_text
from w2v.formats import write_neighbours
from w2v.gensim.keyed_vectors import KeyedVectors
from w2v.gensim.phrases import Phrases as GensimPhrases
from w2v.text import Vocabulary

if sys.platform == "win32":
    pytest.skip("counts the calls that POSIX needs", allow_module_level=True)

Save = Callable[[Path, int], None]
"""Writes something to a path; something else for each number."""
WORDS = [f"word{i}" for i in range(40)]


def vectors(seed: int) -> Vectors:
    matrix = np.random.default_rng(seed).standard_normal((len(WORDS), 8))
    return Vectors(WORDS, matrix, np.arange(90, 50, -1))


@functools.cache
def model(seed: int) -> Word2Vec:
    made = Word2Vec(dim=4, min_count=1, epochs=1, sample=0, seed=seed, backend="numpy", workers=1)
    return made.fit([["a", "b", "c", "d"]] * 200)


def save_vectors(path: Path, seed: int) -> None:
    vectors(seed).save(path)


def save_model(path: Path, seed: int) -> None:
    model(seed).save_model(path)


def save_vocabulary(path: Path, seed: int) -> None:
    Vocabulary.from_counts({word: seed + 1 for word in WORDS * 5}).save(path)


def save_report(path: Path, seed: int) -> None:
    write_text(path, json.dumps({"seed": seed, "losses": [0.5] * 200}))


@functools.cache
def phrases(seed: int) -> Phrases:
    found = Phrases(min_count=1, threshold=0, scoring="npmi")
    return found.fit([["new", "york", "is", "big"], [f"in{seed}", "new", "york"]] * 9)


def save_phrases(path: Path, seed: int) -> None:
    phrases(seed).save(path)


def save_joined(path: Path, seed: int) -> None:
    corpus = path.parent.with_name("corpus.txt")
    corpus.write_text(f"in{seed} new york\n" * 99, encoding="utf-8")
    phrases(seed).apply(corpus, path)


def save_gensim_phrases(path: Path, seed: int) -> None:
    GensimPhrases([["new", "york"], [f"in{seed}", "new", "york"]] * 9).save(path)


def save_neighbours(path: Path, seed: int) -> None:
    rows = np.arange(9)
    write_neighbours(path, WORDS, [(rows, rows[:, None] + seed, np.ones((9, 1)))])


def save_index(path: Path, seed: int) -> None:
    pytest.importorskip("faiss", reason="faiss-cpu, of the extra index, is not installed")
    NeighbourIndex(vectors(seed)).save(path)


def save_keyed(path: Path, seed: int) -> None:
    keyed = KeyedVectors(3)
    keyed.add_vectors(["a", 7, ("b", 1)], np.full((3, 3), seed))
    keyed.save(path)


SAVES: dict[str, Save] = {
    **dict.fromkeys(("v.bin", "v.vec", "v.npz", "v.safetensors", "v.vec.gz"), save_vectors),
    **dict.fromkeys(("v.bin.bz2", "v.vec.xz", "v.vec.zst"), save_vectors),
    "model.npz": save_model,
    "vocab.txt": save_vocabulary,
    "report.json": save_report,
    "phrases.tsv": save_phrases,
    "joined.txt.gz": save_joined,
    "gensim.phrases": save_gensim_phrases,
    **dict.fromkeys(("n.tsv", "n.jsonl.gz", "n.parquet"), save_neighbours),
    "v.faiss": save_index,
    "v.kv": save_keyed,
}


def saved(save: Save, path: Path, seed: int) -> bytes:
    save(path, seed)
    return path.read_bytes()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


@pytest.mark.parametrize("trouble", ERRORS)
@pytest.mark.parametrize("name", SAVES)
def test_a_call_that_fails_leaves_the_old_file_or_the_new(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, trouble: str
) -> None:
    save, path = SAVES[name], folder / name
    new, old = saved(save, path, 2), saved(save, path, 1)
    assert new != old
    for failing in each_call(monkeypatch, trouble):
        if fails(functools.partial(save, path, 2), path, failing):
            assert content(folder) == {name: new if "replace" in failing.done else old}
        else:
            assert content(folder) == {name: new}
        path.write_bytes(old)
    assert failing.number >= 5  # open, write, fsync, replace, fsync of the folder


STAYS = r" {}/\.w2v-\w{{16}}\.tmp cannot be removed; the next run that writes there tries again\."


def fails(save: Callable[[], object], path: Path, failing: FailingDisk) -> bool:
    """Whether saving fails, in one sentence with the path and the reason."""
    message = ""
    try:
        save()
    except OutputError as error:
        message = str(error)
    wanted = (
        f"Cannot write {path}: {failing.reason}.",
        *(f"Cannot write {path}/{name}: {failing.reason}." for name in WHOLE),
        f"{path} is written, but may be gone after a power cut: its folder {path.parent} cannot be "
        f"brought to the disk ({failing.reason}).",
    )
    kept, stays = re.subn(STAYS.format(re.escape(str(path.parent))), "", message)
    assert kept in wanted if failing.failed and not failing.made_again else not message
    assert stays == len(list(path.parent.glob(".w2v-*.tmp")))
    return bool(message)


def test_two_files_that_belong_together_are_each_old_or_new(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None of them is new before all are written; the call that moves one may fail all the same."""
    path = folder / "v.tsv"
    kept = {}
    for seed in (2, 1):
        save_vectors(path, seed)
        kept[seed] = content(folder)
    for failing in each_call(monkeypatch, "ENOSPC"):
        error = ""
        try:
            save_vectors(path, 2)
        except OutputError as found:
            error = str(found)
        assert bool(error) == bool(failing.failed)
        assert failing.reason in error or not failing.failed
        found_there = content(folder)
        assert found_there.keys() == kept[1].keys()
        assert all(data in (kept[1][name], kept[2][name]) for name, data in found_there.items())
        if failing.failed not in ("replace", "fsync", ""):
            assert found_there == kept[1]
        for name, data in kept[1].items():
            (folder / name).write_bytes(data)


@pytest.mark.parametrize("name", SAVES)
def test_a_disk_that_fails_for_good_leaves_what_the_next_run_removes(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    save, path = SAVES[name], folder / name
    new, old = saved(save, path, 2), saved(save, path, 1)
    for failing in each_call(monkeypatch, "EIO", lasting=True):
        if fails(functools.partial(save, path, 2), path, failing):
            assert path.read_bytes() == (new if "replace" in failing.done else old)
        failing.mend()
        save(path, 1)
        assert content(folder) == {name: old}


@pytest.mark.parametrize("name", SAVES)
def test_a_short_write_is_completed(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    save, path = SAVES[name], folder / name
    new = saved(save, path, 2)
    for _ in each_call(monkeypatch, "short"):
        save(path, 2)
        assert content(folder) == {name: new}


KILLED = (
    *("v.bin", "v.vec", "v.npz", "v.safetensors", "v.vec.gz"),
    *("model.npz", "vocab.txt", "report.json", "phrases.tsv", "joined.txt.gz"),
)


def test_a_kill_at_any_call_leaves_the_old_file_or_the_new(folder: Path) -> None:
    counts = kills_of(__file__, folder, *KILLED)
    assert len(counts) == len(KILLED)
    assert min(counts) >= 5


def kill(root: str, *names: str) -> None:
    for seed in (1, 2):
        model(seed), phrases(seed)  # once, for all children
    for name in names:
        folder = Path(root, name)
        folder.mkdir()
        path = folder / name
        kept = {}
        for seed in (2, 1):  # not in this process, where libraries would begin threads
            in_a_child(SAVES[name], path, seed)
            kept[seed] = path.read_bytes()
        seen: set[bytes] = set()

        def after(folder: Path, name: str, old: bytes, seen: set[bytes]) -> None:
            found = content(folder)
            seen.add(found.pop(name))
            assert all(re.fullmatch(r"\.w2v-[0-9a-f]{16}\.tmp", other) for other in found)
            in_a_child(SAVES[name], folder / name, 1)
            assert content(folder) == {name: old}, (name, found.keys())

        check = functools.partial(after, folder, name, kept[1], seen)
        print(killed_at_each_call(functools.partial(SAVES[name], path, 2), check))
        assert seen == set(kept.values())


def in_a_child(save: Save, path: Path, seed: int) -> None:
    if not (child := os.fork()):
        vars(disk)["call"] = FailingDisk(0, "")
        save(path, seed)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0


# folders


WHOLE = {"a": "first", "b": "second" * 200}


def make(place: Path) -> None:
    with making_folder(place) as draft:
        for name, data in WHOLE.items():
            write_text(os.path.join(draft, name), data)


@pytest.mark.parametrize("trouble", ERRORS)
@pytest.mark.parametrize("before", [{}, {"old": b"kept"}])
def test_a_folder_whose_making_fails_is_not_there(
    folder: Path, monkeypatch: pytest.MonkeyPatch, trouble: str, before: dict[str, bytes]
) -> None:
    place = folder / "corpus"
    whole = {f"corpus/{name}": data.encode() for name, data in WHOLE.items()}
    for failing in each_call(monkeypatch, trouble):
        for name, data in before.items():
            (folder / name).write_bytes(data)
        if fails(functools.partial(make, place), place, failing):
            there = whole if failing.done[-1:] == ["replace"] else {}
            assert content(folder) == {**before, **there}
        else:
            assert content(folder) == {**before, **whole}
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(place)
        assert sorted(os.listdir(folder)) == sorted(before)
    assert failing.number > 12
