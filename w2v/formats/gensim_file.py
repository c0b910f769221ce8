"""Models and vectors that gensim has saved, read without gensim and without running anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from w2v.errors import VectorFileError, counted
from w2v.files import PathLike, check_name
from w2v.formats.byte_source import Source, opened
from w2v.formats.gensim_parts import Array, Part, Scalar, key_text, read_parts
from w2v.formats.gensim_rows import GensimTree, read_rows
from w2v.formats.subwords import Subwords
from w2v.formats.table import Counts, Matrix, Table
from w2v.words import LONGEST_WORD, as_words

KINDS = {
    "Word2Vec": "word2vec",
    "FastText": "fasttext",
    "KeyedVectors": "vectors",
    "Word2VecKeyedVectors": "vectors",
    "EuclideanKeyedVectors": "vectors",
    "WordEmbeddingsKeyedVectors": "vectors",
    "FastTextKeyedVectors": "fasttext vectors",
}
_PHRASES = ("Phrases", "Phraser", "FrozenPhrases")
_TODAY = {"iter": "epochs", "size": "vector_size"}


@dataclass(frozen=True, eq=False)
class GensimFile:
    """What a file of gensim's `save` holds, under the names of gensim 4.

    Attributes
    ----------
    kind : {"word2vec", "fasttext", "vectors", "fasttext vectors"}
        The first two are whole models, the others vectors alone.
    words : list (V,)                 Keys of the rows, as they are: mostly str, but ints or tuples
                                      where a program had such.
    vectors : float32 (V, D)          Read-only, and mapped where they lie in a file as such.
    counts : int64 (V,) or None       How often words stood in the text; None where that is not
                                      known, or made up by gensim for a file without counts.
    output : float32 (V, D) or None   Output table of negative sampling, `syn1neg`.
    inner : float32 (V, D) or None    Inner nodes of hierarchical softmax, `syn1`; no path leads to
                                      the last row.
    tree : GensimTree or None         Which nodes and turns lead to each word.
    subwords : Subwords or None       Of fastText: the rows of words and of n-grams, and vectors of
                                      words that are not there.
    settings : dict                   Plain attributes: `vector_size`, `window`, `sg`, `hs`,
                                      `negative`, `epochs`, `corpus_total_words` and more.
    dtype : str                       What the file has for a number of `vectors`.
    """

    kind: str
    words: list[object]
    vectors: Matrix
    counts: Counts | None = None
    output: Matrix | None = None
    inner: Matrix | None = None
    tree: GensimTree | None = None
    subwords: Subwords | None = None
    settings: dict[str, Scalar] = field(default_factory=dict)
    dtype: str = "float32"


def read_gensim(path: PathLike) -> GensimFile:
    """Read what `save` of gensim 3.8 to 4.4 has written of a model or its vectors.

    Nothing in the file is run: its opcodes are followed, and what it names is never looked up.
    Large arrays, which gensim puts beside it, are mapped.

    Parameters
    ----------
    path : str or path
        Of a Word2Vec, FastText or KeyedVectors; may be compressed, as gensim does by name.

    Raises
    ------
    VectorFileError
        It is missing, damaged, or of something else; an array beside it is missing; it names what
        is not read.
    """
    name = check_name(path, "the file of gensim", VectorFileError)
    try:
        with opened(name) as raw:
            return gensim_file(Source(raw, name, "strict"))
    except OSError as error:
        raise VectorFileError(f"Cannot read {name}: {error.strerror or error}.") from error


def gensim_file(source: Source) -> GensimFile:
    """Read a source; see `read_gensim`."""
    whole = read_parts(source)
    if whole.kind in _PHRASES:
        raise VectorFileError(
            f"{source.name} holds phrases (gensim's {whole.kind}), and no vectors. Read it by "
            "w2v.formats.read_gensim_phrases."
        )
    if whole.kind not in KINDS:
        raise VectorFileError(f"{source.name} is a part of a model (gensim's {whole.kind}).")
    keyed = whole.part("wv") if KINDS[whole.kind] in ("word2vec", "fasttext") else whole
    if keyed is None:
        raise whole.fail("there are no vectors, 'wv'")
    words, counts, tree = read_rows(keyed)
    subwords = _subwords(keyed, words)
    called = "syn0" if keyed.numbers("vectors") is None else "vectors"  # syn0 before gensim 3.3
    stored = keyed.numbers(called)
    vectors = None if stored is None else keyed.as_matrix(called, stored)
    if vectors is None and subwords is not None:
        raws = _bytes(keyed, words)
        if subwords.too_many(raws):
            raise keyed.fail("it has more n-grams than words have")
        vectors = subwords.vectors(raws)
    if vectors is None:
        raise keyed.fail("there is no array 'vectors'")
    if len(words) != len(vectors):
        sizes = f"{counted(len(words), 'word')} for {counted(len(vectors), 'vector')}"
        raise keyed.fail(sizes)
    if 0 in vectors.shape:
        raise VectorFileError(f"{source.name} holds no vectors: their shape is {vectors.shape}.")
    apart = [part for name in ("vocabulary", "trainables") if (part := whole.part(name))]
    output, inner = (_table(name, vectors, [whole, *apart]) for name in ("syn1neg", "syn1"))
    settings: dict[str, Scalar] = {}
    for part in (keyed, *apart, whole):
        settings |= {_TODAY.get(name, name): value for name, value in part.scalars().items()}
    if whole is keyed and _made_up(counts):
        counts = None
    vectors.flags.writeable = False
    return GensimFile(
        KINDS[whole.kind],
        words,
        vectors,
        counts,
        output,
        inner,
        tree,
        subwords,
        settings,
        "float32" if stored is None else stored.dtype.name,
    )


def gensim_table(source: Source) -> Table:
    """The words and vectors of a source; see `read_gensim`. Whole numbers become their decimals."""
    found = gensim_file(source)
    keys = ["" if key is None else key for key in found.words]  # gensim's, of a repeated word
    try:
        words: Sequence[str] = as_words(keys)
    except TypeError as error:
        odd = next(key for key in keys if not isinstance(key, str | int) or isinstance(key, bool))
        raise VectorFileError(
            f"{source.name} has the key {key_text(odd)} for a row, which is no word. "
            "w2v.formats.read_gensim reads such keys."
        ) from error
    words = _encodable(source, words)
    kind, packed = f"gensim {found.kind}", source.compression
    return Table(words, found.vectors, found.counts, kind, packed, found.dtype)


def _encodable(source: Source, words: Sequence[str]) -> list[str]:
    """The words, if they can be written as UTF-8; others are refused, or read with U+FFFD."""
    if max(map(len, words)) > LONGEST_WORD:
        raise VectorFileError(
            f"{source.name} has a word of more than {LONGEST_WORD:,} characters. It may be damaged."
        )
    try:
        "\n".join(words).encode()
        return list(words)
    except UnicodeEncodeError:
        raws = (word.encode("utf-8", "surrogatepass") for word in words)
        return [source.decode(raw, f"row {row}") for row, raw in enumerate(raws, 1)]


def _table(name: str, vectors: Matrix, parts: list[Part]) -> Matrix | None:
    """An output table, from the model or the part of it that has it."""
    for part in parts:
        found = part.matrix(name, vectors.shape[1])
        if found is not None and len(found) != len(vectors):
            raise part.fail(f"'{name}' has {counted(len(found), 'row')} for {len(vectors):,} words")
        if found is not None:
            return found
    return None


def _subwords(keyed: Part, words: list[object]) -> Subwords | None:
    own, grams = keyed.matrix("vectors_vocab"), keyed.matrix("vectors_ngrams")
    if own is None or grams is None:
        return None
    sizes = [keyed.get(name) for name in ("min_n", "max_n")]
    if own.shape[1] != grams.shape[1] or len(own) != len(words):
        raise keyed.fail(
            f"the rows of words and n-grams, {own.shape} and {grams.shape}, do not fit"
        )
    if keyed.get("compatible_hash") is False:
        raise keyed.fail("its n-grams are numbered as by gensim before 3.7, which is not read")
    try:
        return Subwords(own, grams, *sizes)
    except (TypeError, ValueError) as error:
        raise keyed.fail(f"{error!s:.100}") from error


def _bytes(keyed: Part, words: list[object]) -> list[bytes]:
    if not all(isinstance(word, str) for word in words):
        raise keyed.fail("a word is no str, of which n-grams could be")
    return [str(word).encode("utf-8", "surrogatepass") for word in words]


def _made_up(counts: Array | None) -> bool:
    """Whether counts are those that gensim gives the words of a file without any."""
    return counts is not None and np.array_equal(counts, np.arange(len(counts), 0, -1))
