r"""Where sentences end: text in lines of any kind to a sentence a line, as it flows by.

A sentence ends at an empty line, at a mark of any script that ends sentences, and at a full stop
that is none of an abbreviation, as far as that is told by a look at the word before and the letter
after. Other line ends count as spaces, so that a text with lines of one width is put together.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_PARAGRAPH = re.compile(r"\n[^\S\n]*\n\s*")
_CLOSING = r"[\"'”’»›)\]}*_」』）》】]*"
_OPENING = r"[\"'“‘«‹„‚¿¡(\[{*_—–「『（《【-]*"
_END = re.compile(rf"([.!?…‽؟۔।॥།።។៖။．！？。｡]){_CLOSING}(\s+)(?={_OPENING}(\w?))")
_END_WITHOUT_SPACE = re.compile(r"([。！？｡][”’」』）》】]*)(?=[^\s。！？｡”’」』）》】])")
_WORD_BEFORE = 24  # characters that are looked at
_ABBREVIATED = """
    mr mrs ms messrs dr prof rev hon st jr sr gen col maj capt lt sgt gov sen rep mt ft no nos
    vol fig figs pp ch ed eds cf vs viz al approx dept univ inc ltd co corp
    hr fr nr bd bzw ca evtl ggf inkl vgl str abs art ing dipl
    mme mlle mm sra srta dott sig av yy
"""  # in English, German, and what the titles of others are
_ABBREVIATIONS = frozenset(_ABBREVIATED.split())


def split_sentences(pieces: Iterable[str]) -> Iterator[str]:
    r"""A text whose sentences end with a newline, and which has no other newlines.

    Parameters
    ----------
    pieces : iterable of str      A text that is cut anywhere; memory is bounded by its words.

    Yields
    ------
    str
        Pieces of a text that are cut at white space only. The end of the text ends a sentence.
    """
    held = ""  # the last word so far and the space after it, since what follows decides
    for piece in pieces:
        text = held + piece
        rest = text.rstrip()
        word = rest.rsplit(maxsplit=1)[-1] if rest else ""
        yield _marked(rest, len(word))
        gap = text[len(rest) :]
        held = word + ("\n" * min(gap.count("\n"), 2) or gap[:1])
    yield _marked(held.rstrip() + " ", 1) + "\n"


def _marked(text: str, last: int) -> str:
    """The text up to its last so many characters, with newlines at ends of sentences only."""
    paragraphs = [part.replace("\n", " ") for part in _PARAGRAPH.split(text)]
    marked = "\n".join([_END.sub(_gap, part) for part in paragraphs])
    return _END_WITHOUT_SPACE.sub(r"\1\n", marked[: len(marked) - last])


def _gap(found: re.Match[str]) -> str:
    """A mark with a newline after it, or with a space where no sentence ends."""
    mark, following = found[1], found[3]
    before = found.string[max(0, found.start() - _WORD_BEFORE) : found.start()].split()
    ends = not following.islower() and not (
        mark == "." and before and _is_abbreviation(before[-1].lstrip("\"'“‘«(["))
    )
    return found[0].rstrip() + ("\n" if ends else " ")


def _is_abbreviation(word: str) -> bool:
    """Whether a full stop after it belongs to it: Mr, J, U.S, z.B, and 3 as in "am 3. Mai"."""
    if word.isdecimal():
        return len(word) < 3
    parts = word.split(".")
    if len(parts) > 1:
        return max(map(len, parts)) < 3
    return (len(word) == 1 and word.isalpha()) or word.lower() in _ABBREVIATIONS
