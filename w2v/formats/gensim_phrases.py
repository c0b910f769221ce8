"""Phrases that gensim has saved: counts of words and pairs, or scores of phrases."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from w2v.errors import VectorFileError
from w2v.files import PathLike, check_name
from w2v.formats.byte_source import Source, opened
from w2v.formats.gensim_file import KINDS
from w2v.formats.gensim_parts import Part, Scalar, read_parts
from w2v.formats.pickle_values import Bag, Name

_SCORINGS = {"original_scorer": "default", "npmi_scorer": "npmi"}
_FROZEN = ("Phraser", "FrozenPhrases")
_LONGEST_DELIMITER, _MOST_WORDS = 64, 64
_TIMES = 32  # of a word that is there once, and named by one byte or four in each of its phrases


@dataclass(frozen=True, eq=False)
class GensimPhrases:
    """What a file of gensim's Phrases, or FrozenPhrases (Phraser), holds.

    Attributes
    ----------
    kind : {"phrases", "frozen phrases"}
    counts : dict of str to int       Of words, and of pairs joined by `delimiter` (with the
                                      connecting words between them). Empty for frozen phrases.
    scores : dict of str to float     Of frozen phrases, joined by `delimiter`; else empty.
    delimiter : str
    connectors : frozenset of str     Words that may stand inside a phrase and are not scored.
    scoring : str                     "default" or "npmi".
    settings : dict                   `min_count`, `threshold`, and, unless frozen,
                                      `max_vocab_size`, `corpus_word_count` and more.
    """

    kind: str
    counts: dict[str, int]
    scores: dict[str, float]
    delimiter: str
    connectors: frozenset[str]
    scoring: str
    settings: dict[str, Scalar] = field(default_factory=dict)


def read_gensim_phrases(path: PathLike) -> GensimPhrases:
    """Read what `save` of gensim 3.8 to 4.4 has written of phrases; nothing in it is run.

    gensim 3 has bytes for words, and tuples of them for phrases: they become what gensim 4 has.

    Raises
    ------
    VectorFileError
        The file is missing, damaged, or of something else, or a word in it is not UTF-8.
    """
    name = check_name(path, "the file of phrases", VectorFileError)
    try:
        with opened(name) as raw:
            whole = read_parts(Source(raw, name, "strict"))
    except OSError as error:
        raise VectorFileError(f"Cannot read {name}: {error.strerror or error}.") from error
    if whole.kind in KINDS:
        raise VectorFileError(
            f"{name} holds vectors (gensim's {whole.kind}), and no phrases. Read it by "
            "w2v.formats.read_gensim."
        )
    frozen = whole.kind in _FROZEN
    delimiter = _word(whole, whole.get("delimiter"))
    if len(delimiter) > _LONGEST_DELIMITER:
        raise whole.fail(f"words are joined by {len(delimiter):,} characters")
    pairs = whole.pairs("phrasegrams" if frozen else "vocab")
    if pairs is None:
        raise whole.fail("there are no phrases")
    _check_sizes(whole, [*pairs[0::2], *_connectors(whole)])
    words = [_joined(whole, key, delimiter) for key in pairs[0::2]]
    numbers = [_score(value) if frozen else value for value in pairs[1::2]]
    if not all(type(value) in ((int, float) if frozen else (int,)) for value in numbers):
        raise whole.fail(f"a {'score' if frozen else 'count'} is no number")
    values: dict[str, Any] = dict(zip(words, numbers, strict=True))
    settings = whole.scalars()
    settings.pop("delimiter", None)
    settings.pop("scoring", None)
    return GensimPhrases(
        "frozen phrases" if frozen else "phrases",
        {} if frozen else values,
        {word: float(score) for word, score in values.items()} if frozen else {},
        delimiter,
        frozenset(_word(whole, word) for word in _connectors(whole)),
        _scoring(whole),
        settings,
    )


def _check_sizes(whole: Part, keys: list[object]) -> None:
    """Refuse phrases that would take much more memory joined than they do in the file."""
    total = 0
    for key in keys:
        parts = key if isinstance(key, tuple) else (key,)
        if len(parts) > _MOST_WORDS:
            raise whole.fail(f"a phrase of {len(parts):,} words")
        total += sum(len(part) for part in parts if isinstance(part, str | bytes))
    if total > _TIMES * whole.size:
        raise whole.fail("its phrases would take much more memory than the file")


def _connectors(whole: Part) -> list[object]:
    found = whole.get("connector_words", "common_terms")
    if found is not None and not isinstance(found, Bag | list):
        raise whole.fail("the connecting words are no set")
    return found or []


def _score(value: object) -> object:
    """Beside which gensim once had the count of the pair, before it."""
    return value[1] if isinstance(value, tuple | list) and len(value) == 2 else value


def _scoring(whole: Part) -> str:
    found = whole.get("scoring")
    if found is None:  # as of models from before there was a choice
        return "default"
    name = found.text.rpartition(".")[2] if isinstance(found, Name) else found
    if isinstance(name, str) and name in _SCORINGS.values():
        return name
    if not isinstance(name, str) or name not in _SCORINGS:
        raise whole.fail("the score is none of gensim's")
    return _SCORINGS[name]


def _joined(whole: Part, key: object, delimiter: str) -> str:
    if isinstance(key, tuple):
        return delimiter.join(_word(whole, word) for word in key)
    return _word(whole, key)


def _word(whole: Part, word: object) -> str:
    if isinstance(word, str):
        return word
    if not isinstance(word, bytes):
        raise whole.fail("a word is neither str nor bytes")
    try:
        return word.decode()
    except UnicodeDecodeError as error:
        raise whole.fail(f"the word {word[:40]!r} is not valid UTF-8") from error
