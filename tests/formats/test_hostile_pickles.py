"""Pickles that run code, ask for memory, or are damaged: refused, and nothing of them is run."""

from __future__ import annotations

import os
import pickle
import struct
import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from commands import run
from gensim_files import ARRAY, CALLED, KEYED, NUMBERS, instance, keyed_file, named, pickled, text
from vector_tables import TABLE, written

from w2v import load
from w2v.errors import VectorFileError
from w2v.formats import read_gensim, read_gensim_phrases


class Runs:
    """Calls something when it is unpickled."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self._call = (function, arguments)

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return self._call


HARMFUL: dict[str, tuple[Any, ...]] = {
    "os.system": (os.system, "touch {marker}"),
    "posix.system": (os.system, "touch {marker}"),
    "builtins.eval": (eval, "open({marker!r}, 'w')"),
    "builtins.exec": (exec, "open({marker!r}, 'w')"),
    "builtins.getattr": (getattr, 1, "real"),
    "builtins.__import__": (__import__, "antigravity"),
    "numpy.load": (np.load, "{marker}"),
    "_io.open": (open, "{marker}", "w"),
    "pickle.loads": (pickle.loads, b"N."),
}


@pytest.mark.parametrize("protocol", [2, 4])
@pytest.mark.parametrize("name", HARMFUL)
def test_functions_are_refused_by_the_name_in_the_file(
    tmp_path: Path, name: str, protocol: int
) -> None:
    marker = tmp_path / "marker"
    function, *given = HARMFUL[name]
    arguments = [one.format(marker=str(marker)) if isinstance(one, str) else one for one in given]
    path = keyed_file(tmp_path / "v.kv", Runs(function, *arguments), TABLE, None, protocol)
    short = name.rpartition(".")[2]
    for read in (read_gensim, read_gensim_phrases, load):
        with pytest.raises(VectorFileError, match=rf"names '\w+\.{short}', which is not read"):
            read(path)
    done = run("convert", path, tmp_path / "v.npz")
    assert done.exit_code == 1
    assert f"{short}', which is not read" in done.stderr
    assert sorted(one.name for one in tmp_path.iterdir()) == ["v.kv"]
    assert "antigravity" not in sys.modules


TRICKS = {
    "a method of a class": (named(KEYED, "KeyedVectors.load"), "KeyedVectors.load'"),
    "a name in a name": (named("builtins", "int.__class__"), "'builtins.int.__class__'"),
    "a function of gensim": (named("gensim.utils", "unpickle"), "'gensim.utils.unpickle'"),
    "a class that is called": (CALLED + text("x") + b"\x85R", "a call of gensim.models.keyed"),
    "a label that is called": (named("builtins", "hash") + text("x") + b"\x85R", "a call of buil"),
    "a class with arguments": (CALLED + text("x") + b"\x85\x81", "an object of gensim.models"),
    "a made object": (named("builtins", "object") + b")\x81", "an object of builtins.object"),
    "a call of a text": (text("os.system") + text("x") + b"\x85R", "a call of what is no name"),
    "state of a class": (CALLED + b"}b", "a state for what has none"),
    "state of a list": (b"]}b", "a state for what has none"),
    "state of no kind": (CALLED + b")\x81" + text("x") + b"b", "is no dictionary"),
    "two states": (CALLED + b")\x81}" + text("a") + b"NsbN}" + text("a") + b"Nsb", "has none"),
    "INST": (b"(ios\nsystem\n", "uses INST of 'os.system'"),
    "OBJ": (b"(" + named(KEYED, "KeyedVectors") + b"o", "uses OBJ"),
    "EXT1": (b"\x82\x01", "uses EXT1"),
    "PERSID": (b"Pthing\n", "uses PERSID"),
    "BINPERSID": (b"NQ", "uses BINPERSID"),
    "NEXT_BUFFER": (b"\x97", "uses NEXT_BUFFER"),
    "no opcode": (b"\xff", "there is no opcode 0xff"),
    "a newer protocol": (b"\x80\x06N", "its protocol is 6"),
    "a name of numbers": (b"K\1K\1\x93", "a name that is no text"),
    "an endless name": (b"c" + b"x" * 999, "a name or number has no end"),
    "terminals": (named("a\33[2J\n", "b"), r"names 'a\\x1b\[2J\\n\.b'"),
}


@pytest.mark.parametrize("trick", TRICKS)
def test_tricks_are_refused(tmp_path: Path, trick: str) -> None:
    program, message = TRICKS[trick]
    path = written(tmp_path / "v.model", b"\x80\x04" + program + b".")
    for read in (read_gensim, load):
        with pytest.raises(VectorFileError, match=message) as caught:
            read(path)
        assert "\n" not in str(caught.value)


def array(shape: bytes, kind: bytes = NUMBERS, data: bytes = b"C\4\0\0\0\0") -> bytes:
    return ARRAY + b"(K\1" + shape + kind + b"\x89" + data + b"tb"


def kind(name: str) -> bytes:
    return NUMBERS.replace(text("f4"), text(name))


@pytest.mark.parametrize(
    ("program", "message"),
    [
        (array(b"K\2\x85"), "has not the size its shape says"),
        (array(b"\x8a\7\xff\xff\xff\xff\xff\xff\x7f\x85"), "an array with an odd shape"),
        (array(b"J\xff\xff\xff\xff\x85"), "an array with an odd shape"),
        (array(b"]"), "an array with an odd shape or type"),
        (array(b"(" + b"K\1" * 9 + b"t"), "an array with an odd shape or type"),
        (array(b"K\1\x85", kind("V4")), "an array of 'V4'"),
        (array(b"K\1\x85", kind("O8")), "type and data do not fit"),
        (array(b"K\1\x85", NUMBERS, b"]Na"), "type and data do not fit"),
        (array(b"K\1\x85", NUMBERS, b"K\4"), "an array without bytes"),
        (array(b"K\1\x85", NUMBERS.replace(text("<"), text("!"))), "an odd order of bytes"),
        (array(b"K\1\x85").replace(text("ndarray"), text("float32")), "a class of its own"),
        (named("numpy", "dtype") + b"]\x85R", "an array of 'an odd type'"),
        (named("_codecs", "encode") + text("a") + text("rot13") + b"\x86R", "an odd coding"),
        (named("_codecs", "encode") + text("猫") + text("latin1") + b"\x86R", "makes no sense"),
        (named("builtins", "set") + b"K\1\x85R", "a set of no list"),
    ],
)
def test_odd_arrays_are_refused(tmp_path: Path, program: bytes, message: str) -> None:
    path = written(tmp_path / "v.model", b"\x80\x04" + program + b".")
    with pytest.raises(VectorFileError, match=message):
        read_gensim(path)


DOUBLED = b"]" + b"".join(b"q\0h\0h\0\x86" for _ in range(200))
MANY = 300_000
BOMBS = {
    "lists": b"]" * MANY,
    "sets": b"\x8f" * MANY,
    "marks": b"(" * MANY,
    "dictionaries": b"}" * MANY,
    "nested lists": b"]" * (MANY // 9) + b"a" * (MANY // 9 - 1) + b"0" * MANY,
    "nested tuples": b")" + b"\x85" * (MANY // 9) + b"0" * MANY,
    "names": named("builtins", "int") + b"q\0" + named("builtins", "int") * (MANY // 20),
    "a doubled tuple": DOUBLED,
    "a doubled tuple as a key": b"}" + DOUBLED + b"Ns",
    "a doubled tuple as a word": CALLED
    + b")\x81}("
    + text("index_to_key")
    + b"]"
    + DOUBLED
    + b"aub",
    "equal hashes": b"}("
    + b"".join(
        b"\x8a\x0a" + (number * (2**61 - 1)).to_bytes(10, "little") + b"N"
        for number in range(20_000)
    )
    + b"u",
    "the same bytes": b"X"
    + struct.pack("<I", 100_000)
    + b"a" * 100_000
    + b"q\0"
    + named("_codecs", "encode")
    + b"q\1"
    + text("latin1")
    + b"q\2"
    + b"h\1h\0h\2\x86R" * 9_999,
    "the same list": b"]("
    + b"N" * 100_000
    + b"eq\0"
    + named("builtins", "set")
    + b"q\1"
    + b"h\1h\0\x85R" * 9_999,
    "a long text": b"\x8d" + struct.pack("<Q", 2**62),
    "a long text, of 4 GiB": b"X\xff\xff\xff\xff",
    "long bytes": b"\x8e" + struct.pack("<Q", 2**63),
    "a long frame": b"\x95" + struct.pack("<Q", 2**63),
    "a long number": b"\x8b" + struct.pack("<i", 2**31 - 1),
    "a number of negative length": b"\x8b" + struct.pack("<i", -1),
    "a long decimal": b"I" + b"9" * 399 + b"\n",
    "a far memo": b"Nr\xff\xff\xff\xff" * 1000,
    "a memo that is empty": b"h\7",
    "nothing on the stack": b"0",
    "no mark": b"Nt",
    "no end": b"N" * 9,
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_memory_and_time_are_bounded_by_the_file(tmp_path: Path, bomb: str) -> None:
    content = b"\x80\x04" + BOMBS[bomb] + b"."
    path = written(tmp_path / "v.model", content)
    tracemalloc.start()
    begun = time.process_time()
    try:
        with pytest.raises(VectorFileError, match=r"v\.model"):
            load(path)
        assert time.process_time() - begun < 20
        assert tracemalloc.get_traced_memory()[1] < 2_000_000 + 50 * len(content)
    finally:
        tracemalloc.stop()


def test_a_record_of_another_kind_is_no_word(tmp_path: Path) -> None:
    entry = instance(KEYED, "Vocab")
    whole = instance(KEYED, "KeyedVectors", index_to_key=[entry], vectors=TABLE[:1], expandos={})
    path = written(tmp_path / "v.kv", pickled(whole, entry))
    with pytest.raises(VectorFileError, match="the key of a row is no str"):
        load(path)


LONG = 100_000
REPEATED = b"X" + struct.pack("<I", LONG) + b"a" * LONG + b"q\0"


def repeated(once: bytes, times: int, closing: bytes = b"e") -> bytes:
    """A list of a value that is there once, and named by two bytes from then on."""
    return once + b"0](" + b"h\0" * times + closing


def record(kind: bytes, **attributes: bytes) -> bytes:
    pairs = b"".join(text(name) + value for name, value in attributes.items())
    return b"\x80\x04" + kind + b")\x81}(" + pairs + b"ub."


COLUMN = array(b"M\x10\x27K\1\x86", kind("f2"), b"B\x20\x4e\0\0" + bytes(20_000))
PATHS = array(b"M\xa0\x86\x85", kind("u1"), b"B\xa0\x86\0\0" + bytes(34_464)) + b"q\0"
PAIRS = b"}(" + b"".join(b"h\0h\0\x86K" + bytes([one]) for one in range(200)) + b"u"


@pytest.mark.parametrize(
    ("name", "program", "message"),
    [
        (
            "words",
            record(CALLED, index_to_key=repeated(REPEATED, 10_000), vectors=COLUMN),
            "its words would take more bytes than the file has",
        ),
        (
            "paths",
            record(
                named(KEYED, "Word2VecKeyedVectors"),
                index2word=b"](" + b"N" * 10_000 + b"e",
                vectors=COLUMN,
                expandos=b"}("
                + text("code")
                + array(b"M\x10\x27\x85", kind("O8"), repeated(PATHS, 10_000))
                + b"u",
            ),
            "its paths would take more bytes than the file has",
        ),
        (
            "phrases",
            record(
                named("gensim.models.phrases", "FrozenPhrases"),
                delimiter=text("_"),
                word=REPEATED,
                phrasegrams=b"}(" + b"h\0h\0\x86K\1" * 10_000 + b"u",
            ),
            "its phrases would take much more memory than the file",
        ),
        (
            "delimiter",
            record(
                named("gensim.models.phrases", "FrozenPhrases"),
                delimiter=REPEATED,
                phrasegrams=PAIRS,
            ),
            "words are joined by 100,000 characters",
        ),
        (
            "long phrases",
            record(
                named("gensim.models.phrases", "FrozenPhrases"),
                delimiter=text("_"),
                phrasegrams=b"}((" + text("a") * 65 + b"tK\1u",
            ),
            "a phrase of 65 words",
        ),
    ],
)
def test_what_is_there_once_is_not_held_a_thousand_times(
    tmp_path: Path, name: str, program: bytes, message: str
) -> None:
    path = written(tmp_path / "v.model", program)
    read = read_gensim if name in ("words", "paths") else read_gensim_phrases
    tracemalloc.start()
    try:
        with pytest.raises(VectorFileError, match=message):
            read(path)
        assert tracemalloc.get_traced_memory()[1] < 2_000_000 + 50 * len(program)
    finally:
        tracemalloc.stop()
