"""Text to numbers: words are split and numbered by Arrow, on threads that run side by side.

Arrow is imported by who is called: that takes a while, and most commands need none of it.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, NamedTuple, TypeVar

import numpy as np

from w2v.text.decoding import Pieces
from w2v.text.number_files import Int32s
from w2v.text.parts import Part, as_numpy, end_to_end, int32s, numbered, strings
from w2v.text.side_by_side import side_by_side, threads_at_once
from w2v.text.stretches import Stretch, TextError, TextFile, as_strings, utf8_of
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
        cut = partial(_tokens, pieces.tokenizer, pieces.tokenizer.known())
        texts = map("".join, _together(pieces.pieces, len, _CUT_CHARACTERS))
        found = in_order(partial(_split_text, cut=cut), texts, _CUTTING_THREADS)
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
    lengths, words = [], []
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
        here, found = _split(as_strings(b"".join(texts)))
        if len(stretches) == 1:
            lines.append((stretches[0].file, len(here) - 1))
        lengths.append(here)
        words.append(found)
    job.stretches.clear()
    return (end_to_end(lengths), numbered(words)), lines


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


def _split_text(text: str, cut: Callable[[Any], Any] | None = None) -> Part:
    """Words of each line, and all words with a dictionary of their own.

    With `cut`, see `_tokens`, what stands between white space is cut into words.
    """
    lengths, words = _split(strings([text]))
    part = lengths, numbered([words])
    return part if cut is None else _put(*part, cut)


def _split(text: Any) -> tuple[Int32s, Any]:
    """How many words each line of an Arrow array of one text has, and all words."""
    import pyarrow as pa
    from pyarrow import compute as pc

    empty, null = strings([""])[0], pa.nulls(1, pa.large_string())[0]
    zero = int32s(np.zeros(1, np.int32))[0]
    lines = pc.split_pattern(text, "\n").flatten()
    lines = pc.utf8_trim_whitespace(lines)  # splitting leaves empty words at both ends
    lines = pc.if_else(pc.equal(lines, empty), null, lines)  # and one in an empty line
    words = pc.utf8_split_whitespace(lines)
    return as_numpy(pc.list_value_length(words).fill_null(zero)), words.flatten()


def _tokens(tokenizer: Tokenizer, known: dict[str, str], stretches: Any) -> Any:
    """What different stretches without white space are cut into: for each a list of words.

    Of those that are letters and digits of ASCII nothing is cut; Arrow puts them into lower case.
    """
    import pyarrow as pa
    from pyarrow import compute as pc

    plain = pc.and_(pc.ascii_is_alnum(stretches), not tokenizer.turkish)
    others = stretches.filter(pc.invert(plain)).to_pylist()
    found = pa.array([known[stretch] or None for stretch in others], pa.large_string())
    whole = pc.ascii_lower(stretches) if tokenizer.lower else stretches
    return pc.split_pattern(pc.replace_with_mask(whole, pc.invert(plain), found), " ")


def _put(lengths: Int32s, stretches: Any, cut: Callable[[Any], Any]) -> Part:
    """The words of each different stretch, put where it stands."""
    import pyarrow as pa
    from pyarrow import compute as pc

    tokens = cut(stretches.dictionary)
    sizes = pc.list_value_length(tokens).fill_null(0).to_numpy().astype(np.int64)
    flat = tokens.flatten().dictionary_encode()
    places = as_numpy(stretches.indices)
    each = sizes[places]
    ends = np.concatenate([[0], each.cumsum()])
    first = sizes.cumsum() - sizes  # of the tokens of a stretch
    at = np.repeat(first[places] - ends[:-1], each) + np.arange(ends[-1])
    ids = as_numpy(flat.indices)[at]
    lines = np.diff(ends[np.concatenate([[0], lengths.cumsum()])]).astype(np.int32)
    return lines, pa.DictionaryArray.from_arrays(int32s(ids), flat.dictionary)
