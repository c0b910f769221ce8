"""fastText's own files, `.bin`: words, their rows, and rows of n-grams.

All is little-endian: a magic number and a version; twelve settings and a thirteenth that is a
fraction; the words with their counts; the input table, of words and then of n-grams; the output
table, which is not read.
"""

from __future__ import annotations

import mmap
import struct
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from w2v.errors import VectorFileError
from w2v.files import PathLike, check_name
from w2v.formats.byte_source import Source, opened
from w2v.formats.subwords import Subwords
from w2v.formats.table import Counts, Matrix, Table
from w2v.words import LONGEST_WORD

MAGIC = struct.pack("<i", 793712314)

_VERSIONS = (11, 12)
_SETTINGS = struct.Struct("<12id")
_NAMES = (
    *("vector_size", "window", "epochs", "min_count", "negative", "word_ngrams", "loss", "model"),
    *("bucket", "min_n", "max_n", "lr_update_rate", "sample"),
)
_LOSSES = {1: "hs", 2: "ns", 3: "softmax", 4: "ova"}
_MODELS = {1: "cbow", 2: "skipgram", 3: "supervised"}
_SIZES = struct.Struct("<iiiqq")
_ENTRY = struct.Struct("<qb")  # behind a word and a zero: how often it stood, and what it is
_SHAPE = struct.Struct("<?qq")
_LINE_END = "</s>"


@dataclass(frozen=True, eq=False)
class FastTextFile:
    """What a `.bin` of fastText holds of words.

    Attributes
    ----------
    words : list of str (V,)
    counts : int64 (V,)               How often each stood in the text.
    subwords : Subwords               Rows of words and n-grams, mapped.
    settings : dict                   `vector_size`, `window`, `epochs`, `min_count`, `negative`,
                                      `loss` and `model` by name, `bucket`, `min_n`, `max_n`,
                                      `sample` and more.
    """

    words: list[str]
    counts: Counts
    subwords: Subwords
    settings: dict[str, int | float | str]

    @cached_property
    def vectors(self) -> Matrix:
        """Float32 (V, D): of each word the mean of its row and of its n-grams'. Made once."""
        return self.subwords.vectors([word.encode() for word in self.words])

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {word: row for row, word in enumerate(self.words)}

    def vector_of(self, word: str) -> Matrix:
        """Float32 (D,): the vector of a word; of one that is not there the mean of its n-grams.

        Raises
        ------
        UnknownWordError
            It is not there and has no n-grams.
        """
        row = self._rows.get(word)
        if row is None:
            return self.subwords.vector_of(word)
        own = self.subwords.own[row : row + 1]
        one = Subwords(own, *self._of_ngrams())
        found: Matrix = one.vectors([word.encode()])[0]
        return found

    def _of_ngrams(self) -> tuple[Matrix, int, int, bytes]:
        found = self.subwords
        return found.grams, found.shortest, found.longest, _LINE_END.encode()


def read_fasttext(path: PathLike) -> FastTextFile:
    """Read a `.bin` of fastText, version 11 or 12. Its tables are mapped.

    Parameters
    ----------
    path : str or path                Not compressed.

    Raises
    ------
    VectorFileError
        It is missing, damaged or cut short, a classifier (supervised) or quantized.
    """
    name = check_name(path, "the fastText model", VectorFileError)
    try:
        with opened(name) as raw:
            return _read(Source(raw, name, "strict"))[0]
    except OSError as error:
        raise VectorFileError(f"Cannot read {name}: {error.strerror or error}.") from error


def fasttext_table(source: Source) -> Table:
    """The words of a source, their vectors and counts; see `read_fasttext`."""
    found, raws = _read(source)
    wanted = slice(source.limit)
    vectors = found.subwords.vectors(raws[wanted])
    return Table(found.words[wanted], vectors, found.counts[wanted], "fastText model")


def _read(source: Source) -> tuple[FastTextFile, list[bytes]]:
    """The file, and its words as they stand there."""
    if not source.head.startswith(MAGIC):
        begins = f"it begins with {source.head[:20]!r}"
        raise VectorFileError(f"{source.name} is no fastText model: {begins}.")
    if source.compression:
        raise VectorFileError(
            f"{source.name} is a {source.compression} file with a fastText model inside; "
            "decompress it first."
        )
    with open(source.name, "rb") as file:
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    try:
        return _parse(source, data)
    except (struct.error, ValueError) as error:
        raise VectorFileError(
            f"{source.name} is a damaged fastText model ({error!s:.100}). Copy or download it "
            "again."
        ) from error


