"""Text to token ids: read once, counted, pruned, and kept in a memory-mapped file.

Memory is bounded by the number of different words and not by the length of the
text, and a pipe or a one-shot iterator serves as well as a file: see `spool`.
"""

import os
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import numpy as np

from w2v.errors import CorpusError
from w2v.text.chosen_words import Choose, Chosen
from w2v.text.copies import Copies
from w2v.text.corpus import Corpus, CorpusStats
from w2v.text.corpus_files import source_name
from w2v.text.decoding import Progress, read_pieces, total_bytes
from w2v.text.dictionary import Dictionary, release_memory
from w2v.text.encoded_draft import Draft
from w2v.text.encoded_source import encoded_folder, read_encoded
from w2v.text.frames import ArrowColumn
from w2v.text.keys import Keys, parts_of_keys
from w2v.text.looks import looks_like
from w2v.text.parts import Part
from w2v.text.reading_elsewhere import Elsewhere, split_elsewhere
from w2v.text.sentences import Sentences
from w2v.text.sources import Sentence, Source, Tokens, found_in, is_path, text_files
from w2v.text.splitting import split_ahead
from w2v.text.spool import Spool
from w2v.text.table import Table
from w2v.text.tokenizing import Tokenizer
from w2v.text.vocabulary import Vocabulary
from w2v.text.vocabulary_file import SENTENCE_END


def read_corpus(
    source: str | os.PathLike[str] | list[Any] | tuple[Any, ...] | Table,
    *,
    min_count: int = 5,
    max_vocab: int | None = None,
    vocabulary: Vocabulary | None = None,
    known: Vocabulary | None = None,
    choose: Choose | None = None,
    errors: str = "strict",
    tokenizer: Tokenizer | None = None,
    progress: Progress | None = None,
    draft: Draft | None = None,
    elsewhere: Elsewhere | None = None,
) -> Corpus:
    r"""Read text files: a sentence a line, words between white space.

    Only `\n` ends a line, and a line may be of any length. White space is
    what `str.split` takes for it.

    Parameters
    ----------
    source : path, list or tuple of paths, or Table
        Files, folders, glob patterns, or `-` for standard input; see `w2v.text.find_files`. The
        folder of an encoded corpus, by itself.
        A `w2v.Table` says how the rows of a table are sentences.
    min_count : int               Rarer words are dropped.
    max_vocab : int, optional     Only so many of the most frequent words are kept.
    vocabulary : Vocabulary, optional
        Take words, counts and order from here; the two limits above have no say then.
    known : Vocabulary, optional
        Words to have in any case, and their counts so far, to which those of the text are added;
        the limits are for other words. Not together with `vocabulary`.
    choose : callable(words, counts) -> Vocabulary, optional
        In place of all these: given a list of all different words, in the order in which they first
        stand in the text, and int64 counts. Words that it leaves out are dropped.
    errors : {"strict", "replace", "ignore"}
        What to do with bytes that are not UTF-8: raise, read U+FFFD, or leave them out; a word of
        nothing else is none.
    tokenizer : Tokenizer, optional
        What sentences and words are, where it is not lines and white space.
    progress : callable(bytes_read, total_bytes), optional
        Called now and then; the total is None where it is not known.
    draft : Draft, optional
        Write the corpus there in place of temporary files; see `w2v.encode`.
    elsewhere : Elsewhere, optional
        Other machines that split files, but for tables and streams; the corpus is the same.

    Raises
    ------
    CorpusError
        The text cannot be read or has no token, no word is frequent enough, or
        the folder for temporary files is full.
    ConfigError
        A file is a table, and no `Table` says which of its columns hold the words.
    TypeError
        `source` is not made of paths.
    """
    limits = Chosen(min_count, max_vocab, vocabulary, known, choose)
    rest: dict[str, Any] = {"tokenizer": tokenizer, "draft": draft}
    if folder := encoded_folder(source):
        return read_encoded(folder, limits, errors=errors, progress=progress, **rest)
    if isinstance(source, Table):
        copies = source.copies()
        parts = source.parts(errors=errors, tokenizer=tokenizer, progress=progress, copies=copies)
        return _read(parts, limits, "", table=source, copies=copies, **rest)
    files = text_files(source)
    first: list[str] = []

    def look(piece: str) -> None:
        first.append(piece)
        if draft is not None:
            draft.expect(piece, total_bytes(files))

    rules: dict[str, Any] = {"errors": errors, "tokenizer": tokenizer}
    rules |= {"progress": progress, "look": look}
    nothing = f"There is no word in {_few(files)}."
    looks = partial(_looks, first, tokenizer)
    try:
        if elsewhere is not None and total_bytes(files) is not None:  # no stream
            parts = split_elsewhere(elsewhere, files, **rules)
        else:
            parts = split_ahead(read_pieces(files, **rules))
        return _read(parts, limits, nothing, files=len(files), looks=looks, **rest)
    except CorpusError as error:
        if not looks():
            raise
        raise CorpusError(f"{error} {looks()}") from error


def _looks(first: list[str], tokenizer: Tokenizer | None) -> str:
    cut = tokenizer is not None and tokenizer.tokens != "whitespace"
    return looks_like(first[0], cut=cut) if first else ""


