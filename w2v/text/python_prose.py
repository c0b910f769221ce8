"""A corpus that is already there: what the Python standard library says about itself."""

import ast
import os
import re
import sysconfig
import tokenize
import warnings
from collections.abc import Iterator
from itertools import takewhile

from w2v.errors import CorpusError

# Tests say little in words, and the rest is missing from many installations or is not ours to read.
_SKIPPED_FOLDERS = {"test", "tests", "idle_test", "site-packages", "dist-packages", "__pycache__"}
_MANUAL = "pydoc_data"  # the language reference, as strings that are no docstrings

_COMMENT = re.compile(r"^[ \t]*#+[:!|]*(.*)$", re.MULTILINE)
_PARAGRAPH_END = re.compile(r"\n[^\w\n]*\n")
_SENTENCE_END = re.compile(r"[.!?:;]+[)\"'`*]*\s")
_WORD = re.compile(r"[^\W\d_]+(?:['_-][^\W\d_]+)*")
_LETTERS_THAT_ARE_WORDS = {"a", "i"}
_SHORTEST_SENTENCE = 3


def python_prose() -> Iterator[list[str]]:
    """Sentences from the docstrings, comments and manual of the running Python.

    Words are lower-cased runs of letters, joined by an apostrophe, a hyphen or
    an underscore within: `don't`, `built-in`, `sys_path`; `__init__` is `init`,
    `self.name` is two words. Single letters other than `a` and `i`, examples
    after `>>>`, sentences of fewer than three words and sentences seen before
    are left out. The order is that of the file names.

    Yields
    ------
    list of str
        A sentence; some 400,000 words altogether, depending on the version.

    Raises
    ------
    CorpusError
        The standard library is there without its sources.
    """
    root = sysconfig.get_path("stdlib")
    files = _source_files(root)
    if not files:
        raise CorpusError(
            f"The demo corpus is made from the sources of Python's standard library, but {root} "
            "holds none. Give a text file of your own, or use a Python that has its sources."
        )
    seen = set()
    for file in files:
        for paragraph in _paragraphs(file, manual=_MANUAL in file.split(os.sep)):
            for sentence in _SENTENCE_END.split(paragraph + "\n"):
                words = _words(sentence)
                line = " ".join(words)
                if len(words) >= _SHORTEST_SENTENCE and line not in seen:
                    seen.add(line)
                    yield words


def _source_files(root: str) -> list[str]:
    files = []
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name not in _SKIPPED_FOLDERS]
        files += [os.path.join(folder, name) for name in names if name.endswith(".py")]
    return sorted(files)


def _paragraphs(file: str, *, manual: bool) -> Iterator[str]:
    """Paragraphs of the texts in `file`; none if it is not Python of this version."""
    try:
        with tokenize.open(file) as opened:
            source = opened.read()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # old escapes in old code
            tree = ast.parse(source)
    except (OSError, SyntaxError, ValueError, RecursionError):
        return
    texts = _strings(tree) if manual else _docstrings(tree)
    for text in [*texts, _comments(source)]:
        yield from filter(None, map(_without_examples, _PARAGRAPH_END.split(text)))


def _docstrings(tree: ast.Module) -> Iterator[str]:
    nodes: list[ast.AST] = [tree]
    while nodes:
        node = nodes.pop()
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            docstring = ast.get_docstring(node, clean=False)
            if docstring:
                yield docstring
        if isinstance(node, ast.stmt | ast.Module):
            nodes += reversed(getattr(node, "body", []))


def _strings(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _comments(source: str) -> str:
    """Lines that are a comment; a gap of any size between two becomes an empty line."""
    lines = []
    end = 0
    for match in _COMMENT.finditer(source):
        if match.start() > end + 1:
            lines.append("")
        lines.append(match[1])
        end = match.end()
    return "\n".join(lines)


def _without_examples(paragraph: str) -> str:
    """The lines before the first `>>>`: what follows is code and what it prints."""
    lines = paragraph.splitlines()
    return "\n".join(takewhile(lambda line: not line.lstrip().startswith(">>>"), lines))


def _words(sentence: str) -> list[str]:
    words = _WORD.findall(sentence.lower().replace("\u2019", "'"))
    return [word for word in words if len(word) > 1 or word in _LETTERS_THAT_ARE_WORDS]
