"""Arrays of words, by Arrow or by Python: what reading text asks of either."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from numpy.typing import NDArray

from w2v.text.number_files import Int32s, Int64s

Words = Any
"""An array of words: of Arrow, or a list of str."""


class Coded(NamedTuple):
    """Words as numbers, each of which is a place among different words."""

    ids: Int32s
    words: Words


class WordArrays(Protocol):
    """What there is of both kinds; neither changes an array that it is given."""

    def strings(self, words: Iterable[str]) -> Words:
        """An array of these words."""

    def listed(self, words: Words) -> list[str]:
        """The words of an array."""

    def taken(self, words: Words, ids: NDArray[Any]) -> list[str]:
        """The words at these places."""

    def ended_with(self, words: Words, more: Words) -> Words:
        """The words of one array and then of the other."""

    def places(self, words: Words, among: Words) -> Int32s:
        """For each of the words its place among others, or -1."""

    def is_utf8(self, data: bytes) -> bool: ...

    def split(self, data: bytes) -> tuple[Int32s, Words]:
        r"""Valid UTF-8, cut at what is white space for `str.split`.

        Returns
        -------
        lengths : int32 (lines,)      Words of each line; lines are what stands between ``\n``.
        words
        """

    def numbered(self, arrays: Sequence[Words]) -> Coded:
        """The words of several arrays, one after the other; different ones as they turn up."""

    def unified(self, arrays: Sequence[Words]) -> tuple[Words, list[Int32s]]:
        """The different words of several arrays, as they turn up, and where those of each are."""

    def cut(
        self, stretches: Words, known: Mapping[str, str], *, lower: bool, turkish: bool
    ) -> tuple[Int64s, Coded]:
        """The tokens of each stretch without white space: how many, and all of them.

        Parameters
        ----------
        known : mapping               The tokens of a stretch with spaces between them.
        lower, turkish : bool         What it does to letters of ASCII, if that is not asked.
        """

    def tokens(self, tokens: Sequence[Any] | NDArray[Any]) -> Any:
        """Tokens of a program, all str or all integers, for the next four functions.

        Raises
        ------
        UnicodeEncodeError
            There is half of a surrogate pair.
        """

    def coded(self, tokens: Any) -> Coded:
        """The same as numbers; each different integer becomes text once."""

    def but(self, padding: object, tokens: Any) -> NDArray[Any] | None:
        """Which of the tokens are not the padding, bool; None where all are."""

    def chosen(self, tokens: Any, kept: NDArray[Any]) -> Any:
        """Those tokens that `kept` says."""

    def place_of(self, word: str, tokens: Any) -> int:
        """Where a word first stands among tokens."""

    def lines(self, words: Words, ids: NDArray[Any], ends: NDArray[Any]) -> str:
        """Words, with spaces between them, and line breaks between any two of `ends`."""

    def release_memory(self) -> None:
        """Give back what is set aside and not used."""
