"""Rows of a table to sentences: those of one group together, in order, in bounded memory.

Where the rows of each group stand together, as in most exports, groups are made as the rows go by.
Where they are spread, as in a log in order of time, rows are scattered over parts by a hash of
their group, each part is brought in order by itself, and the parts are merged. Either way the
sentences stand in the order in which their groups first appear.
"""

from __future__ import annotations

import heapq
import zlib
from collections.abc import Iterable, Iterator
from itertools import islice, pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from w2v.errors import CorpusError, quoted
from w2v.text.batch_store import BatchStore
from w2v.text.cells import STRING, lines_of
from w2v.text.dictionary import release_memory
from w2v.text.table_stats import TableStats

MEMORY_BYTES = 1 << 26
"""Of rows that are held at a time, but for those of one large group."""

_MOST_PARTS = 256
_MOST_RUNS = 1 << 24  # beyond, what is known of groups takes more memory than it is worth
_MERGED_SENTENCES = 1 << 12


def grouped(
    batches: Iterable[Any], stats: TableStats, memory_bytes: int | None = None
) -> Iterator[tuple[Any, NDArray[np.float64] | None]]:
    """Sentences, as arrays of lines, and the weight of each, if there is one.

    Parameters
    ----------
    batches : iterable of record batches
        Columns `group` and `word`, both text without null, and perhaps `order`, and `weight`,
        numbers without null; read once.
    stats : TableStats
        Gets the number of groups, and how they were arranged.

    Raises
    ------
    CorpusError
        The rows of a group have different weights, or there is no space for temporary files.
    """
    memory_bytes = MEMORY_BYTES if memory_bytes is None else memory_bytes
    watch, kind = _Watch(), _OrderKind()
    with BatchStore(memory_bytes) as rows:
        for batch in batches:
            if batch.num_rows:
                watch.look(batch["group"])
                kind.look(batch)
                rows.append(batch)
        stats.order_as_text = kind.is_unusual
        if not rows.bytes:
            return
        together = watch.together()
        if not together:
            stats.arranged = "in memory" if rows.bytes <= memory_bytes else "on disk"
        lines = _as_they_come if together else _spread
        for some in lines(rows, kind, memory_bytes):
            stats.groups += len(some)
            yield some["line"], some["weight"].to_numpy() if stats.weight is not None else None


class _Watch:
    """Sees whether a group comes back after others."""

    def __init__(self) -> None:
        self._last: Any = None
        self._runs: list[NDArray[np.int64]] | None = []  # hashes; None as soon as one came back

    def look(self, groups: Any) -> None:
        starts = _starts(groups, self._last)
        self._last = groups[-1:]
        if self._runs is None:
            return
        first = groups.take(pa.array(starts))
        hashes = np.fromiter(map(hash, first.to_pylist()), np.int64, len(first))
        self._runs.append(hashes)
        if len(np.unique(hashes)) < len(hashes) or sum(map(len, self._runs)) > _MOST_RUNS:
            self._runs = None

    def together(self) -> bool:
        """Whether each group stood in one place; of equal hashes it is not believed."""
        if self._runs is None:
            return False
        hashes = np.concatenate(self._runs)
        return len(np.unique(hashes)) == len(hashes)


class _OrderKind:
    """What the order is sorted as: text that is numbers all through is sorted as numbers."""

    _CASTS = (pa.int64(), pa.float64())
    _TIME = r"^(\d{4}-\d\d-\d\d|\d\d:\d\d)"

    def __init__(self) -> None:
        self._level = 0
        self._is_text = False
        self._like_times = True

    @property
    def is_unusual(self) -> bool:
        """Whether it is text that is neither numbers nor times as ISO 8601 writes them."""
        return self._is_text and self._level == len(self._CASTS) and not self._like_times

    def look(self, batch: Any) -> None:
        if "order" not in batch.schema.names or batch["order"].type != STRING:
            return
        self._is_text = True
        values = batch["order"]
        while self._level < len(self._CASTS) and self._cast(values, self._level) is None:
            self._level += 1
        if self._level == len(self._CASTS) and self._like_times:
            self._like_times = bool(pc.all(pc.match_substring_regex(values, self._TIME)).as_py())

    def applied(self, values: Any) -> Any:
        if not self._is_text or self._level == len(self._CASTS):
            return values
        return self._cast(values, self._level)

    def _cast(self, values: Any, level: int) -> Any:
        try:
            return values.cast(self._CASTS[level])
        except pa.ArrowException:
            return None


def _as_they_come(rows: BatchStore, kind: _OrderKind, _: int) -> Iterator[Any]:
    for batch in _whole_groups(rows.read()):
        starts = _starts(batch["group"])
        codes = np.zeros(len(batch), np.int64)
        codes[starts] = 1
        yield _sentences(batch, codes.cumsum(), kind)


def _whole_groups(batches: Iterable[Any]) -> Iterator[Any]:
    """The same rows, cut where a group ends."""
    held: list[Any] = []
    for batch in batches:
        starts = _starts(batch["group"], held[-1]["group"][-1:] if held else None)
        cut = int(starts[-1]) if len(starts) else 0
        if held and len(starts):
            yield _one_batch([*held, batch[:cut]])
            held = []
        elif cut:
            yield batch[:cut]
        held.append(batch[cut:])
    if held:
        yield _one_batch(held)


