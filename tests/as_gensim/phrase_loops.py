"""An oracle for phrases by gensim's names: plain loops over what the equations say; and a text."""

from __future__ import annotations

import math
from typing import Any

Sentences = list[list[str]]
CONNECTORS = frozenset({"of", "the"})
TEXT = [
    ["new", "york", "is", "big"],
    ["bank", "of", "england", "in", "new", "york"],
    ["the", "bank", "of", "england"],
    ["new", "york"],
]


def half(
    worda_count: int,
    wordb_count: int,
    bigram_count: int,
    len_vocab: int,
    min_count: float,
    corpus_word_count: int,
) -> float:
    return bigram_count / max(worda_count, wordb_count)


def equation(scoring: Any, ab: int, a: int, b: int, types: int, least: int, tokens: int) -> float:
    if scoring == "default":
        return (ab - least) / (a * b) * types
    if scoring == "npmi":
        return math.log(ab * tokens / (a * b)) / -math.log(ab / tokens) if ab >= least else -2
    return ab / max(a, b)


class Loops:
    """The oracle: a model of counts, asked word by word."""

    def __init__(self, sentences: Sentences, scoring: Any, threshold: float, least: int) -> None:
        self.options = scoring, threshold, least
        self.tokens = sum(map(len, sentences))
        self.counts: dict[str, int] = {}
        for words in sentences:
            content = [k for k, word in enumerate(words) if word not in CONNECTORS]
            for n, place in enumerate(content):
                self.add(words[place])
                if n > 0:
                    self.add("_".join(words[content[n - 1] : place + 1]))

    def add(self, name: str) -> None:
        self.counts[name] = self.counts.get(name, 0) + 1

    def score(self, words: list[str]) -> float | None:
        """Of what begins and ends with content; None where it is no phrase."""
        scoring, threshold, least = self.options
        ab, a, b = (self.counts.get(n, 0) for n in ("_".join(words), words[0], words[-1]))
        if not ab * a * b:
            return None
        score = equation(scoring, ab, a, b, len(self.counts), least, self.tokens)
        assert abs(score - threshold) > 1e-9  # else rounding would decide
        return score if score > threshold else None

    def join(self, words: list[str]) -> list[tuple[str, float | None]]:
        out: list[tuple[str, float | None]] = []
        at = 0
        while at < len(words):
            end = at + 1
            while end < len(words) and words[end] in CONNECTORS:
                end += 1
            score = None
            if words[at] and words[at] not in CONNECTORS and end < len(words):
                score = self.score(words[at : end + 1])
            if score is not None:
                out.append(("_".join(words[at : end + 1]), score))
                at = end
            elif words[at]:
                out.append((words[at], None))
            at += 1
        return out

    def phrases(self) -> dict[str, float]:
        split = {name: name.split("_") for name in self.counts if "_" in name}
        scores = {name: self.score(words) for name, words in split.items()}
        return {name: score for name, score in scores.items() if score is not None}
