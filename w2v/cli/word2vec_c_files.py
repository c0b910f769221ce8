"""Files as word2vec.c writes them, where ours differ: `</s>` comes first.

word2vec.c counts the line end as a word, `</s>`, the first in all its files. It never learns:
its vector stays as it was drawn. Its tools rely on the row: word-analogy takes the first word of
a file for "not in the dictionary".
"""

import numpy as np
from numpy.typing import NDArray

from w2v import Word2Vec
from w2v.cli.results import Result
from w2v.errors import ConfigError
from w2v.files import PathLike, check_target, write_text
from w2v.formats import check_words, least_bytes, write_vectors
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


def vocabulary(path: PathLike, corpus: Corpus, ordered: NDArray[np.int64]) -> Result:
    """Lines `word count` of `order`, after `</s>` with the number of its ends."""
    ends = corpus.stats.lines + corpus.stats.sentence_ends
    words, counts = corpus.vocabulary.words, corpus.vocabulary.counts.tolist()

    def write(path: PathLike) -> None:
        rows = [f"{words[i]} {counts[i]}\n" for i in ordered.tolist()]
        write_text(path, f"{SENTENCE_END} {ends}\n" + "".join(rows))

    return Result(path, write, len(words))


def outcome(
    path: PathLike, model: Word2Vec, ordered: NDArray[np.int64], *, binary: bool, classes: int
) -> Result:
    """What a model will have learnt, whatever the extension: vectors in binary or text, or classes.

    Classes are lines `word class`, in the order of the words; see `word_classes`.
    """
    kind = "binary" if binary else "text"

    def write(path: PathLike) -> None:
        made = with_sentence_end(model.vectors, ordered, model.config.seed)
        if not classes:
            write_vectors(path, made.words, made.matrix, format=kind)
            return
        rows = zip(made.words, word_classes(made.unit, classes).tolist(), strict=True)
        write_text(path, "".join(f"{word} {member}\n" for word, member in rows))

    size = 0 if classes else least_bytes(path, len(ordered) + 1, model.config.dim, kind)
    return Result(path, write, size)
