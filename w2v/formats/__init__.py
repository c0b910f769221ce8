"""Vector files: word2vec text and binary, fastText, GloVe, npz, safetensors, projector, gensim's.

Written so that every tool we know of reads them: header, single spaces, no
trailing space, shortest decimals that give the same float32 back, and in binary
a newline after each vector, as word2vec.c does and old readers require. Read as
they are found: with or without header (GloVe), byte order mark, CRLF, trailing
spaces, newlines between binary vectors. What kind a file is, and how it is
compressed, its content says. The files of gensim's `save` are pickles, and are read
without running one.
"""

from w2v.formats.archive import ARCHIVE_ERRORS, Archive, Entry, is_sealed, write_archive
from w2v.formats.arrays import DTYPES, map_array
from w2v.formats.convert import convert, describe, format_description
from w2v.formats.detect import READABLE
from w2v.formats.fasttext import FastTextFile, read_fasttext
from w2v.formats.gensim import from_gensim, to_gensim
from w2v.formats.gensim_file import GensimFile, read_gensim
from w2v.formats.gensim_phrases import GensimPhrases, read_gensim_phrases
from w2v.formats.gensim_rows import GensimTree
from w2v.formats.neighbours import check_neighbours_path, write_neighbours
from w2v.formats.reading import read_vectors
from w2v.formats.subwords import Subwords
from w2v.formats.table import Matrix, Progress, Table, UniqueWords
from w2v.formats.writing import (
    FORMATS,
    check_words,
    check_writable,
    keeps_counts,
    least_bytes,
    named_outputs,
    output_paths,
    write_vectors,
)

__all__ = [
    "ARCHIVE_ERRORS",
    "Archive",
    "DTYPES",
    "Entry",
    "FORMATS",
    "FastTextFile",
    "GensimFile",
    "GensimPhrases",
    "GensimTree",
    "READABLE",
    "Matrix",
    "Progress",
    "Subwords",
    "Table",
    "UniqueWords",
    "check_neighbours_path",
    "check_words",
    "check_writable",
    "convert",
    "describe",
    "format_description",
    "from_gensim",
    "is_sealed",
    "keeps_counts",
    "least_bytes",
    "map_array",
    "named_outputs",
    "output_paths",
    "read_fasttext",
    "read_gensim",
    "read_gensim_phrases",
    "read_vectors",
    "to_gensim",
    "write_archive",
    "write_neighbours",
    "write_vectors",
]
