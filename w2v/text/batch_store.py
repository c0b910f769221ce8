"""Batches of a table that are read more than once: in memory while they are few, then on disk."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any

import numpy as np
import pyarrow as pa

from w2v.text.number_files import append_to, temporary_file


class BatchStore:
    """Record batches of one schema, in one or more parts; a context manager.

    Parameters
    ----------
    memory_bytes : int            More than that goes to a temporary file without a name.
    parts : int                   Lists of batches, each of which is read by itself.

    Attributes
    ----------
    bytes : int                   Of all batches.
    on_disk : bool
    """

    def __init__(self, memory_bytes: int, parts: int = 1) -> None:
        self.bytes = 0
        self._limit = memory_bytes
        self._parts: list[list[Any]] = [[] for _ in range(parts)]  # batches, or their places
        self._schema: Any = None
        self._file: IO[bytes] | None = None
        self._end = 0

    def __enter__(self) -> BatchStore:
        return self

    def __exit__(self, *exception: object) -> None:
        self._parts = []
        if self._file is not None:
            self._file.close()

    @property
    def on_disk(self) -> bool:
        return self._file is not None

    def append(self, batch: Any, part: int = 0) -> None:
        """Keep a batch; raises `CorpusError`, as on a full disk."""
        self._schema = batch.schema
        self.bytes += batch.nbytes
        if self._file is None and self.bytes <= self._limit:
            self._parts[part].append(batch)
            return
        if self._file is None:
            self._file = temporary_file()
            self._parts = [[self._written(one) for one in some] for some in self._parts]
        self._parts[part].append(self._written(batch))

    def read(self, part: int = 0) -> Iterator[Any]:
        """The batches of a part, in order."""
        for entry in self._parts[part]:
            if self._file is None:
                yield entry
            else:
                start, size = entry
                self._file.seek(start)
                data = bytearray()
                while len(data) < size:
                    data += self._file.read(size - len(data))
                yield pa.ipc.read_record_batch(pa.py_buffer(bytes(data)), self._schema)

    def _written(self, batch: Any) -> tuple[int, int]:
        assert self._file is not None
        data = np.frombuffer(batch.serialize(), np.uint8)
        self._file.seek(self._end)
        append_to(self._file, data)
        place = self._end, len(data)
        self._end += len(data)
        return place