def _parse(source: Source, data: mmap.mmap) -> tuple[FastTextFile, list[bytes]]:
    (version,) = struct.unpack_from("<i", data, len(MAGIC))
    if version not in _VERSIONS:
        raise VectorFileError(
            f"{source.name} is a fastText model of version {version}; 11 and 12 are read. Save its "
            "words by fastText as .vec."
        )
    at = 2 * len(MAGIC)
    settings = _settings(source, _SETTINGS.unpack_from(data, at))
    entries, words, labels, tokens, pruned = _SIZES.unpack_from(data, at := at + _SETTINGS.size)
    if pruned >= 0:
        raise _quantized(source)
    if labels or words != entries or not 0 < words <= len(data) // _ENTRY.size:
        raise ValueError(f"{entries:,} entries, {words:,} words and {labels:,} labels")
    raws, counts, at = _entries(data, at + _SIZES.size, words)
    dim, bucket = int(settings["vector_size"]), int(settings["bucket"])
    table, at = _mapped(source, data, at, (words + bucket, dim))
    quantized, rows, width = _SHAPE.unpack_from(data, at)
    if quantized:
        raise _quantized(source)
    left = len(data) - at - _SHAPE.size
    if rows < 0 or width < 0 or 4 * rows * width != left:
        raise ValueError(f"{left:,} bytes at its end, and {4 * rows * width:,} expected")
    names = _decoded(source, raws)
    subwords = Subwords(
        table[:words],
        table[words:],
        int(settings["min_n"]),
        int(settings["max_n"]),
        _LINE_END.encode(),
    )
    if subwords.too_many(raws):
        raise ValueError("more n-grams than words have")
    settings |= {"corpus_total_words": tokens, "version": version}
    return FastTextFile(names, counts, subwords, settings), raws


def _settings(source: Source, values: tuple[float, ...]) -> dict[str, int | float | str]:
    """The settings by name; raises ValueError if they are odd."""
    found: dict[str, int | float | str] = dict(zip(_NAMES, values, strict=True))
    loss, model = (int(found[name]) for name in ("loss", "model"))
    if loss not in _LOSSES or model not in _MODELS:
        raise ValueError(f"loss {loss} and model {model}")
    if _MODELS[model] == "supervised":
        raise VectorFileError(
            f"{source.name} is a fastText classifier (supervised), which is not read: its vectors "
            "tell labels apart. Train with skipgram or cbow for vectors of words."
        )
    if int(found["vector_size"]) < 1 or int(found["bucket"]) < 0:
        raise ValueError(f"{found['vector_size']} numbers a row, {found['bucket']} n-grams")
    return found | {"loss": _LOSSES[loss], "model": _MODELS[model]}


def _entries(data: mmap.mmap, at: int, words: int) -> tuple[list[bytes], Counts, int]:
    """Words, how often each stood, and where the last ends."""
    raws, counts = [], np.empty(words, np.int64)
    for row in range(words):
        end = data.find(b"\0", at, at + LONGEST_WORD + 1)
        if end < 0:
            raise ValueError(f"word {row + 1:,} has no end")
        raws.append(data[at:end])
        count, kind = _ENTRY.unpack_from(data, end + 1)
        if kind or count < 0:
            raise ValueError(f"word {row + 1:,} stood {count:,} times and is of kind {kind}")
        counts[row] = count
        at = end + 1 + _ENTRY.size
    if counts.sum(dtype=np.float64) >= 2**63:
        raise ValueError("counts that add up to 2**63 or more")
    return raws, counts, at


def _mapped(source: Source, data: mmap.mmap, at: int, shape: tuple[int, int]) -> tuple[Matrix, int]:
    """The input table, where it lies in the file, and where it ends."""
    quantized, *found = _SHAPE.unpack_from(data, at)
    if quantized:
        raise _quantized(source)
    if tuple(found) != shape:
        raise ValueError(f"a table of {found[0]:,} by {found[1]:,}, and not {shape}")
    begin = at + _SHAPE.size
    end = begin + 4 * shape[0] * shape[1]
    if end > len(data):
        raise ValueError("it ends before its vectors do, and may be cut short")
    table: Matrix = np.ndarray(shape, "<f4", data, begin)  # often not aligned, nor need it be
    return table, end


def _quantized(source: Source) -> VectorFileError:
    return VectorFileError(
        f"{source.name} is a quantized fastText model (.ftz), which is not read. Take the .bin "
        "that it was made from."
    )


def _decoded(source: Source, raws: list[bytes]) -> list[str]:
    try:
        return b"\0".join(raws).decode(source.encoding).split("\0")
    except UnicodeDecodeError:
        return [source.decode(raw, f"word {row}") for row, raw in enumerate(raws, 1)]
