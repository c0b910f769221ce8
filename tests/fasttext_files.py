"""Small files as fastText writes them, any part of which may be changed."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np

WORDS = ["</s>", "tea", "naïve", "猫"]
COUNTS = [9, 5, 3, 2]
MAGIC = 793712314
SETTINGS = {
    "dim": 3,
    "ws": 5,
    "epoch": 2,
    "min_count": 1,
    "neg": 4,
    "word_ngrams": 1,
    "loss": 2,
    "model": 2,
    "bucket": 7,
    "minn": 2,
    "maxn": 3,
    "lr_update_rate": 100,
}


def matrix(table: Any, quantized: bool = False) -> bytes:
    table = np.asarray(table, "<f4")
    return struct.pack("<?qq", quantized, *table.shape) + bytes(table.tobytes())


def fasttext_bytes(
    words: Any = None,
    table: Any = None,
    *,
    version: int = 12,
    sizes: tuple[int, ...] = (),
    kinds: Any = None,
    quantized: bool = False,
    output: bytes | None = None,
    **changes: int,
) -> bytes:
    """A model; `table` has the rows of words and then those of n-grams."""
    words = WORDS if words is None else words
    settings = SETTINGS | changes
    if table is None:
        table = rows(len(words) + settings["bucket"], settings["dim"])
    raws = [word if isinstance(word, bytes) else word.encode() for word in words]
    counts, kinds = [*COUNTS, *[1] * len(words)], kinds or [0] * len(words)
    entries = zip(raws, counts, kinds, strict=False)
    return b"".join(
        [
            struct.pack("<ii12id", MAGIC, version, *settings.values(), 1e-4),
            struct.pack("<iiiqq", *(sizes or (len(words), len(words), 0, sum(COUNTS), -1))),
            *(raw + b"\0" + struct.pack("<qb", count, kind) for raw, count, kind in entries),
            matrix(table, quantized),
            matrix(np.zeros((len(words), settings["dim"]))) if output is None else output,
        ]
    )


def rows(count: int, dim: int = 3) -> Any:
    return np.random.default_rng(count).normal(size=(count, dim)).astype(np.float32)


def fasttext_file(path: Path, *args: Any, **changes: Any) -> Path:
    path.write_bytes(fasttext_bytes(*args, **changes))
    return path


def gram_hash(gram: str) -> int:
    """FNV-1a of 32 bits, a byte at a time; bytes from 128 on are negative numbers there."""
    state = 2166136261
    for byte in gram.encode():
        state ^= byte if byte < 128 else byte | 0xFFFFFF00
        state = state * 16777619 % 2**32
    return state


def grams_of(word: str, shortest: int, longest: int) -> list[str]:
    """All runs of characters of a marked word, by a loop."""
    marked = f"<{word}>"
    found = []
    for begin in range(len(marked)):
        for end in range(begin + 1, len(marked) + 1):
            gram = marked[begin:end]
            alone = len(gram) == 1 and (begin == 0 or end == len(marked))
            if shortest <= len(gram) <= longest and not alone:
                found.append(gram)
    return found
