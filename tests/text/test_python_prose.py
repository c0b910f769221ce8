"""The demo corpus: rules on a made-up library, size and sense on the one that is running."""

import itertools
import sysconfig
from collections import Counter
from pathlib import Path

import pytest

from w2v.errors import CorpusError
from w2v.text.python_prose import python_prose

SOURCE = '''\
# -*- coding: latin-1 -*-
"""Frobnicates the caf\xe9. It doesn't need
an open file-like object!

    >>> frobnicate(1, 2)
    a printed line of output

Uses self.name and __init__ of `max_size`; x is 3 and a is I.
"""
pattern = "\\d is an old escape"  # a comment after code is left out


class Thing:
    # A comment that goes on
    # over two lines.

    # Another comment, with words.
    def method(self):
        """Return the thing itself."""
        if self:
            def inner():
                """An inner docstring counts."""
        return "this text is no docstring"
'''


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sysconfig, "get_path", lambda name: str(tmp_path))
    return tmp_path


def sentences() -> list[str]:
    return [" ".join(words) for words in python_prose()]


def test_what_is_taken_and_what_is_left_out(library: Path) -> None:
    (library / "thing.py").write_text(SOURCE, encoding="latin-1")
    assert sentences() == [
        "frobnicates the café",
        "it doesn't need an open file-like object",
        "uses self name and init of max_size",
        "is and a is i",
        "return the thing itself",
        "an inner docstring counts",
        "a comment that goes on over two lines",
        "another comment with words",
    ]


def test_order_is_by_name_and_nothing_comes_twice(library: Path) -> None:
    for name, text in [("b", "Second file here."), ("a", "First file here. Said in both.")]:
        (library / f"{name}.py").write_text(f'"""{text}\n\nSaid in both."""\n')
    assert sentences() == ["first file here", "said in both", "second file here"]


def test_tests_and_foreign_packages_are_skipped(library: Path) -> None:
    for folder in ["test", "site-packages", "json"]:
        (library / folder).mkdir()
        (library / folder / "a.py").write_text(f"# words in the {folder} folder\n")
    assert sentences() == ["words in the json folder"]


def test_all_strings_of_the_manual_are_taken(library: Path) -> None:
    (library / "pydoc_data").mkdir()
    (library / "pydoc_data" / "topics.py").write_text("t = {'x': 'The assert\\nstatement is.'}\n")
    assert sentences() == ["the assert statement is"]


def test_files_that_do_not_parse_are_skipped(library: Path) -> None:
    (library / "bad.py").write_text("# a comment in bad code\nprint 'hello'\n")
    (library / "bytes.py").write_bytes(b"# a comment \xff in no encoding\n")
    (library / "null.py").write_bytes(b"# a comment and\0 a zero\n")
    (library / "good.py").write_text("# a comment in good code\n")
    assert sentences() == ["a comment in good code"]


def test_a_library_without_sources(library: Path) -> None:
    (library / "os.pyc").write_bytes(b"")
    with pytest.raises(CorpusError, match=f"{library} holds none. Give a text file"):
        next(python_prose())


def test_the_running_library_is_a_corpus() -> None:
    prose = list(python_prose())
    counts = Counter(itertools.chain.from_iterable(prose))
    assert counts.total() > 200_000
    assert sum(count >= 5 for count in counts.values()) > 2_000
    assert counts.most_common(1)[0][0] == "the"
    assert min(map(len, prose)) >= 3
    assert not any(word.startswith("_") or word.endswith("_") for word in counts)
    assert prose[:1000] == list(itertools.islice(python_prose(), 1000))
