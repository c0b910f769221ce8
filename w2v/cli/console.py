"""What a person sees while a command works."""

from __future__ import annotations

import os

from w2v import Corpus, Word2Vec
from w2v.errors import counted, in_units
from w2v.text import file_sizes
from w2v.training import Narration


class Console(Narration):
    """Progress of one command. Quiet, it says nothing; when nobody can hear it, it goes quiet."""

    def saving(self, done: int, total: int | None) -> None:
        """Vectors written so far."""
        if total:
            part = f"{done:,} of {counted(total, 'vector')}"
            self.show("saving  ", done / total, [part], f"saving    {part}")

    def searching(self, done: int, total: int, seconds: float) -> None:
        """Words whose neighbours are found so far, or that are indexed."""
        speed = f"{done / max(seconds, 1e-9):,.0f} words/s"
        self._counting("neighbours", done, total, "word", speed)

    def scoring(self, file: str, done: int, total: int) -> None:
        """Questions of a file that are answered so far."""
        self._counting(os.path.basename(file), done, total, "question")

    def placing(self, done: int, total: int) -> None:
        """Steps of t-SNE so far."""
        self._counting("t-SNE", done, total, "step")

    def done(self, model: Word2Vec, output: str | None) -> None:
        """What came out."""
        self.trained(model.report)
        if output:
            words, dim = model.vectors.matrix.shape
            self.saved(output, f"{counted(words, 'word')}, {counted(dim, 'dimension')}")

    def saved(self, output: str, what: str) -> None:
        """A file that is there now."""
        self.say(f"saved     {output}: {what}")

    def saved_corpus(self, corpus: Corpus) -> None:
        """A folder that is there now."""
        assert corpus.folder is not None
        size = sum(file_sizes(corpus.folder).values())
        self.saved(corpus.folder, f"{counted(corpus.stats.kept, 'word')}, {in_units(size)}")

    def _counting(self, label: str, done: int, total: int, noun: str, *more: str) -> None:
        if done >= total:
            self.clear()
        else:
            self.show(label, done / total, [f"{done:,} of {counted(total, noun)}", *more])
