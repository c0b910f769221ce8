"""Files that are split into words on other machines, which see the same files.

What comes back is what would be made here, a part of the text at a time: words as numbers of a
dictionary of that part. Vocabulary and ids do not depend on where the text is cut, or who read it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import groupby, pairwise
from operator import itemgetter
from typing import Any, NamedTuple, Protocol

import numpy as np

from w2v.errors import CorpusError
from w2v.files import LONGEST_MAGIC, compression
from w2v.text.arrow_or_not import word_arrays
from w2v.text.decoding import Pieces, Progress, read_pieces, total_bytes
from w2v.text.parts import Part, end_to_end
from w2v.text.spans import Span
from w2v.text.splitting import split_ahead
from w2v.text.tokenizing import Tokenizer

_JOB_BYTES = 1 << 25
_LOOK_BYTES = 1 << 16
_LARGEST_WHOLE = 1 << 28  # bytes of a file that cannot be cut and is read elsewhere


class Elsewhere(Protocol):
    """Machines that see the same files, for instance workers of a cluster."""

    def in_order(
        self, function: Callable[[Any], Any], items: Iterable[Any]
    ) -> Iterator[tuple[Any, Any]]:
        """As `w2v.threads.in_order`, there."""


class _Job(NamedTuple):
    """What is split at a time: whole files, or a span of one."""

    files: list[str | Span]
    size: int
    """Bytes, and below of each file that is whole."""
    sizes: list[int]


class _Failed(NamedTuple):
    """What has gone wrong, for people."""

    why: str


def split_elsewhere(
    elsewhere: Elsewhere,
    files: Sequence[str],
    *,
    errors: str,
    tokenizer: Tokenizer | None,
    progress: Progress | None,
    look: Callable[[str], None] | None,
) -> Iterator[Part]:
    """The words of regular files, as `split_ahead` gives those of `read_pieces`; see there.

    Large files that are compressed are read here.
    """
    rules: dict[str, Any] = {"errors": errors, "tokenizer": tokenizer}
    pieces = Pieces(files, errors, progress, look)
    if look is not None:
        next(pieces.stretches(_LOOK_BYTES), None)
    function = partial(_split, rules)
    done = 0
    for far, some in groupby(_jobs(files, _is_cut(tokenizer)), itemgetter(0)):
        jobs = (job for _, job in some)
        if not far:
            for job in jobs:
                yield from split_ahead(read_pieces(job.files, **rules))
                done += job.size
                pieces.report(done)
            continue
        for job, found in elsewhere.in_order(function, jobs):
            if isinstance(found, _Failed):
                raise _again(job, rules, found.why)
            yield found
            done += job.size
            pieces.report(done)


def _is_cut(tokenizer: Tokenizer | None) -> bool:
    """Whether a file may be: where its sentences end says what stands before."""
    return tokenizer is None or not tokenizer.split_sentences


def _jobs(files: Sequence[str], may_cut: bool) -> Iterator[tuple[bool, _Job]]:
    """What is to be split, in order, and whether elsewhere."""
    together: list[str | Span] = []
    sizes: list[int] = []
    for name in map(os.path.abspath, files):  # workers may be in another folder
        size = os.path.getsize(name)
        large = size > _JOB_BYTES
        if together and (large or sum(sizes) + size > _JOB_BYTES):
            yield True, _Job(together, sum(sizes), sizes)
            together, sizes = [], []
        if not large:
            together.append(name)
            sizes.append(size)
        elif may_cut and not _is_compressed(name):
            count = size // _JOB_BYTES
            places = [size * part // count for part in range(count + 1)]
            for begin, end in pairwise(places):
                yield True, _Job([Span(name, begin, end, size)], end - begin, [size])
        else:
            yield size <= _LARGEST_WHOLE, _Job([name], size, [size])
    if together:
        yield True, _Job(together, sum(sizes), sizes)


def _is_compressed(name: str) -> bool:
    try:
        with open(name, "rb") as file:
            return bool(compression(file.read(LONGEST_MAGIC)))
    except OSError as error:
        raise CorpusError(f"{name} cannot be read: {error.strerror}.") from error


def _split(rules: dict[str, Any], job: _Job) -> Part | _Failed:
    """Where it is done: the words of a job, with one dictionary."""
    for given, size in zip(job.files, job.sizes, strict=True):
        name = given.name if isinstance(given, Span) else given
        if (found := total_bytes([name])) != size:
            what = "There is no such file" if found is None else f"It has {found:,} bytes"
            return _Failed(f"{name} is not the same everywhere. {what} there, and {size:,} here.")
    try:
        return _one(list(split_ahead(read_pieces(job.files, **rules))))
    except CorpusError as error:
        return _Failed(str(error))


def _one(parts: list[Part]) -> Part:
    arrays = word_arrays()
    if not parts:
        return Part(np.zeros(1, np.int32), np.zeros(0, np.int32), arrays.strings([]))
    words, places = arrays.unified([part.words for part in parts])
    ids = [some[part.ids] for some, part in zip(places, parts, strict=True)]
    return Part(end_to_end([part.lengths for part in parts]), np.concatenate(ids), words)


def _again(job: _Job, rules: dict[str, Any], why: str) -> CorpusError:
    """What to raise: what was refused elsewhere is read here, where lines before it are counted."""
    try:
        for _ in split_ahead(read_pieces([_placed(given) for given in job.files], **rules)):
            pass
    except CorpusError as error:
        return error
    return CorpusError(f"A worker of the cluster cannot read the text: {why}")


def _placed(given: str | Span) -> str | Span:
    """With the lines that come before it."""
    if not isinstance(given, Span):
        return given
    with open(given.name, "rb") as file:
        return replace(given, lines=given.lines_before(file))
