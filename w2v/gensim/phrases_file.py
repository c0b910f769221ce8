"""The file that `Phrases` and `FrozenPhrases` save: a line of options, then names, all in JSON."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

import numpy as np

from w2v.errors import ConfigError, ModelFileError, VectorFileError
from w2v.files import PathLike, check_writing, read_lines, writing
from w2v.formats import read_gensim_phrases
from w2v.phrases import Scorer, scoring_name, scoring_named

_MAGIC = "#w2v-gensim-phrases 1"
_LINE_NAMES = 1 << 10
_LINE_CHARACTERS = 1 << 20  # longer ones have one name
_NAMES = {"Phrases": "vocab", "FrozenPhrases": "phrasegrams"}
"""What holds the names, and a number for each."""
_NUMBERS = {
    "FrozenPhrases": {"min_count", "threshold"},
    "Phrases": {
        *("min_count", "threshold", "max_vocab_size", "progress_per", "min_reduce"),
        "corpus_word_count",
    },
}
_PICKLE = b"\x80"  # how one begins, since Python 2.3
_IGNORED = {"separately", "sep_limit", "ignore", "pickle_protocol"}


def check_options(options: Mapping[str, object]) -> None:
    """Refuse what no `save` has an option for; raises `TypeError`."""
    if unknown := sorted(set(options) - _IGNORED):
        raise TypeError(f"save has no option `{unknown[0]}`.")


def write(target: Any, kind: str, model: Any, scorers: Mapping[str, Scorer]) -> None:
    """Write what a model holds, to a path or to a binary file that is open.

    Parameters
    ----------
    kind : {"Phrases", "FrozenPhrases"}
    scorers : mapping    Functions that have a name of their own.

    Raises
    ------
    ConfigError
        Its `scoring` is a function that no file can name.
    OutputError
        The file cannot be written.
    """
    names = getattr(model, _NAMES[kind])
    own = [name for name, function in scorers.items() if function is model.scoring]
    options = {
        "kind": kind,
        "names": len(names),
        "delimiter": model.delimiter,
        "scoring": own[0] if own else scoring_name(model.scoring),
        "connector_words": sorted(model.connector_words),
        **{name: getattr(model, name) for name in sorted(_NUMBERS[kind])},
    }
    head = json.dumps(options, default=_plain)
    check_writing(target)
    with writing(target) as handle:
        handle.write(f"{_MAGIC}\t{head}\n".encode())
        for line in _lines(names):
            handle.write(f"{line}\n".encode())


def read(path: PathLike, scorers: Mapping[str, Scorer]) -> tuple[str, dict[str, Any]]:
    """What `write` was given: the kind of the model, and its attributes.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    ModelFileError
        It cannot be read, or is something else, or its `scoring` is a function that is not there.
    """
    name = os.fspath(path)
    if _is_pickle(name):
        return _of_gensim(name, scorers)
    lines = read_lines(path, "the file of phrases", ModelFileError)
    magic, _, head = next(lines, "").partition("\t")
    if magic != _MAGIC:
        later = magic.startswith(_MAGIC[:-1])
        reason = "it is of a later w2v: update this one" if later else "it begins otherwise"
        raise ModelFileError(f"{name} is no file that `Phrases.save` writes here: {reason}.")
    try:
        options = json.loads(head)
        kind, there = options.pop("kind"), options.pop("names")
        attributes = _attributes(kind, options, scorers)
        names: dict[str, Any] = {}
        for line in lines:
            names.update(_numbers(json.loads(line)))
    except ConfigError as error:
        raise ModelFileError(f"{name} cannot be used: {error}") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ModelFileError(
            f"{name} is damaged: a line of it is not what `Phrases.save` writes."
        ) from error
    if len(names) != there:
        raise ModelFileError(
            f"{name} has {len(names)} names where its first line says {there}. It may be cut short."
        )
    return kind, {**attributes, _NAMES[kind]: names}


def _attributes(kind: str, options: Any, scorers: Mapping[str, Scorer]) -> dict[str, Any]:
    """Of a model, all but its names; what is none raises some error."""
    numbers = _numbers({name: options.pop(name) for name in _NUMBERS[kind]})
    delimiter, scoring, connectors = map(options.pop, ("delimiter", "scoring", "connector_words"))
    if options or not all(isinstance(some, str) for some in (delimiter, scoring, *connectors)):
        raise ValueError(options)
    return {
        "delimiter": delimiter,
        "scoring": scoring_named(scoring) if ":" in scoring else scorers[scoring],
        "connector_words": frozenset(connectors),
        **numbers,
    }


def _numbers(values: dict[str, Any]) -> dict[str, Any]:
    if not set(map(type, values.values())) <= {int, float}:
        raise TypeError(values)
    return values


def _lines(names: Mapping[str, Any]) -> Iterator[str]:
    """Some names at a time, and one where they are long."""
    items = iter(names.items())
    while some := dict(islice(items, _LINE_NAMES)):
        line = json.dumps(some, default=_plain)
        if len(line) < _LINE_CHARACTERS:
            yield line
        else:
            yield from (json.dumps({name: value}, default=_plain) for name, value in some.items())


def _plain(value: Any) -> Any:
    """A number of NumPy or of fractions as one of JSON."""
    return value.item() if isinstance(value, np.generic) else float(value)


def _is_pickle(name: str) -> bool:
    try:
        with open(name, "rb") as file:
            return file.read(1) == _PICKLE
    except FileNotFoundError:
        raise
    except OSError:  # of which the reader will say why
        return False


def _of_gensim(name: str, scorers: Mapping[str, Scorer]) -> tuple[str, dict[str, Any]]:
    """The same of a file that gensim's `save` wrote, of which nothing is run."""
    try:
        found = read_gensim_phrases(name)
    except VectorFileError as error:
        raise ModelFileError(str(error)) from error
    kind = "FrozenPhrases" if found.kind == "frozen phrases" else "Phrases"
    attributes: dict[str, Any] = {
        "delimiter": found.delimiter,
        "scoring": scorers[found.scoring],
        "connector_words": found.connectors,
    }
    known = {"min_count": 5, "threshold": 10.0, "max_vocab_size": 40_000_000}
    known |= {"progress_per": 10_000, "min_reduce": 1, "corpus_word_count": 0}
    for option in _NUMBERS[kind]:
        value = found.settings.get(option)
        attributes[option] = known[option] if value is None else value
    return kind, {**attributes, _NAMES[kind]: found.scores if found.scores else found.counts}
