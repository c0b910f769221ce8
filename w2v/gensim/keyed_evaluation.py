"""Keyed vectors scored on files of analogies and of word pairs, counted as gensim counts them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import numpy as np

from w2v.errors import EvaluationError
from w2v.evaluation import correlation, ranks
from w2v.files import PathLike, read_lines
from w2v.gensim.keyed_lengths import Array, cosine
from w2v.gensim.keyed_queries import KeyedQueries
from w2v.gensim.keyed_word2vec import raising_as_gensim

Section = dict[str, Any]
"""The name of a section, and its questions that were answered rightly and wrongly."""

_LOOKED_AT = 5  # answers to a question
_AT_ONCE = 1024  # questions
_NO_DIRECTION = 1e-6  # what rounding leaves where unit vectors cancel

_logger = logging.getLogger(__name__)


class KeyedEvaluation(KeyedQueries):
    """What scores keyed vectors."""

    def evaluate_word_analogies(
        self,
        analogies: PathLike,
        restrict_vocab: int | None = 300_000,
        case_insensitive: bool = True,
        dummy4unknown: bool = False,
        similarity_function: str = "most_similar",
    ) -> tuple[float, list[Section]]:
        """Answer the questions of a file, "a is to b as c is to ?", by 3CosAdd.

        An answer is the first of the five nearest keys that is none of the question's words.

        Parameters
        ----------
        analogies : path
            Lines of four words, the last the answer; lines ": name" begin a section. Others are
            passed over.
        restrict_vocab : int, optional
            Only the first so many keys are asked about and answered.
        case_insensitive : bool
            Whether words are compared in capitals; of keys that differ in case the first counts.
        dummy4unknown : bool
            Whether a question with an unknown word is answered wrongly; or does not count.
        similarity_function : str
            Not looked at, as in gensim.

        Returns
        -------
        score : float
            The fraction of the questions that count which are answered rightly; 0 of none.
        sections : list of dict
            Each with "section", its name, and questions (a, b, c, d) under "correct" and
            "incorrect"; the last has all, and is called "Total accuracy".

        Raises
        ------
        ValueError
            A line stands before the first section.
        OSError
            The file cannot be read.
        """
        known = self._known(restrict_vocab, case_insensitive)
        sections: list[Section] = []
        asked: list[tuple[Section, tuple[str, ...]]] = []
        for number, line in _lines(analogies):
            if line.startswith(": "):
                name = line[1:].strip()
                sections.append({"section": name, "correct": [], "incorrect": []})
                continue
            if not sections:
                raise ValueError(
                    f"{analogies!s}, line {number}: a line before the first section; expected "
                    "': name'."
                )
            words = tuple((line.upper() if case_insensitive else line).split())
            if len(words) == 4:
                asked.append((sections[-1], words))
            else:
                _logger.info("%s, line %d: passed over, not four words", analogies, number)
        counted = [all(word in known for word in words) for _, words in asked]
        answerable = [words for (_, words), yes in zip(asked, counted, strict=True) if yes]
        answers = iter(self._answers(answerable, known, restrict_vocab, case_insensitive))
        for (section, words), yes in zip(asked, counted, strict=True):
            if yes:
                section["correct" if next(answers) == words[3] else "incorrect"].append(words)
            elif dummy4unknown:
                section["incorrect"].append(words)
        total: Section = {"section": "Total accuracy"}
        for side in ("correct", "incorrect"):
            total[side] = [words for section in sections for words in section[side]]
        for section in [*sections, total]:
            self.log_accuracy(section)
        right = len(total["correct"])
        count = right + len(total["incorrect"])
        return right / count if count else 0.0, [*sections, total]

    def _known(self, restrict_vocab: int | None, fold: bool) -> dict[Any, int]:
        """Rows of the keys that are asked about, in capitals if `fold`."""
        keys = enumerate(self.index_to_key[:restrict_vocab])
        found: dict[Any, int] = {}
        for row, key in keys:
            found.setdefault(key.upper() if fold and isinstance(key, str) else key, row)
        return found

    def _answers(
        self,
        questions: list[tuple[str, ...]],
        known: dict[Any, int],
        restrict_vocab: int | None,
        fold: bool,
    ) -> Iterator[Any]:
        """What each question (a, b, c, d) is answered by; None where nothing is."""
        if not questions:
            return
        table = self._searched()
        rows = np.array([[known[word] for word in words[:3]] for words in questions])
        some = np.zeros(len(rows), np.bool_)
        for at in range(0, len(rows), _AT_ONCE):
            a, b, c = rows[at : at + _AT_ONCE].T
            sums = table.unit[b] + table.unit[c] - table.unit[a]
            some[at : at + _AT_ONCE] = np.abs(sums).max(axis=1) >= _NO_DIRECTION
        asked = [[str(row) for row in three] for three in rows[some].tolist()]
        found = iter(
            table.most_similar_batch(
                [[b, c] for _, b, c in asked],
                [[a] for a, _, _ in asked],
                _LOOKED_AT,
                restrict_vocab or None,
            )
        )
        for words, yes in zip(questions, some.tolist(), strict=True):
            keys = [self.index_to_key[int(row)] for row, _ in next(found)] if yes else []
            named = (key.upper() if fold and isinstance(key, str) else key for key in keys)
            yield next((key for key in named if key in known and key not in words[:3]), None)

    @staticmethod
    def log_accuracy(section: Section) -> None:
        """Log how many questions of a section were answered rightly, if any counted."""
        right, wrong = len(section["correct"]), len(section["incorrect"])
        if right + wrong:
            share = 100 * right / (right + wrong)
            _logger.info("%s: %.1f%% (%d/%d)", section["section"], share, right, right + wrong)

    @staticmethod
    def log_evaluate_word_pairs(pearson: Any, spearman: Any, oov: float, pairs: PathLike) -> None:
        """Log what `evaluate_word_pairs` found."""
        _logger.info("%s: Pearson %.4f, Spearman %.4f", pairs, pearson[0], spearman[0])
        _logger.info("%s: %.1f%% of the pairs have an unknown word", pairs, oov)

    def evaluate_word_pairs(
        self,
        pairs: PathLike,
        delimiter: str = "\t",
        encoding: str = "utf8",
        restrict_vocab: int | None = 300_000,
        case_insensitive: bool = True,
        dummy4unknown: bool = False,
    ) -> tuple[Any, Any, float]:
        """Correlate the cosines of word pairs with the scores of a file.

        Parameters
        ----------
        pairs : path
            Lines of two words and a number; others, and those that begin with #, are passed over.
        delimiter, encoding : str
            Of the file.
        restrict_vocab, case_insensitive
            See `evaluate_word_analogies`.
        dummy4unknown : bool
            Whether a pair with an unknown word has cosine 0; or does not count.

        Returns
        -------
        pearson, spearman : (coefficient, p)
            p, two-sided, as SciPy has it; without SciPy it is NaN.
        oov_ratio : float
            Per cent of the pairs that have an unknown word.

        Raises
        ------
        ValueError
            No pair counts.
        OSError
            The file cannot be read.
        """
        known = self._known(restrict_vocab, case_insensitive)
        scores: list[float] = []
        cosines: list[float] = []
        unknown = 0
        for number, line in _lines(pairs, encoding):
            fields = (line.upper() if case_insensitive else line).split(delimiter)
            try:
                left, right, score = fields[0], fields[1], float(fields[2])
            except (ValueError, IndexError):
                fields = []
            if line.startswith("#") or len(fields) != 3:
                _logger.info("%s, line %d: passed over", pairs, number)
                continue
            if left in known and right in known:
                a, b = (self._vectors[known[word]] for word in (left, right))
                cosines.append(float(cosine(a, b)))
            else:
                unknown += 1
                if not dummy4unknown:
                    continue
                cosines.append(0.0)
            scores.append(score)
        if not scores:
            raise ValueError(
                f"{pairs!s} has no pair of words with a score of which both are keys; expected "
                f"lines of two words and a number, separated by {delimiter!r}."
            )
        pearson, spearman = _correlations(np.array(scores), np.array(cosines))
        missing = 100 * unknown / (len(scores) + (0 if dummy4unknown else unknown))
        self.log_evaluate_word_pairs(pearson, spearman, missing, pairs)
        return pearson, spearman, missing


def _lines(path: PathLike, encoding: str = "utf8") -> Iterator[tuple[int, str]]:
    """Numbered lines of a file."""
    utf8 = encoding.lower().replace("-", "") == "utf8"
    with raising_as_gensim():
        yield from enumerate(
            read_lines(
                path,
                "the evaluation file",
                EvaluationError,
                encoding="utf-8-sig" if utf8 else encoding,
            ),
            1,
        )


def _correlations(scores: Array, cosines: Array) -> tuple[Any, Any]:
    """Pearson's and Spearman's coefficient, each with its p."""
    try:
        from scipy import stats
    except ImportError:
        nan = float("nan")
        pairs = ((scores, cosines), (ranks(scores), ranks(cosines)))
        found = [correlation(*pair) for pair in pairs]
        plain = [(nan if one is None else one, nan) for one in found]
        return plain[0], plain[1]
    return stats.pearsonr(scores, cosines), stats.spearmanr(scores, cosines)
