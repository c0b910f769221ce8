"""What a trained model answers: how likely sentences and words are, and vectors of sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2v.errors import UnknownWordError, W2VError
from w2v.training.fitted import Fitted
from w2v.training.likelihood import Likelihood
from w2v.training.outcome import Trained
from w2v.vectors import Vectors
from w2v.words import as_words, is_whole_number


class UnderWay:
    """A training that can be asked for a copy of what it has made.

    Parameters
    ----------
    so_far : callable    Gives the copy, the same one as long as nothing has moved; None before the
                         first step.
    finish : callable    Makes a model of it.
    """

    def __init__(
        self, so_far: Callable[[], Trained | None], finish: Callable[[Trained], Fitted]
    ) -> None:
        self._so_far, self._finish = so_far, finish
        self._last: tuple[Trained, Fitted] | None = None

    def fitted(self) -> Fitted | None:
        """The model as it is now."""
        trained = self._so_far()
        if trained is None:
            return None
        if self._last is None or self._last[0] is not trained:
            self._last = trained, self._finish(trained)
        return self._last[1]


class Answers:
    """What can be asked of a model once it is trained; questions about vectors `vectors` answer."""

    _fitted: Fitted | None
    _now: UnderWay | None
    """While it is trained: then it answers from what it has learnt so far."""

    @property
    def vectors(self) -> Vectors:
        return self._done().vectors

    @property
    def output(self) -> NDArray[np.float32]:
        return self._done().output

    @property
    def report(self) -> dict[str, Any]:
        return self._done().report

    def score(self, sentence: Sequence[str] | Sequence[int]) -> float:
        """Log-likelihood of a sentence: how well its words go together, in nats.

        The sum over its words of log p(word | word near it) for skip-gram, over all words near it,
        or of log p(word | mean or sum of the words near it) for CBOW. The whole window counts, and
        every token; words that are not in the vocabulary are left out before. What p is, for each
        loss, says `w2v.training.Likelihood`. A longer sentence has a lower score.

        Returns
        -------
        float
            At most 0; it is 0 where no two known words are near each other.

        References
        ----------
        Taddy 2015, "Document classification by inversion of distributed language representations".
        """
        fitted = self._done()
        rows = _known(sentence, fitted.vectors)
        window, averaged = fitted.trained_as["window"], fitted.trained_as["cbow"]
        return _likelihood(fitted).of_sentence(rows, window, averaged)

    def predict_output_word(
        self, context: Sequence[str] | Sequence[int], topn: int = 10
    ) -> list[tuple[str, float]]:
        """The words a context makes most likely, with their probabilities, best first.

        The hidden vector is the mean of the context's vectors (the sum for ``cbow="sum"``); see
        `w2v.training.Likelihood` for the probabilities. Words of the context that are not in the
        vocabulary are left out.

        Raises
        ------
        UnknownWordError
            None of them is in the vocabulary.
        """
        if not is_whole_number(topn) or topn < 1:
            raise ValueError(f"`topn` must be a whole number from 1, got {topn!r}.")
        topn, context = int(topn), _listed(context)
        fitted = self._done()
        rows = _known(context, fitted.vectors)
        if not rows:
            raise UnknownWordError(
                f"No word of the context {list(context)!r:.60} is among the "
                f"{len(fitted.vectors):,} of the vocabulary."
            )
        likelihood = _likelihood(fitted)
        averaged = fitted.trained_as["cbow"] or "mean"
        hidden = likelihood.combined(np.array(rows, np.int64), averaged)
        found = likelihood.of_all_words(hidden)
        best = np.argsort(-found, kind="stable")[:topn]
        return [(fitted.vectors.words[i], float(np.exp(found[i]))) for i in best.tolist()]

    def transform(self, sentences: Iterable[Sequence[str] | Sequence[int]]) -> NDArray[np.float32]:
        """The mean vector of the known words of each sentence, (N, D); zeros where there is none.

        What a pipeline of scikit-learn hands to its next step.
        """
        vectors = self.vectors
        rows = [_known(sentence, vectors) for sentence in sentences]
        made = np.zeros((len(rows), vectors.dim), np.float32)
        for i, some in enumerate(rows):
            if some:
                made[i] = vectors.matrix[some].mean(axis=0)
        return made

    def __sklearn_is_fitted__(self) -> bool:
        return self._fitted is not None

    def _done(self) -> Fitted:
        so_far = self._now.fitted() if self._now is not None else None
        if so_far is not None:
            return so_far
        if self._fitted is None:
            raise W2VError("This model has no vectors yet. Call `fit` with a corpus first.")
        return self._fitted


def _likelihood(fitted: Fitted) -> Likelihood:
    return Likelihood(fitted.vectors.matrix, fitted.output, fitted.tree)


def _listed(words: Iterable[str] | Iterable[int]) -> list[str]:
    """The words of a sentence; raises `TypeError` for what is none."""
    if isinstance(words, str):
        raise TypeError(f"Expected a list of words, got the string {words!r:.60}. Split it first.")
    if not isinstance(words, Iterable):
        raise TypeError(f"Expected a list of words, got {words!r:.60}.")
    return list(as_words(words))


def _known(words: Iterable[str] | Iterable[int], vectors: Vectors) -> list[int]:
    """Rows of those words that have one."""
    return [vectors.index(word) for word in _listed(words) if word in vectors]
