"""Encoded corpora on their way to the disk."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from w2v.files import PathLike, check_room, making_folder, replacing
from w2v.text.checks import BlockSums, Sums
from w2v.text.corpus import Corpus
from w2v.text.encoded import EncodedCorpus, described
from w2v.text.encoded_files import ABOUT, ENDS, IDS, VOCABULARY, Sizes, header, sealed
from w2v.text.spool import Pieces
from w2v.text.vocabulary import checked_text


class Draft:
    """An encoded corpus under way.

    Parameters
    ----------
    path : str                    Of the folder that is filled.
    folder : str                  What it will be called.
    """

    def __init__(self, path: str, folder: str) -> None:
        self._path, self._folder = path, folder

    @property
    def temporary_folder(self) -> str:
        """On the disk where the corpus will be, for files that have no name."""
        return self._path

    def expect(self, beginning: str, total: int | None) -> None:
        """Refuse a text too large for the disk, going by how it begins and how long it is.

        Half of what that promises must fit, since other parts of it may hold fewer words.

        Parameters
        ----------
        beginning : str
        total : int or None       Bytes of all, if known; compressed ones promise less.

        Raises
        ------
        OutputError
        """
        if total and beginning:
            tokens = len(beginning.split()) * total // len(beginning.encode())
            check_room({self._folder: 4 * tokens})  # they take 4 bytes, and twice that meanwhile

    def write_arrays(self, pieces: Pieces, tokens: int, sentences: int) -> None:
        """Write ids and sentence ends, `tokens` and at most `sentences` of them."""
        sizes = Sizes(tokens, sentences, 0).bytes
        check_room({self._folder: sum(sizes.values())})
        ids_sums, ends_sums = BlockSums(), BlockSums()
        sentences = 0
        with self._file(IDS, sizes[IDS]) as ids_file, self._file(ENDS) as ends_file:
            ids_file.write(header(IDS, tokens))
            ends_file.write(header(ENDS, 0))
            for ids, ends in pieces:
                ids_file.write(ids_sums.add(ids))
                ends_file.write(ends_sums.add(ends))
                sentences += len(ends)
            ends_file.seek(0)
            ends_file.write(header(ENDS, sentences))
        self._arrays = ids_sums.sums, ends_sums.sums
        self._counts = tokens, sentences

    def finish(self, about: dict[str, Any]) -> Corpus:
        """Write the vocabulary and what there is to say; the corpus, once its folder is there.

        Parameters
        ----------
        about : dict              As `Corpus.about`.
        """
        text = checked_text(about["vocabulary"]).encode()
        with self._file(VOCABULARY) as file:
            file.write(text)
        sums = Sums(*self._arrays, BlockSums([text]).sums)
        sizes = Sizes(*self._counts, len(text))
        corpus = EncodedCorpus(self._folder, sums, sizes, about)
        with self._file(ABOUT) as file:
            file.write(sealed(described(corpus)))
        return corpus

    def _file(self, name: str, size: int | None = None) -> Any:
        return replacing(os.path.join(self._path, name), size)


@contextmanager
def drafting(folder: PathLike) -> Iterator[Draft]:
    """An encoded corpus that appears whole or not at all.

    Raises
    ------
    OutputError
        There is something already, or the folder cannot be written.
    """
    with making_folder(folder) as path:
        yield Draft(path, os.fsdecode(folder))


def write_encoded(corpus: Corpus, folder: PathLike) -> Corpus:
    """Write a corpus as it is to a new folder.

    Returns
    -------
    Corpus
        The one in the folder.

    Raises
    ------
    OutputError
        There is something already, or the folder cannot be written.
    CorpusError
        The corpus is damaged.
    """
    with drafting(folder) as draft:
        return write_corpus(corpus, draft)


def write_corpus(corpus: Corpus, draft: Draft) -> Corpus:
    """Write a corpus as it is to a folder under way."""
    draft.write_arrays(corpus.pieces(), len(corpus.ids), len(corpus.ends))
    return draft.finish(corpus.about())
