"""Files as word2vec.c writes them, where ours differ: `</s>` comes first.

word2vec.c counts the line end as a word, `</s>`, the first in all its files. It never learns:
its vector stays as it was drawn. Its tools rely on the row: word-analogy takes the first word of
a file for "not in the dictionary".
"""

import numpy as np
from numpy.typing import NDArray

from w2v.errors import ConfigError
from w2v.files import PathLike, check_target, write_text
from w2v.formats import check_words, write_vectors
from w2v.queries import word_classes
from w2v.text import Corpus, Vocabulary, read_words
from w2v.vectors import Vectors

SENTENCE_END = "</s>"


def check(output: PathLike, vocabulary: Vocabulary, classes: int) -> None:
    """Refuse what could not be written, before any training.

    Raises
    ------
    ConfigError, OutputError, VectorFileError
    """
    check_target(output)
    check_words(output, vocabulary.words, "binary")
    rows = len(vocabulary) + 1
    if classes > rows:
        raise ConfigError(
            f"{classes:,} classes were asked for (-classes), but there are {rows:,} words to put "
            "into them. Ask for fewer, or lower `min_count`."
        )


def order(corpus: Corpus, vocabulary_file: PathLike | None) -> NDArray[np.int64]:
    """Ids of the words as word2vec.c orders them, (V,).

    Words of one count stand as they turn up in the text, or in the file of the vocabulary.
    """
    words = corpus.vocabulary
    if vocabulary_file is None:
        place = corpus.first_seen()
    else:
        places = {word: i for i, word in enumerate(read_words(vocabulary_file))}
        place = np.array([places[word] for word in words.words], np.int64)
    ordered: NDArray[np.int64] = np.lexsort((place, -words.counts))
    return ordered


def with_sentence_end(vectors: Vectors, ordered: NDArray[np.int64], seed: int) -> Vectors:
    """The vectors of `order` behind a first row for `</s>`, drawn as word2vec.c draws it."""
    drawn = np.random.default_rng(seed).uniform(-0.5, 0.5, vectors.dim) / vectors.dim
    first = drawn.astype(np.float32)
    words = [SENTENCE_END, *(vectors.words[i] for i in ordered.tolist())]
    return Vectors(words, np.vstack([first, vectors.matrix[ordered]]))


def save_vocabulary(
    path: PathLike, vocabulary: Vocabulary, ordered: NDArray[np.int64], ends: int
) -> None:
    """Lines `word count` of `order`, after `</s>` with the number of its `ends`.

    Raises
    ------
    OutputError
    """
    words, counts = vocabulary.words, vocabulary.counts.tolist()
    rows = [f"{words[i]} {counts[i]}\n" for i in ordered.tolist()]
    write_text(path, f"{SENTENCE_END} {ends}\n" + "".join(rows))


def save_vectors(path: PathLike, vectors: Vectors, *, binary: bool) -> None:
    """Write word2vec binary or text, whatever the extension.

    Raises
    ------
    OutputError, VectorFileError
    """
    write_vectors(path, vectors.words, vectors.matrix, format="binary" if binary else "text")


def save_classes(path: PathLike, vectors: Vectors, classes: int) -> None:
    """Lines `word class`, in the order of the words; see `word_classes`.

    Raises
    ------
    OutputError
    """
    members = word_classes(vectors.unit, classes).tolist()
    rows = zip(vectors.words, members, strict=True)
    write_text(path, "".join(f"{word} {member}\n" for word, member in rows))
