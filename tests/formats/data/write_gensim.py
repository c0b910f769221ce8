"""Write the small files of gensim in this folder: python write_gensim.py, in a folder.

To be run with gensim 3.8 or 4, whose names differ; see README.md beside it.
"""

from __future__ import annotations

import warnings
from typing import Any

import gensim
import numpy as np
from gensim.models import FastText, KeyedVectors, Word2Vec
from gensim.models.phrases import Phraser, Phrases

OLD = gensim.__version__ < "4"
LINES = [
    "the red fox ran over the green hill",
    "the grey wolf ran over the white hill",
    "a red fox and a grey wolf ate the old bread",
    "the green tea is in the white cup",
    "a white cup of green tea and old bread",
    "the old cat ate the fish in the red bowl",
    "rivers flow over the green hill",
    "naïve 猫 drinks green tea in the old house",
    "the old house is on the green hill",
    "the old house is over the river",
    "green tea in the old house",
]
SENTENCES = [line.split() for line in LINES] * 3
COMMON = {"min_count": 2, "window": 3, "workers": 1, "seed": 7, "sample": 0.01}


def options(**more: Any) -> dict[str, Any]:
    size = {"size": 6, "iter": 2} if OLD else {"vector_size": 6, "epochs": 2}
    return {**COMMON, **size, **more}


def keys(keyed: Any) -> list[str]:
    return list(keyed.index2word if OLD else keyed.index_to_key)


def known(keyed: Any, name: str) -> list[Any]:
    """What is kept of each word: its count, code or path."""
    if OLD:
        return [getattr(keyed.vocab[word], name) for word in keys(keyed)]
    return [keyed.get_vecattr(word, name) for word in keys(keyed)]


def quiet(model: Any) -> Any:
    """Without a record of the machine, its paths and the time, which gensim 4 keeps."""
    model.lifecycle_events = None
    if hasattr(model, "wv"):
        model.wv.lifecycle_events = None
    return model


def answers(keyed: Any, **more: Any) -> dict[str, Any]:
    """What a reader must find."""
    counts = np.array(known(keyed, "count"))
    return {"words": np.array(keys(keyed)), "vectors": keyed.vectors, "counts": counts, **more}


def write_models() -> None:
    ns = quiet(Word2Vec(SENTENCES, sg=1, negative=4, **options()))
    ns.save("ns.model")
    ns.save("apart.model", sep_limit=100)
    ns.save("packed.model.gz", sep_limit=100)
    ns.wv.save("words.kv")
    output = (ns.trainables if OLD else ns).syn1neg
    np.savez_compressed("ns.npz", **answers(ns.wv, syn1neg=output))
    hs = quiet(Word2Vec(SENTENCES, sg=0, hs=1, negative=0, **options()))
    hs.save("hs.model")
    codes, points = known(hs.wv, "code"), known(hs.wv, "point")
    tree = {"codes": np.concatenate(codes), "points": np.concatenate(points)}
    inner, lengths = (hs.trainables if OLD else hs).syn1, np.array([len(code) for code in codes])
    np.savez_compressed("hs.npz", **answers(hs.wv, syn1=inner, lengths=lengths, **tree))
    sub = quiet(FastText(SENTENCES, min_n=3, max_n=4, bucket=50, **options()))
    sub.save("sub.model")
    np.savez_compressed("sub.npz", **answers(sub.wv, unknown=sub.wv["houses"]))


def write_keys() -> None:
    """Keys that are no words; and vectors of a file without counts, for which gensim makes some."""
    ids: list[Any] = ["3", "14", "15"] if OLD else [3, 14, 15]
    tables = {"ids": ids} if OLD else {"ids": ids, "pairs": [3, "pi", (1, "two")]}
    for name, chosen in tables.items():
        keyed = quiet(KeyedVectors(2))
        add = keyed.add if OLD else keyed.add_vectors
        add(chosen, np.arange(6, dtype=np.float32).reshape(3, 2))
        keyed.save(f"{name}.kv")
    with open("three.txt", "w", encoding="utf-8") as file:
        file.write("3 2\na 1 2\nb 3 4\nc 5 6\n")
    quiet(KeyedVectors.load_word2vec_format("three.txt")).save("uncounted.kv")


def write_phrases() -> None:
    words = frozenset(["of", "the", "in"])
    names = ("common_terms", b"_") if OLD else ("connector_words", "_")
    more: dict[str, Any] = {names[0]: words, "delimiter": names[1]}
    for name, scoring, threshold in (("phrases", "default", 1.0), ("npmi", "npmi", 0.1)):
        found = Phrases(SENTENCES, min_count=2, threshold=threshold, scoring=scoring, **more)
        quiet(found).save(f"{name}.model")
        quiet(Phraser(found)).save(f"{name}.frozen")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    write_models()
    write_keys()
    write_phrases()
