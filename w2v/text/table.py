"""A table as sentences: which columns hold the words, and which say what belongs together."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable, Iterator, Sequence
from typing import Any, TypeVar

from w2v.errors import ConfigError, CorpusError
from w2v.installed import check_installed
from w2v.text.columns import Wanted, listed
from w2v.text.copies import Copies, told, weighted_texts
from w2v.text.corpus_files import find_files
from w2v.text.decoding import REPORT_BYTES, Progress, total_bytes
from w2v.text.frames import Frame, column_names, frame_of
from w2v.text.parts import Part
from w2v.text.splitting import split_ahead
from w2v.text.table_files import data_files, opened_table
from w2v.text.table_stats import TableStats
from w2v.text.tokenizing import Lines, Tokenizer, check_tokenizer

_Some = TypeVar("_Some")


class Table:
    """A table and how its rows are sentences; what `fit`, `Phrases` and `read_corpus` take.

    Parameters
    ----------
    source : path, list of paths, or table
        Files, folders and patterns as for `read_corpus`: CSV, TSV (compressed too), Parquet, Arrow
        and Feather. Or a data frame (pandas, Polars, Arrow), a Hugging Face data set, a dictionary
        of columns, an iterable of dictionaries or of record batches.
    group : str, optional
        Rows that have the same here make a sentence, wherever they stand.
    order : str, optional
        Sorts the rows of a group, from small to large; of equal ones the first stays first. Text
        that is a number all through is sorted as numbers. [as they stand]
    token : str, optional
        The word of each row; white space inside becomes `_`. Or a list of words: without `group`
        each row is a sentence then.
    columns : list of str, or "all"
        Each row is a sentence of these cells; empty ones are left out.
    text : str, optional
        A column of text: each cell is a line, or with a tokenizer what that makes of it.
    weight : str, optional
        A column of numbers, 0 or more: how often each sentence is to stand in the text; of a
        fraction it is drawn. The rows of a group must have one weight. See docs/ids.md.
    separator : str, optional
        Between the cells of a text file. [comma, tab, semicolon or bar, by its first line]
    header : bool
        Whether the first line of a text file names the columns; else they are 1, 2, 3, ...

    Attributes
    ----------
    stats : TableStats            What was read of it, the last time.

    Raises
    ------
    ConfigError
        The options contradict each other, or do not say where the words are.
    CorpusError
        pyarrow is not installed.

    Examples
    --------
    >>> plays = {"user": [1, 2, 1], "at": [20, 10, 10], "artist": ["The Beatles", "Moby", "Air"]}
    >>> table = Table(plays, group="user", order="at", token="artist")
    >>> "".join(table.pieces())
    'Air The_Beatles\\nMoby\\n'
    """

    def __init__(
        self,
        source: Any,
        *,
        group: str | None = None,
        order: str | None = None,
        token: str | None = None,
        columns: Sequence[str] | str | None = None,
        text: str | None = None,
        weight: str | None = None,
        separator: str | None = None,
        header: bool = True,
    ) -> None:
        check_installed("pyarrow", "A table", CorpusError)
        self.source = source
        self.group, self.order, self.token, self.text = map(_name, (group, order, token, text))
        self.weight = _name(weight)
        self.columns = _names(columns)
        self.separator = _separator(separator)
        self.header = header
        self.stats = TableStats()
        self._check()

    def __repr__(self) -> str:
        named = {
            n: getattr(self, n) for n in ("group", "order", "token", "columns", "text", "weight")
        }
        shown = ", ".join(f"{name}={value!r}" for name, value in named.items() if value is not None)
        return f"<Table: {shown}>"

    def _check(self) -> None:
        words = {"token": self.token, "columns": self.columns, "text": self.text}
        given = [name for name, value in words.items() if value is not None]
        if len(given) > 1:
            raise ConfigError(
                f"`{given[0]}` and `{given[1]}` both say where the words are; give one of them."
            )
        for name, value in (("group", self.group), ("order", self.order)):
            if value is not None and given and given != ["token"]:
                raise ConfigError(
                    f"`{name}` has no meaning beside `{given[0]}`, where a row stands by itself; "
                    "it is for `token`."
                )
        if not given:
            names = column_names(self.source)
            raise ConfigError(
                "No column of words was named: give `token`, with `group` for the rows that belong "
                "together, or `columns`, or `text`."
                + (f" The columns are: {listed(names)}." if names else "")
            )
        if self.order is not None and self.group is None:
            raise ConfigError("`order` sorts the rows of a group; say which by `group`.")

    def pieces(
        self,
        *,
        errors: str = "strict",
        progress: Progress | None = None,
        tokenizer: Tokenizer | None = None,
    ) -> Iterable[str]:
        """The sentences as text, in pieces that end at white space; `stats` says what was read.

        Parameters
        ----------
        errors : {"strict", "replace", "ignore"}
            What to do with bytes of a text file that are not UTF-8: refuse them, put U+FFFD, or
            leave them out.
        progress : callable(bytes_read, total_bytes), optional
            For files.
        tokenizer : Tokenizer, optional
            Makes words of `text`; other columns hold words already.

        Raises
        ------
        ConfigError
            A column is not there, or `tokenizer` was given for columns of words.
        CorpusError
            The table cannot be read.
        """
        if self.weight is not None:
            raise ConfigError(
                "`weight` says how often a sentence is trained on, and has no meaning for a text "
                "as it is. Leave it out."
            )
        return self._pieces(errors, progress, tokenizer, None)

    def _pieces(
        self,
        errors: str,
        progress: Progress | None,
        tokenizer: Tokenizer | None,
        copies: Copies | None,
    ) -> Iterable[str]:
        from w2v.text.cells import as_pieces
        from w2v.text.table_rows import sentences

        frames = self._frames(errors, progress)
        lines = _closing(frames, sentences(self._begin(tokenizer), frames))
        if tokenizer is not None and not tokenizer.is_plain:
            if copies is not None:
                return _weighted(tokenizer, lines, copies)
            cells = (cell for some, _ in lines for cell in some.to_pylist())
            return tokenizer.lines_of(_without_nul(cells))
        some_lines = told(lines, copies)
        return _without_nul(piece for some in some_lines for piece in as_pieces(some))

    def parts(
        self,
        *,
        errors: str = "strict",
        progress: Progress | None = None,
        tokenizer: Tokenizer | None = None,
        copies: Copies | None = None,
    ) -> Iterable[Part]:
        """The same as numbers and words; lists of words are not made into text first.

        `copies`, which is made by the method of that name, is told of each line how often it is to
        stand in the text.
        """
        if self.token is None or self.group is not None:
            return split_ahead(self._pieces(errors, progress, tokenizer, copies))
        from w2v.text.table_rows import word_lists

        frames = self._frames(errors, progress)
        return told(_closing(frames, word_lists(self._begin(tokenizer), frames)), copies)

    def copies(self) -> Copies | None:
        """For `parts`; none where there is no weight."""
        return None if self.weight is None else Copies()

    def _begin(self, tokenizer: Tokenizer | None) -> Wanted:
        """What is to be read, now, of which nothing has been read yet."""
        check_tokenizer(tokenizer)
        if tokenizer is not None and not tokenizer.is_plain and self.text is None:
            raise ConfigError(
                "How text is cut into words has no meaning for a table whose cells are words. "
                "Name a column of `text`, or leave out the options that change words."
            )
        self.stats = TableStats(self.group, self.order, self.weight)
        named = self.group, self.order, self.token, self.columns, self.text, self.weight
        return Wanted(*named, self.stats)

    def _frames(self, errors: str, progress: Progress | None) -> Generator[Frame]:
        """The source, one file after the other."""
        if not _is_files(self.source):
            yield frame_of(self.source)
            return
        source = self.source if isinstance(self.source, (list, tuple)) else [self.source]
        files = data_files(find_files(source))
        total, before = total_bytes(files), 0
        for file in files:
            options: Any = {"separator": self.separator, "header": self.header, "errors": errors}
            with opened_table(file, **options) as frame:
                self.stats.files += 1
                yield _reporting(frame, before, total, progress)
                before += frame.done()
        if progress is not None:
            progress(before, total)


def _closing(frames: Generator[Frame], found: Iterable[_Some]) -> Iterator[_Some]:
    """What was found; the file that is being read is closed, also where it is refused."""
    try:
        yield from found
    finally:
        frames.close()


def _weighted(tokenizer: Tokenizer, found: Iterable[tuple[Any, Any]], copies: Copies) -> Lines:
    """Lines of texts as a tokenizer cuts them, each of which has the weight of its text."""
    texts = (
        text
        for cells, weights in found
        for text in zip(_without_nul(cells.to_pylist()), weights, strict=True)
    )
    return weighted_texts(tokenizer, texts, copies)


def _without_nul(pieces: Iterable[str]) -> Iterator[str]:
    from w2v.text.cells import refuse_nul

    for piece in pieces:
        if "\0" in piece:
            refuse_nul(piece)
        yield piece


def _reporting(frame: Frame, before: int, total: int | None, progress: Progress | None) -> Frame:
    """The same, which says how much was read about once a MiB."""
    if progress is None:
        return frame

    def read(numbers: list[int]) -> Iterator[list[Any]]:
        reported = 0
        for arrays in frame.read(numbers):
            yield arrays
            if frame.done() - reported >= REPORT_BYTES:
                reported = frame.done()
                progress(before + reported, total)

    return frame._replace(read=read)


def _name(column: Any) -> str | None:
    return None if column is None else str(column)


def _names(columns: Any) -> list[str] | str | None:
    if columns is None or columns == "all":
        return columns  # type: ignore[no-any-return]
    if isinstance(columns, str) or not list(columns):
        raise ConfigError(f"`columns` must be 'all' or a list of names, got {columns!r}.")
    return list(map(str, columns))


def _separator(separator: str | None) -> str | None:
    separator = {"\\t": "\t", "tab": "\t"}.get(separator or "", separator)
    if separator is not None and (len(separator) != 1 or separator in '"\r\n' or separator > "~"):
        raise ConfigError(
            f"`separator` must be one character such as ; or | or tab, got {separator!r}."
        )
    return separator


def _is_files(source: Any) -> bool:
    """Whether a source names files: here a list of str does too."""
    if isinstance(source, (list, tuple)):
        return bool(source) and all(isinstance(one, (str, os.PathLike)) for one in source)
    return isinstance(source, (str, os.PathLike))
