"""A vector file in another format, and what can be said of a vector file."""

from __future__ import annotations

from typing import Any

import numpy as np

from w2v.errors import counted, quoted
from w2v.files import PathLike, check_distinct
from w2v.formats.reading import first_of_each, read_vectors
from w2v.formats.table import Progress, Table
from w2v.formats.writable_words import replace_unwritable
from w2v.formats.writing import check_writable, named_outputs, write_table


def convert(
    path: PathLike,
    output: PathLike,
    *,
    format: str | None = None,
    dtype: str = "float32",
    read_as: str | None = None,
    limit: int | None = None,
    replace_spaces: str | None = None,
    errors: str = "strict",
    on_read: Progress | None = None,
    on_write: Progress | None = None,
) -> Table:
    """Write a vector file in another format, with its counts where that keeps any.

    Parameters
    ----------
    path, output : str or path
    format : str, optional
        Instead of what the extension of `output` says; see `write_vectors`.
    dtype : {"float32", "float16", "int8"}
        Of the numbers; see `write_vectors`.
    read_as : str, optional
        The format of `path`; see `read_vectors`.
    limit : int, optional
        Only the first so many words.
    replace_spaces : str, optional
        Put in place of each character that text and binary cannot have in a word.
    errors, on_read : see `read_vectors`
    on_write : see `write_vectors`

    Returns
    -------
    Table
        What was written.

    Raises
    ------
    ConfigError, OutputError, VectorFileError
    """
    check_writable(output, format, dtype)
    check_distinct(named_outputs("The output", output, format), [path])
    table = read_vectors(path, format=read_as, errors=errors, progress=on_read)
    if limit is not None:
        table = table.only(slice(limit), table.words[:limit])
    if replace_spaces is not None:
        words = [replace_unwritable(word, replace_spaces) for word in table.words]
        table = first_of_each(str(output), table._replace(words=words))
    write_table(output, table, format=format, dtype=dtype, progress=on_write)
    return table


def describe(table: Table, words: int = 10) -> dict[str, Any]:
    """Shape, format, counts, norms and first words, for JSON."""
    norms = np.concatenate([_norms(table.matrix[rows]) for rows in table.batches()])
    finite = norms[np.isfinite(norms)]
    some = finite if len(finite) else np.array([np.nan])
    spread = {"min": some.min(), "median": np.median(some), "mean": some.mean(), "max": some.max()}
    counts = table.counts
    return {
        "format": table.format,
        "compression": table.compression or None,
        "dtype": table.dtype,
        "words": len(table.words),
        "dim": int(table.matrix.shape[1]),
        "counts": None
        if counts is None
        else {"sum": int(counts.sum()), "min": int(counts.min()), "max": int(counts.max())},
        "norms": {name: float(value) if len(finite) else None for name, value in spread.items()},
        "zero_rows": int((norms == 0).sum()),
        "rows_not_finite": len(norms) - len(finite),
        "first": list(table.words[:words]),
    }


def _norms(matrix: Any) -> Any:
    """Lengths of rows, float64, in which no float32 overflows."""
    wide = matrix.astype(np.float64)
    return np.sqrt(np.einsum("vd,vd->v", wide, wide))


def format_description(about: dict[str, Any]) -> str:
    """The same for people."""
    packed = f", compressed by {about['compression']}" if about["compression"] else ""
    packed += f" of {about['dtype']}" * (about["dtype"] != "float32")
    counts, norms = about["counts"], about["norms"]
    kept = "none in this file"
    if counts:
        kept = f"{counts['sum']:,} in all, {counts['min']:,} to {counts['max']:,} a word"
    lengths = "none: no row is finite"
    if norms["min"] is not None:
        lengths = ", ".join(f"{name} {value:.4g}" for name, value in norms.items())
    lines = [
        f"format   {about['format']}{packed}",
        f"vectors  {counted(about['words'], 'word')} of {counted(about['dim'], 'number')}",
        f"counts   {kept}",
        f"norms    {lengths}",
        f"first    {' '.join(_plain(word) for word in about['first'])}",
    ]
    if about["zero_rows"]:
        lines.append(f"odd      {counted(about['zero_rows'], 'row')} of zeros alone")
    if about["rows_not_finite"]:
        lines.append(f"odd      {counted(about['rows_not_finite'], 'row')} with NaN or infinity")
    return "\n".join(lines)


def _plain(word: str) -> str:
    """A word; in quotes if it could be taken for several or for none."""
    return (
        word if word.isprintable() and word and " " not in word and len(word) < 60 else quoted(word)
    )
