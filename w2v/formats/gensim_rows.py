"""What gensim keeps of each word: its key, how often it stood, and its path through a tree."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from w2v.errors import counted, quoted
from w2v.formats.gensim_parts import Array, Part, as_key, key_text
from w2v.formats.pickle_values import Packed, Pairs, Record
from w2v.formats.table import Counts


class GensimTree(NamedTuple):
    """The paths of hierarchical softmax from the root to every word, one after the other.

    Attributes
    ----------
    offsets : int64 (V + 1,)          Path of word w is [offsets[w], offsets[w + 1]) of the others.
    nodes : int32 (offsets[V],)       Inner nodes, each in [0, V - 1), root first: rows of `inner`.
    codes : uint8 (offsets[V],)       Turn taken at that node, 0 or 1.
    """

    offsets: npt.NDArray[np.int64]
    nodes: npt.NDArray[np.int32]
    codes: npt.NDArray[np.uint8]


def read_rows(keyed: Part) -> tuple[list[object], Counts | None, GensimTree | None]:
    """The keys in the order of the rows, their counts, and their paths."""
    keys = keyed.get("index_to_key", "index2word")
    if not isinstance(keys, list):
        raise keyed.fail("there is no list of words, 'index_to_key' or 'index2word'")
    words = [as_key(keyed, key) for key in keys]
    keyed.check_total((len(w) for w in words if isinstance(w, str | bytes)), "its words")
    vocab = keyed.pairs("vocab")
    if vocab is not None:
        entries = _entries(keyed, vocab, words)
        found = {name: [entry.get(name) for entry in entries] for name in ("code", "point")}
        counts = [entry.get("count") for entry in entries]
        known = [n if type(n) is int and 0 <= n < 1 << 62 else -1 for n in counts]
        if -1 in known:
            raise keyed.fail("the count of a word is no whole number")
        return words, _counts(keyed, np.array(known, np.int64)), _tree(keyed, found, len(words))
    about = keyed.pairs("expandos")
    more = about.named() if about is not None else {}
    paths = {
        name: value.objects
        for name in ("code", "point")
        if isinstance(value := more.get(name), Packed) and value.objects is not None
    }
    tree = _tree(keyed, {n: paths.get(n, []) for n in ("code", "point")}, len(words))
    if "count" not in more:
        return words, None, tree
    numbers = keyed.unpacked("count", more["count"])
    if numbers.shape != (len(words),) or numbers.dtype.kind not in "iu":
        raise keyed.fail(f"'count' is {numbers.dtype} {numbers.shape}, and not a count a word")
    return words, _counts(keyed, numbers), tree


def _counts(keyed: Part, numbers: Array) -> Counts:
    if (numbers < 0).any() or numbers.sum(dtype=np.float64) >= 2**63:
        raise keyed.fail("counts below 0, or that add up to 2**63 or more")
    return numbers.astype(np.int64)


def _entries(keyed: Part, vocab: Pairs, words: list[object]) -> list[dict[str, object]]:
    """What gensim 3 knows of each word, in the order of the rows."""
    entries: list[dict[str, object]] = [{}] * len(words)
    for key, entry in zip(vocab[0::2], vocab[1::2], strict=True):
        known = entry.state.named() if isinstance(entry, Record) else {}
        row = known.get("index")
        if type(row) is not int or not 0 <= row < len(words) or entries[row]:
            raise keyed.fail("the rows of the words are not one each")
        if isinstance(key, str) and key != words[row]:
            raise keyed.fail(f"row {row} has two words, {quoted(key)} and {key_text(words[row])}")
        entries[row] = known
    if not all(entries):
        raise keyed.fail(f"{counted(len(vocab) // 2, 'word')} for {counted(len(words), 'row')}")
    return entries


def _tree(keyed: Part, found: dict[str, list[object]], rows: int) -> GensimTree | None:
    """The paths of all words, if there are any."""
    if not found["code"] or all(code is None for code in found["code"]):
        return None
    for paths in found.values():
        keyed.check_total((len(path) for path in paths if isinstance(path, Packed)), "its paths")
    codes = [keyed.unpacked("code", code) for code in found["code"]]
    nodes = [keyed.unpacked("point", point) for point in found["point"]]
    lengths = [len(code) if code.ndim == 1 else -1 for code in codes]
    if len(codes) != rows or lengths != [len(n) if n.ndim == 1 else -2 for n in nodes]:
        raise keyed.fail("the paths of the words do not fit their codes")
    turns, places = np.concatenate(codes), np.concatenate(nodes)
    whole = turns.dtype.kind in "iu" and places.dtype.kind in "iu"
    if not whole or (len(turns) and not (turns.max() <= 1 and turns.min() >= 0)):
        raise keyed.fail("the code of a word has other turns than 0 and 1")
    if len(places) and not 0 <= int(places.min()) <= int(places.max()) < rows - 1:
        raise keyed.fail("the path of a word leads past the inner nodes")
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    return GensimTree(offsets, places.astype(np.int32), turns.astype(np.uint8))
