"""Files as word2vec.c writes them, where ours differ: `</s>` comes first.

word2vec.c counts the line end as a word, `</s>`, the first in all its files. It never learns:
its vector stays as it was drawn. Its tools rely on the row: word-analogy takes the first word of
a file for "not in the dictionary".
"""

import numpy as np

from w2v.classes import word_classes
from w2v.errors import ConfigError
from w2v.files import PathLike, check_target, write_text
from w2v.formats import check_words, write_vectors
from w2v.vectors import Vectors
from w2v.vocab import Vocabulary

SENTENCE_END = "</s>"


def check(output: PathLike, vocabulary: Vocabulary, classes: int) -> None:
    """Refuse what could not be written, before any training.

    Raises
    ------
    ConfigError, OutputError, VectorFileError
    """
    check_target(output)
    check_words(output, vocabulary.words, "binary")
    rows = len(vocabulary) + (SENTENCE_END not in vocabulary)
    if classes > rows:
        raise ConfigError(
            f"{classes:,} classes were asked for (-classes), but there are {rows:,} words to put "
            "into them. Ask for fewer, or lower `min_count`."
        )


def with_sentence_end(vectors: Vectors, seed: int) -> Vectors:
    """The same vectors behind a first row for `</s>`, drawn as word2vec.c draws it.

    A text that has the word `</s>` has taught it a vector, which then moves to the front.
    """
    words, matrix = list(vectors.words), vectors.matrix
    if SENTENCE_END in vectors:
        row = words.index(SENTENCE_END)
        first, matrix = matrix[row], np.delete(matrix, row, axis=0)
        del words[row]
    else:
        first = np.random.default_rng(seed).uniform(-0.5, 0.5, vectors.dim) / vectors.dim
    return Vectors([SENTENCE_END, *words], np.vstack([first.astype(np.float32), matrix]))


def save_vocabulary(path: PathLike, vocabulary: Vocabulary, lines: int) -> None:
    """Lines `word count`, beginning with `</s>` and the number of lines that have a word.

    Raises
    ------
    OutputError
    """
    pairs = zip(vocabulary.words, vocabulary.counts.tolist(), strict=True)
    rows = [f"{word} {count}\n" for word, count in pairs if word != SENTENCE_END]
    write_text(path, f"{SENTENCE_END} {lines}\n" + "".join(rows))


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
