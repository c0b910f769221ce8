"""NumPy's npz: an archive of arrays, stored as they are, so that vectors can be memory-mapped."""

from __future__ import annotations

from typing import BinaryIO

import numpy as np

from w2v.errors import VectorFileError, counted
from w2v.formats.archive import ARCHIVE_ERRORS, Archive, Entry, write_archive
from w2v.formats.arrays import (
    NAMES,
    Array,
    check_sizes,
    from_arrays,
    map_array,
    other_number,
    to_arrays,
)
from w2v.formats.byte_source import Source
from w2v.formats.table import Progress, Table
from w2v.words import LONGEST_WORD

_MODEL = {"format", "about", "words", "input", "output"}  # as w2v.training.model_file writes it
_GENSIM_MODEL = {"model", "about", "wv.keys", "wv.vectors"}  # as w2v.gensim.model_file
_KEYED = {"format", "keys", "words", "vectors"}  # as w2v.gensim.keyed_archive


def write_npz(
    handle: BinaryIO, table: Table, progress: Progress | None = None, dtype: str = "float32"
) -> None:
    """Write `vectors`, `words` and `counts`; see `arrays`."""
    write_archive(handle, to_arrays(table, dtype))
    if progress is not None:
        progress(len(table.words), len(table.words))


def read_npz(source: Source) -> Table:
    """Read an archive that holds `vectors` and `words`, whoever wrote it; see `arrays`.

    Other arrays are not read. What the headers say is compared before any array is.

    Raises
    ------
    VectorFileError
        It is damaged, holds something else, or an array of Python objects.
    """
    import zipfile

    try:
        with zipfile.ZipFile(source.name) as file:
            archive = Archive(file, source.name, VectorFileError)
            names = archive.arrays
            if not names:
                raise VectorFileError(
                    f"{source.name} is a zip archive without NumPy arrays; unpack it first."
                )
            if set(names) >= _MODEL:
                raise VectorFileError(
                    f"{source.name} is a whole model, not vectors alone. Load it by "
                    "w2v.Word2Vec.load_model, whose `vectors` can be saved, or go on training it "
                    "by w2v train --continue."
                )
            if set(names) >= _GENSIM_MODEL:
                raise VectorFileError(
                    f"{source.name} is a whole model, not vectors alone. Load it by "
                    "w2v.gensim.Word2Vec.load, whose `wv` can be saved."
                )
            entries = {name: archive.entry(name) for name in names if name in NAMES}
            if set(names) >= _KEYED and entries["words"].shape == (0,):
                raise VectorFileError(
                    f"{source.name} has keys that are not distinct words of one line, but pairs, "
                    "say. Load it by w2v.gensim.KeyedVectors.load."
                )
            check_sizes(source, entries or dict.fromkeys(names))
            words = _words(source, archive, entries)
            arrays = {
                name: words if name == "words" else _read(source, archive, name, entry)
                for name, entry in entries.items()
            }
            return from_arrays(source, arrays, "NumPy npz")
    except (*ARCHIVE_ERRORS, zipfile.BadZipFile) as error:
        raise VectorFileError(
            f"{source.name} is a damaged or foreign npz file ({error!s:.100}). Make it again."
        ) from error


def _words(source: Source, archive: Archive, entries: dict[str, Entry]) -> Array:
    """The words; of bytes with a word a line no more than there are vectors for."""
    entry, rows = entries["words"], entries["vectors"].shape[0]
    if entry.dtype != np.uint8:
        return archive.read(entry)
    parts, lines, begun = [], 1, 0
    for block in archive.blocks(entry):
        parts.append(block)
        lines += block.count(b"\n")
        begun = len(block) - block.rfind(b"\n") - 1 + (b"\n" not in block) * begun
        if lines > rows or begun > LONGEST_WORD:
            found = f"more than {counted(rows, 'word')}" if lines > rows else "an endless word"
            raise VectorFileError(
                f"{source.name} has {found} for {counted(rows, 'vector')}. The file may be damaged."
            )
    if lines < rows:
        raise other_number(source, lines, rows)
    return np.frombuffer(b"".join(parts), np.uint8)


def _read(source: Source, archive: Archive, name: str, entry: Entry) -> Array:
    """An array of the archive; if it is the vectors, and stored as they are, mapped."""
    place = archive.place(entry) if name == "vectors" else None
    if place is None:
        return archive.read(entry)
    if source.check:
        archive.check(entry)
    return map_array(source.name, entry.dtype, entry.shape, place)
