"""TensorBoard's projector (https://projector.tensorflow.org): two files of tab-separated lines.

One holds the vectors, without a header. The other says what each is: the words alone, without a
header, or words and counts under a header. The projector takes the first line of a single column
for data and of several columns for names, so neither may be otherwise.
"""

from __future__ import annotations

import os
from typing import BinaryIO

from w2v.files import PathLike
from w2v.formats.table import Progress, Table
from w2v.formats.word2vec_text import write_lines


def metadata_path(path: PathLike) -> str:
    """Where the words go: `cats.tsv` has them in `cats.metadata.tsv`."""
    base, extension = os.path.splitext(os.fspath(path))
    return f"{base}.metadata{extension or '.tsv'}"


def write_projector(handle: BinaryIO, table: Table, progress: Progress | None = None) -> None:
    """Write the vectors."""
    write_lines(handle, table, "\t", None, progress)


def write_metadata(handle: BinaryIO, table: Table) -> None:
    """Write the words, and their counts if there are any."""
    if table.counts is None:
        lines = (f"{word}\n" for word in table.words)
    else:
        pairs = zip(table.words, table.counts.tolist(), strict=True)
        handle.write(b"word\tcount\n")
        lines = (f"{word}\t{count}\n" for word, count in pairs)
    handle.writelines(line.encode() for line in lines)
