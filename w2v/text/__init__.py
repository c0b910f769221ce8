"""Text as numbers: files found and decoded, words split, counted and numbered, ids on disk.

Knows words and no arrays of a backend. Arrow, which splits where it is installed, is loaded when
the first text is read.
"""

from w2v.text.arrow_or_not import word_arrays
from w2v.text.corpus import Corpus, CorpusStats
from w2v.text.corpus_files import STDIN, find_files
from w2v.text.decoding import Progress, read_pieces
from w2v.text.dictionary import Dictionary, release_memory
from w2v.text.encoded import open_encoded
from w2v.text.encoded_description import describe_corpus, name_corpus
from w2v.text.encoded_draft import drafting, write_encoded
from w2v.text.encoded_files import file_sizes, is_encoded
from w2v.text.encoded_source import find_corpus
from w2v.text.encoding import encode
from w2v.text.ingestion import read_corpus, read_sentences, read_source
from w2v.text.keys import Keys
from w2v.text.looks import rawness
from w2v.text.novels import AUSTEN
from w2v.text.number_files import Int32s, Int64s, append_to, cut, temporary_file
from w2v.text.parts import Part
from w2v.text.python_prose import python_prose
from w2v.text.sentences import Sentences
from w2v.text.setting_aside import drawn, set_aside
from w2v.text.sources import Source, is_path, parts_of, pieces_of
from w2v.text.table import Table
from w2v.text.table_stats import TableStats
from w2v.text.token_lists import parts_of_lists
from w2v.text.tokenizing import TOKENS, Tokenizer
from w2v.text.vocabulary import Vocabulary, is_word
from w2v.text.vocabulary_file import read_words
from w2v.text.word_arrays import Words

__all__ = [
    "AUSTEN",
    "Corpus",
    "CorpusStats",
    "Dictionary",
    "Int32s",
    "Int64s",
    "Keys",
    "Part",
    "Progress",
    "STDIN",
    "Sentences",
    "Source",
    "TOKENS",
    "Table",
    "TableStats",
    "Tokenizer",
    "Vocabulary",
    "Words",
    "append_to",
    "cut",
    "describe_corpus",
    "drafting",
    "drawn",
    "encode",
    "file_sizes",
    "find_corpus",
    "find_files",
    "is_encoded",
    "is_path",
    "is_word",
    "name_corpus",
    "open_encoded",
    "parts_of",
    "parts_of_lists",
    "pieces_of",
    "python_prose",
    "rawness",
    "read_corpus",
    "read_pieces",
    "read_sentences",
    "read_source",
    "read_words",
    "release_memory",
    "set_aside",
    "temporary_file",
    "word_arrays",
    "write_encoded",
]
