"""`w2v.encode`: a text into the folder of an encoded corpus."""

from __future__ import annotations

from typing import Any

from w2v.files import PathLike
from w2v.text.corpus import Corpus
from w2v.text.decoding import Progress
from w2v.text.encoded_draft import drafting
from w2v.text.ingestion import read_source
from w2v.text.reading_elsewhere import Elsewhere
from w2v.text.sources import Source, is_path
from w2v.text.table import Table
from w2v.text.tokenizing import Tokenizer


def encode(
    source: Source,
    folder: PathLike,
    *,
    min_count: int = 5,
    max_vocab: int | None = None,
    errors: str = "strict",
    tokenizer: Tokenizer | None = None,
    progress: Progress | None = None,
    elsewhere: Elsewhere | None = None,
) -> Corpus:
    """Read a text once, into a folder that is trained on as often as you like.

    `Word2Vec.fit` and `w2v train` take the folder wherever they take text, begin at once, and give
    the same vectors as from the text. With another `min_count` or `max_vocab` they may keep fewer
    words than there are in the folder, not more. What is in it, `docs/encoded-corpora.md` says.

    Parameters
    ----------
    source : path, list of `pathlib.Path`, Table, or iterable of token lists
        As for `Word2Vec.fit`.
    folder : path
        There may be nothing of that name yet, or an empty folder. It appears whole or not at all.
        Meanwhile it takes 8 bytes of its disk for each token, in the end 4.
    min_count : int               Rarer words are dropped; 1 keeps all.
    max_vocab : int, optional     Only so many of the most frequent words are kept.
    errors : {"strict", "replace", "ignore"}
        What to do with bytes that are not UTF-8: refuse them, put U+FFFD, or leave
        them out.
    tokenizer : Tokenizer, optional
        What sentences and words are, where it is not lines and white space.
    progress : callable(bytes_read, total_bytes), optional
        Called now and then with what was read of files; the total is None where it is not known.
    elsewhere : Elsewhere, optional
        Other machines that split files: `w2v encode --cluster`.

    Returns
    -------
    Corpus
        The one in the folder, for `Word2Vec.train`.

    Raises
    ------
    OutputError
        There is something in the folder already, or no room on the disk.
    CorpusError
        The text cannot be read, or no word is frequent enough.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.mkdtemp()
    >>> corpus = encode([["a", "small", "corpus"], ["a", "sentence"]], folder, min_count=1)
    >>> Word2Vec(dim=10, min_count=1).fit(folder).vectors.words  # doctest: +SKIP
    ['a', 'corpus', 'sentence', 'small']
    """
    options: dict[str, Any] = {"min_count": min_count, "max_vocab": max_vocab}
    options |= {"errors": errors, "tokenizer": tokenizer, "elsewhere": elsewhere}
    if is_path(source) or isinstance(source, Table):
        options["progress"] = progress
    with drafting(folder) as draft:
        return read_source(source, draft=draft, **options)