def _spread(rows: BatchStore, kind: _OrderKind, memory_bytes: int) -> Iterator[Any]:
    parts = min(_MOST_PARTS, -(-rows.bytes // memory_bytes))
    if parts == 1:
        batch = _one_batch(list(rows.read()))
        yield _sentences(batch, _codes(batch["group"]), kind)
        return
    with BatchStore(0, parts) as scattered, BatchStore(0, parts) as sentences:
        _scatter(rows, scattered, parts)
        for part in range(parts):
            if some := list(scattered.read(part)):
                batch = _one_batch(some)
                found = _sentences(batch, _codes(batch["group"]), kind)
                for start in range(0, len(found), _MERGED_SENTENCES):
                    sentences.append(found[start : start + _MERGED_SENTENCES], part)
                del some, batch, found
                release_memory()
        merged = heapq.merge(*(_rows(sentences.read(part)) for part in range(parts)))
        while some := list(islice(merged, _MERGED_SENTENCES)):
            yield pa.table(
                dict(zip(("row", "line", "weight"), zip(*some, strict=True), strict=False))
            )


def _rows(batches: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
    """Number of the first row, line and perhaps weight of each sentence."""
    for batch in batches:
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def _scatter(rows: BatchStore, scattered: BatchStore, parts: int) -> None:
    """Each row to the part of its group, with its number."""
    number = 0
    for batch in rows.read():
        numbers = pa.array(np.arange(number, number + len(batch)))
        number += len(batch)
        coded = batch["group"].dictionary_encode()
        hashes = [zlib.crc32(group.encode()) % parts for group in coded.dictionary.to_pylist()]
        part = np.array(hashes, np.int64)[coded.indices.to_numpy()]
        places = np.argsort(part, kind="stable")
        ordered = batch.append_column("row", numbers).take(pa.array(places))
        ends = np.searchsorted(part[places], np.arange(parts + 1))
        for here, (start, end) in enumerate(pairwise(ends)):
            if end > start:
                scattered.append(ordered[start:end], here)


def _sentences(batch: Any, codes: NDArray[np.int64], kind: _OrderKind) -> Any:
    """Number of the first `row`, `line` and perhaps `weight` of each group, by its code.

    Sorting is stable: rows of one place in the order stay as they stood; those without one are last
    """
    names = batch.schema.names
    firsts = batch["row"] if "row" in names else pa.array(np.arange(len(batch)))
    firsts = firsts.take(pa.array(np.unique(codes, return_index=True)[1]))
    found = {"row": firsts}
    words, keys = batch["word"], {"code": pa.array(codes)}
    if "order" in names:
        keys["order"] = kind.applied(batch["order"])
    places = None
    if not _in_order(codes, keys.get("order")):
        by = [(name, "ascending") for name in keys]
        places = pc.sort_indices(pa.table(keys), sort_keys=by)
        words, codes = words.take(places), codes[places.to_numpy()]
    starts = np.flatnonzero(np.diff(codes, prepend=codes[0] - 1))
    found["line"] = lines_of(np.append(starts, len(codes)), words)
    if "weight" in names:
        sorted_rows = batch if places is None else batch.take(places)
        found["weight"] = pa.array(_one_weight_each(sorted_rows, starts))
    return pa.record_batch(found)


def _one_weight_each(rows: Any, starts: NDArray[np.int64]) -> NDArray[np.float64]:
    """The weight of each group, which all its rows must have."""
    weights: NDArray[np.float64] = rows["weight"].to_numpy()
    least, most = np.minimum.reduceat(weights, starts), np.maximum.reduceat(weights, starts)
    if (different := np.flatnonzero(least != most)).size:
        at = different[0]
        raise CorpusError(
            f"The rows of the group {quoted(rows['group'][starts[at]].as_py())} have different "
            f"weights, {least[at]:g} and {most[at]:g}. A weight is of a whole sentence: give all "
            "rows of a group the same."
        )
    return least


def _in_order(codes: NDArray[np.int64], order: Any) -> bool:
    steps = np.diff(codes)
    if (steps < 0).any():
        return False
    if order is None or not len(steps):
        return True
    rising = pc.less_equal(order[:-1], order[1:])
    return bool(pc.all(pc.or_kleene(pa.array(steps > 0), rising), skip_nulls=False).as_py())


def _codes(groups: Any) -> NDArray[np.int64]:
    """A number for each row, by when its group first appears."""
    codes: NDArray[np.int64] = groups.dictionary_encode().indices.to_numpy().astype(np.int64)
    return codes


def _starts(groups: Any, before: Any = None) -> NDArray[np.int64]:
    """Where another group begins than stood there before."""
    changed = pc.not_equal(groups[1:], groups[:-1]).to_numpy(zero_copy_only=False)
    first = before is None or before[0] != groups[0]
    return np.flatnonzero(np.concatenate([[first], changed]))


def _one_batch(batches: list[Any]) -> Any:
    if len(batches) == 1:
        return batches[0]
    (batch,) = pa.Table.from_batches(batches).combine_chunks().to_batches()
    return batch
