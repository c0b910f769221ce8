"""Files that others split: the same corpus as is read here, wherever they are cut."""

from __future__ import annotations

import gzip
import pickle
import random
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from w2v.errors import CorpusError
from w2v.text import Corpus, Tokenizer, read_corpus, reading_elsewhere
from w2v.text.spans import Span
from w2v.text.stretches import WHITE_SPACE

SPACES = (
    *(" ", "\n", "\r\n", "\t", "\x85", "\xa0", "\u1680", "\u2003", "\u2028", "\u3000"),
    *("  ", "\n\n", " \n", " \u2028\n"),
)
WORDS = ("a", "bc", "d\u00e9f", "\u6587\u5b57", "Hello.", "Mr.", "\U0001f600")
TOKENIZERS = (
    None,
    Tokenizer(tokens="unicode", lower=True),
    Tokenizer(split_sentences=True),
)


class Others:
    """Whoever gets all items by pickle, as another process would."""

    def __init__(self) -> None:
        self.jobs: list[Any] = []

    def in_order(
        self, function: Callable[[Any], Any], items: Iterable[Any]
    ) -> Iterator[tuple[Any, Any]]:
        for item in items:
            self.jobs.append(item)
            yield item, pickle.loads(pickle.dumps(function))(pickle.loads(pickle.dumps(item)))


def same(a: Corpus, b: Corpus) -> bool:
    return (
        a.vocabulary == b.vocabulary
        and np.array_equal(a.ids, b.ids)
        and np.array_equal(a.ends, b.ends)
        and a.stats == b.stats
    )


@pytest.mark.parametrize("seed", range(20))
def test_the_same_corpus(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    draw = random.Random(seed)
    for number in range(draw.randint(1, 4)):
        parts = [draw.choice(WORDS) + draw.choice(SPACES) for _ in range(draw.randint(1, 300))]
        text = "\ufeff" * (draw.random() < 0.3) + "".join(parts)
        text = text.rstrip() if draw.random() < 0.5 else text
        data = text.encode()
        packed = draw.random() < 0.2
        (tmp_path / f"{number}.txt").write_bytes(gzip.compress(data) if packed else data)
    monkeypatch.setattr(reading_elsewhere, "_JOB_BYTES", draw.choice((7, 40, 200, 1000)))
    monkeypatch.setattr(reading_elsewhere, "_LARGEST_WHOLE", draw.choice((20, 10_000)))
    options: dict[str, Any] = {"min_count": 1, "tokenizer": draw.choice(TOKENIZERS)}
    others = Others()
    with (
        read_corpus(tmp_path, **options) as here,
        read_corpus(tmp_path, **options, elsewhere=others) as there,
    ):
        assert same(here, there)


def test_a_large_file_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.txt").write_text("one two three\n" * 1000)
    monkeypatch.setattr(reading_elsewhere, "_JOB_BYTES", 1000)
    others = Others()
    told: list[tuple[int, int | None]] = []
    read_corpus(
        tmp_path, elsewhere=others, progress=lambda done, total: told.append((done, total))
    ).close()
    assert len(others.jobs) == 14
    assert all(isinstance(job.files[0], Span) for job in others.jobs)


def test_spans_add_up_wherever_they_are_cut() -> None:
    import io

    data = "".join(a + b for a in WORDS for b in SPACES).encode() + b"end"
    for size in (1, 2, 3, 5, 17, len(data)):
        places = [*range(0, len(data), size), len(data)]
        spans = [Span("x", a, b, len(data)) for a, b in pairwise(places) if a < b]
        found = []
        for span in spans:
            blocks, begins, ends = span.blocks(io.BytesIO(data), 4)
            found.append(b"".join(blocks))
            assert begins == (span.begin == 0)
            assert ends >= (span is spans[-1])
            last = [space.end() for space in WHITE_SPACE.finditer(found[-1])][-1:]
            assert ends or not found[-1] or last == [len(found[-1])]
        assert b"".join(found) == data


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
def test_errors_are_those_of_reading_here(
    tokenizer: Tokenizer | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"good words\n" * 500 + b"bad \xff word\n" + b"more\n" * 500)
    monkeypatch.setattr(reading_elsewhere, "_JOB_BYTES", 700)
    said = []
    for others in (None, Others()):
        with pytest.raises(CorpusError) as caught:
            read_corpus(path, tokenizer=tokenizer, elsewhere=others)
        said.append(str(caught.value))
    assert said[0] == said[1]
    assert "line 501" in said[0]


def test_a_file_that_is_another_there(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("some words here\n" * 20)

    class Behind(Others):
        def in_order(
            self, function: Callable[[Any], Any], items: Iterable[Any]
        ) -> Iterator[tuple[Any, Any]]:
            for item in items:
                path.write_text("less\n")
                yield from super().in_order(function, [item])
                path.write_text("some words here\n" * 20)

    with pytest.raises(CorpusError, match="It has 5 bytes there, and 320"):
        read_corpus(path, elsewhere=Behind())
