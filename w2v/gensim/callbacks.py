"""What is called while a model is trained, by gensim's names."""

from __future__ import annotations

from typing import Any


class CallbackAny2Vec:
    """Base of callbacks; override what you need.

    Each method is given the model, whose `wv` and output table are as they are at that moment. All
    run in the thread that called `train`. An exception ends the training, and `train` raises it.
    """

    def on_train_begin(self, model: Any) -> None:
        """Before the first epoch of a call of `train`."""

    def on_train_end(self, model: Any) -> None:
        """After the last."""

    def on_epoch_begin(self, model: Any) -> None:
        """Before each epoch."""

    def on_epoch_end(self, model: Any) -> None:
        """After each epoch."""
