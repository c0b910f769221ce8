"""What a text may be read from: names of files, tables, and sentences of a program, told apart."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2v.errors import ConfigError
from w2v.files import PathLike
from w2v.text.corpus_files import find_files
from w2v.text.decoding import Progress, read_pieces
from w2v.text.frames import ArrowColumn, is_column
from w2v.text.parts import Part
from w2v.text.sentences import Sentences
from w2v.text.splitting import split_ahead
from w2v.text.table import Table
from w2v.text.token_lists import shown
from w2v.text.tokenizing import Tokenizer, check_tokenizer
from w2v.text.unnamed_tables import refuse_tables, table_of_column

Tokens = NDArray[np.str_] | NDArray[np.integer[Any]]
Sentence = list[str] | tuple[str, ...] | list[int] | tuple[int, ...] | Tokens
Source = (
    PathLike
    | Sequence[Path]
    | Table
    | Sentences
    | Tokens
    | Iterable[Sentence]
    | Iterable[str]
    | ArrowColumn
)
"""Names of files, a table, or sentences; `is_path` tells which."""


def parts_of(
    source: Source, errors: str, tokenizer: Tokenizer | None, progress: Progress | None
) -> Iterable[Part]:
    """What `read_source` would read, before words are counted."""
    if is_path(source):
        return split_ahead(pieces_of(source, errors, tokenizer, progress))  # type: ignore[arg-type]
    found = source if isinstance(source, Table) else found_in(source, tokenizer)
    if found.copies():
        raise ConfigError(
            "Weights say how often sentences are trained on, and have no meaning for a text as it "
            "is. Leave them out."
        )
    if isinstance(found, Table):
        return found.parts(errors=errors, tokenizer=tokenizer, progress=progress)
    return found.parts(tokenizer)


def pieces_of(
    source: PathLike | Sequence[Path] | Table,
    errors: str,
    tokenizer: Tokenizer | None,
    progress: Progress | None,
) -> Iterable[str]:
    """The text of files or of a table."""
    if isinstance(source, Table):
        return source.pieces(errors=errors, tokenizer=tokenizer, progress=progress)
    files = text_files(source)
    return read_pieces(files, errors=errors, tokenizer=tokenizer, progress=progress)


def text_files(source: object) -> list[str]:
    files = find_files(_paths(source))
    refuse_tables(files)
    return files


def found_in(sentences: object, tokenizer: Tokenizer | None) -> Table | Sentences:
    """What a program gives, none of which is read before it is asked for."""
    check_tokenizer(tokenizer)
    if isinstance(sentences, Sentences):
        return sentences
    return table_of_column(sentences) if is_column(sentences) else Sentences(sentences)


def is_path(source: object) -> bool:
    """Whether `source` names files: one path, or a list of `pathlib.Path`; else it is sentences."""
    if isinstance(source, list | tuple) and source:
        return all(isinstance(item, os.PathLike) for item in source)
    return isinstance(source, str | os.PathLike)


def _paths(source: object) -> list[str | os.PathLike[str]]:
    paths: list[str | os.PathLike[str]] = []
    for path in source if isinstance(source, (list, tuple)) else [source]:
        if not isinstance(path, (str, os.PathLike)):
            raise TypeError(
                f"A corpus must be a path or a list of paths, got {shown(path)}. "
                "Lists of tokens are read with `read_sentences`."
            )
        paths.append(path)
    return paths