def read_sentences(
    sentences: Sentences | Tokens | Iterable[Sentence] | Iterable[str] | ArrowColumn,
    *,
    min_count: int = 5,
    max_vocab: int | None = None,
    vocabulary: Vocabulary | None = None,
    known: Vocabulary | None = None,
    choose: Choose | None = None,
    keys: Keys | None = None,
    tokenizer: Tokenizer | None = None,
    draft: Draft | None = None,
) -> Corpus:
    """Read sentences that are split already; they are asked for once.

    Parameters
    ----------
    sentences : iterable of list, tuple or array of str or of int
        An iterator will do. A sentence may be empty or of any length. The number 7 is the word "7".
        A row of a 2-D array (S, L) is a sentence; of one array (N,) `w2v.Sentences` says where they
        end. A column of Arrow holds lists of tokens or texts, and is read as `w2v.Table` does.
    min_count, max_vocab, vocabulary, known, choose, draft
        As for `read_corpus`.
    keys : Keys, optional
        Tokens may be anything that a dictionary can have as a key: words with spaces, pairs. It
        numbers them, and the words of the corpus are these numbers.
    tokenizer : Tokenizer, optional
        With one `sentences` are texts, each a str, and none goes on in the next.

    Raises
    ------
    CorpusError
        There is no token, or no word is frequent enough, or the folder for
        temporary files is full.
    TypeError
        A sentence is not a list, tuple or array, a token is no str nor int, or some are one and
        some the other.
    ValueError
        A token is empty or has white space or NUL in it, so that no file could hold it, or a
        number is below 0.
    """
    nothing = (
        "There is no token in the sentences. If they are an iterator that was used before, make a "
        "new one."
    )
    limits = Chosen(min_count, max_vocab, vocabulary, known, choose)
    rest: dict[str, Any] = {"tokenizer": tokenizer, "draft": draft}
    if keys is not None:
        if tokenizer is not None:
            raise TypeError("With `keys` sentences are lists of tokens, so leave out `tokenizer`.")
        return _read(parts_of_keys(sentences, keys), limits, nothing, **rest)  # type: ignore[arg-type]
    given = found_in(sentences, tokenizer)
    if isinstance(given, Table):
        return _read(given.parts(tokenizer=tokenizer), limits, "", table=given, **rest)
    copies = given.copies()
    return _read(given.parts(tokenizer, copies), limits, nothing, copies=copies, **rest)


def _read(
    parts: Iterable[Part],
    chosen: Chosen,
    nothing: str,
    *,
    tokenizer: Tokenizer | None,
    draft: Draft | None,
    files: int = 0,
    table: Table | None = None,
    looks: Callable[[], str] = str,
    copies: Copies | None = None,
) -> Corpus:
    """Number words as they turn up, choose the vocabulary, and give the tokens their final ids."""
    dictionary = Dictionary(chosen.given)
    folder = draft.temporary_folder if draft else None
    with Spool(len(dictionary), copies, folder) as spool:
        for some in dictionary.encode(parts):
            spool.add(some)
        if not spool.tokens:
            raise CorpusError(spool.nothing() or (table.stats.nothing() if table else nothing))
        counted = time.perf_counter()
        counts = spool.counts[: len(dictionary)]
        vocabulary = chosen.vocabulary(dictionary, counts)
        final = dictionary.positions(vocabulary.words)
        kept = chosen.kept(counts, final)
        sentence_ends = int(counts[dictionary.positions([SENTENCE_END]) == 0].sum())
        del dictionary
        release_memory()
        stats = CorpusStats(
            tokens=spool.tokens,
            rare=spool.tokens - kept,
            sentences=spool.sentences,
            types=int(np.count_nonzero(counts)),
            lines=spool.lines,
            files=table.stats.files if table else files,
            sentence_ends=sentence_ends,
            table=table.stats if table else None,
            **spool.read_once(),
        )
        seconds = {"count": counted - spool.started}
        if draft is not None:
            draft.write_arrays(spool.pieces(final), kept, spool.sentences)
        else:
            spool.check_room(kept)
            ids, ends = spool.encode(final)
        seconds["encode"] = time.perf_counter() - counted
        about: dict[str, Any] = {"vocabulary": vocabulary, "stats": stats, "seconds": seconds}
        about |= {"tokenizer": tokenizer, "looks": looks(), "limits": chosen.limits}
        return Corpus(ids=ids, ends=ends, **about) if draft is None else draft.finish(about)


def read_source(
    source: Source,
    *,
    errors: str = "strict",
    elsewhere: Elsewhere | None = None,
    **options: Any,
) -> Corpus:
    """`read_corpus` of files or a table, and else `read_sentences`, with their `options`."""
    if is_path(source) or isinstance(source, Table):
        return read_corpus(source, errors=errors, elsewhere=elsewhere, **options)  # type: ignore[arg-type]
    return read_sentences(source, **options)  # type: ignore[arg-type]


def _few(files: list[str]) -> str:
    first = source_name(files[0])
    return first if len(files) == 1 else f"{first} and {len(files) - 1} more"
