"""Text to numbers: words are split and numbered, by Arrow on threads that run side by side."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import NamedTuple, TypeVar

import numpy as np

from w2v.text.arrow_or_not import word_arrays
from w2v.text.decoding import Pieces
from w2v.text.parts import Part, end_to_end
from w2v.text.side_by_side import side_by_side, threads_at_once
from w2v.text.stretches import Stretch, TextError, TextFile, utf8_of
from w2v.text.tokenizing import Lines, Tokenizer
from w2v.threads import in_order

_PART_CHARACTERS = 1 << 20
_SPLIT_BYTES = 1 << 20  # at a time: more does not stay in the cache
_JOB_BYTES = 1 << 22  # the larger, the fewer words are merged into the dictionary
_CUTTING_THREADS = 1  # that cut stretches in Python: more wait for each other
_CUT_CHARACTERS = 1 << 22  # the larger a part, the fewer stretches are met again

_Item = TypeVar("_Item")


def split_ahead(pieces: Iterable[str]) -> Iterator[Part]:
    r"""Text split at what is white space for `str.split`, and its lines at `\n`.

    The next few parts are read and split meanwhile.

    Parameters
    ----------
    pieces : iterable of str
        A text that is cut at white space only. Where it is `Pieces` of files, or a tokenizer makes
        it of such, bytes are decoded on the threads as well.
    """
    if isinstance(pieces, Pieces):
        yield from _split_files(pieces)
        return
    if isinstance(pieces, Lines):
        cut = partial(_cut, pieces.tokenizer, pieces.tokenizer.known())
        texts = map("".join, _together(pieces.pieces, len, _CUT_CHARACTERS))
        found = in_order(lambda text: cut(_split_text(text)), texts, _CUTTING_THREADS)
    else:
        texts = map("".join, _together(pieces, len, _PART_CHARACTERS))
        found = side_by_side(_split_text, texts)
    for _, part in found:
        yield part


class _Job(NamedTuple):
    """What a thread splits at a time."""

    stretches: list[Stretch]
    done: int
    """Bytes of the files read by then."""


def _split_files(pieces: Pieces) -> Iterator[Part]:
    """The words of files; who calls only reads and cuts, and the threads do all else."""
    function = partial(_split_job, pieces.errors, pieces.longest)
    try:
        for job, (part, lines) in side_by_side(function, _jobs(pieces), ahead=2):
            for file, ended in lines:
                file.lines += ended
            yield part
            pieces.report(job.done)
    except TextError as error:
        raise error.error() from error
    pieces.report(None)


def _jobs(pieces: Pieces) -> Iterator[_Job]:
    """All stretches; small ones, and so small files, are put together.

    Jobs are smaller towards the end, or one thread would have the last while others have none.
    """
    total, threads, read = pieces.total, threads_at_once(), 0

    def size_of(found: tuple[Stretch, int]) -> int:
        """Of a job of usual size, a stretch takes as much as of a smaller one."""
        nonlocal read
        (_, data, *_), done = found
        read += len(data)
        if not total:
            return len(data)
        left = max(0, total - done) * read // max(1, done)  # of text, where files are compressed
        return len(data) * _JOB_BYTES // min(_JOB_BYTES, max(_SPLIT_BYTES, left // threads))

    for some in _together(pieces.stretches(_SPLIT_BYTES), size_of, _JOB_BYTES):
        yield _Job([stretch for stretch, _ in some], some[-1][1])


def _split_job(errors: str, longest: int, job: _Job) -> tuple[Part, list[tuple[TextFile, int]]]:
    """The words of some stretches, which are dropped, and how many lines of their files end there.

    They are split a little at a time, which stays in the processor's cache.
    """
    lines: list[tuple[TextFile, int]] = []
    lengths, words, arrays = [], [], word_arrays()
    for stretches in _together(job.stretches, lambda stretch: len(stretch.data), _SPLIT_BYTES):
        texts = []
        for stretch in stretches:
            try:
                texts.append(utf8_of(stretch, errors, longest))
            except TextError as error:
                error.lines += sum(ended for file, ended in lines if file is error.file)
                raise
            if len(stretches) > 1:
                lines.append((stretch.file, texts[-1].count(b"\n")))
        here, found = arrays.split(b"".join(texts))
        if len(stretches) == 1:
            lines.append((stretches[0].file, len(here) - 1))
        lengths.append(here)
        words.append(found)
    job.stretches.clear()
    return Part(end_to_end(lengths), *arrays.numbered(words)), lines


def _together(
    items: Iterable[_Item], size_of: Callable[[_Item], int], size: int
) -> Iterator[list[_Item]]:
    """Items, as many at a time as come near a size together."""
    some: list[_Item] = []
    have = 0
    try:
        for item in items:
            some.append(item)
            have += size_of(item)
            if have >= size - size // 8:  # stretches end at white space before theirs
                yield some
                some, have = [], 0
    except Exception:  # what comes before it has its turn first
        if some:
            yield some
        raise
    if some:
        yield some


def _split_text(text: str) -> Part:
    """Words of each line, and all words with a dictionary of their own."""
    arrays = word_arrays()
    lengths, words = arrays.split(text.encode())
    return Part(lengths, *arrays.numbered([words]))


def _cut(tokenizer: Tokenizer, known: Mapping[str, str], part: Part) -> Part:
    """The words of each different stretch between white space, put where it stands."""
    sizes, tokens = word_arrays().cut(
        part.words, known, lower=tokenizer.lower, turkish=tokenizer.turkish
    )
    each = sizes[part.ids]
    ends = np.concatenate([[0], each.cumsum()])
    first = sizes.cumsum() - sizes  # of the tokens of a stretch
    at = np.repeat(first[part.ids] - ends[:-1], each) + np.arange(ends[-1])
    lines = np.diff(ends[np.concatenate([[0], part.lengths.cumsum()])]).astype(np.int32)
    return Part(lines, tokens.ids[at], tokens.words)
