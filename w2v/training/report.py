"""What is reported of a training run: what was read, dropped and trained, and how fast."""

from __future__ import annotations

import platform
from typing import Any

import numpy as np

from w2v.text import CorpusStats
from w2v.training.fitted import Report
from w2v.training.outcome import Trained
from w2v.training.trainer import Trainer
from w2v.version import __version__


def training_report(trainer: Trainer, trained: Trained, why: str) -> Report:
    """A dictionary that JSON can hold; `why` says how the backend was chosen."""
    corpus, backend, aside = trainer.corpus, trainer.backend, trainer.aside
    stats = corpus.stats
    report: dict[str, Any] = {
        "config": trainer.config.as_dict(),
        "versions": {
            "w2v": __version__,
            "python": platform.python_version(),
            "numpy": np.__version__,
            backend.name: backend.version,
        },
        "backend": {"name": backend.name, "device": backend.device, "why": why},
        "workers": trainer.workers,
        "step": {
            "block_tokens": trainer.shape.block,
            "block_negatives": trainer.shape.shared if trainer.config.loss == "ns" else None,
            "step_tokens": trainer.step_tokens,
        },
        "vocabulary": len(corpus.vocabulary),
        "tokens": {
            "read": stats.tokens,
            "rare": stats.rare,
            "held_out": len(aside.ids) if aside else 0,
            "subsampled": _subsampled(len(trainer.text.ids), trained, trainer.epochs),
            "kept": trained.kept,
        },
        "encoded": {"folder": corpus.folder, **corpus.limits} if corpus.is_opened else None,
        "tokenizer": corpus.tokenizer.as_dict() if corpus.tokenizer else None,
        "table": stats.table.as_dict() if stats.table else None,
        "sentences": stats.sentences,
        "weighted": _weighted(stats) if stats.read_tokens else None,
        "types": stats.types,
        "loss": trained.loss,
        "pairs": trained.pairs,
        "loss_measured_in_one_of_steps": trained.loss_every,
        "untrained_loss": trained.untrained_loss,
        "held_out_loss": trained.held_out_loss if aside else None,
        "done": trained.done,
        "stopped": trained.stopped,
        "parts": trained.parts,
        "checkpoints": trained.checkpoints,
        "rounds": trained.rounds,
        "trace": _trace(trainer, trained),
        **{name: trainer.start.about.get(name) for name in ("continued", "pretrained", "frozen")},
        "seconds": {
            **corpus.seconds,
            "prepare": trained.prepare_seconds,
            "train": trained.seconds,
        },
        "raw_words_per_second": trained.raw_words_per_second,
        "kept_tokens_per_second": trained.kept_tokens_per_second,
        "peak_memory_bytes": backend.memory().peak,
        **({"planned_memory_bytes": trainer.memory.as_dict()} if trainer.memory else {}),
    }
    return Report(report)


def _trace(trainer: Trainer, trained: Trained) -> list[dict[str, Any]]:
    """Of each moment: how far, the loss of its epoch so far, and the speed since the one before."""
    words = trainer.raw_words * trainer.epochs
    points = []
    done, seconds = 0.0, 0.0
    for at in trained.trace:
        points.append(
            {
                "done": at.done,
                "epoch": at.epoch,
                "seconds": at.seconds,
                "loss": at.loss,
                "learning_rate": at.learning_rate,
                "raw_words_per_second": words * (at.done - done) / (at.seconds - seconds),
            }
        )
        done, seconds = at.done, at.seconds
    return points


def _weighted(stats: CorpusStats) -> dict[str, int]:
    """What was read of sentences with weights, each once."""
    return {
        "tokens": stats.read_tokens,
        "sentences": stats.read_sentences,
        "left_out": stats.left_out,
    }


def _subsampled(tokens: int, trained: Trained, epochs: int) -> list[int]:
    """Tokens that subsampling has dropped from each epoch; of an epoch cut short, about."""
    whole = [min(1.0, trained.done * epochs - i) for i in range(len(trained.kept))]
    return [
        max(0, round(tokens * share) - kept)
        for share, kept in zip(whole, trained.kept, strict=True)
    ]
