"""What is in an encoded corpus, for JSON and for people."""

from __future__ import annotations

import os
from typing import Any

from w2v.errors import counted, in_units, quoted
from w2v.files import PathLike
from w2v.text.encoded import described, open_encoded
from w2v.text.encoded_files import file_sizes

_LONGEST_SHOWN = 60  # characters


def describe_corpus(folder: PathLike, words: int = 10) -> dict[str, Any]:
    """What corpus.json says without the checksums, sizes, counts, first words; all is looked at.

    Raises
    ------
    CorpusError
        It is damaged.
    """
    name = os.fsdecode(folder)
    corpus = open_encoded(name)
    corpus.check()
    about = {
        key: value
        for key, value in described(corpus).items()
        if key not in ("block_bytes", "crc32")
    }
    about["bytes"] = file_sizes(name)
    counts = corpus.vocabulary.counts
    about["counts"] = {
        "sum": int(counts.sum()),
        "min": int(counts.min()),
        "max": int(counts.max()),
    }
    return {**about, "first": list(corpus.vocabulary.words[:words])}


def name_corpus(about: dict[str, Any]) -> str:
    """The same for people."""
    read, counts, limits = about["read"], about["counts"], about["limits"]
    files = f" of {counted(read['files'], 'file')}" if read["files"] else ""
    least, most = limits["min_count"], limits["max_vocab"]
    rule = ", given" if least is None else f", seen {counted(least, 'time')} or more"
    rule += "" if most is None else f", the {most:,} most frequent"
    dropped = f"{read['rare'] / read['tokens']:.1%}" if read["tokens"] else "nothing"
    tokenizer = about["tokenizer"] or {}
    chosen = [f"{k}={v}" for k, v in tokenizer.items() if v not in (False, "whitespace")]
    size = in_units(sum(about["bytes"].values()))
    lines = [
        f"format     {about['format']} {about['version']}, {size}",
        f"tokens     {about['tokens']:,} in {counted(about['sentences'], 'sentence')}",
        f"words      {about['words']:,}{rule}",
        f"counts     {counts['sum']:,} in all, {counts['min']:,} to {counts['max']:,} a word",
        f"read       {counted(read['tokens'], 'token')}{files}, "
        f"{counted(read['types'], 'different word')}",
        f"left out   {counted(read['rare'], 'token')}, {dropped}",
        f"tokenizer  {', '.join(chosen) or 'white space'}",
        f"first      {' '.join(map(_plain, about['first']))}",
        f"sha-256    {about['fingerprint']}",
    ]
    return "\n".join(lines)


def _plain(word: str) -> str:
    return word if word.isprintable() and len(word) < _LONGEST_SHOWN else quoted(word)
