"""Text as people have it, made into lines of tokens: what is a word, and what is left of it.

What a stretch of text between white space becomes depends on nothing around it, and most of them
were seen before: each is looked at once and remembered, so that the rules may be as slow as they
are. Only where sentences are split does more than one stretch count; see `sentence_ends`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from w2v.errors import ConfigError
from w2v.text.sentence_ends import split_sentences
from w2v.text.word_rules import rules

TOKENS = ("whitespace", "unicode", "characters")

_LINE_END = "\0"  # which no text holds
_EMPTY_LINES = re.compile("\n\n+")
_MOST_KNOWN = 1 << 18  # stretches that are remembered, of so many characters at most
_LONGEST_KNOWN = 64


def check_tokenizer(tokenizer: Tokenizer | None) -> None:
    """Raise `TypeError` for another program's."""
    if tokenizer is not None and not isinstance(tokenizer, Tokenizer):
        raise TypeError(
            f"`tokenizer` must be a `w2v.Tokenizer`, got {tokenizer!r:.60}. With one of your own, "
            "give lists of the tokens that it makes."
        )


@dataclass(frozen=True)
class Tokenizer:
    """How raw text becomes tokens; without an option it stays as it is.

    Parameters
    ----------
    tokens : {"whitespace", "unicode", "characters"}
        What a token is: what stands between white space; a word by the rules of Unicode (UAX #29),
        which is a stretch that has a letter or a digit, or an emoji; or such a word, but each
        character by itself in scripts that have no space between words (Chinese, Japanese, Thai,
        Lao, Khmer, Burmese).
    lower : bool
        Lower case, of every script that has it.
    turkish : bool
        With `lower`: I becomes ı, as in Turkish and Azerbaijani.
    strip_punctuation : bool
        Cut punctuation and symbols (Unicode P and S) off both ends of a token; a token of nothing
        else goes.
    strip_accents : bool
        Marks of Latin and Greek letters go (é becomes e), and stress marks of Cyrillic ones.
        Letters that are no letter with a mark stay (ø, ß, й), and so do marks of other scripts.
    split_sentences : bool
        A sentence a line, however the lines were broken: a sentence ends at a full stop, a question
        or exclamation mark, or an empty line.

    Raises
    ------
    ConfigError
        An option is unknown, or has no meaning.

    Notes
    -----
    With any of these, tokens are in Unicode's form NFC, so that a letter and its mark are the
    letter with the mark; soft hyphens, byte order marks and direction marks go.

    Examples
    --------
    >>> tokenizer = Tokenizer(tokens="unicode", lower=True)
    >>> tokenizer.tokens_of("Don't panic: it's 3.14, not well-known!")
    ["don't", 'panic', "it's", '3.14', 'not', 'well', 'known']
    """

    tokens: str = "whitespace"
    lower: bool = False
    turkish: bool = False
    strip_punctuation: bool = False
    strip_accents: bool = False
    split_sentences: bool = False

    def __post_init__(self) -> None:
        if self.tokens not in TOKENS:
            raise ConfigError(f"`tokens` must be one of {', '.join(TOKENS)}; got {self.tokens!r}.")
        for name, value in asdict(self).items():
            if name != "tokens" and not isinstance(value, bool):
                raise ConfigError(f"`{name}` must be True or False, got {value!r}.")
        if self.turkish and not self.lower:
            raise ConfigError("`turkish` has a meaning only with `lower`; leave it out.")

    def __getstate__(self) -> dict[str, Any]:
        return self.as_dict()  # functions that are made of it cannot be sent to other processes

    @property
    def is_plain(self) -> bool:
        """Whether it changes no token and no line."""
        return self == Tokenizer()

    def as_dict(self) -> dict[str, Any]:
        """All options by name, for reports."""
        return asdict(self)

    def lines(self, pieces: Iterable[str]) -> Iterable[str]:
        r"""A text with a sentence a line and single spaces between tokens.

        Parameters
        ----------
        pieces : iterable of str      A text that is cut at white space only.

        Returns
        -------
        iterable of str
            Pieces of a text that is cut at white space only: a line for each line, without tokens
            too; with `split_sentences` a line for each sentence that has a token.
        """
        return Lines(self, split_sentences(pieces) if self.split_sentences else pieces)

    def known(self) -> dict[str, str]:
        """What becomes of a stretch without white space, remembered once it was asked for."""
        return _Known(self._tokens)

    def _joined(self, pieces: Iterable[str]) -> Iterator[str]:
        known = self.known()
        begun = False  # a line that has tokens
        for piece in pieces:
            stretches = piece.replace("\n", f" {_LINE_END} ").split()  # all lines at once
            text = " ".join(filter(None, map(known.__getitem__, stretches)))
            text = text.replace(" \n", "\n").replace("\n ", "\n")
            if self.split_sentences:
                text = _EMPTY_LINES.sub("\n", text if begun else text.lstrip("\n"))
            if begun and text and text[0] != "\n":
                text = " " + text
            begun = text[-1] != "\n" if text else begun
            yield text

    def lines_of(self, texts: Iterable[str]) -> Iterable[str]:
        """As `lines`, of texts that are whole by themselves, such as the cells of a table.

        Each is a line, or with `split_sentences` several, and none goes on in the next.
        """
        if self.split_sentences:
            return self.lines(text + "\n\n" for text in texts)
        return self.lines(text.replace("\n", " ") + "\n" for text in texts)

    def tokens_of(self, text: str) -> list[str]:
        """The tokens of one text, such as a query; sentences are of no account."""
        return " ".join(map(self._tokens, text.split())).split()

    @cached_property
    def _tokens(self) -> Callable[[str], str]:
        """What becomes of a stretch without white space: tokens with single spaces between."""
        return str if self.is_plain else rules(**asdict(self))


class Lines:
    """A text with a sentence a line, made as it is asked for.

    Attributes
    ----------
    tokenizer : Tokenizer
    pieces : iterable of str      The text before its stretches are cut: who counts words cuts each
                                  of them once (see `splitting`), which is quicker than the text.
    """

    def __init__(self, tokenizer: Tokenizer, pieces: Iterable[str]) -> None:
        self.tokenizer, self.pieces = tokenizer, pieces

    def __iter__(self) -> Iterator[str]:
        return self.tokenizer._joined(self.pieces)


class _Known(dict[str, str]):
    """Stretches of text, and what became of them."""

    def __init__(self, rule: Callable[[str], str]) -> None:
        super().__init__({_LINE_END: "\n"})
        self._rule = rule

    def __missing__(self, stretch: str) -> str:
        tokens = self._rule(stretch)
        if len(stretch) <= _LONGEST_KNOWN:
            if len(self) >= _MOST_KNOWN:
                self.clear()
                self[_LINE_END] = "\n"
            self[stretch] = tokens
        return tokens
